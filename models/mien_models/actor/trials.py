"""Figures on made actors, whose truth is known: what fine-tuning gains, and what adaptive distillation does.

python -m mien_models.actor.trials film --actor 1 --recordings FOLDER --out FOLDER
python -m mien_models.actor.trials distillation --films FOLDER --out FOLDER --seeds 3
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final, Union

import numpy as np
import torch
from numpy.typing import NDArray

from ..synthetic.shards import open_shard, save_shard
from ..training.checkpoint import read_about
from .begin import trained
from .corruption import corrupted
from .distill import Units
from .feeding import Footage, judged, labels_of, open_footage
from .made_actor import Actor, ActorClip, film
from .made_motion import Motion, authored_motion, recorded_motion
from .recipes import recipe_named
from .train import Task, evaluate, train
from .views import stacked, views

RATE: Final = 15.0
Epochs = tuple[Union[int, None], Union[int, None]]
TRAINING: Final = 2000
JUDGED: Final = 300
"""Frames a second, frames to train on, frames for each of the two that are judged: at stopping, and at last."""


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
    ard.add_argument("--epochs", type=int, nargs=2, default=(None, None), help="of teacher and students")
    ard.set_defaults(run=lambda a: distillation(a.films, a.out, a.seeds, a.share, a.epochs))
    for kind in (filming, ard):
        kind.add_argument("--out", type=Path, required=True)
        kind.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.run(arguments)


def shoot(folder: Path, seed: int, recordings: Path, frames: int = TRAINING) -> None:
    """Film one made actor: shards to train on, held-out ones (shard 0), and `test/`, seen by nobody.

    Training is two thirds of a recorded range of motion, the rest authored; held out are other authored motion
    and, in the test, a recording of another performance.
    """
    actor = Actor(seed)
    rom = recordings / "alexdjulin_alex_rom_3.csv"
    speech = recordings / "alexdjulin_S07-001.csv"
    long = 2 * frames // 3
    _write(folder, 1, film(actor, *_both(recorded_motion(rom, long, RATE), authored_motion(frames - long, RATE, 1)),
                           rate=RATE))  # fmt: skip
    _write(folder, 0, film(actor, *authored_motion(JUDGED, RATE, 2), rate=RATE))
    test = _both(recorded_motion(speech, JUDGED, RATE), authored_motion(JUDGED, RATE, 3))
    _write(folder / "test", 0, film(actor, *test, rate=RATE))


def _both(one: Motion, other: Motion) -> Motion:
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


def _write(folder: Path, number: int, clip: ActorClip) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_shard(folder, number, stacked(list(views(enumerate(clip.frames), clip.take(), clip.weights))))


def distillation(films: Path, out: Path, seeds: list[int], share: float, epochs: Epochs) -> None:
    """The same student trained plainly, distilled, and distilled adaptively, from labels partly wrong.

    For each seed other labels go wrong, and all networks begin elsewhere; one teacher serves both
    distillations. Writes `results.json`: mean absolute errors on the test, by goal, a list over the seeds.
    """
    results: dict[str, dict[str, list[float]]] = {}
    for seed in seeds:
        data = out / f"labels-{seed}"
        wrong = _with_wrong_labels(films, data, share, seed)
        teacher = _tried("small-teacher", out / f"teacher-{seed}", data, films, seed, epochs[0], None)
        found = {"teacher": teacher}
        for goal in ("plain", "distilled", "adaptive"):
            name = "small" if goal == "adaptive" else f"small-{goal}"
            run = out / f"{goal}-{seed}"
            found[goal] = _tried(name, run, data, films, seed, epochs[1], out / f"teacher-{seed}")
        found["detection"] = _detection(out / f"adaptive-{seed}", out / f"teacher-{seed}", data, wrong)
        for goal, scores in found.items():
            for score, value in scores.items():
                results.setdefault(goal, {}).setdefault(score, []).append(value)
        print(json.dumps({"seed": seed, **found}), flush=True)
        (out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    for goal, rows in results.items():
        print(goal, {name: round(float(np.mean(values)), 5) for name, values in rows.items()}, flush=True)


def _with_wrong_labels(films: Path, data: Path, share: float, seed: int) -> NDArray[np.bool_]:
    """The shards with a share of the training labels gone wrong; which those are."""
    held_out, training = (dict(open_shard(films / f"shard-{number:05d}")) for number in (0, 1))
    training, wrong = corrupted(training, share, seed)
    data.mkdir(parents=True, exist_ok=True)
    save_shard(data, 0, held_out)
    save_shard(data, 1, training)
    return wrong


def _tried(
    name: str, run: Path, data: Path, films: Path, seed: int, epochs: int | None, teacher: Path | None
) -> dict[str, float]:
    """Scores on the test of one run: of its last network, since the held-out labels may not choose."""
    recipe = recipe_named(name, seed=seed, epochs=epochs)
    finished = train(Task(data, run, recipe, teacher=teacher, every=10**9))
    return evaluate(finished.average, _test(films), recipe.side)


def _test(films: Path) -> Footage:
    return Footage([], open_shard(films / "test" / "shard-00000"), [])


def _detection(run: Path, teacher: Path, data: Path, wrong: NDArray[np.bool_]) -> dict[str, float]:
    """How many of the wrong labels, and of the right ones, the rule takes for outliers."""
    about = read_about(run / "checkpoint.npz")
    units = Units.of(*_labels(data))
    network = trained(teacher)
    shard, flagged = dict(open_shard(data / "shard-00001")), []
    for batch in judged(Footage([], shard, []), about["recipe"]["side"], most=len(wrong)):
        with torch.no_grad():
            taught = network(batch["crops"])
        gap = units.vector(taught["weights"], taught["points"])
        gap = (gap - units.vector(batch["weights"], batch["points"])).norm(dim=1)
        flagged.append((gap > about["rule"]["outlier"]).numpy())
    found = np.concatenate(flagged)
    return {"wrong_found": float(found[wrong].mean()), "right_doubted": float(found[~wrong].mean())}


def _labels(data: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    labels = labels_of(open_footage(data))
    return labels.weights, labels.points


if __name__ == "__main__":
    main()
