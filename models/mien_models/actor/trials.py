"""Figures on made actors, whose truth is known: what fine-tuning gains, and what adaptive distillation does.

python -m mien_models.actor.trials film --actor 1 --recordings FOLDER --out FOLDER
python -m mien_models.actor.trials personal --films FOLDER --faces FOLDER --out FOLDER
python -m mien_models.actor.trials distillation --films FOLDER --out FOLDER --seeds 1 2 3 [--fine-tuned]
python -m mien_models.actor.trials cost --films FOLDER --out FOLDER
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from mien.errors import UsageError
from mien.student import Student as Shipped
from mien.student import default_folder
from mien.types import LANDMARK_COUNT
from numpy.typing import NDArray

from ..networks.mobilenet_v2 import to_pixels
from ..synthetic.shards import HELD_OUT, Shard, list_shards, open_shard, save_shard, shard_path
from ..training.checkpoint import read_about
from .corruption import corrupted
from .feeding import Footage, judged
from .judging import by_region, held_out_of, judge_network
from .made_actor import Actor, ActorClip, film
from .made_motion import Motion, authored_motion, recorded_motion
from .own_points import prepare
from .personal import Delivery, beginning, deliver, origin
from .ranks import Ranks
from .recipes import Recipe, recipe_named
from .run import Entry, Run, Task, evaluate
from .train import Watcher, train
from .views import stacked, views

Cast = dict[str, Recipe]
"""Who plays: the recipes of the teacher and, by goal, of the students."""
GOALS: Final = ("plain", "distilled", "adaptive")
EPOCH: Final = 19_800
"""Frames of the paper's footage: 5.5 minutes at 60 a second."""
RATE: Final = 15.0
TRAINING: Final = 4500
JUDGED: Final = 300
"""Frames a second, frames to train on, frames held out (and twice as many in the test)."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    kinds = parser.add_subparsers(required=True)
    filming = kinds.add_parser("film")
    filming.add_argument("--actor", type=int, default=1)
    filming.add_argument("--recordings", type=Path, required=True, help="folder of Live Link Face CSVs")
    filming.add_argument("--frames", type=int, default=TRAINING)
    filming.set_defaults(run=lambda a: shoot(a.out, a.actor, a.recordings, a.frames))
    ard = kinds.add_parser("distillation")
    ard.add_argument("--films", type=Path, required=True)
    ard.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    ard.add_argument("--share", type=float, default=0.1)
    ard.add_argument(
        "--fine-tuned", action="store_true", help="the default student, not networks from nothing"
    )
    ard.add_argument("--lengths", type=int, nargs=2, default=(None, None),
        help="of teacher and students: in epochs, fine-tuned in crops")  # fmt: skip
    ard.set_defaults(run=lambda a: distillation(a.films, a.out, a.seeds, a.share, _cast(a)))
    fine = kinds.add_parser("personal")
    fine.add_argument("--films", type=Path, required=True)
    fine.add_argument("--faces", type=Path, help="synthetic shards: mixed in, and their first one judged too")
    fine.add_argument("--samples", type=int)
    fine.set_defaults(run=lambda a: personal(a.films, a.out, a.faces, a.samples))
    cost = kinds.add_parser("cost")
    cost.add_argument("--films", type=Path, required=True)
    cost.add_argument("--recipes", nargs="+", default=["facegood-teacher", "facegood-plain", "personal"])
    cost.add_argument("--crops", type=int, default=8)
    cost.set_defaults(run=lambda a: what_it_costs(a.films, a.out, a.recipes, a.crops))
    for kind in (filming, fine, ard, cost):
        kind.add_argument("--out", type=Path, required=True)
        kind.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.run(arguments)


def shoot(folder: Path, seed: int, recordings: Path, frames: int = TRAINING) -> None:
    """Film one made actor: shards to train on, held-out ones (shard 0), and `test/`, seen by nobody.

    Training is range of motion (recorded), a performance (recorded) and authored motion, 16 : 9 : 20; held
    out are other authored motion and, in the test, a recording of another performance beside it.
    """
    actor = Actor(seed)
    rom, facial, speech = (
        recordings / f"alexdjulin_{name}.csv" for name in ("alex_rom_3", "facial", "S07-001")
    )
    long, short = 16 * frames // 45, frames // 5
    training = _joined(recorded_motion(rom, long, RATE), recorded_motion(facial, short, RATE),
                       authored_motion(frames - long - short, RATE, 1))  # fmt: skip
    _write(folder, 1, film(actor, *training, rate=RATE))
    _write(folder, 0, film(actor, *authored_motion(JUDGED, RATE, 2), rate=RATE))
    test = _joined(recorded_motion(speech, JUDGED, RATE), authored_motion(JUDGED, RATE, 3))
    _write(folder / "test", 0, film(actor, *test, rate=RATE))


def _joined(*motions: Motion) -> Motion:
    weights, poses = zip(*motions)
    return np.concatenate(weights), np.concatenate(poses)


def _write(folder: Path, number: int, clip: ActorClip) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_shard(folder, number, stacked(list(views(enumerate(clip.frames), clip.take(), clip.weights))))


def personal(films: Path, out: Path, faces: Path | None, samples: int | None) -> None:
    """The default student fine-tuned for a made actor; both networks, as they ship, on the test.

    Prints mean absolute errors of the weights and errors of the landmarks, of the test also as networks are
    used (the default one reads beside the film's mean) and by region, and with `faces` those on synthetic
    heads that neither network has seen: what was forgotten.
    """
    began = time.process_time()
    recipe = recipe_named("personal", samples=samples)
    known, begin = prepare(beginning(None, None), films, out / "run", recipe)
    train(Task(known, out / "run", recipe, begin, faces=faces), Telling())
    deliver(Delivery(out / "run", films, out / "network", "trial", origin(None, None, recipe)))
    print(json.dumps({"processor_seconds": round(time.process_time() - began)}), flush=True)
    test = held_out_of(films / "test")
    for one in (judge_network(str(folder), folder, test) for folder in (None, out / "network")):
        regions = by_region(one.errors(test).mean(axis=0))
        print(json.dumps({"as used": one.name, **one.scores(test), "regions": regions}), flush=True)
    judged_on = {"test": _test(films)}
    if faces is not None:
        judged_on["other faces"] = Footage([], _there(open_shard(list_shards(faces)[0])), [])
    for name, footage in judged_on.items():
        before, after = (_shipped(folder, footage) for folder in (default_folder(), out / "network"))
        change = round(after["weights_mae"] / before["weights_mae"] - 1, 3)
        print(json.dumps({"on": name, "before": before, "after": after, "change": change}), flush=True)


class Telling(Watcher):
    """Prints the history as it grows."""

    def judged(self, entry: Entry) -> None:
        """A line of JSON."""
        print(json.dumps(entry), flush=True)


def _there(shard: Shard) -> Shard:
    return {name: np.array(array[np.array(shard["presence"]) > 0]) for name, array in shard.items()}


def _shipped(folder: Path, footage: Footage) -> dict[str, float]:
    """Errors of a network as it ships."""
    student, weights, marks = Shipped(folder, threads=1), [], []
    for batch in judged(footage):
        given = student.solve(batch["crops"].numpy())
        wanted = to_pixels(batch["points"][:, :LANDMARK_COUNT]).numpy()
        weights.append(np.abs(given.weights - batch["weights"].numpy()).mean(1))
        marks.append(np.linalg.norm(given.landmarks - wanted, axis=-1).mean(1))
    return {"weights_mae": float(np.concatenate(weights).mean()),
            "landmarks_px": float(np.concatenate(marks).mean())}  # fmt: skip


def _cast(arguments: argparse.Namespace) -> Cast:
    return (fine_tuned if arguments.fine_tuned else papers_networks)(*arguments.lengths)


def papers_networks(teacher: int | None = None, students: int | None = None) -> Cast:
    """The papers' two networks, small and from nothing; of so many epochs."""
    cast = {goal: recipe_named("small", goal=goal, epochs=students) for goal in GOALS}
    return cast | {"teacher": recipe_named("small-teacher", epochs=teacher)}


def fine_tuned(teacher: int | None = None, students: int | None = None) -> Cast:
    """The default student, fine-tuned from so many crops: by absolute errors it teaches itself."""
    plainly = {"sets": 0, "patience": 0}
    cast = {goal: recipe_named("personal", goal=goal, samples=students, **plainly) for goal in GOALS}
    return cast | {"teacher": recipe_named("personal", samples=teacher, **plainly)}


def distillation(films: Path, out: Path, seeds: list[int], share: float, cast: Cast) -> None:
    """The same student trained plainly, distilled, and distilled adaptively, from labels partly wrong.

    For each seed other labels go wrong, and networks from nothing begin elsewhere; one teacher serves both
    distillations. Writes `results.json`: mean absolute errors on the test, by goal, a list over the seeds.
    """
    if out.exists() and any(out.iterdir()):
        raise UsageError(
            f"{out} holds something already", "Name a new folder: runs go on from what is there."
        )
    results: dict[str, dict[str, list[float]]] = {}
    for seed in seeds:
        data, taught = out / f"labels-{seed}", out / f"teacher-{seed}" / "checkpoint.npz"
        wrong = _with_wrong_labels(films, data, share, seed)
        found = {}
        for role in ("teacher", *GOALS):
            recipe, run = replace(cast[role], seed=seed), out / f"{role}-{seed}"
            found[role] = _tried(Task(data, run, recipe, teacher=taught, every=10**9), films)
        found["detection"] = _detection(out / f"adaptive-{seed}", wrong)
        for role, scores in found.items():
            for score, value in scores.items():
                results.setdefault(role, {}).setdefault(score, []).append(value)
        print(json.dumps({"seed": seed, **found}), flush=True)
        (out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    for role, rows in results.items():
        print(role, {name: round(float(np.mean(values)), 5) for name, values in rows.items()}, flush=True)


def _with_wrong_labels(films: Path, data: Path, share: float, seed: int) -> NDArray[np.bool_]:
    """The shards with a share of the training labels gone wrong; which those are."""
    data.mkdir(parents=True, exist_ok=True)
    wrong = list[NDArray[np.bool_]]()
    for place in list_shards(films):
        number, shard = int(place.name.split("-")[1]), dict(open_shard(place))
        if number != HELD_OUT:
            shard, broken = corrupted(shard, share, seed + 1000 * number)
            wrong.append(broken)
        save_shard(data, number, shard)
    return np.concatenate(wrong)


def _tried(task: Task, films: Path) -> dict[str, float]:
    """Scores on the test of one run: of its last network, since the held-out labels may not choose."""
    start = beginning(None, None) if task.recipe.frozen else None
    finished = train(replace(task, start=start))
    return evaluate(finished.average, _test(films), task.recipe.side)


def _test(films: Path) -> Footage:
    return Footage([], open_shard(shard_path(films / "test", 0)), [])


def _detection(run: Path, wrong: NDArray[np.bool_]) -> dict[str, float]:
    """How many of the wrong labels, and of the right ones, a run took for outliers."""
    found = np.isin(np.arange(len(wrong)), read_about(run / "checkpoint.npz")["doubted"])
    return {"wrong_found": float(found[wrong].mean()), "right_doubted": float(found[~wrong].mean())}


def what_it_costs(films: Path, out: Path, recipes: list[str], crops: int) -> None:
    """One real step forward and backward of each recipe's network at full size, and what an epoch would take.

    In seconds of processor time, so that a busy machine doesn't count; the step has `crops` crops, and an
    epoch is taken to be the paper's five and a half minutes at 60 frames a second.
    """
    for name in recipes:
        recipe = recipe_named(name, batch=crops, part=crops)
        run = Run(Task(films, out / f"cost-{name}", replace(recipe, faces=0.0)), Ranks())
        batch = run.batches[0]
        run.learn(batch)  # the first one also allocates
        began = time.process_time()
        run.learn(batch)
        each = (time.process_time() - began) / crops
        million = sum(value.numel() for value in run.network.parameters()) / 1e6
        print(json.dumps({"recipe": name, "side": recipe.side, "parameters_million": round(million, 2),
                          "seconds_a_crop": round(each, 4),
                          "hours_an_epoch": round(each * EPOCH / 3600, 2)}), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
