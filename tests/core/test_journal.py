"""Recordings that grow on disk: whole when ended, whole up to the last record when broken off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mien.arkit import COUNT
from mien.calibration import Calibration, stored
from mien.errors import MienError, OutputError, TakeError
from mien.journal import MAGIC, RECORD, Journal, Recording, journal_of, recover
from mien.solver import no_face
from mien.take import load_take
from mien.types import FaceBox, HeadPose, Sample


def sample(time: float, level: float = 0.5) -> Sample:
    points = np.full((70, 2), level * 100, np.float32)
    weights = np.full(COUNT, level, np.float32)
    return Sample(time, weights, points, HeadPose(1.0, 2.0, level), 0.9, FaceBox(10, 20, 100, level))


def test_what_was_recorded_is_the_take(tmp_path: Path):
    output = tmp_path / "a.mien"
    recording = Recording(output, {"name": "a", "rate": 30.0}, since=100.0)
    recording.add(sample(7.0), 99.9)  # before it began
    for i in range(5):
        recording.add(sample(7.0 + i, 0.1 * i) if i != 2 else no_face(9.0), 100.0 + i / 30)
    recording.add(sample(7.0), 100.0 + 4 / 30)  # not later than the last
    rest = Calibration(np.full(COUNT, 0.1, np.float32), np.ones(COUNT, np.float32))
    take = recording.save(rest)
    assert not journal_of(output).exists()
    loaded = load_take(output)
    np.testing.assert_allclose(loaded.times, np.arange(5) / 30, atol=1e-9)
    np.testing.assert_array_equal(loaded.found, [1, 1, 0, 1, 1])
    np.testing.assert_allclose(loaded.weights[3], 0.3, atol=1e-6)
    assert loaded.pose[1].tolist() == [1.0, 2.0, 0.1]
    assert np.isnan(loaded.landmarks[2]).all()
    np.testing.assert_array_equal(loaded.boxes, take.boxes)
    assert loaded.about["name"] == "a"
    assert stored(loaded).neutral[0] == np.float32(0.1)


@pytest.mark.parametrize("cut", [0, 1, RECORD.itemsize - 1])
def test_a_torn_record_costs_only_itself(tmp_path: Path, cut: int):
    journal = Journal(tmp_path / "a.mien", {"name": "a"})
    for i in range(4):
        journal.add(sample(i), float(i))
    content = journal.path.read_bytes()
    journal.path.write_bytes(content[: len(content) - cut])
    assert len(recover(journal.path)) == (4 if cut == 0 else 3)


def test_nothing_is_written_over(tmp_path: Path):
    output = tmp_path / "a.mien"
    first = Recording(output, {}, 0.0)
    with pytest.raises(OutputError, match="there already"):
        Recording(output, {}, 0.0)
    first.add(sample(0.0), 0.0)
    first.save(None)
    with pytest.raises(OutputError, match="there already"):
        Recording(output, {}, 0.0)
    again = Recording(output, {}, 0.0, replace=True)
    with pytest.raises(TakeError, match="Nothing was recorded"):
        again.save(None)
    assert len(load_take(output)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.mien"]


def test_a_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(OutputError):
        Recording(tmp_path / "no" / "a.mien", {}, 0.0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_keeps_what_was_there(tmp_path: Path, mien_environment):
    """The system refuses to write beyond 10,000 bytes, in the middle of a record."""
    code = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from pathlib import Path
from test_journal import *
recording = Recording(Path({str(tmp_path / "a.mien")!r}), {{}}, 0.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
try:
    for i in range(100):
        recording.add(sample(i), float(i))
except OutputError as error:
    print("refused", recording.journal.count)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("saved", len(recording.save(None)))
"""
    run = subprocess.run([sys.executable, "-c", code], env=mien_environment, capture_output=True, text=True)
    assert run.stdout.split() == ["refused", "12", "saved", "12"], run.stderr


@given(st.binary(max_size=3000), st.booleans())
def test_a_damaged_journal_is_a_take_or_an_error(tmp_path_factory, content: bytes, begins_well: bool):
    path = tmp_path_factory.mktemp("fuzz") / "a.mien.part"
    path.write_bytes((MAGIC + b'{"name": "x"}\n' if begins_well else b"") + content)
    try:
        take = recover(path)
    except MienError:
        assert not begins_well
    else:
        assert (np.diff(take.times) > 0).all()


@pytest.mark.parametrize(
    "content", [b"", MAGIC, MAGIC + b"[]\n", MAGIC + b"{\n", MAGIC + b"[" * 100_000 + b"\n"]
)
def test_what_is_no_journal(tmp_path: Path, content: bytes):
    (tmp_path / "a.part").write_bytes(content)
    with pytest.raises(TakeError):
        recover(tmp_path / "a.part")
    with pytest.raises(TakeError, match="no file"):
        recover(tmp_path / "b.part")
