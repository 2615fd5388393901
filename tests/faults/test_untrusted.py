"""Files from strangers: nothing in them runs, nothing else is opened, no memory is taken for claims."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from mien.arkit import COUNT
from mien.cli import build_parser
from mien.errors import MapError, ModelError, TakeError, UsageError
from mien.interchange import read
from mien.interchange.sockets import KINDS, LOOPBACK
from mien.journal import MAGIC, recover
from mien.profile import load_profile
from mien.rig.conventions import read_preset
from mien.rig.keys import keys_for
from mien.rig.map_file import read_map
from mien.student import Student
from mien.take import Take, save_take
from mien.tune_settings import TuneSettings, load_settings
from mien.untrusted import DEEPEST, load_arrays
from mien_models.actor.shots import ShotListError, read_shots
from toy_network import toy_graph

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "models", "blender_addon", "maya_plugin")
RUN_WHAT_THEY_READ = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
    "yaml",
}
SWITCHES = {"shell", "allow_pickle"}
CALLS = {"os.system", "os.popen", "torch.load"}


def _trees():
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_that_runs_what_it_reads():
    """Promise: no pickle, no torch.load, no eval, no unpacked archives, no shell, in all of the source."""
    found = []
    for path, tree in _trees():
        for node in ast.walk(tree):
            found += [f"{path}:{node.lineno} {word}" for word in _forbidden(node)]
    assert not found


def _forbidden(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names if name.name.split(".")[0] in RUN_WHAT_THEY_READ]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if (node.module or "").split(".")[0] in RUN_WHAT_THEY_READ else []
    if not isinstance(node, ast.Call):
        return []
    said = [word.arg for word in node.keywords if word.arg in SWITCHES and _is_true(word.value)]
    if isinstance(node.func, ast.Name):
        return [*said, *({node.func.id} & {"eval", "exec"})]
    if isinstance(node.func, ast.Attribute):
        owner, name = getattr(node.func.value, "id", ""), node.func.attr
        return [*said, *({name} & {"extractall", "unpack_archive"}), *({f"{owner}.{name}"} & CALLS)]
    return said


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _nested(depth: int) -> str:
    return "[" * depth + "0" + "]" * depth


JSON_FILES = {
    "map": (read_map, MapError, '{{"format": "mien-retarget-map", "version": 1, "channels": [], "x": {}}}'),
    "settings": (load_settings, TakeError, '{{"kind": "mien tune settings", "format": 1, "x": {}}}'),
    "profile": (load_profile, TakeError, '{{"kind": "mien actor profile", "format": 1, "x": {}}}'),
    "take": (read, TakeError, '{{"format": 1, "about": {{"x": {}}}, "names": ["jawOpen"], "samples": []}}'),
    "card": (lambda path: Student(path.parent), ModelError, '{{"format": 1, "sha256": "0", "x": {}}}'),
    "journal": (recover, TakeError, MAGIC.decode() + '{{"x": {}}}\n'),
    "preset": (read_preset, MapError, '{{"format": "mien-name-preset", "channels": {{}}, "x": {}}}'),
    "shots": (read_shots, ShotListError, '{{"format": 1, "shots": [], "x": {}}}'),
}


@pytest.mark.parametrize("depth", [DEEPEST + 1, 900, 100_000])
@pytest.mark.parametrize("kind", JSON_FILES)
def test_json_that_nests(tmp_path, kind, depth):
    """Promise: beyond 32 levels it is refused, by the reader's own error."""
    reader, error, text = JSON_FILES[kind]
    path = tmp_path / ("card.json" if kind == "card" else "file.json")
    path.write_text(text.format(_nested(depth)), newline="\n")
    with pytest.raises(error, match=r"too deeply|recursion"):
        reader(path)


@pytest.mark.parametrize("kind", JSON_FILES)
@pytest.mark.parametrize("digits", [400, 1_000_000])
def test_numbers_without_end(tmp_path, kind, digits):
    """Promise: refused by the reader's own error, without the time that reading them would take."""
    reader, error, text = JSON_FILES[kind]
    path = tmp_path / ("card.json" if kind == "card" else "file.json")
    path.write_text(text.format("9" * digits), newline="\n")
    with pytest.raises(error):
        reader(path)


def test_settings_from_a_scene_with_a_number_without_end():
    """Promise: the same where a host reads the JSON itself."""
    with pytest.raises(UsageError, match="gain"):
        TuneSettings.from_json({"gain": 10**400})


@pytest.mark.parametrize("wrong", [1e9, 1e300])
def test_a_stamp_of_thirty_years(wrong):
    """Promise: a TakeError that says so, before a key is made for every frame up to it."""
    take = Take.from_weights([0.0, 0.1, wrong], np.zeros((3, COUNT)))
    with pytest.raises(TakeError, match="time stamp"):
        keys_for(take, 30.0)
    with pytest.raises(TakeError, match="time stamp"):
        take.at_rate(25)


def _forged(path: Path, claims: int, held: bytes, kind: int) -> Path:
    """A take whose weights claim so many samples."""
    save_take(Take.from_weights([0.0, 1.0], np.zeros((2, COUNT))), path)
    weights = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        weights, {"descr": "<f4", "fortran_order": False, "shape": (claims, COUNT)}
    )
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", kind) as new:
        for name, content in members.items():
            new.writestr(name, weights.getvalue() + held if name == "weights.npy" else content)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on memory")
def test_a_take_that_would_fill_the_memory(run_mien, tmp_path):
    """Promise: exit 7, within memory that would not hold a hundredth of what it claims or unpacks to."""
    import resource

    limit = 3 << 30

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    bomb = _forged(tmp_path / "bomb.mien", 500_000, bytes(4 * COUNT * 500_000), zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 1 << 20
    for path in (bomb, _forged(tmp_path / "empty.mien", 3_900_000, b"", zipfile.ZIP_STORED)):
        result = run_mien("convert", path, tmp_path / "out.csv", preexec_fn=little_memory)
        assert result.returncode == 7
        assert "claims" in result.stderr


def test_arrays_that_would_fill_the_memory(tmp_path):
    """Promise: refused before anything is allocated for them."""
    path, header = tmp_path / "mesh.npz", io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 3)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("vertices.npy", header.getvalue())
    with pytest.raises(ValueError, match="claims"):
        load_arrays(path, "vertices")


def test_an_object_array_is_refused(tmp_path):
    """Promise: what numpy would unpickle is not read."""
    path = tmp_path / "mesh.npz"
    np.savez(path, vertices=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="plain values"):
        load_arrays(path)


def test_names_in_an_archive_are_names_only(tmp_path):
    """Promise: nothing is ever unpacked to a place that an archive names."""
    path = tmp_path / "in" / "take.mien"
    path.parent.mkdir()
    save_take(Take.from_weights([0.0], np.zeros((1, COUNT))), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../escaped.npy", b"\x93NUMPY")
        archive.writestr("/tmp/escaped.npy", b"\x93NUMPY")
    assert len(read(path)) == 1
    assert {place.name for place in tmp_path.rglob("*")} == {"in", "take.mien"}


def test_a_network_that_names_other_files(tmp_path):
    """Promise: a graph that would load weights from another file is refused, whatever its checksum."""
    graph = toy_graph()
    largest = max(graph.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims or [1])))
    largest.ClearField("raw_data")
    largest.data_location = onnx.TensorProto.EXTERNAL
    largest.external_data.add(key="location", value="secret.bin")
    content = graph.SerializeToString()
    (tmp_path / "secret.bin").write_bytes(bytes(4096))
    (tmp_path / "student.onnx").write_bytes(content)
    card = {"format": 1, "name": "forged", "sha256": hashlib.sha256(content).hexdigest()}
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="other files"):
        Student(tmp_path)


def test_streams_are_of_this_machine_unless_told_otherwise():
    """Promise: every command that listens does so on 127.0.0.1 by default."""
    live = build_parser(["live"]).parse_args(["live"])
    record = build_parser(["record"]).parse_args(["record", "--stream", next(iter(KINDS)), "-o", "a.mien"])
    assert (live.bind, record.bind) == (LOOPBACK, LOOPBACK) == ("127.0.0.1", "127.0.0.1")
