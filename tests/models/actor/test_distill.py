"""Adaptive regression distillation by hand-made cases, and what it is chosen from."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien_models.actor.corruption import corrupted
from mien_models.actor.distill import CLEAN, GAP, HARDER, Rule, Units, adapted, measured_rule
from mien_models.actor.goals import ALPHA, Goal

RULE = Rule(outlier=2.0, harder=3.0, gap=0.5)


def vectors(*rows):
    return torch.tensor(rows, dtype=torch.float32)


@pytest.mark.parametrize(
    ("student", "teacher", "factor"),
    [
        ([3.0, 0.0], [0.0, 1.0], 3.0),  # 9 + b > 1: the student is behind
        ([0.1, 0.0], [0.0, 1.0], 1.0),  # 0.01 + b < 1: ahead by more than b
        ([0.8, 0.0], [0.0, 1.0], 3.0),  # 0.64 + b > 1: ahead, but not by b
    ],
)
def test_algorithm_1(student, teacher, factor):
    given = vectors(student), vectors(teacher), vectors([0.0, 0.0])
    assert adapted(*given, torch.tensor([False]), RULE).tolist() == [factor]
    assert adapted(*given, torch.tensor([True]), RULE).tolist() == [1.0]


def test_a_label_at_the_threshold_itself_is_clean():
    assert RULE.doubts(np.array([0.0, 2.0, 2.1])).tolist() == [False, False, True]


def test_the_rule_hardly_moves_when_a_tenth_of_the_labels_is_wrong():
    rng = np.random.default_rng(0)
    clean = rng.lognormal(np.log(0.4), 0.3, 2000)
    wrong = np.where(rng.random(2000) < 0.1, rng.uniform(2, 5, 2000), clean)
    without, with_them = measured_rule(clean), measured_rule(wrong)
    assert without.outlier == pytest.approx(0.4 * np.exp(CLEAN * 0.3), rel=0.1)
    assert with_them.outlier == pytest.approx(without.outlier, rel=0.35)
    doubted = wrong > with_them.outlier
    assert doubted[wrong != clean].all()
    assert doubted[wrong == clean].mean() < 0.1
    assert without.gap == pytest.approx(GAP * 0.4**2, rel=0.1)
    assert without.harder == HARDER


def test_weights_and_landmarks_count_the_same():
    rng = np.random.default_rng(0)
    weights, points = rng.random((500, 52)), rng.normal(0, 0.01, (500, 70, 2))
    units = Units.of(weights, points)
    parts = torch.tensor(weights).float(), torch.tensor(points).float()
    vector = units.vector(*parts)
    spread = vector.var(0, unbiased=False)
    assert float(spread[:52].sum()) == pytest.approx(1, rel=1e-3)
    assert float(spread[52:].sum()) == pytest.approx(1, rel=1e-3)


def _case():
    rng = torch.Generator().manual_seed(0)

    def answers():
        return {"weights": torch.rand(8, 52, generator=rng), "points": torch.rand(8, 70, 2, generator=rng),
                "pose": torch.zeros(8, 3)}  # fmt: skip

    student, teacher, batch = answers(), answers(), answers()
    return student, teacher, {**batch, "presence": torch.tensor([1.0] * 7 + [0.0])}


def test_each_goal_is_what_it_says():
    student, teacher, batch = _case()
    units = Units(1.0, 1.0)

    def loss(kind, rule=None, taught=teacher, doubted=False):
        given = {**batch, "doubted": torch.full((8,), doubted)}
        return float(Goal(kind, torch.ones(52), units, rule)(student, given, taught))

    def miss(wanted):
        rows = [(student[name] - wanted[name]).flatten(1).square().sum(1) for name in ("weights", "points")]
        return float(sum(rows)[:7].mean())

    assert loss("plain", taught=None) == pytest.approx(miss(batch))
    assert loss("distilled") == pytest.approx(ALPHA * miss(teacher) + (1 - ALPHA) * miss(batch))
    assert loss("adaptive", Rule(1.0, 2.0, 1e9), doubted=True) == pytest.approx(miss(teacher))
    assert loss("adaptive", Rule(1.0, 2.0, 1e9)) == pytest.approx(2 * miss(batch))
    assert loss("adaptive", Rule(1.0, 2.0, -1e9)) == pytest.approx(miss(batch))


def test_a_student_that_says_more_points_may_teach_in_half_precision():
    student, teacher, batch = _case()
    more = {"weights": teacher["weights"], "points": torch.cat([teacher["points"]] * 2, 1)}
    coarse = {name: value.bfloat16() for name, value in more.items()}
    same = [Goal("distilled", torch.ones(52), Units(1.0, 1.0))(student, batch, one) for one in (more, coarse)]
    assert float(same[1]) == pytest.approx(float(same[0]), rel=0.01)


def test_the_pose_of_an_outlier_teaches_nothing():
    student, teacher, batch = _case()
    turned = {**batch, "pose": batch["pose"] + 5}
    goal = Goal("adaptive", torch.ones(52), Units(1.0, 1.0), Rule(1.0, 2.0, 0.0))
    doubted, clean = ({"doubted": torch.full((8,), doubt)} for doubt in (True, False))
    assert float(goal(student, turned | doubted, teacher)) == float(goal(student, batch | doubted, teacher))
    assert float(goal(student, turned | clean, teacher)) > float(goal(student, batch | clean, teacher))


def test_the_labels_go_wrong_where_they_are_said_to():
    rng = np.random.default_rng(1)
    shard = {
        "image": rng.integers(0, 255, (400, 8, 8), np.uint8), "weights": rng.random((400, 52), np.float32),
        "landmarks": rng.random((400, 70, 2), np.float32), "pose": rng.random((400, 3), np.float32),
    }  # fmt: skip
    broken, wrong = corrupted(shard, 0.1, seed=3)
    assert wrong.sum() == 40
    assert broken["image"] is shard["image"]
    for name in ("weights", "landmarks", "pose"):
        np.testing.assert_array_equal(broken[name][~wrong], shard[name][~wrong])
    assert (broken["weights"] != shard["weights"]).any(axis=1)[wrong].mean() > 0.95
    again, _ = corrupted(shard, 0.1, seed=3)
    np.testing.assert_array_equal(again["weights"], broken["weights"])
