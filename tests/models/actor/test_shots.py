"""The shot list: read with the place of each mistake, begun from a paper's plan, checked against it."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import shades, write_video
from mien.take import Take, save_take
from mien_models.actor.checking import check
from mien_models.actor.plans import PLANS
from mien_models.actor.shots import ShotListError, read_shots, write_plan

SHOT = {"name": "rom", "kind": "standard", "video": "rom.mp4"}


def written(folder, content):
    path = folder / "actor.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_shot_list_is_read_with_its_defaults(tmp_path):
    more = {**SHOT, "name": "two", "labels": "two.csv", "offset": -1.5, "fps": 23.976, "from": 2, "to": 9,
            "crop": [1, 2, 30, 40], "held_out": True, "first_frame": 1001, "director": "someone"}  # fmt: skip
    shots = read_shots(written(tmp_path, {"format": 1, "actor": "Ana", "shots": [SHOT, more]}))
    first, second = shots.shots
    assert (shots.actor, shots.plan.name) == ("Ana", "facegood")
    assert (first.video, first.labels, first.offset) == (tmp_path / "rom.mp4", None, None)
    assert (first.start, first.end, first.held_out) == (0.0, math.inf, False)
    assert (second.labels, second.offset, second.crop) == (tmp_path / "two.csv", -1.5, (1, 2, 30, 40))
    assert second.fps == pytest.approx(24000 / 1001, abs=1e-9)
    assert (second.start, second.end, second.first_frame) == (2, 9, 1001)
    assert dict(second.extra) == {"director": "someone"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "dance"}, r"shots\[0\].*no kind 'dance'"),
        ({"video": None}, r"shots\[0\]\.video is missing"),
        ({"offset": "soon"}, r"shots\[0\]\.offset must be a number"),
        ({"fps": -1}, "no frame rate"),
        ({"from": 5, "to": 5}, "is no span"),
        ({"crop": [1, 2, 3]}, r"crop must be a list of 4"),
        ({"crop": [1, 2, 0, 3]}, "no rectangle"),
        ({"rest": [4, 1]}, "rest is no span"),
        ({"held_out": "yes"}, "must be true or false"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path, change, words):
    with pytest.raises((ShotListError), match=words):
        read_shots(written(tmp_path, {"shots": [{**SHOT, **change}]}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "must be an object"),
        ({"shots": []}, "no shots"),
        ({"format": 9, "shots": [SHOT]}, "newer Mien"),
        ({"plan": "mine", "shots": [SHOT]}, "no plan 'mine'"),
        ({"shots": [SHOT, SHOT]}, "Two shots are named 'rom'"),
    ],
)
def test_what_is_no_shot_list_is_refused(tmp_path, content, words):
    with pytest.raises(ShotListError, match=words) as caught:
        read_shots(written(tmp_path, content))
    assert caught.value.hint


def test_a_missing_shot_list_says_how_to_begin_one(tmp_path):
    with pytest.raises(ShotListError, match="There is no shot list") as caught:
        read_shots(tmp_path / "none.json")
    assert "mien actor plan" in caught.value.hint


KEYS = [*SHOT, "offset", "fps", "from", "to", "crop", "shots", "plan", "format"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@settings(deadline=None)
@given(content=st.dictionaries(st.sampled_from(["shots", "plan", "format", "actor"]), JSON))
def test_whatever_is_in_it_is_read_or_refused(tmp_path_factory, content):
    path = written(tmp_path_factory.mktemp("list"), content)
    try:
        shots = read_shots(path).shots
    except ShotListError:
        return
    assert shots


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: plan.name)
def test_a_plan_is_begun_and_reads_back(tmp_path, plan):
    assert sum(kind.share for kind in plan.kinds) == pytest.approx(1)
    path = tmp_path / "actor.json"
    write_plan(path, "Ana", plan)
    shots = read_shots(path)
    assert shots.plan is plan
    assert {shot.kind for shot in shots.shots} == {kind.name for kind in plan.kinds}
    assert any(shot.held_out for shot in shots.shots)
    with pytest.raises(ShotListError, match="there already"):
        write_plan(path, "Ana", plan)


def test_the_checklist_tells_what_is_missing(tmp_path):
    write_video(tmp_path / "rom.mp4", shades(40), fps=20)
    save_take(Take.from_weights([0.0, 1.0], [[0.0] * 52] * 2), tmp_path / "short.mien")
    listed = {"shots": [{**SHOT, "labels": "short.mien"}, {**SHOT, "name": "gone", "video": "gone.mp4"},
                        {**SHOT, "name": "late", "from": 60}]}  # fmt: skip
    found = check(read_shots(written(tmp_path, listed)))
    assert found.seconds["standard"] == pytest.approx(2, abs=0.1)
    assert "labels for 1.0 s of it only" in found.lines[0]
    assert [problem.split(":")[0] for problem in found.problems] == ["gone", "late"]
    wishes = " ".join(found.wishes)
    assert "0.0 minutes are filmed" in wishes
    assert "exaggerated_speech: 0 s" in wishes
    assert "no shot is held out" in wishes
