"""Takes in memory and on disk: what goes in comes out; what is damaged or foreign is refused."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien.arkit import COUNT
from mien.errors import OutputError, TakeError
from mien.take import FORMAT, Take, load_take, save_take
from mien.types import FaceBox, HeadPose, Sample

ARRAYS = ("times", "weights", "landmarks", "pose", "confidence", "boxes", "eyes")


def sample(time: float, value: float, found: bool = True) -> Sample:
    nan = np.nan
    return Sample(
        time=time,
        weights=np.full(COUNT, value if found else nan, np.float32),
        landmarks=np.full((70, 2), 100 * value if found else nan, np.float32),
        pose=HeadPose(value, -value, 2 * value) if found else HeadPose(nan, nan, nan),
        confidence=0.9 if found else 0.0,
        box=FaceBox(1, 2, 3, 4) if found else FaceBox(nan, nan, nan, nan),
    )


@pytest.fixture
def take() -> Take:
    """Eight samples at 10 a second; the face is lost in the fourth and fifth."""
    samples = [sample(0.1 * i, 0.1 * i, i not in (3, 4)) for i in range(8)]
    return Take.from_samples(samples, {"name": "Ärger", "rate": 10.0, "frame_size": [640, 480]})


def assert_same(one: Take, other: Take) -> None:
    assert one.about == other.about
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_samples_become_arrays(take: Take):
    assert len(take) == 8
    assert take.found.tolist() == [True] * 3 + [False] * 2 + [True] * 3
    assert take.duration == pytest.approx(0.7)
    np.testing.assert_allclose(take.pose[7], (0.7, -0.7, 1.4))
    np.testing.assert_allclose(take.boxes[0], (1, 2, 3, 4))
    wide = {name for name in ARRAYS if getattr(take, name).dtype == np.float64}
    assert wide == {"times", "pose", "eyes"}


def test_the_arrays_are_the_takes_own_and_read_only():
    times, weights = np.arange(3.0), np.zeros((3, COUNT), np.float32)
    take = Take.from_weights(times, weights)
    weights[:] = 7
    assert take.weights.max() == 0
    with pytest.raises(ValueError, match="read-only"):
        take.weights[0] = 1


def test_no_samples_are_a_take():
    take = Take.from_samples([])
    assert (len(take), take.duration, take.weights.shape) == (0, 0.0, (0, COUNT))


@pytest.mark.parametrize("times", [[0, 0, 1], [0, 2, 1], [0, np.nan, 1], [0, 1, np.inf]])
def test_times_must_go_on(times: list[float]):
    with pytest.raises(TakeError, match="increasing"):
        Take.from_weights(times, np.zeros((3, COUNT)))


def test_shapes_must_fit(take: Take):
    with pytest.raises(TakeError, match="weights"):
        take.replaced(weights=take.weights[:, :51])
    with pytest.raises(TakeError, match="length"):
        take.replaced(weights=take.weights[:5])


def test_cut_keeps_both_ends_and_the_times(take: Take):
    part = take.cut(0.2, 0.5)
    np.testing.assert_allclose(part.times, [0.2, 0.3, 0.4, 0.5])
    assert len(take.cut(5, 6)) == 0


def test_resample_is_linear_and_knows_gaps(take: Take):
    new = take.resample([0.0, 0.15, 0.2, 0.25, 0.35, 0.45, 0.5, 0.65, 0.9])
    np.testing.assert_allclose(
        new.weights[:, 0], [0, 0.15, 0.2] + [np.nan] * 3 + [0.5, 0.65, np.nan], atol=1e-6
    )
    np.testing.assert_allclose(new.landmarks[1], 15.0, rtol=1e-5)
    assert new.found.tolist() == [True] * 3 + [False] * 3 + [True, True, False]
    assert (new.confidence[~new.found] == 0).all()


def test_angles_turn_the_short_way():
    take = Take.from_weights([0, 1], np.zeros((2, COUNT)), pose=[[0, 0, 170], [0, 10, -170]])
    middle = take.resample([0.5]).pose[0]
    assert middle[1] == pytest.approx(5)
    assert abs(middle[2]) == pytest.approx(180)


def test_a_file_gives_the_take_back(take: Take, tmp_path: Path):
    path = tmp_path / "Aufnahme ä 1.mien"
    save_take(take, path)
    assert_same(load_take(path), take)
    assert os.listdir(tmp_path) == [path.name]


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(st.floats(1e-6, 1e6), max_size=12),
    seed=st.integers(0, 2**32 - 1),
    about=st.dictionaries(
        st.text(max_size=8), st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    ),
)
def test_any_take_comes_back(tmp_path_factory, steps, seed, about):
    rng = np.random.default_rng(seed)
    count = len(steps)
    weights = rng.normal(size=(count, COUNT)) * 10.0 ** rng.integers(-8, 8, (count, COUNT))
    weights[rng.random(count) < 0.3] = np.nan
    take = Take.from_weights(np.cumsum(steps), weights, about)
    path = tmp_path_factory.getbasetemp() / "any.mien"
    save_take(take, path)
    about.pop("format", None)
    assert_same(load_take(path), take.replaced(about=about))


def test_numpy_alone_reads_the_file(take: Take, tmp_path: Path):
    save_take(take, tmp_path / "a.mien")
    with np.load(tmp_path / "a.mien", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["weights"], take.weights)
        assert json.loads(stored["about"].tobytes())["format"] == FORMAT


def test_a_missing_file(tmp_path: Path):
    with pytest.raises(TakeError, match="no take"):
        load_take(tmp_path / "none.mien")


@pytest.mark.parametrize("part", [0, 1, 100, 0.3, 0.9, 0.999])
def test_a_file_cut_short(take: Take, tmp_path: Path, part: float):
    path = tmp_path / "a.mien"
    save_take(take, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content)) if isinstance(part, float) else part])
    with pytest.raises(TakeError, match="damaged"):
        load_take(path)


@pytest.mark.parametrize("place", [0.2, 0.4, 0.6])
def test_a_flipped_byte_is_noticed(take: Take, tmp_path: Path, place: float):
    path = tmp_path / "a.mien"
    save_take(take, path)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(TakeError, match="damaged"):
        load_take(path)


def rewrite(path: Path, take: Take, **arrays: np.ndarray) -> None:
    """Write the take with some of its arrays changed or, given as None, left out."""
    about = np.frombuffer(json.dumps({"format": FORMAT}).encode(), np.uint8)
    content = {"about": about, **{name: getattr(take, name) for name in ARRAYS}, **arrays}
    np.savez(open(path, "wb"), **{name: array for name, array in content.items() if array is not None})  # noqa: SIM115


@pytest.mark.parametrize("arrays", [
    {"weights": None},
    {"weights": np.zeros((8, 51), np.float32)},
    {"weights": np.zeros((8, 52), np.float64)},
    {"weights": np.zeros((7, 52), np.float32)},
    {"times": np.zeros(8)},
    {"pose": np.array([[{}] * 3] * 8, dtype=object)},
    {"about": np.frombuffer(b"[]", np.uint8)},
    {"about": np.frombuffer(b"{nonsense", np.uint8)},
    {"about": np.array(["x"])},
])  # fmt: skip
def test_foreign_contents_are_refused(take: Take, tmp_path: Path, arrays):
    rewrite(tmp_path / "a.mien", take, **arrays)
    with pytest.raises(TakeError):
        load_take(tmp_path / "a.mien")


def test_a_newer_format_says_so(take: Take, tmp_path: Path):
    about = np.frombuffer(json.dumps({"format": FORMAT + 1}).encode(), np.uint8)
    rewrite(tmp_path / "a.mien", take, about=about)
    with pytest.raises(TakeError, match="newer Mien"):
        load_take(tmp_path / "a.mien")


@pytest.mark.parametrize(("count", "extra"), [(10**8, 0), (10**6, 0), (8, 10**6)])
def test_a_header_that_lies_costs_nothing(take: Take, tmp_path: Path, count: int, extra: int):
    """A forged number of samples, or more bytes than they need: refused before memory is taken."""
    path = tmp_path / "a.mien"
    save_take(take, path)
    member = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (count, COUNT)}
    np.lib.format.write_array_header_1_0(member, header)
    member.write(take.weights.tobytes() + bytes(extra))
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.mien", "w") as new:
        for name in old.namelist():
            new.writestr(name, member.getvalue() if name == "weights.npy" else old.read(name))
    with pytest.raises(TakeError, match=rf"claims \(?{count}"):
        load_take(tmp_path / "b.mien")


def test_the_eyes_of_a_phone_come_back_and_go_with_other_weights(take: Take, tmp_path: Path):
    measured = take.replaced(eyes=np.random.default_rng(0).normal(size=(8, 6)))
    save_take(measured, tmp_path / "a.mien")
    assert_same(load_take(tmp_path / "a.mien"), measured)
    assert np.isnan(measured.replaced(weights=take.weights).eyes).all()
    np.testing.assert_allclose(measured.resample([0.05]).eyes[0], measured.eyes[:2].mean(axis=0))


def test_a_take_of_format_1_is_read(take: Take, tmp_path: Path):
    """Its pose had 32 bits, and it knew no eyes."""
    about = np.frombuffer(json.dumps({"format": 1, "name": "old"}).encode(), np.uint8)
    rewrite(tmp_path / "a.mien", take, about=about, pose=take.pose.astype(np.float32), eyes=None)
    again = load_take(tmp_path / "a.mien")
    np.testing.assert_allclose(again.pose, take.pose, rtol=1e-6)
    assert np.isnan(again.eyes).all()
    assert again.about == {"name": "old"}


@pytest.mark.parametrize("format_", [0, -1, "1", None, 1.5])
def test_a_format_that_never_was(take: Take, tmp_path: Path, format_):
    about = np.frombuffer(json.dumps({"format": format_}).encode(), np.uint8)
    rewrite(tmp_path / "a.mien", take, about=about)
    with pytest.raises(TakeError, match="format"):
        load_take(tmp_path / "a.mien")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_gets_past_the_reader(tmp_path_factory, data):
    """Bytes changed, cut out or put in anywhere: a take, or a TakeError; never anything else."""
    path = tmp_path_factory.getbasetemp() / "fuzzed.mien"
    save_take(Take.from_samples([sample(0.1 * i, 0.1 * i) for i in range(3)]), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        end = at + data.draw(st.integers(0, 40))
        content[at:end] = data.draw(st.binary(max_size=20))
    path.write_bytes(content)
    with contextlib.suppress(TakeError):
        assert len(load_take(path)) <= 10


@pytest.mark.parametrize("rate", ["23.976", 24, 25, "29.97", 30, 60, 120])
def test_any_rate(rate):
    times = np.arange(0, 20, 1 / 29.97) + 0.37
    slope = np.repeat(times[:, None] / 100, COUNT, axis=1)
    new = Take.from_weights(times, slope, {"rate": 29.97}).at_rate(rate)
    assert new.found.all()
    np.testing.assert_allclose(new.weights[:, 0], new.times / 100, rtol=1e-5)
    frames = new.times * new.about["rate"]
    np.testing.assert_allclose(frames[1:-1], np.round(frames[1:-1]), atol=1e-6)
    assert new.about["rate"] == pytest.approx(float(rate), abs=1e-3)


def test_an_empty_take_has_no_rate():
    with pytest.raises(TakeError, match="empty"):
        Take.from_samples([]).at_rate(24)


def test_a_folder_that_is_missing(take: Take, tmp_path: Path):
    with pytest.raises(OutputError, match="no folder"):
        save_take(take, tmp_path / "none" / "a.mien")


def test_a_take_that_json_cannot_hold_leaves_the_old_file(take: Take, tmp_path: Path):
    path = tmp_path / "a.mien"
    save_take(take, path)
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        save_take(take.replaced(about={"rate": float("nan")}), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.mien"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_new_file_has_the_usual_permissions(take: Take, tmp_path: Path):
    save_take(take, tmp_path / "a.mien")
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.mien").stat().st_mode == (tmp_path / "plain").stat().st_mode
