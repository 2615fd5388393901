"""What a user can change without solving again, and its JSON file.

The file names its kind and version. A field that is missing keeps its default; one that is unknown is a named
error, for a setting that is silently not applied costs more than a message.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from . import arkit
from .atomic import open_atomic
from .calibration import Calibration, Span
from .constraints import Constraints
from .errors import UsageError
from .filters.families import CUTOFFS
from .profile import read_versioned

KIND: Final = "mien tune settings"
FORMAT: Final = 1


@dataclass(frozen=True)
class TuneSettings:
    """What a user can change without solving again.

    Attributes
    ----------
    smoothing : float
        0–1: 0 leaves the curves as they were solved, 0.5 takes the jitter and keeps blinks, 1 is slow.
    gain : float
        Factor on every weight, 0 or more.
    gains : mapping of str to float
        Further factors by region (`mien.arkit.REGION`) or by shape (`mien.arkit.NAMES`).
    muted : tuple of str
        Regions or shapes that stay 0.
    smoothings : mapping of str to float
        Another smoothing for some families (`mien.filters.families.CUTOFFS`: the regions, pose, landmarks).
    cutoffs : mapping of str to (float, float, float)
        For experts: hertz at a smoothing of 0.5 at rest, in slow and in fast movement, by family.
    calibrate : bool or None
        True: with the calibration given here, else with the take's own, else with one guessed from the take
        (`rest`, `motion`). None: only with one that was given, is kept with the take, or has a `rest`. False:
        never.
    calibration : Calibration, optional
        An actor's (see `mien.profile`).
    rest : (float, float), optional
        From when to when (seconds) the face is at rest; a moment twice is that moment.
    motion : (float, float), optional
        From when to when (seconds) the actor shows the whole range of motion.
    constraints : Constraints
        Which hold; all do by default.
    """

    smoothing: float = 0.5
    gain: float = 1.0
    gains: Mapping[str, float] = field(default_factory=dict)
    muted: tuple[str, ...] = ()
    smoothings: Mapping[str, float] = field(default_factory=dict)
    cutoffs: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    calibrate: bool | None = None
    calibration: Calibration | None = None
    rest: Span | None = None
    motion: Span | None = None
    constraints: Constraints = field(default_factory=Constraints)

    def __post_init__(self) -> None:
        for smoothing in (self.smoothing, *self.smoothings.values()):
            if not 0.0 <= smoothing <= 1.0:
                raise UsageError(f"smoothing must be from 0 to 1, not {smoothing}")
        for cutoffs in self.cutoffs.values():
            rising = len(cutoffs) == 3 and 0.0 < cutoffs[0] < cutoffs[1] < cutoffs[2] < math.inf
            if not rising:
                raise UsageError(f"cutoffs are three rising numbers of hertz above 0, not {cutoffs}")
        _known({*self.smoothings, *self.cutoffs}, CUTOFFS, "family")
        _known({*self.gains, *self.muted}, (*arkit.NAMES, *arkit.REGION), "shape or region")
        if not all(0.0 <= gain < math.inf for gain in (self.gain, *self.gains.values())):
            raise UsageError("Gains must be numbers of 0 or more")
        for span in (self.rest, self.motion):
            if span is not None and not (len(span) == 2 and -math.inf < span[0] <= span[1] < math.inf):
                raise UsageError(f"A span is a start and an end in seconds, not {span}")

    def to_json(self) -> dict[str, Any]:
        """All fields, fit for JSON, with kind and format."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("smoothings", "cutoffs", "gains"):
            plain[name] = {k: list(v) if isinstance(v, tuple) else v for k, v in plain[name].items()}
        for name in ("muted", "rest", "motion"):
            plain[name] = None if plain[name] is None else list(plain[name])
        plain["calibration"] = self.calibration and self.calibration.to_json()
        plain["constraints"] = {f.name: getattr(self.constraints, f.name) for f in fields(Constraints)}
        return {"kind": KIND, "format": FORMAT, **plain}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> TuneSettings:
        """Read what `to_json` gave (kind and format may be missing); UsageError for what isn't understood."""
        given = {name: value for name, value in content.items() if name not in ("kind", "format")}
        _known(given, [f.name for f in fields(cls)], "setting")
        read = {name: _READERS[name](name, value) for name, value in given.items()}
        return cls(**read)


def save_settings(settings: TuneSettings, path: str | os.PathLike[str]) -> None:
    """Write settings (`.json`). An existing file is replaced only when the new one is complete."""
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps(settings.to_json(), indent=1, allow_nan=False) + "\n")


def load_settings(path: str | os.PathLike[str]) -> TuneSettings:
    """Read settings: TakeError when the file is missing, damaged or newer, UsageError for its content."""
    return TuneSettings.from_json(read_versioned(path, KIND, FORMAT))


def _known(names: Any, known: Any, what: str) -> None:
    unknown = sorted(str(name) for name in set(names) - set(known))
    if unknown:
        near = ", ".join(dict.fromkeys(known))
        hint = f"There are: {near}." if len(near) < 300 else "Use ARKit's names, or a region's."
        raise UsageError(f"There is no {what} {', '.join(unknown)}", hint)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"{name} must be a number, not {value!r}")
    if abs(value) > sys.float_info.max:  # whole numbers have no end
        raise UsageError(f"{name} must be a number of a usual size")
    return float(value)


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)):
        raise UsageError(f"{name} must be a list of numbers, not {value!r}")
    return tuple(_number(name, number) for number in value)


def _mapping(name: str, value: Any, read: Any = _number) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{name} must be an object with names, not {value!r}")
    return {str(key): read(f"{name}.{key}", number) for key, number in value.items()}


def _span(name: str, value: Any) -> Any:
    return None if value is None else _numbers(name, value)


def _names(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise UsageError(f"{name} must be a list of names, not {value!r}")
    return tuple(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be true or false, not {value!r}")
    return value


def _constraints(name: str, value: Any) -> Constraints:
    flags = _mapping(name, value, _flag)
    _known(flags, [f.name for f in fields(Constraints)], "constraint")
    return Constraints(**flags)


_READERS: Final[dict[str, Any]] = {
    "smoothing": _number,
    "smoothings": _mapping,
    "cutoffs": lambda name, value: _mapping(name, value, _numbers),
    "gain": _number,
    "gains": _mapping,
    "muted": _names,
    "calibrate": lambda name, value: None if value is None else _flag(name, value),
    "calibration": lambda name, value: None if value is None else Calibration.from_json(value),
    "rest": _span,
    "motion": _span,
    "constraints": _constraints,
}
