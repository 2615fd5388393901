"""mien's wheel: a real one is built, looked into and installed."""

from __future__ import annotations

import configparser
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import build_addons

ROOT = build_addons.ROOT


def test_every_module_of_both_packages_is_in_it(mien_wheel: Path):
    sources = {
        file.relative_to(ROOT / folder).as_posix()
        for folder in ("core", "models")
        for file in (ROOT / folder).rglob("*.py")
        if not file.parent.name.startswith((".", "__"))
    }
    with zipfile.ZipFile(mien_wheel) as archive:
        packed = {name for name in archive.namelist() if name.endswith(".py")}
    assert packed == sources
    assert {"mien/take.py", "mien_models/__init__.py"} <= packed


def test_it_carries_the_head_the_network_and_the_licence(mien_wheel: Path):
    with zipfile.ZipFile(mien_wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    assert all(sizes[name] > 0 for name in build_addons.REQUIRED)
    assert any(name.endswith("licenses/LICENSE") for name in sizes)


def test_installed_alone_both_packages_import_and_every_subcommand_is_there(mien_wheel: Path, tmp_path: Path):
    site = tmp_path / "site"
    install = ["install", "-q", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", *install, str(mien_wheel)], check=True)
    points = configparser.ConfigParser()
    points.read(next(site.glob("mien-*.dist-info")) / "entry_points.txt")
    for target in points["mien.commands"].values():
        module, function = target.split(":")
        assert f"def {function}(" in (site / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    code = "import mien, mien_models, sys; print(mien.__version__, mien.__file__, mien_models.__file__)"
    run = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {code}"]
    version, *origins = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    assert version == build_addons.VERSION
    assert all(Path(origin).is_relative_to(site) for origin in origins)


def test_a_second_build_is_the_same_byte_for_byte(mien_wheel: Path, tmp_path: Path):
    second = build_addons.build_wheel(tmp_path)
    assert second.name == mien_wheel.name
    assert _sha256(second) == _sha256(mien_wheel)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
