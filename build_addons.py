"""Build the add-ons: wheels and adapters, zipped for each host and platform.

    python build_addons.py blender             three extension zips, for Blender's Pythons (3.11 and 3.13)
    python build_addons.py maya                three module zips, for Maya 2023 to 2026
    python build_addons.py blender --platform linux-x64 --verify --bpy-python PATH
    python build_addons.py lock                write wheels.lock anew after a change of PINS

Needs Python 3.11 with pip, and the project installed in it (for `mien setup`, and for the clip that --verify
solves). The zips land in dist/. In both hosts `mien` is a wheel like any other, built here once from core/
and models/. The wheels it needs beside it are pinned in PINS and held to their SHA-256 by wheels.lock;
downloads are kept in ~/.cache/mien/wheels. The same input gives the same zip, byte for byte. What is run
inside a host to try a zip is in tests/build/in_blender.py, not here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import NamedTuple

import tomllib

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "wheels.lock"
VERSION: str = runpy.run_path(str(ROOT / "core/mien/version.py"))["__version__"]
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The stamp of every file in a zip, and of the files in mien's own wheel (the earliest that zip knows)."""

REQUIRED = (
    "mien/rig/reference_head.npz",
    "mien_models/weights/default/student.onnx",
    "mien_models/weights/default/card.json",
)
"""What mien's wheel must hold although git does not, or could be without."""

_MAYA = {"numpy": "1.26.4", "qt-py": "2.0.7"}
_ANY_PYTHON = {"opencv-python-headless": "5.0.0.93", "tqdm": "4.70.1", "python-osc": "1.8.3"}
_NEWEST = {**_ANY_PYTHON, "onnxruntime": "1.31.1", "av": "18.1.0"}
PINS = {
    "3.9": {**_ANY_PYTHON, **_MAYA, "scipy": "1.13.1", "onnxruntime": "1.19.2", "av": "15.1.0"},
    "3.10": {**_ANY_PYTHON, **_MAYA, "scipy": "1.15.3", "onnxruntime": "1.23.2", "av": "17.1.0"},
    "3.11": {**_NEWEST, **_MAYA, "scipy": "1.15.3"},
    "3.13": {**_NEWEST, "scipy": "1.15.3"},
    "3.14": {**_NEWEST, "scipy": "1.17.1"},
}
"""The wheels beside mien, for each Python.

scipy 1.15.3 is the newest that runs on Blender 4.2's numpy 1.24. numpy itself and Qt.py go into Maya's module
only; numpy is 1.26.4 there, the newest on which code compiled for numpy 1 still runs, since it comes before
what else Maya's user has installed. What onnxruntime, OpenCV and PyAV name as requirements beyond these, they
do not import to run a network or read a video.
"""

BLENDER_PYTHONS = ("3.11", "3.13")
MAYA_PYTHONS = {"2023": "3.9", "2024": "3.10", "2025": "3.11", "2026": "3.11"}


class Platform(NamedTuple):
    """A platform as pip names it (the newest tags first) and as Maya's module files do."""

    pip_tags: tuple[str, ...]
    maya: str


_MANYLINUX = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
PLATFORMS = {
    "linux-x64": Platform(tuple(f"{tag}_x86_64" for tag in _MANYLINUX), "linux"),
    "windows-x64": Platform(("win_amd64",), "win64"),
    "macos-arm64": Platform(("macosx_14_0_arm64",), "mac"),
}
MAYA_2023_ON_MAC = "macos-x64"
"""Maya 2023 has no build for Apple silicon: it and its Python run there as Intel programs."""

_LOCKED_PLATFORMS = {**PLATFORMS, MAYA_2023_ON_MAC: Platform(("macosx_14_0_x86_64",), "mac")}


class BuildError(Exception):
    """What stops a build, in words for whoever runs it."""


class LockedWheel(NamedTuple):
    """A line of wheels.lock."""

    platform: str
    python: str
    file: str
    sha256: str

    @property
    def name(self) -> str:
        """The distribution's name as PINS writes it."""
        return self.file.split("-")[0].replace("_", "-")


def read_lock() -> list[LockedWheel]:
    """Every wheel that the add-ons may carry."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return [LockedWheel(*line.split()) for line in lines if line and not line.startswith("#")]


def _pip_target(platform: str, python: str) -> list[str]:
    tags = [part for tag in _LOCKED_PLATFORMS[platform].pip_tags for part in ("--platform", tag)]
    return ["--no-deps", "--only-binary=:all:", "--implementation=cp", f"--python-version={python}", *tags]


def _run(*command: str | Path, **more: str) -> str:
    words = [*map(str, command)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, env={**os.environ, **more})
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise BuildError(f"this command failed with exit code {done.returncode}: {' '.join(words)}")
    return done.stdout


def _pip(*arguments: str | Path, **more: str) -> str:
    return _run(sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", *arguments, **more)


def _resolve(platform: str, python: str) -> list[LockedWheel]:
    """Ask the package index which files the pins mean, without fetching them."""
    specs = [f"{name}=={version}" for name, version in PINS[python].items()]
    dry_run = ("install", "--dry-run", "--report=-", "--ignore-installed", "--target=unused")
    report = json.loads(_pip(*dry_run, *_pip_target(platform, python), *specs))
    infos = [item["download_info"] for item in report["install"]]
    return [
        LockedWheel(platform, python, info["url"].rsplit("/", 1)[1], info["archive_info"]["hashes"]["sha256"])
        for info in infos
    ]


def lock() -> Path:
    """Write wheels.lock anew from PINS."""
    targets = [(platform, python) for python in PINS for platform in _locked_platforms(python)]
    wheels = [wheel for target in targets for wheel in _resolve(*target)]
    head = "# Written by `python build_addons.py lock`: platform, Python, wheel, SHA-256.\n"
    _write_atomically(LOCK, (head + "".join(" ".join(w) + "\n" for w in sorted(wheels))).encode())
    return LOCK


def _locked_platforms(python: str) -> list[str]:
    return [_maya_platform(name, "2023") if python == MAYA_PYTHONS["2023"] else name for name in PLATFORMS]


def _maya_platform(platform: str, version: str) -> str:
    return MAYA_2023_ON_MAC if (platform, version) == ("macos-arm64", "2023") else platform


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "mien" / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_intact(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def fetch(wheel: LockedWheel) -> Path:
    """The wheel on this machine's disk: from the cache, or downloaded and checked."""
    kept = _cache() / wheel.file
    if _is_intact(kept, wheel.sha256):
        return kept
    print(f"  downloading {wheel.file}", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=_cache()) as folder:
        spec = f"{wheel.name}=={wheel.file.split('-')[1]}"
        _pip("download", "--dest", folder, *_pip_target(wheel.platform, wheel.python), spec)
        fresh = Path(folder) / wheel.file
        if not _is_intact(fresh, wheel.sha256):
            raise BuildError(f"{wheel.file} is not the file that wheels.lock names (SHA-256 {wheel.sha256})")
        os.replace(fresh, kept)
    return kept


def wheels_for(platform: str, python: str, *, maya: bool) -> list[LockedWheel]:
    """The locked wheels for one Python on one platform, in a fixed order."""
    found = [wheel for wheel in read_lock() if (wheel.platform, wheel.python) == (platform, python)]
    if not found:
        raise BuildError(f"wheels.lock has nothing for Python {python} on {platform}")
    return [wheel for wheel in found if maya or wheel.name not in _MAYA]


def build_wheel(folder: Path) -> Path:
    """Build mien's own wheel into `folder`, from a copy, so that nothing of an older build gets in."""
    if not (ROOT / "core" / REQUIRED[0]).is_file():
        _mien("setup")
    with tempfile.TemporaryDirectory() as copy:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        for name in ("core", "models"):
            shutil.copytree(ROOT / name, Path(copy) / name, ignore=_ignored)
        _pip("wheel", "--no-deps", "--wheel-dir", folder, copy, SOURCE_DATE_EPOCH="315532800")
    wheel = next(folder.glob("mien-*.whl"))
    _check_wheel(wheel)
    return wheel


def _mien(*arguments: str | Path) -> None:
    path = os.pathsep.join((f"{ROOT}/core", f"{ROOT}/models"))
    _run(sys.executable, "-m", "mien", *arguments, PYTHONPATH=path)


def _check_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        missing = sorted({*REQUIRED, "mien/cli.py", "mien_models/__init__.py"} - {*archive.namelist()})
    if missing:
        raise BuildError(f"{wheel.name} lacks {', '.join(missing)}: run `mien setup`; are the weights there?")


_ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", ".*", "build", "dist")


def fill_manifest(text: str, platform: str, wheels: Iterable[str]) -> str:
    """The extension's manifest with its version, platform and wheels (file names) put in.

    Everything else stays as it is written in blender_addon/blender_manifest.toml, which names neither
    platforms nor wheels; they go above its first table.
    """
    filled = {"platforms": [platform], "wheels": [f"./wheels/{name}" for name in wheels]}
    lines = "".join(f"{key} = {json.dumps(value, indent=2)}\n" for key, value in filled.items())
    versioned = re.sub(r'(?m)^version = ".*"$', f'version = "{VERSION}"', text)
    top, bracket, tables = versioned.partition("\n[")
    result = f"{top.rstrip()}\n\n{lines}{bracket}{tables}"
    if tomllib.loads(result) != {**tomllib.loads(text), "version": VERSION, **filled}:
        raise BuildError("blender_manifest.toml can't be filled in: it needs one plain line `version = …`")
    return result


def stage_blender(folder: Path, platform: str, pythons: Iterable[str], mien: Path) -> None:
    """Lay the extension out in `folder`; the host brings numpy, so none is put in."""
    shutil.copytree(ROOT / "blender_addon", folder, ignore=_ignored)
    locked = [wheel for python in pythons for wheel in wheels_for(platform, python, maya=False)]
    wheels = {path.name: path for path in [mien, *map(fetch, locked)]}
    (folder / "wheels").mkdir()
    for path in wheels.values():
        shutil.copy(path, folder / "wheels")
    manifest = folder / "blender_manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(fill_manifest(text, platform, sorted(wheels)), encoding="utf-8", newline="\n")


def unpack_wheel(wheel: Path, folder: Path) -> None:
    """Install a wheel by unpacking it, purelib and platlib parts included, scripts and headers left out."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            match = re.fullmatch(r"[^/]+\.data/([^/]+)/(.+)", member.filename)
            if match and match[1] not in ("purelib", "platlib"):
                continue
            member.filename = match[2] if match else member.filename
            archive.extract(member, folder)


def site_folders(platform: str) -> dict[str, list[LockedWheel]]:
    """Which wheels go into which site-packages folder of Maya's module.

    A folder is named after the Pythons that share it, so that a wheel that serves several is carried once:
    `py310_py311` is on the path of Maya 2024, 2025 and 2026.
    """
    users: dict[str, list[LockedWheel]] = {}
    for version, python in MAYA_PYTHONS.items():
        for wheel in wheels_for(_maya_platform(platform, version), python, maya=True):
            users.setdefault(wheel.file, []).append(wheel)
    folders: dict[str, list[LockedWheel]] = {}
    for wheels in users.values():
        pythons = dict.fromkeys(_tag(wheel.python) for wheel in wheels)
        folders.setdefault("_".join(pythons), []).append(wheels[0])
    return folders


def module_file(template: str, platform: str, folders: Iterable[str]) -> str:
    """Maya's module file: the template's block for each version, with the site-packages of its Python."""
    fixed = {"platform": PLATFORMS[platform].maya, "mien": VERSION}
    blocks = []
    for version, python in MAYA_PYTHONS.items():
        own = [name for name in sorted(folders) if _tag(python) in name.split("_")]
        paths = "\n".join(f"PYTHONPATH+:=site-packages/{name}" for name in own)
        blocks.append(Template(template).substitute(fixed, version=version, site_packages=paths))
    return "\n".join(blocks)


def _tag(python: str) -> str:
    return "py" + python.replace(".", "")


def stage_maya(folder: Path, platform: str, mien: Path) -> None:
    """Lay the module out in `folder`: mien.mod, beside it the folder that it names, and the installer."""
    module = folder / "mien"
    shutil.copytree(ROOT / "maya_plugin", module, ignore=_ignored)
    shutil.move(str(module / "install_mien.py"), folder)
    shutil.copy(ROOT / "LICENSE", module)
    everyone = "_".join(dict.fromkeys(map(_tag, MAYA_PYTHONS.values())))
    folders = site_folders(platform)
    for name, wheels in folders.items():
        for wheel in wheels:
            unpack_wheel(fetch(wheel), module / "site-packages" / name)
    unpack_wheel(mien, module / "site-packages" / everyone)
    template = (module / "mien.mod").read_text(encoding="utf-8")
    (module / "mien.mod").unlink()
    text = module_file(template, platform, {*folders, everyone})
    (folder / "mien.mod").write_text(text, encoding="utf-8", newline="\n")


def write_zip(path: Path, folder: Path) -> None:
    """Zip what is in `folder`, the same bytes for the same files; whoever sees the file sees it whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as beside:
        fresh = Path(beside) / path.name
        with zipfile.ZipFile(fresh, "w") as archive:
            for file in sorted(p for p in folder.rglob("*") if p.is_file()):
                info = zipfile.ZipInfo(file.relative_to(folder).as_posix(), ZIP_TIME)
                info.external_attr = 0o100644 << 16
                packed = file.suffix == ".whl"
                info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
                archive.writestr(info, file.read_bytes())
        os.replace(fresh, path)


def _write_atomically(path: Path, content: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as beside:
        fresh = Path(beside) / path.name
        fresh.write_bytes(content)
        os.replace(fresh, path)


def build(host: str, platforms: Iterable[str], pythons: Iterable[str], output: Path) -> list[Path]:
    """Build the zips of one host and say how large they came out."""
    made = []
    with tempfile.TemporaryDirectory() as scratch:
        mien = build_wheel(Path(scratch))
        for platform in platforms:
            staged = Path(scratch) / platform
            if host == "blender":
                stage_blender(staged, platform, pythons, mien)
            else:
                stage_maya(staged, platform, mien)
            made.append(output / f"mien-{VERSION}-{host}-{platform}.zip")
            write_zip(made[-1], staged)
            shutil.rmtree(staged)
            print(f"{made[-1]}  {made[-1].stat().st_size / 1e6:.1f} MB", flush=True)
    return made


def verify(zip_path: Path, pythons: list[str], clip: Path | None) -> None:
    """Install the extension into Blender as a module, then solve and bake there; raise where that fails."""
    with tempfile.TemporaryDirectory() as scratch:
        if clip is None:
            clip = Path(scratch) / "performance.mp4"
            _mien("synth", "clip", "-o", clip, "--seconds", "3")
        for python in pythons:
            home = tempfile.mkdtemp(dir=scratch)
            script = ROOT / "tests" / "build" / "in_blender.py"
            seen = _run(python, "-I", script, zip_path, clip, BLENDER_USER_RESOURCES=home)
            print(seen.splitlines()[-1], flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for host in ("blender", "maya"):
        command = commands.add_parser(host, help=f"build the zips for {host.title()}")
        command.add_argument("--platform", nargs="+", choices=[*PLATFORMS, "all"], default=["all"])
        command.add_argument("--output", type=Path, default=ROOT / "dist", help="folder of the zips")
        command.set_defaults(python=[], verify=False)
        if host == "blender":
            _add_blender_options(command)
    commands.add_parser("wheel", help="build only mien's own wheel").add_argument(
        "--output", type=Path, default=ROOT / "dist"
    )
    commands.add_parser("lock", help="write wheels.lock anew from the pins in this file")
    options = parser.parse_args(arguments)
    try:
        _carry_out(options)
    except BuildError as error:
        print(f"build_addons: {error}", file=sys.stderr)
        return 1
    return 0


def _add_blender_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--python", nargs="+", choices=[*PINS], default=[*BLENDER_PYTHONS], help="Blender's Pythons")
    add("--verify", action="store_true", help="install the Linux zip into bpy; solve and bake there")
    add("--bpy-python", nargs="+", default=[sys.executable], help="interpreters that have bpy")
    add("--clip", type=Path, help="face video for --verify (otherwise one is made)")


def _carry_out(options: argparse.Namespace) -> None:
    if options.command == "lock":
        print(lock())
    elif options.command == "wheel":
        options.output.mkdir(parents=True, exist_ok=True)
        print(build_wheel(options.output))
    else:
        platforms = [*PLATFORMS] if "all" in options.platform else options.platform
        if options.verify and "linux-x64" not in platforms:
            raise BuildError("--verify tries the zip of linux-x64: build that platform too")
        made = build(options.command, platforms, options.python, options.output)
        if options.verify:
            verify(made[platforms.index("linux-x64")], options.bpy_python, options.clip)


if __name__ == "__main__":
    sys.exit(main())
