"""What a map makes of weights: sums, products, curves, clamps, gains, mirrors; for whole takes at once."""

from __future__ import annotations

import time

import numpy as np
import pytest
from mien.arkit import COUNT, INDEX, MIRROR, NAMES, REGION
from mien.errors import CycleError, DuplicateTargetError, MapError, NotANumberError, UnknownShapeError
from mien.rig.automap import auto_map
from mien.rig.head_eyes import EyeDrive, HeadDrive
from mien.rig.map_check import check
from mien.rig.retarget_map import REGIONS, Channel, RetargetMap, Term
from mien.rig.targets import Target


@pytest.fixture
def weights() -> np.ndarray:
    return np.random.default_rng(0).random((50, COUNT), dtype=np.float32)


def one(*terms: Term, **fields) -> RetargetMap:
    return RetargetMap((Channel(Target("a"), terms, **fields),))


def column(weights: np.ndarray, name: str) -> np.ndarray:
    return weights[:, INDEX[name]]


def test_the_whole_face_passes_unchanged(weights):
    np.testing.assert_array_equal(auto_map(NAMES).map.apply(weights), weights)
    np.testing.assert_array_equal(auto_map(NAMES[::-1]).map.apply(weights), weights[:, ::-1])


def test_a_sum_of_terms_with_an_offset(weights):
    found = one(Term(("jawOpen",), 0.5), Term(("mouthClose",), -2.0), offset=0.25).apply(weights)
    wanted = 0.5 * column(weights, "jawOpen") - 2.0 * column(weights, "mouthClose") + 0.25
    assert (found.dtype, found.shape) == (np.float32, (50, 1))
    np.testing.assert_allclose(found[:, 0], wanted, rtol=1e-5)


def test_terms_of_one_shape_add_up(weights):
    found = one(Term(("jawOpen",), 0.5), Term(("jawOpen",), 0.25)).apply(weights)
    np.testing.assert_allclose(found[:, 0], 0.75 * column(weights, "jawOpen"), rtol=1e-6)


def test_a_corrective_is_a_product(weights):
    shapes = ("jawOpen", "mouthPucker", "cheekPuff")
    found = one(Term(shapes, 2.0)).apply(weights)
    np.testing.assert_allclose(
        found[:, 0], 2.0 * np.prod([column(weights, s) for s in shapes], axis=0), rtol=1e-5
    )


def test_a_quotient_fades_out_where_its_divisor_is_small():
    weights = np.zeros((4, COUNT), np.float32)
    weights[:, INDEX["jawOpen"]] = 0.0, 0.025, 0.1, 1.0
    weights[:, INDEX["mouthClose"]] = 0.0, 0.025, 0.05, 1.0
    found = one(Term(("mouthClose",), 1.0, "jawOpen")).apply(weights)
    np.testing.assert_allclose(found[:, 0], [0.0, 0.5, 0.5, 1.0], rtol=1e-6)


def test_a_curve_meets_its_points_and_stays_monotone_and_within():
    points = ((0.0, 0.1), (0.2, 0.1), (0.3, 0.8), (1.0, 0.9))
    weights = np.zeros((501, COUNT), np.float32)
    weights[:, INDEX["jawOpen"]] = np.linspace(-0.5, 1.5, 501)
    found = one(Term(("jawOpen",)), curve=points).apply(weights)[:, 0]
    for x, y in points:
        near = np.abs(weights[:, INDEX["jawOpen"]] - x).argmin()
        assert found[near] == pytest.approx(y, abs=2e-3)
    assert (np.diff(found) >= 0).all()
    assert (found[0], found[-1]) == (pytest.approx(0.1), pytest.approx(0.9))


def test_a_curve_may_fall_and_a_clamp_holds(weights):
    found = one(Term(("jawOpen",)), curve=((0.0, 1.0), (1.0, 0.0)), clamp=(0.2, 0.7)).apply(weights)
    np.testing.assert_allclose(found[:, 0], np.clip(1.0 - column(weights, "jawOpen"), 0.2, 0.7), atol=1e-5)


def test_gains_of_the_map_and_the_regions_scale_terms_but_not_offsets(weights):
    channels = (
        Channel(Target("jaw"), (Term(("jawOpen",)),), offset=0.5),
        Channel(Target("lips"), (Term(("mouthPucker",), 3.0), Term(("jawOpen",), -1.0))),
        Channel(Target("odd"), (Term(("mouthPucker",)),), region="brow"),
    )
    found = RetargetMap(channels, gain=2.0, region_gains={"mouth": 0.5, "brow": 0.1}).apply(weights)
    jaw, pucker = column(weights, "jawOpen"), column(weights, "mouthPucker")
    np.testing.assert_allclose(found[:, 0], 0.5 + 2.0 * jaw, rtol=1e-5)
    np.testing.assert_allclose(found[:, 1], 3.0 * pucker - jaw, atol=1e-5)
    np.testing.assert_allclose(found[:, 2], 0.2 * pucker, rtol=1e-5)


def test_a_muted_channel_has_no_column(weights):
    channels = tuple(Channel(Target(name), (Term((name,)),), mute=name == "jawOpen") for name in NAMES)
    made = RetargetMap(channels)
    assert "jawOpen" not in made.paths
    np.testing.assert_array_equal(made.apply(weights), np.delete(weights, INDEX["jawOpen"], axis=1))


def test_one_shape_to_many_and_many_to_one(weights):
    channels = [Channel(Target(f"part {i}"), (Term(("mouthFunnel",), i / 4),)) for i in range(5)]
    channels.append(
        Channel(Target("smile"), (Term(("mouthSmileLeft",), 0.5), Term(("mouthSmileRight",), 0.5)))
    )
    found = RetargetMap(tuple(channels)).apply(weights)
    funnel = column(weights, "mouthFunnel")
    np.testing.assert_allclose(found[:, :5], funnel[:, None] * np.arange(5) / 4, rtol=1e-6)
    smile = (column(weights, "mouthSmileLeft") + column(weights, "mouthSmileRight")) / 2
    np.testing.assert_allclose(found[:, 5], smile, rtol=1e-6)


def test_a_mirror_swaps_the_sides_of_face_head_and_gaze(weights):
    pose = np.array([[10.0, 20.0, -5.0]] * 50)
    head, eye = HeadDrive(Target("head", "transform")), EyeDrive(Target("eye", "transform"))
    made = RetargetMap(auto_map(NAMES).map.channels, head=(head,), eyes=(eye,))
    mirrored = RetargetMap(made.channels, mirror=True, head=made.head, eyes=made.eyes)
    wanted = made.apply(weights[:, MIRROR], pose * (1, -1, -1))
    np.testing.assert_allclose(mirrored.apply(weights, pose), wanted, rtol=1e-6)
    np.testing.assert_array_equal(
        mirrored.apply(weights, pose)[:, INDEX["jawLeft"]], column(weights, "jawRight")
    )


def test_the_head_needs_a_pose_and_the_weights_their_shape(weights):
    made = RetargetMap(head=(HeadDrive(Target("head", "transform")),))
    with pytest.raises(MapError, match="pose"):
        made.apply(weights)
    with pytest.raises(MapError, match="shape"):
        made.apply(weights[:, :51], np.zeros((50, 3)))


def test_an_empty_map_and_an_empty_take(weights):
    assert RetargetMap().apply(weights).shape == (50, 0)
    assert auto_map(NAMES).map.apply(np.zeros((0, COUNT))).shape == (0, COUNT)
    assert auto_map(["Fat", "Thin"]).map.apply(weights).shape == (50, 0)


def test_a_channel_without_terms_stands_at_its_offset(weights):
    np.testing.assert_array_equal(one(offset=0.3).apply(weights), np.full((50, 1), 0.3, np.float32))


def test_mistakes_are_refused_when_made():
    with pytest.raises(DuplicateTargetError):
        RetargetMap((Channel(Target("a")), Channel(Target("a"), mute=True)))
    with pytest.raises(UnknownShapeError, match="jawOpen"):
        Term(("jawopen",))
    with pytest.raises(NotANumberError):
        Term(("jawOpen",), float("nan"))
    with pytest.raises(NotANumberError):
        RetargetMap(gain=float("inf"))
    assert issubclass(CycleError, MapError)


def test_regions_are_those_of_the_shapes():
    assert set(REGIONS) == set(REGION)
    assert Channel(Target("a"), (Term(("jawOpen",), 0.1), Term(("browInnerUp",), -1.0))).follows == "brow"


def test_check_tells_what_vanished_and_what_is_left_over():
    made = auto_map(["head.jawOpen", "head.eyeBlinkLeft", "head.mouthSmile"]).map
    found = check(made, ["head.jawOpen", "head.eyeBlink_Left", "head.teeth"])
    assert not found.fits
    assert found.vanished == (("head.eyeBlinkLeft", "head.eyeBlink_Left"),)
    assert found.idle == ("head.eyeBlink_Left", "head.teeth")
    assert found.muted == ("head.mouthSmile",)
    assert "jawOpen" not in found.unused
    assert "eyeBlinkRight" in found.unused
    text = "\n".join(found.report())
    assert "head.eyeBlinkLeft: perhaps head.eyeBlink_Left" in text
    assert found.as_dict()["vanished"][0]["nearest"] == "head.eyeBlink_Left"
    assert check(made).fits
    assert check(made, made.paths).fits


def large_map() -> RetargetMap:
    """200 channels of 6 terms each, every one with a curve and a clamp, half with correctives."""
    rng = np.random.default_rng(1)
    channels = []
    for i in range(200):
        gains = rng.normal(size=5).tolist()
        terms = [
            Term((name,), gain) for name, gain in zip(rng.choice(NAMES, 5, replace=False).tolist(), gains)
        ]
        terms.append(Term(tuple(rng.choice(NAMES, 1 + i % 2, replace=False).tolist()), 0.5))
        curve = ((0.0, 0.0), (0.3, 0.5), (1.0, 1.0))
        channels.append(Channel(Target(f"channel {i}"), tuple(terms), curve=curve, clamp=(0.0, 1.0)))
    return RetargetMap(tuple(channels))


def test_10_000_frames_of_200_channels_in_less_than_50_ms():
    made = large_map()
    weights = np.random.default_rng(2).random((10_000, COUNT), dtype=np.float32)
    made.apply(weights[:10])
    seconds, busy = [], []
    for _ in range(7):
        start, own = time.perf_counter(), time.thread_time()
        found = made.apply(weights)
        seconds.append(time.perf_counter() - start)
        busy.append(time.thread_time() - own)
    assert found.shape == (10_000, 200)
    shown = f"{min(seconds) * 1e3:.1f} ms, {min(busy) * 1e3:.1f} ms of this thread"
    print(f"10,000 frames × 200 channels, a curve on each: {shown}")
    assert min(busy) < 0.05, "of this thread: what else runs on the machine must not fail the test"


def test_the_large_map_is_what_a_plain_loop_makes():
    made = large_map()
    weights = np.random.default_rng(3).random((3, COUNT), dtype=np.float32)
    found = made.apply(weights)
    for row, values in zip(weights.astype(float), found):
        for channel, value in zip(made.channels, values):
            total = sum(t.gain * np.prod([row[INDEX[s]] for s in t.shapes]) for t in channel.terms)
            if total <= 0.0 or total >= 1.0:
                assert value == pytest.approx(min(max(total, 0.0), 1.0), abs=1e-5)
            else:
                below = max(y for x, y in channel.curve if x <= total)
                above = min(y for x, y in channel.curve if x >= total)
                assert below - 1e-5 <= value <= above + 1e-5
