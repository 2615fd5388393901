"""The sound of footage as a .wav in time with its pictures: real files."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from mien.errors import MienError, SourceError
from mien.soundtrack import RATE, extract, main


def footage(path: Path, sound_from: float, seconds: float = 1.0, title: str = "") -> Path:
    """Pictures from 0 s, and a tone from `sound_from` on."""
    with av.open(str(path), "w") as container:
        container.metadata["title"] = title
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
        assert (found.getnchannels(), found.getframerate(), found.getsampwidth()) == (2, 48000, 2)
        return np.frombuffer(found.readframes(found.getnframes()), np.int16).reshape(-1, 2)


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


def test_tags_that_are_no_text_are_in_nobodys_way(tmp_path: Path):
    path = footage(tmp_path / "a.mkv", 0.0, title="XXXX")
    content = path.read_bytes()
    assert content.count(b"XXXX") == 1
    path.write_bytes(content.replace(b"XXXX", b"\xe4\xf6\xfc\xe4"))
    extract(path, tmp_path / "a.wav")
    assert len(samples(tmp_path / "a.wav")) == pytest.approx(RATE, abs=0.1 * RATE)


@pytest.mark.parametrize("name", ["", "a.####.png", "a.0001.png"])
def test_numbered_pictures_have_no_sound(tmp_path: Path, name: str):
    shot = tmp_path / "shot"
    shot.mkdir()
    for i in range(3):
        assert cv2.imwrite(str(shot / f"a.{i:04}.png"), np.zeros((64, 64), np.uint8))
    with pytest.raises(SourceError, match="has no sound"):
        extract(shot / name, tmp_path / "a.wav")
    assert not (tmp_path / "a.wav").exists()


def test_as_a_program_it_says_what_is_wrong_in_json(tmp_path: Path, capsys):
    assert main([str(tmp_path / "gone.mkv"), str(tmp_path / "a.wav"), "--json"]) == 3
    assert '"code": "source_not_found"' in capsys.readouterr().out
