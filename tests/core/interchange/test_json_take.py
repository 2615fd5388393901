"""Takes as JSON: all of a take goes in and comes out, and other scripts can read it."""

from __future__ import annotations

import contextlib
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
    "no number in about": lambda content: content["about"].update(rate=float("inf")),
    "about of another kind": lambda content: content.update(about=[]),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_refused(take, tmp_path, kind):
    path = tmp_path / "take.json"
    write_json(take, path)
    changed(path, DAMAGE[kind])
    with pytest.raises(TakeError):
        read_json(path)


def test_a_name_that_utf8_lacks_comes_back(take, tmp_path):
    odd = take.replaced(about={"name": "half \ud83d"})
    write_json(odd, tmp_path / "take.json")
    same(odd, read_json(tmp_path / "take.json"))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\x00"])
def test_other_text_is_refused(tmp_path, text):
    (tmp_path / "take.json").write_text(text)
    with pytest.raises(TakeError, match=r"take\.json"):
        read_json(tmp_path / "take.json")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_gets_past_the_reader(tmp_path_factory, data):
    """Text changed, cut out or put in anywhere: a take, or a TakeError; never anything else."""
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    write_json(Take.from_weights(np.arange(2) / 30, np.full((2, COUNT), 0.25)), path)
    text = path.read_text(encoding="utf-8")
    fragment = st.text(max_size=5) | st.sampled_from(
        ["null", "NaN", "1e999", "-1", "[", "}", "{}", '"x"', ","]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(fragment) + text[at + data.draw(st.integers(0, 30)) :]
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with contextlib.suppress(TakeError):
        assert len(read_json(path)) <= 2


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    entry=st.sampled_from(["format", "about", "names", "samples"]),
    field=st.sampled_from(["time", "confidence", "weights", "pose", "box", "eyes", "landmarks"]),
    inside=st.booleans(),
    value=VALUES,
)
def test_no_other_value_gets_past_the_reader(tmp_path_factory, entry, value, inside, field):
    path = tmp_path_factory.getbasetemp() / "values.json"
    write_json(Take.from_weights(np.arange(2) / 30, np.full((2, COUNT), 0.25)), path)
    if inside:
        changed(path, lambda content: content["samples"][1].update({field: value}))
    else:
        changed(path, lambda content: content.update({entry: value}))
    with contextlib.suppress(TakeError):
        write_json(read_json(path), path)
        assert len(read_json(path)) <= 2


def test_a_newer_one_and_none_at_all(take, tmp_path):
    path = tmp_path / "take.json"
    write_json(take, path)
    changed(path, lambda content: content.update(format=2))
    with pytest.raises(TakeError, match="newer"):
        read_json(path)
    with pytest.raises(TakeError, match="no take"):
        read_json(tmp_path / "none.json")
