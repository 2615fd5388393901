"""`mien dense` and `mien train dense` from a list of shots to a cache, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("numba")

from mien.cli import main
from mien.errors import SourceNotFoundError, TakeError, UsageError
from mien_models.actor.caches import VertexClip, read_cache, write_cache
from mien_models.actor.dense_frames import cut, gather, open_frames, read_shots, upright
from mien_models.actor.made_actor import Actor, film
from mien_models.actor.made_motion import authored_motion


@pytest.fixture(scope="module")
def footage(tmp_path_factory) -> Path:
    """Two shots of eight frames, filmed and tracked (the mesh thinned to 60 vertices), and their list."""
    folder = tmp_path_factory.mktemp("footage")
    for seed, name in enumerate(("rom", "later")):
        clip = film(Actor(2), *authored_motion(8, 8.0, seed), size=192, rate=8.0)
        clip.write(folder / f"{name}.mp4")
        write_cache(folder / f"{name}.mdd", VertexClip(clip.times, clip.vertices[:, ::84]), rate=8)
    said = {"crop": [24, 0, 144, 192], "unit": "m",
            "shots": [{"video": "rom.mp4", "mesh": "rom.mdd"},
                      {"video": "later.mp4", "mesh": "later.mdd", "held_out": True}]}  # fmt: skip
    (folder / "dense.json").write_text(json.dumps(said))
    return folder


def changed(footage: Path, tmp_path: Path, shot: dict | None = None, **said) -> Path:
    """The list of shots with other words."""
    listed = {**json.loads((footage / "dense.json").read_text()), **said}
    listed["shots"] = [{**each, **(shot or {})} for each in listed["shots"]]
    for each in listed["shots"]:
        each["video"], each["mesh"] = str(footage / each["video"]), str(footage / each["mesh"])
    (tmp_path / "dense.json").write_text(json.dumps(listed))
    return tmp_path / "dense.json"


def test_from_shots_to_a_cache(footage, tmp_path, capsys):
    frames, run, out = (str(tmp_path / name) for name in ("frames", "run", "out.mdd"))
    assert main(["dense", "gather", str(footage / "dense.json"), "--out", frames, "--size", "72x96"]) == 0
    assert "16 frames of 60 vertices, 8 held out, 0 without a face" in capsys.readouterr().out
    gathered = open_frames(tmp_path / "frames")
    film_mesh = read_cache(footage / "later.mdd", vertices=60)
    np.testing.assert_allclose(gathered.vertices[8:], film_mesh.vertices, atol=1e-3)
    assert gathered.landmarks[:, 30].min() > 10  # the nose's tip is in the picture
    assert gathered.landmarks[:, 30].max() < 86

    train = ["train", "dense", frames, "--run", run, "--width", "0.1", "--epochs", "2", "--batch", "4"]
    train += ["--threads", "1", "--workers", "0", "--json"]
    assert main(train) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["start", "scores", *["progress", "scores"] * 2, "done"]
    assert events[-2]["rmse_mm"] > 0

    assert main(["dense", "solve", str(footage / "later.mp4"), "--run", run, "-o", out]) == 0
    solved = read_cache(Path(out), vertices=60)
    assert len(solved) == 8
    assert np.abs(solved.vertices.mean(0) - film_mesh.vertices.mean(0)).max() < 30  # the same head

    assert main(["dense", "solve", str(footage / "later.mp4"), "--run", run, "-o", f"{run}/out.usda"]) == 2
    assert "faces" in capsys.readouterr().err
    assert main(["dense", "solve", str(footage / "later.mp4"), "--run", run, "-o", f"{run}/out.abc"]) == 2
    assert main(["dense", "solve", str(footage / "later.mp4"), "--run", frames, "-o", out]) == 6


@pytest.mark.parametrize(
    ("shot", "said", "error", "match"),
    [
        ({"held_out": True}, {}, UsageError, "no shot to train on"),
        ({}, {"crop": [1, 2, 3]}, UsageError, "no rectangle"),
        ({}, {"crop": [0, 0, float("nan"), 9]}, UsageError, "no rectangle"),
        ({}, {"crop": [0, 0, 400, 500]}, UsageError, "not in a frame of 192×192"),
        ({}, {"unit": "inch"}, UsageError, "no unit"),
        ({}, {"rate": 0}, UsageError, "no frame rate"),
        ({"mesh": "later.mp4"}, {}, UsageError, "no cache"),
        ({"mesh": "gone.mdd"}, {}, TakeError, "gone.mdd"),
        ({"video": "gone.mp4"}, {}, SourceNotFoundError, "gone.mp4"),
        ({"start": 0.6}, {}, TakeError, "lasts 0.88 s"),
    ],
)
def test_a_list_that_cannot_be_gathered_is_named(footage, tmp_path, shot, said, error, match):
    with pytest.raises(error, match=match):
        gather(changed(footage, tmp_path, shot, **said), tmp_path / "frames", (72, 96))
    assert not (tmp_path / "frames").exists()


def test_a_mesh_that_ends_before_its_film_is_named(footage, tmp_path):
    short = read_cache(footage / "rom.mdd")
    write_cache(tmp_path / "short.mdd", VertexClip(short.times[:4], short.vertices[:4]), rate=8)
    listed = changed(footage, tmp_path, {"mesh": str(tmp_path / "short.mdd")})
    with pytest.raises(TakeError, match=r"short.mdd lasts 0.38 s, rom.mp4 from 0.00 to 0.88 s"):
        gather(listed, tmp_path / "frames", (72, 96))


def test_meshes_of_two_actors_do_not_mix(footage, tmp_path):
    other = read_cache(footage / "later.mdd")
    write_cache(tmp_path / "other.mdd", VertexClip(other.times, other.vertices[:, :50]), rate=8)
    listed = json.loads(changed(footage, tmp_path).read_text())
    listed["shots"][1]["mesh"] = str(tmp_path / "other.mdd")
    (tmp_path / "dense.json").write_text(json.dumps(listed))
    with pytest.raises(TakeError, match="50 vertices; the mesh has 60"):
        gather(tmp_path / "dense.json", tmp_path / "frames", (72, 96))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"shots": [{}]}', '{"shots": 3}', '{"shots": [{"video": 1}]}', 9999 * "["]
)
def test_what_is_no_list_of_shots_is_named(tmp_path, text):
    (tmp_path / "dense.json").write_text(text)
    with pytest.raises(UsageError, match="no list of shots"):
        read_shots(tmp_path / "dense.json")
    with pytest.raises(SourceNotFoundError):
        read_shots(tmp_path / "gone.json")


def test_the_rectangle_is_cut_where_it_says():
    grey = np.zeros((100, 200), np.uint8)
    grey[20:60, 50:80] = 200
    image = cut(grey, (50, 20, 30, 40), (15, 20))
    assert image.shape == (20, 15)
    assert image[2:-2, 2:-2].min() > 195
    assert cut(grey, (20, 20, 30, 40), (30, 40)).max() == 0
    with pytest.raises(UsageError, match="not in a frame"):
        cut(grey, (180, 20, 30, 40), (15, 20))
    assert upright(400, 320) == (80, 0, 240, 320)
    assert upright(90, 320) == (0, 100, 90, 120)
