"""A face read beside itself: the mean of all that was seen of it tells its rest from its expressions.

One frame cannot tell low brows from lowered ones; a take can. The student keeps a *code* of each frame, and
reads it again beside the mean of the take's codes: over the whole take when it is solved, over what has been
seen so far when live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

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

    def to_json(self) -> dict[str, Any] | None:
        """What a take keeps of it (`about["person"]`), so that a part of it can be solved again; or None."""
        if not self._share or not self._student.reads_beside:
            return None
        mean = [round(float(number), 5) for number in self._sum / self._share]
        return {"mean": mean, "seconds": round(self._seconds, 3)}

    @classmethod
    def of_take(cls, about: Mapping[str, Any], student: Student) -> Person | None:
        """The person of a take of the same network; None where it kept none, or another network's."""
        kept = about.get("person")
        if not isinstance(kept, dict) or about.get("network_sha256") != student.sha256:
            return None
        mean, seconds = kept.get("mean"), kept.get("seconds")
        if not isinstance(mean, list) or len(mean) != student.code_size:
            return None
        if not isinstance(seconds, float) or not all(isinstance(number, float) for number in mean):
            return None
        person = cls(student)
        person._sum, person._share, person._seconds = np.array(mean, np.float64), 1.0, seconds
        return person

    def update(self, sample: Sample) -> Sample:
        """Live: take one more sample in and read it."""
        self.see(sample)
        return self.read([sample])[0]


def person_of(samples: Iterable[Sample], student: Student) -> Person:
    """Who is seen in a whole take."""
    person = Person(student)
    for sample in samples:
        person.see(sample)
    return person
