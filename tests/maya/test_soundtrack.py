"""The sound of the footage on Maya's time slider, in time with the keys: the real worker, the fake Maya."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from making import write_video
from sessions import finish


def test_the_worker_puts_it_on_the_time_slider(maya, tmp_path: Path, monkeypatch, take_path: Path):
    from mien_maya import scene
    from mien_maya.road import Session

    monkeypatch.delenv("MAYA_LOCATION", raising=False)
    video = write_video(tmp_path / "shot.mp4", [np.zeros((64, 64), np.uint8)] * 30, sound=1.0)
    session = Session(scene)
    session.open_takes([str(take_path)])
    assert session.why_not("sound") == "The take's footage is not known: solve it here"
    session.change_take(video=str(video), start=101.0)
    session.add_sound()
    finish(session, 200)
    assert "is on the time slider" in session.message, session.message
    (name,) = {how["sound"] for key, how in maya.ui.controls.items() if key == "timeSlider"}
    i = maya.s.one(name)
    assert maya.s.t["attr", i, "offset"] == 101.0
    assert Path(maya.s.t["attr", i, "filename"]) == take_path.with_suffix(".wav")
    with wave.open(str(take_path.with_suffix(".wav"))) as found:
        assert found.getnframes() / found.getframerate() == pytest.approx(1.0, abs=0.1)
    session.close()
