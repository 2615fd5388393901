"""Maya's worker, in a real process: it solves, says why it can't, and stops when told to."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from mien.errors import CancelledError, MienError
from mien.take import load_take
from mien_maya import worker


@pytest.fixture(autouse=True)
def _no_maya(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MAYA_LOCATION", raising=False)


def test_it_solves_and_reports_on_the_way(toy_clip: Path, toy_folder: Path, tmp_path: Path):
    take, heard = tmp_path / "père take.mien", []
    done = worker.solve(toy_clip, take, lambda event: not heard.append(event), ["--model", str(toy_folder)])
    assert (done["event"], done["frames"], Path(done["output"])) == ("done", 40, take)
    assert len(load_take(take)) == 40
    kinds = [event["event"] for event in heard if event]
    assert kinds[0] == "start"
    assert "progress" in kinds


def test_an_error_of_the_worker_is_raised_with_its_code_and_hint(tmp_path: Path):
    with pytest.raises(MienError) as raised:
        worker.solve(tmp_path / "none.mp4", tmp_path / "out.mien", lambda _event: True)
    assert raised.value.code == "source_not_found"
    assert "none.mp4" in raised.value.message
    assert raised.value.hint
    assert list(tmp_path.iterdir()) == []


def test_cancelling_ends_the_process_and_writes_nothing(toy_clip: Path, toy_folder: Path, tmp_path: Path):
    with pytest.raises(CancelledError):
        worker.solve(toy_clip, tmp_path / "out.mien", lambda _event: False, ["--model", str(toy_folder)])
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_cannot_start_or_breaks_down_is_an_error_with_a_name(
    tmp_path: Path, toy_clip: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MAYA_LOCATION", str(tmp_path))
    with pytest.raises(worker.WorkerError, match="can't be started"):
        worker.solve(toy_clip, tmp_path / "out.mien", lambda _event: True)
    program = tmp_path / "bin" / "mayapy"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('the licence is gone')\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(worker.WorkerError, match="the licence is gone"):
        worker.solve(toy_clip, tmp_path / "out.mien", lambda _event: True)


@pytest.mark.parametrize("noise", ["a line that is no JSON", '"text"', "17"])
def test_what_others_print_on_standard_output_is_passed_over(noise: str, tmp_path: Path, monkeypatch):
    program = tmp_path / "bin" / "mayapy"
    program.parent.mkdir()
    last = '{"event": "done"}'
    program.write_text(f"#!{sys.executable}\nprint({noise!r})\nprint({last!r})\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("MAYA_LOCATION", str(tmp_path))
    assert worker.solve(tmp_path / "v.mp4", tmp_path / "t.mien", lambda _event: True) == {"event": "done"}


def test_the_program_is_the_mayapy_of_the_running_maya(monkeypatch: pytest.MonkeyPatch):
    assert worker.python_program() == sys.executable
    monkeypatch.setenv("MAYA_LOCATION", "/opt/maya2025")
    assert Path(worker.python_program()).parent == Path("/opt/maya2025/bin")
    assert worker.environment()["PYTHONPATH"].split(os.pathsep)[0]
