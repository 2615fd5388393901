"""How an actor's networks are trained: the papers' recipes, smaller ones for a CPU, and the everyday one.

A recipe is plain numbers, kept in every checkpoint. What the words in it do is in `train` (the loop),
`feeding` (the batches) and `goals` (the losses).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from mien.errors import UsageError

from ..networks.inception_resnet_v2 import TeacherOptions
from ..networks.mobilenet_v2 import StudentOptions
from ..training.schedule import Schedule


@dataclass(frozen=True)
class Recipe:
    """All that decides a run but its data.

    Attributes
    ----------
    network : str
        "student" (MobileNetV2) or "teacher" (InceptionResNetV2).
    goal : str
        What the network is held to (see `goals`): "personal", "plain", "distilled" or "adaptive".
    side : int
        Of the crops, pixels.
    batch, part : int
        Crops a step, and how many of them are worked on at once: the gradients of the parts are summed, so
        a large batch needs no more memory than a part. Batch norms see parts.
    samples, epochs : int
        Length of the training: in crops, or where `samples` is 0 in passes over the actor's frames.
    warm, down : float
        Lengths of the geometric ramp-up and of the final way down to zero; in epochs, or where `samples` is
        set as shares of it.
    peak : float
        Greatest learning rate.
    ramp : float
        Epochs over which augmentation grows from nothing to its full strength.
    looks : str
        "worn" (the default student's cameras) or "paper" (see `augment`).
    faces : float
        Share of synthetic faces in each batch, where there are any.
    frozen : bool
        Keep the statistics of batch norm as they were at the start.
    still : int
        Parts of a student's features that stay as they were, from the picture on: a network that sees faces
        already need not learn edges again, and a step takes half as long.
    sets : int
        So many for each crop of the training are the point sets from which a student's `Geometry` learns this
        face before any picture (see `own_points`); then it stays as it is. 0: it is trained with the rest.
    mirror : bool
        Half the crops mirrored: only for a face whose two halves may be taken for the same.
    patience : int
        Early stop after so many evaluations without a better one; 0: never.
    """

    network: str = "student"
    goal: str = "personal"
    student: StudentOptions = field(default_factory=StudentOptions)
    teacher: TeacherOptions = field(default_factory=TeacherOptions)
    side: int = 160
    batch: int = 32
    part: int = 32
    samples: int = 0
    epochs: int = 0
    warm: float = 1.0
    down: float = 60.0
    peak: float = 1e-3
    ramp: float = 5.0
    looks: str = "paper"
    faces: float = 0.0
    frozen: bool = False
    still: int = 0
    sets: int = 0
    mirror: bool = False
    weight_decay: float = 0.0
    patience: int = 0
    seed: int = 1

    def total(self, frames: int) -> int:
        """Samples of the whole training on so many frames: whole batches."""
        wanted = self.samples or self.epochs * frames
        return max(round(wanted / self.batch), 1) * self.batch

    def schedule(self, frames: int) -> Schedule:
        """The learning rate by samples (FACEGOOD 2021, section 3.3.3): up in the first epoch, 1/√t, down."""
        total = self.total(frames)
        unit = total if self.samples else frames
        up = max(round(self.warm * unit), 1)
        flat = total if self.samples else up
        return Schedule(self.peak, up, flat, total, round(self.down * unit))

    def strength(self, samples: int, frames: int) -> float:
        """Of the augmentation after so many samples, 0–1 (Laine et al. 2017, section 4.2)."""
        return min(1.0, samples / (self.ramp * frames)) if self.ramp else 1.0


PERSONAL: Final = Recipe(
    samples=24_000, warm=0.04, down=0.6, peak=8e-4, ramp=5, looks="paper", faces=0.25, frozen=True,
    still=1, sets=25, weight_decay=1e-4, patience=20,
)  # fmt: skip
TEACHER: Final = Recipe(
    "teacher", "plain", batch=1024, part=32, epochs=400, warm=1, down=60, ramp=5, peak=1e-3
)
STUDENT: Final = replace(
    TEACHER, network="student", goal="adaptive", student=StudentOptions(width=1.0, dense=0)
)
SMALL_TEACHER: Final = replace(
    TEACHER, teacher=TeacherOptions(width=0.25, repeats=(2, 3, 2)), side=96, batch=32, epochs=12, down=4,
    ramp=2, weight_decay=1e-4,
)  # fmt: skip
SMALL_STUDENT: Final = replace(
    SMALL_TEACHER, network="student", goal="adaptive",
    student=StudentOptions(width=0.35, dense=0, hidden=128, decoder=32, local=8), peak=2e-3,
)  # fmt: skip

RECIPES: Final[dict[str, Recipe]] = {
    "personal": PERSONAL,
    "facegood-teacher": TEACHER,
    "facegood": STUDENT,
    "facegood-plain": replace(STUDENT, goal="plain"),
    "small-teacher": SMALL_TEACHER,
    "small": SMALL_STUDENT,
    "small-plain": replace(SMALL_STUDENT, goal="plain"),
    "small-distilled": replace(SMALL_STUDENT, goal="distilled"),
}
"""personal: the default student fine-tuned, minutes on a CPU. facegood-teacher and facegood: the paper's two
at full size, 400 epochs of batches of 1,024 at 160×160, for a GPU. small-…: the same at 96×96 for a CPU.
-plain: the same student without a teacher; -distilled: with one, without the adaptive rule."""


def recipe_from(kept: dict[str, Any]) -> Recipe:
    """The recipe that a checkpoint keeps; what an older Mien didn't know is as it is by default."""
    teacher = {**kept["teacher"], "repeats": tuple(kept["teacher"]["repeats"])}
    networks = {"student": StudentOptions(**kept["student"]), "teacher": TeacherOptions(**teacher)}
    return Recipe(**{**kept, **networks})


def recipe_named(name: str, **changes: Any) -> Recipe:
    """A recipe, with what a user changes in it; None changes nothing."""
    if name not in RECIPES:
        raise UsageError(f"There is no recipe {name!r}", f"The recipes are {', '.join(RECIPES)}.")
    return replace(RECIPES[name], **{key: value for key, value in changes.items() if value is not None})
