"""The sound of footage as a .wav in time with its pictures: real files, the real worker."""

from __future__ import annotations

import time
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from mien.errors import MienError
from mien_maya.soundtrack import CHANNELS, RATE, extract


def footage(path: Path, sound_from: float, seconds: float = 1.0) -> Path:
    """Pictures from 0 s, and a tone from `sound_from` on."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for i in range(round(25 * seconds)):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), i, np.uint8), format="rgb24")
            frame.pts = i
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        tone = (12000 * np.sin(np.arange(round(RATE * seconds)) / 8)).astype(np.int16)
        for i in range(0, len(tone), 1024):
            part = av.AudioFrame.from_ndarray(tone[None, i : i + 1024], format="s16", layout="mono")
            part.rate, part.pts = RATE, i + round(sound_from * RATE)
            part.time_base = Fraction(1, RATE)
            container.mux(sound.encode(part))
        container.mux(sound.encode(None))
    return path


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as found:
        assert (found.getnchannels(), found.getframerate(), found.getsampwidth()) == (CHANNELS, RATE, 2)
        return np.frombuffer(found.readframes(found.getnframes()), np.int16).reshape(-1, CHANNELS)


@pytest.mark.parametrize("later", [0.0, 0.25])
def test_the_sound_begins_where_it_does_in_the_footage(tmp_path: Path, later: float):
    extract(footage(tmp_path / "a.mkv", later), tmp_path / "a.wav")
    heard = np.flatnonzero(np.abs(samples(tmp_path / "a.wav")[:, 0]) > 100)
    assert heard[0] / RATE == pytest.approx(later, abs=0.03)
    assert (heard[-1] - heard[0]) / RATE == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("what", ["no sound", "no video", "missing"])
def test_what_has_no_sound_is_said_and_nothing_is_written(tmp_path: Path, what: str):
    path = tmp_path / "a.mp4"
    if what == "no sound":
        from making import write_video

        write_video(path, [np.zeros((64, 64), np.uint8)] * 3)
    elif what == "no video":
        path.write_bytes(b"not a video at all")
    with pytest.raises(MienError):
        extract(path, tmp_path / "a.wav")
    assert not (tmp_path / "a.wav").exists()


def test_the_worker_puts_it_on_the_time_slider(maya, tmp_path: Path, monkeypatch, take_path: Path):
    from mien_maya import scene
    from mien_maya.road import Session

    monkeypatch.delenv("MAYA_LOCATION", raising=False)
    session = Session(scene)
    session.open_takes([str(take_path)])
    assert session.why_not("sound") == "The take's footage is not known: solve it here"
    session.change_take(video=str(footage(tmp_path / "shot.mkv", 0.0)), start=101.0)
    session.add_sound()
    end = time.monotonic() + 200
    while session.work is not None and time.monotonic() < end:
        time.sleep(0.05)
        session.listen()
    assert "is on the time slider" in session.message, session.message
    (name,) = {how["sound"] for key, how in maya.ui.controls.items() if key == "timeSlider"}
    i = maya.s.one(name)
    assert maya.s.t["attr", i, "offset"] == 101.0
    assert Path(maya.s.t["attr", i, "filename"]) == take_path.with_suffix(".wav")
    assert len(samples(take_path.with_suffix(".wav"))) == pytest.approx(RATE, rel=0.05)
    session.close()
