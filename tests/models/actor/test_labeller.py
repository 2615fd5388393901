"""The labeller: exact on what it believes in, nearer to the truth than the student on a made actor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mien import arkit
from mien.commands.solve import Span
from mien.errors import TakeError
from mien.take import Take, load_take
from scipy.spatial.transform import Rotation

pytest.importorskip("numba")

from mien_models.actor.fit_state import Fit, Seen
from mien_models.actor.fitting import POINTS, Fitter
from mien_models.actor.footage import Footage, look_over
from mien_models.actor.labeller import label, what_was_said
from mien_models.actor.made_motion import authored_motion, wandering
from mien_models.actor.priors import error_model, load_priors

JAW, BLINK = arkit.INDEX["jawOpen"], arkit.INDEX["eyeBlinkLeft"]


@pytest.fixture(scope="module")
def priors():
    return load_priors()


def imagined(priors, frames=90, seed=0, noise=0.3):
    """Weights, and what a student would say of an actor who is just as the fit believes."""
    rng = np.random.default_rng(seed)
    weights, _ = authored_motion(frames, 30.0, seed)
    turns = wandering(frames, 30.0, rng)
    place = np.tile([66.0, 80.0, 62.0], (frames, 1))
    bias = np.concatenate([priors.offset, 0.06 * rng.standard_normal(52)]).astype(np.float64)
    matrices = Rotation.from_euler("xyz", turns * (1, 1, -1), degrees=True).as_matrix()
    fit = Fit(rng.standard_normal(len(priors.heads)), 9.0, matrices, place, weights.astype(np.float64), bias,
              np.ones(frames))  # fmt: skip
    points = Fitter(priors).points(fit).reshape(frames, -1) + bias[:POINTS]
    points += noise * rng.standard_normal(points.shape)
    said = np.concatenate(
        [points, weights + bias[POINTS:] + 0.03 * rng.standard_normal(weights.shape)], axis=1
    )
    return fit, Seen(said, turns, np.arange(frames) / 30, np.zeros(frames, bool))


def test_an_actor_like_those_it_knows_is_read_better_than_the_student_reads_it(priors):
    truth, seen = imagined(priors)
    found = Fitter(priors).fit(seen)
    raw = np.abs(np.clip(seen.said[:, POINTS:], 0, 1) - truth.weights).mean()
    off = np.abs(found.weights - truth.weights).mean()
    assert off < 0.7 * raw
    assert found.weights.min() >= 0
    assert found.weights.max() <= 1
    drawn = Fitter(priors).points(found)
    assert np.linalg.norm(drawn - Fitter(priors).points(truth), axis=2).mean() < 2.5


def test_a_known_rest_takes_the_actors_habit_off(priors):
    """How much of a habit is believed hangs on how usual habits are, so that is given, whatever ships."""
    habits = priors.weight_bias.copy()
    habits[JAW] = 0.05
    priors = replace(priors, weight_bias=habits)
    truth, seen = imagined(priors, seed=3)
    truth.weights[:10] = 0
    seen.said[:10] = seen.said[0]
    wrong = seen.said.copy()
    wrong[:, POINTS + JAW] += 0.15
    told = Fitter(priors).fit(replace(seen, said=wrong, rests=np.arange(90) < 10))
    assert told.weights[:10, JAW].max() < 0.03
    assert told.bias[POINTS + JAW] > 0.8 * (truth.bias[POINTS + JAW] + 0.15)


def test_a_slipped_frame_is_trusted_less(priors):
    _, seen = imagined(priors, frames=60)
    seen.said[40, :POINTS] += np.random.default_rng(1).normal(0, 25, POINTS)
    trust = Fitter(priors).fit(seen).trust
    assert trust.argmin() == 40
    assert trust[40] < 0.5 * np.median(trust)


def test_gaps_in_time_do_not_tie_what_lies_beside_them(priors):
    truth, seen = imagined(priors, frames=60)
    times = seen.times.copy()
    times[30:] += 100
    found = Fitter(priors).fit(replace(seen, times=times))
    assert np.abs(found.weights - truth.weights).mean() < 0.06


@pytest.fixture(scope="module")
def solved(filmed, network, tmp_path_factory):
    from mien_models.actor.footage import solve_footage

    return solve_footage(filmed / "rom.mp4", network)


def test_a_made_actor_is_labelled_nearer_to_the_truth(filmed, solved):
    truth = load_take(filmed / "rom.mien").weights
    labelled = label(solved)
    assert np.abs(labelled.take.weights - truth).mean() < np.abs(solved.solve.weights - truth).mean()
    assert np.nanmean(labelled.residual) < 6
    assert labelled.take.about["labeller"]["residual"] == pytest.approx(
        np.nanmean(labelled.residual), abs=1e-3
    )
    np.testing.assert_array_equal(labelled.take.landmarks, solved.solve.landmarks)


def test_the_same_footage_gets_the_same_labels(solved):
    np.testing.assert_array_equal(label(solved).take.weights, label(solved).take.weights)


def test_unusable_frames_stay_without_labels(solved):
    usable = solved.usable.copy()
    usable[20:30] = False
    take = label(Footage(solved.solve, usable, ())).take
    assert np.isnan(take.weights[20:30]).all()
    assert np.isnan(take.landmarks[20:30]).all()
    assert take.found.sum() == 70


def test_too_few_faces_and_a_rest_outside_are_refused(solved):
    with pytest.raises(TakeError, match="too few"):
        label(look_over(solved.solve.cut(0, 0.2), "short.mp4"))
    with pytest.raises(TakeError, match="There is no face from 90 s to 91 s"):
        label(solved, Span(90, 91))


def test_what_was_said_is_in_the_crops_own_frame(solved):
    seen = what_was_said(solved.solve, np.arange(len(solved.solve)), Span(0.0, 0.5))
    assert 10 < seen.said[:, 0:POINTS:2].mean() < 150
    np.testing.assert_allclose(seen.said[:, POINTS:], solved.solve.weights)
    assert seen.rests.sum() == 11


def test_the_error_model_tells_bias_from_noise():
    rng = np.random.default_rng(0)
    heads, views = 300, 12
    habit = rng.normal(2.0, 1.5, (heads, 1, 70, 2))
    truth = rng.uniform(0, 160, (heads, views, 70, 2))
    seen = truth + habit + rng.normal(0, 0.5, truth.shape)
    true = rng.uniform(0, 1, (heads, views, 52))
    given = true + rng.normal(0, 0.3, (heads, 1, 52)) + rng.normal(0, 0.1, true.shape)
    found = error_model({"seen": seen, "truth": truth, "true": true, "given": given})
    np.testing.assert_allclose(found["offset"], 2.0, atol=0.4)
    np.testing.assert_allclose(np.sqrt(np.diag(found["bias"])), 1.5, rtol=0.25)
    np.testing.assert_allclose(np.sqrt(np.diag(found["noise"])), 0.5, rtol=0.1)
    np.testing.assert_allclose(found["weight_noise"], 0.1, rtol=0.1)
    np.testing.assert_allclose(found["weight_bias"], 0.3, rtol=0.2)
    assert np.linalg.eigvalsh(found["bias"]).min() > 0


def test_the_command_labels_footage(filmed, run_mien, tmp_path):
    said = run_mien("label", filmed / "rom.mp4", "-o", tmp_path / "rom.mien", "--threads", "1", "--json")
    assert said.returncode == 0, said.stderr
    take = load_take(tmp_path / "rom.mien")
    assert isinstance(take, Take)
    assert take.found.all()
    assert '"event": "labelled"' in said.stdout
