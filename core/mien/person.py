"""A face read beside itself: the mean of all that was seen of it tells its rest from its expressions.

One frame cannot tell low brows from lowered ones; a take can. The student keeps a *code* of each frame, and
reads it again beside the mean of the take's codes: over the whole take when it is solved, over what has been
seen so far when live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from .student import Student
from .types import Sample

LASTING: Final = 1.0
"""Seconds that an expression lasts, about: frames closer than that tell little new of the person."""


class Person:
    """What has been seen of one face so far; a network without a reader leaves samples as they are."""

    def __init__(self, student: Student) -> None:
        self._student = student
        self._sum = np.zeros(student.code_size)
        self._share = self._seconds = 0.0
        self._last: float | None = None

    def see(self, sample: Sample) -> None:
        """Take one more sample in, in order of time; one without a face changes nothing."""
        if sample.confidence <= 0:
            self._last = None
            return
        self._sum += sample.confidence * sample.code
        self._share += sample.confidence
        if self._last is not None:
            self._seconds += min(max(sample.time - self._last, 0.0), LASTING)
        self._last = sample.time

    def read(self, samples: Sequence[Sample]) -> list[Sample]:
        """The same samples, their weights read beside all that has been seen."""
        codes = [sample.code for sample in samples if sample.confidence > 0]
        if not codes or not self._share or not self._student.reads_beside:
            return list(samples)
        mean = (self._sum / self._share).astype(np.float32)
        weights = iter(self._student.read(np.stack(codes), mean, 1.0 + self._seconds / LASTING))
        return [replace(one, weights=next(weights)) if one.confidence > 0 else one for one in samples]

    def update(self, sample: Sample) -> Sample:
        """Live: take one more sample in and read it."""
        self.see(sample)
        return self.read([sample])[0]


def read_take(samples: Sequence[Sample], student: Student) -> list[Sample]:
    """The samples of a whole take, each read beside the mean of all."""
    person = Person(student)
    for sample in samples:
        person.see(sample)
    return person.read(samples)
