"""A made actor's footage with labels on disk, and the shards gathered from it: made once for all tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def filmed(tmp_path_factory) -> Path:
    """Two shots of one made actor (4 and 3.2 s), the truth beside them, and an actor.json."""
    pytest.importorskip("numba")
    from mien.take import save_take
    from mien_models.actor.made_actor import Actor, film
    from mien_models.actor.made_motion import authored_motion

    folder, actor = tmp_path_factory.mktemp("actor"), Actor(3)
    for name, frames, seed in (("rom", 80, 1), ("speech", 66, 2)):
        clip = film(actor, *authored_motion(frames, 20.0, seed), size=256, rate=20.0)
        clip.write(folder / f"{name}.mp4")
        save_take(clip.take(), folder / f"{name}.mien")
    shots = [
        {"name": "rom", "kind": "standard", "video": "rom.mp4", "labels": "rom.mien"},
        {"name": "speech", "kind": "normal_speech", "video": "speech.mp4", "labels": "speech.mien",
         "held_out": True},
    ]  # fmt: skip
    (folder / "actor.json").write_text(json.dumps({"format": 1, "actor": "<Ana>", "shots": shots}))
    return folder


@pytest.fixture(scope="session")
def network():
    """The default network on one thread."""
    from mien.student import Student

    return Student(threads=1)


@pytest.fixture(scope="session")
def shards(filmed, network, tmp_path_factory) -> Path:
    """What `gather` makes of `filmed`."""
    from mien_models.actor.gather import gather

    out = tmp_path_factory.mktemp("shards")
    gather(filmed / "actor.json", out, network)
    return out


@pytest.fixture
def grey_frames(filmed):
    """The rom's pictures (80, 256, 256), uint8."""
    from mien.sources import open_video

    with open_video(filmed / "rom.mp4") as video:
        return np.stack([frame.grey for frame in video])
