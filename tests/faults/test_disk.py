"""Full disks and closed folders: the error is named, the old file survives, nothing half-written is left."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mien.arkit import COUNT
from mien.take import Take, load_take, save_take

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="Linux's mounts and capabilities"
)

ROOM = 12 << 10
OLD = b"what was there before"


def has_crashed(said: str) -> bool:
    """Whether an error left the program as a trace (numpy 1 adds one when its zip file is collected)."""
    return "Traceback" in said.split("Exception ignored in")[0]


@pytest.fixture
def full(tmp_path):
    """A disk with room for 12 KB; or, where none can be mounted, None."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={2 * ROOM}", "mien-test", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    (place / "filler").write_bytes(bytes(ROOM))
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture(scope="module")
def take(tmp_path_factory) -> Path:
    """A take that needs 100 KB and more in any format."""
    weights = np.random.default_rng(2).random((400, COUNT))
    path = tmp_path_factory.mktemp("takes") / "take.mien"
    save_take(Take.from_weights(np.arange(400) / 30, weights), path)
    return path


def _limit() -> None:
    """No file of this process may become larger; Python then gets an error instead of a signal."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))


def _refused(result, folder: Path, old: Path) -> None:
    assert result.returncode == 5, result.stderr
    assert not has_crashed(result.stderr)
    assert old.read_bytes() == OLD
    assert {path.name for path in folder.iterdir()} <= {old.name, "filler"}


@pytest.mark.parametrize(
    ("command", "suffix"),
    [("convert", ".mien"), ("convert", ".csv"), ("convert", ".json"), ("tune", ".mien")],
)
def test_a_full_disk_under_a_take(run_mien, full, take, command, suffix):
    """Promise: exit 5, the code output; the old file as it was, no litter."""
    old = full / f"old{suffix}"
    old.write_bytes(OLD)
    words = [take, old] if command == "convert" else [take, "-o", old]
    _refused(run_mien(command, *words), full, old)


@pytest.mark.parametrize("suffix", [".mien", ".json"])
def test_a_limit_on_files(run_mien, toy_clip, toy_folder, tmp_path, suffix):
    """The same without a disk of its own: the system refuses to let a file grow."""
    old = tmp_path / f"old{suffix}"
    old.write_bytes(OLD)
    result = run_mien("solve", toy_clip, "-o", old, "--model", toy_folder, "--json", preexec_fn=_limit)
    _refused(result, tmp_path, old)
    assert json.loads(result.stdout.splitlines()[-1])["code"] == "output"


def test_a_full_disk_under_an_overlay(run_mien, full, toy_clip, toy_folder, tmp_path):
    """Promise: exit 5; the take, which is elsewhere, is whole; the old overlay as it was."""
    old = full / "look.mp4"
    old.write_bytes(OLD)
    words = ["-o", tmp_path / "take.mien", "--overlay", old, "--model", toy_folder]
    _refused(run_mien("solve", toy_clip, *words), full, old)
    assert (tmp_path / "take.mien").exists()


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["words", "json"])
def test_a_full_disk_under_the_log(run_mien, toy_clip, toy_folder, tmp_path, words):
    """Promise: exit 5 and one sentence on the other stream; with --json before any work is done."""
    with open("/dev/full", "w") as log:
        streams = {"stdout": log, "stderr": subprocess.PIPE, "capture_output": False}
        result = run_mien(
            "solve", toy_clip, "-o", tmp_path / "a.mien", "--model", toy_folder, *words, **streams
        )
    assert result.returncode == 5
    assert "No space left" in result.stderr
    assert not has_crashed(result.stderr)


def test_a_full_disk_under_the_lines_of_live(run_mien, toy_clip, toy_folder, tmp_path):
    """Promise: exit 5 and one sentence on the other stream, not the end of a reader who has gone."""
    words = ["live", "--source", toy_clip, "--json", "--model", toy_folder]
    with open("/dev/full", "w") as log:
        streams = {"stdout": log, "stderr": subprocess.PIPE, "capture_output": False}
        result = run_mien(*words, **streams)
    assert result.returncode == 5
    assert "No space left" in result.stderr
    assert not has_crashed(result.stderr)


def test_a_full_disk_under_the_lines_of_a_recording(run_mien, full, toy_clip, toy_folder, tmp_path):
    """Promise: exit 5; what was recorded until then is saved where there is room."""
    take = tmp_path / "take.mien"
    words = ["live", "--source", toy_clip, "--loop", "--json", "--model", toy_folder, "--record", take]
    with open(full / "log", "w") as log:
        streams = {"stdout": log, "stderr": subprocess.PIPE, "capture_output": False}
        result = run_mien(*words, **streams)
    assert result.returncode == 5
    assert "No space left" in result.stderr
    assert len(load_take(take)) > 5


def _without_privileges() -> None:
    """Even root then has only the permissions that a file gives (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    if os.geteuid() == 0:
        drop_from_bounding_set = 24
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


@pytest.fixture
def closed(run_mien):
    """`closed(command, …)` runs it as somebody whom permissions stop."""
    return lambda *words: run_mien(*words, preexec_fn=_without_privileges)


def _says(result, exit_code: int, code: str) -> None:
    event = json.loads(result.stdout.splitlines()[-1])
    assert (result.returncode, event["code"]) == (exit_code, code)
    assert event["hint"]
    assert not has_crashed(result.stderr)


def test_footage_that_may_not_be_read(closed, toy_clip, toy_folder, tmp_path):
    """Promise: exit 3, the code source, nothing written."""
    secret = Path(shutil.copy(toy_clip, tmp_path / "secret.mp4"))
    secret.chmod(0)
    _says(closed("solve", secret, "-o", tmp_path / "a.mien", "--json", "--model", toy_folder), 3, "source")
    assert not (tmp_path / "a.mien").exists()


@pytest.mark.parametrize("closing", ["folder", "file"])
def test_a_result_that_may_not_be_written(closed, toy_clip, toy_folder, tmp_path, closing):
    """Promise: exit 5, the code output, the old file as it was; asked before the work, not after."""
    folder = tmp_path / "out"
    folder.mkdir()
    old = folder / "a.mien"
    old.write_bytes(OLD)
    (folder if closing == "folder" else old).chmod(0o555 if closing == "folder" else 0o444)
    result = closed("solve", toy_clip, "-o", old, "--json", "--model", toy_folder)
    folder.chmod(0o755)
    _says(result, 5, "output")
    assert old.read_bytes() == OLD
    assert [json.loads(line)["event"] for line in result.stdout.splitlines()] == ["error"]


@pytest.mark.parametrize("name", ["student.onnx", "card.json"])
def test_a_network_that_may_not_be_read(closed, toy_clip, toy_folder, tmp_path, name):
    """Promise: exit 6, the code model."""
    folder = Path(shutil.copytree(toy_folder, tmp_path / "network"))
    (folder / name).chmod(0)
    _says(closed("solve", toy_clip, "-o", tmp_path / "a.mien", "--json", "--model", folder), 6, "model")


def test_a_take_that_may_not_be_read(closed, take, tmp_path):
    """Promise: exit 7; nothing written."""
    secret = Path(shutil.copy(take, tmp_path / "secret.mien"))
    secret.chmod(0)
    result = closed("convert", secret, tmp_path / "a.csv")
    assert result.returncode == 7
    assert not (tmp_path / "a.csv").exists()
