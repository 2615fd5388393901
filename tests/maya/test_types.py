"""The adapter against Maya's API as two sets of type stubs know it: the nearest thing to running it here.

Each set is fetched once (some MB) and unpacked where mypy reads it as the package `maya`. Both must be clean
on the adapter, and both together must see errors that are planted into it: else the check proves nothing.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Collection
from pathlib import Path

import pytest

import build_addons

ROOT = build_addons.ROOT
STUBS = ("types-maya==0.6.1", "maya-stubs==0.4.2")
PLUGIN = ROOT / "maya_plugin"

CONFIG = "[mypy]\n[mypy-Qt.*,PySide2.*,PySide6.*]\nfollow_imports = skip\nfollow_imports_for_stubs = true\n"
"""Qt itself is not looked at: its stubs know none of the short names that both versions have."""

PLANTED = {
    "undoInfo(openChunk=True": "undoInfo(openChunks=True",
    "cutKey(name, time=(start, end)": "cutKey(name, times=(start, end)",
    'inTangentType="linear", outTangentType="linear", animLayer': 'inTangent="linear", animLayer',
    "cmds.nodeType(node)": "cmds.typeOfNode(node)",
    "OpenMaya.MTime.uiUnit()": "OpenMaya.MTime.unit()",
    "OpenMayaAnim.MAnimControl": "OpenMayaAnim.MAnimController",
    "fileName=path.as_posix()": "file=path.as_posix()",
    "frontOfChain=True": "frontOfTheChain=True",
    'findCurveForPlug=plug': 'findCurve=plug',
}  # fmt: skip
"""What is right in the adapter, and a wrong flag, command or name in its place."""


@pytest.fixture(scope="session")
def stubs() -> dict[str, Path]:
    return {spec: _unpacked(spec) for spec in STUBS}


def _unpacked(spec: str) -> Path:
    folder = build_addons._cache().parent / "stubs" / spec.replace("==", "-")
    if not (folder / "maya" / "__init__.pyi").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), spec]
        subprocess.run(pip, check=True)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
            archive.extractall(folder)
        (folder / "maya-stubs").rename(folder / "maya")
    return folder


def _mypy(stubs: Path, plugin: Path) -> list[str]:
    """The errors in the adapter."""
    path = os.pathsep.join(map(str, (stubs, ROOT / "core", plugin / "scripts")))
    cache = f"--cache-dir={stubs / 'mypy'}"
    config = stubs / "mypy.ini"
    config.write_text(CONFIG, encoding="utf-8")
    options = [f"--config-file={config}", "--python-version=3.10", "--ignore-missing-imports", cache]
    files = [plugin / "scripts" / "mien_maya", plugin / "scripts" / "userSetup.py", plugin / "plug-ins"]
    run = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", *options, *map(str, files)]
    done = subprocess.run(run, env={**os.environ, "MYPYPATH": path}, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return [line for line in done.stdout.splitlines() if ": error:" in line]


def stub_flags(spec: str, names: Collection[str]) -> dict[str, set[str]]:
    """The flags of these commands as a stub package has them."""
    folder = _unpacked(spec) / "maya"
    path = folder / "cmds.pyi" if (folder / "cmds.pyi").is_file() else folder / "cmds" / "__init__.pyi"
    found: dict[str, set[str]] = {}
    for line in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.FunctionDef) and line.name in names:
            found.setdefault(line.name, set()).update(argument.arg for argument in line.args.kwonlyargs)
    return found


def used_flags(script: Path) -> dict[str, set[str]]:
    """The commands, with their flags, that a script calls as `cmds.NAME(…)`."""
    found: dict[str, set[str]] = {}
    for call in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        name = call.func if isinstance(call, ast.Call) else None
        if isinstance(name, ast.Attribute) and isinstance(name.value, ast.Name) and name.value.id == "cmds":
            words = {word.arg for word in call.keywords} - {"query", "edit", None}
            found.setdefault(name.attr, set()).update(words)
    return found


def test_the_script_for_owners_of_maya_uses_commands_and_flags_that_there_are():
    """In one of the stub packages at least: one of them lacks `file -new`."""
    used = used_flags(ROOT / "tests" / "maya" / "in_maya.py")
    assert len(used) > 20
    stubs = [stub_flags(spec, used) for spec in STUBS]
    known = {name: set().union(*(found.get(name, set()) for found in stubs)) for name in used}
    assert {name: flags - known[name] for name, flags in used.items() if flags - known[name]} == {}
    assert all(any(name in found for found in stubs) for name in used)


@pytest.mark.parametrize("spec", STUBS)
def test_the_adapter_uses_maya_as_the_stubs_know_it(spec: str, stubs: dict[str, Path]):
    assert _mypy(stubs[spec], PLUGIN) == []


def test_planted_errors_are_seen(stubs: dict[str, Path], tmp_path: Path):
    plugin = tmp_path / "maya_plugin"
    shutil.copytree(PLUGIN, plugin, ignore=shutil.ignore_patterns("__pycache__"))
    for file in plugin.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for right, wrong in PLANTED.items():
            text = text.replace(right, wrong)
        file.write_text(text, encoding="utf-8")
    found = "\n".join(line for spec in STUBS for line in _mypy(stubs[spec], plugin))
    words = ("openChunks", "times", "inTangent", "typeOfNode", "unit", "MAnimController", "file",
             "frontOfTheChain", "findCurve")  # fmt: skip
    unseen = [word for word in words if f'"{word}"' not in found]
    assert unseen == [], found
