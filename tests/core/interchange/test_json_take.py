"""Takes as JSON: all of a take goes in and comes out, and other scripts can read it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from mien.arkit import COUNT, INDEX, NAMES
from mien.errors import TakeError
from mien.interchange.json_take import read_json, write_json
from mien.take import Take

FIELDS = ("times", "weights", "landmarks", "pose", "confidence", "boxes", "eyes")


@pytest.fixture
def take() -> Take:
    random = np.random.default_rng(0)
    count = 4
    arrays_of = {
        "times": np.arange(count) / 29.97,
        "weights": random.random((count, COUNT)),
        "landmarks": random.random((count, 70, 2)) * 1000,
        "pose": random.normal(size=(count, 3)) * 20,
        "confidence": np.array([0.9, 0.0, 1.0, 0.3]),
        "boxes": random.random((count, 4)) * 100,
        "eyes": random.normal(size=(count, 6)),
    }
    for name in ("weights", "landmarks", "pose", "boxes", "eyes"):
        arrays_of[name][1] = np.nan
    return Take(**arrays_of, about={"name": "Ärger", "frame_size": [640, 480], "rate": 29.97})


def same(one: Take, other: Take) -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.about == other.about


def test_everything_comes_back_to_the_last_bit(take, tmp_path):
    write_json(take, tmp_path / "take.json")
    same(take, read_json(tmp_path / "take.json"))


def test_any_program_can_read_it(take, tmp_path):
    write_json(take, tmp_path / "take.json")

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    content = json.loads((tmp_path / "take.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert (content["format"], content["names"]) == (1, list(NAMES))
    first, lost = content["samples"][:2]
    assert first["weights"][INDEX["jawOpen"]] == pytest.approx(float(take.weights[0, INDEX["jawOpen"]]))
    assert np.shape(first["landmarks"]) == (70, 2)
    assert (lost["weights"], lost["landmarks"], lost["pose"], lost["confidence"]) == (None, None, None, 0)


@settings(max_examples=60, deadline=None)
@given(
    weights=arrays.arrays(np.float32, (3, COUNT), elements=st.floats(width=32, allow_infinity=False)),
    steps=st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=2),
)
def test_round_trip(tmp_path_factory, weights, steps):
    take = Take.from_weights(np.cumsum([0.0, *steps]), weights)
    path = tmp_path_factory.mktemp("json") / "take.json"
    write_json(take, path)
    same(take, read_json(path))


def test_an_empty_take(tmp_path):
    take = Take.from_weights(np.zeros(0), np.zeros((0, COUNT)))
    write_json(take, tmp_path / "take.json")
    same(take, read_json(tmp_path / "take.json"))


def changed(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_weights_are_matched_by_name(take, tmp_path):
    path = tmp_path / "take.json"
    write_json(take, path)

    def only_the_jaw(content):
        content["names"] = ["jawOpen"]
        for sample in content["samples"]:
            sample["weights"] = sample["weights"] and [0.5]
            del sample["landmarks"]

    changed(path, only_the_jaw)
    again = read_json(path)
    assert again.weights[0, INDEX["jawOpen"]] == 0.5
    assert again.weights[0].sum() == 0.5
    assert np.isnan(again.weights[1]).all()
    assert np.isnan(again.landmarks).all()


DAMAGE = {
    "no format": lambda content: content.pop("format"),
    "no samples": lambda content: content.pop("samples"),
    "samples of another kind": lambda content: content.update(samples={"a": 1}),
    "sample of another kind": lambda content: content.update(samples=[1]),
    "unknown names": lambda content: content["names"].__setitem__(0, "eyebrow"),
    "no names": lambda content: content.update(names=[]),
    "too few weights": lambda content: content["samples"][0].update(weights=[0.1]),
    "a word": lambda content: content["samples"][0]["pose"].__setitem__(0, "x"),
    "time standing still": lambda content: content["samples"][1].update(time=0.0),
    "about of another kind": lambda content: content.update(about=[]),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_refused(take, tmp_path, kind):
    path = tmp_path / "take.json"
    write_json(take, path)
    changed(path, DAMAGE[kind])
    with pytest.raises(TakeError):
        read_json(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\x00"])
def test_other_text_is_refused(tmp_path, text):
    (tmp_path / "take.json").write_text(text)
    with pytest.raises(TakeError, match=r"take\.json"):
        read_json(tmp_path / "take.json")


def test_a_newer_one_and_none_at_all(take, tmp_path):
    path = tmp_path / "take.json"
    write_json(take, path)
    changed(path, lambda content: content.update(format=2))
    with pytest.raises(TakeError, match="newer"):
        read_json(path)
    with pytest.raises(TakeError, match="no take"):
        read_json(tmp_path / "none.json")
