"""`actor.json`: which footage of an actor there is, of which kind, and where its labels are.

    {"format": 1, "actor": "Ana", "plan": "facegood", "shots": [
     {"name": "rom", "kind": "standard", "video": "rom.mp4", "labels": "rom.csv", "offset": "auto"},
     {"name": "speech_2", "kind": "normal_speech", "video": "s2.mp4", "labels": "s2_keys.csv", "fps": 24,
      "first_frame": 1001, "held_out": true, "from": 2.0, "to": 40.0, "crop": [300, 80, 700, 700]}]}

Paths are relative to the file. What a shot's labels are is in `label_sources`; how the footage is used, in
`gather`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mien.atomic import open_atomic
from mien.errors import MapError, MienError, UsageError
from mien.rates import exact_rate
from mien.rig.json_fields import Fields
from mien.untrusted import parse_json, read_text

from .plans import PLANS, Plan

FORMAT: Final = 1
AUTO: Final = "auto"
_LARGEST: Final = 4 << 20
_EDIT: Final = "Correct the file, or begin anew with `mien actor plan`."


class ShotListError(MienError):
    """An actor's shot list can't be used as it is."""

    code = "shots"
    exit_code = 10


@dataclass(frozen=True)
class Shot:
    """One run of footage and its labels.

    Attributes
    ----------
    name, kind : str
        A name of its own, and one of the plan's kinds.
    video : Path
        A video, or an image sequence (see `mien.sources.open_video`).
    labels : Path or None
        A `.mien`, `.json` or `.csv`; None: our own labeller makes them.
    offset : float or None
        Seconds: a label at time t + offset belongs to the footage at time t. None: found by correlation.
    fps : float or None
        Of keys by frame, or of an image sequence.
    first_frame : float
        The scene's frame that shows the footage's first picture, for keys by frame.
    crop : (float, float, float, float) or None
        x, y, width, height in pixels: where the face is, when it shall not be looked for.
    start, end : float
        Seconds of the footage that are used.
    rest : (float, float) or None
        Seconds of the footage in which the face rests with open eyes, for our own labeller.
    held_out : bool
        Whether it is kept from training, to judge by.
    """

    name: str
    kind: str
    video: Path
    labels: Path | None = None
    offset: float | None = None
    fps: float | None = None
    first_frame: float = 1.0
    crop: tuple[float, float, float, float] | None = None
    start: float = 0.0
    end: float = math.inf
    rest: tuple[float, float] | None = None
    held_out: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ShotList:
    """An actor's shots.

    Attributes
    ----------
    actor : str
    plan : Plan
    shots : tuple of Shot
    folder : Path
        Where the file is.
    """

    actor: str
    plan: Plan
    shots: tuple[Shot, ...]
    folder: Path


def read_shots(path: str | os.PathLike[str]) -> ShotList:
    """Read an `actor.json`; ShotListError with the place of the first mistake."""
    place = Path(path)
    try:
        content = parse_json(read_text(place, _LARGEST))
    except OSError as error:
        raise ShotListError(
            f"There is no shot list {place} ({error.strerror})", "Begin one with `mien actor plan`."
        ) from error
    except ValueError as error:
        raise ShotListError(f"{place} is not JSON: {error}", _EDIT) from error
    try:
        return _list(Fields(content, ""), place)
    except (MapError, UsageError) as error:  # the reader of JSON is the maps'
        message = error.message.replace("The map", "The shot list")
        raise ShotListError(f"{place}: {message}", error.hint or _EDIT) from error


def _list(fields: Fields, path: Path) -> ShotList:
    version = fields.number("format", FORMAT)
    if version > FORMAT:
        raise ShotListError(f"{path} is of a newer Mien (format {version:g})", "Update Mien to read it.")
    name = fields.text("plan", "facegood")
    if name not in PLANS:
        raise MapError(f"There is no plan {name!r}", f"Use {' or '.join(PLANS)}.")
    plan = PLANS[name]
    shots = tuple(_shot(part, plan, path.parent, i) for i, part in enumerate(fields.parts("shots")))
    if not shots:
        raise MapError("There are no shots in it", 'List the footage under "shots".')
    names = [shot.name for shot in shots]
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise MapError(f"Two shots are named {twice[0]!r}", "Give each a name of its own.")
    return ShotList(fields.text("actor", path.parent.name), plan, shots, path.parent)


def _shot(fields: Fields, plan: Plan, folder: Path, number: int) -> Shot:
    name = fields.text("name", "") or f"shot_{number + 1}"
    kinds = [kind.name for kind in plan.kinds]
    kind = fields.text("kind", None)
    if kind not in kinds:
        raise fields.named(MapError(f"there is no kind {kind!r} in {plan.name}", f"Use {', '.join(kinds)}."))
    labels = fields.text("labels", "")
    start, end = fields.number("from", 0.0), fields.number("to", 1e9)
    if not 0 <= start < end:
        raise fields.named(MapError(f"from {start:g} to {end:g} is no span", "Give seconds of the footage."))
    return Shot(
        name, kind, folder / fields.text("video", None), folder / labels if labels else None,
        offset=_offset(fields), fps=_fps(fields), first_frame=fields.number("first_frame", 1.0),
        crop=_crop(fields), rest=_rest(fields), start=start, end=end if end < 1e9 else math.inf,
        held_out=fields.flag("held_out"), extra=fields.rest(),
    )  # fmt: skip


def _offset(fields: Fields) -> float | None:
    """Seconds; None where it says "auto" or nothing."""
    if fields.rest().get("offset") == AUTO:
        fields.text("offset")
        return None
    return fields.number("offset", 0.0) if fields.has("offset") else None


def _fps(fields: Fields) -> float | None:
    return float(exact_rate(fields.number("fps", 0.0))) if fields.has("fps") else None


def _crop(fields: Fields) -> tuple[float, float, float, float] | None:
    if not fields.has("crop"):
        return None
    x, y, width, height = fields.numbers("crop", (0.0, 0.0, 0.0, 0.0))
    if not (width > 0 and height > 0):
        raise MapError(f"{fields.place('crop')} is no rectangle", "Give x, y, width and height in pixels.")
    return x, y, width, height


def _rest(fields: Fields) -> tuple[float, float] | None:
    if not fields.has("rest"):
        return None
    first, last = fields.numbers("rest", (0.0, 0.0))
    if not 0 <= first < last:
        raise MapError(f"{fields.place('rest')} is no span", "Give two seconds of the footage.")
    return first, last


def write_plan(path: Path, actor: str, plan: Plan) -> None:
    """Write a shot list to fill in: one shot of each kind, with what to film; the last is held out."""
    shots: list[dict[str, Any]] = []
    for kind in plan.kinds:
        for held_out in (False, True):
            name = f"{kind.name}_held_out" if held_out else kind.name
            film = list(kind.film) if not held_out else [f"a second, shorter one of {kind.name}, other words"]
            shots.append({"name": name, "kind": kind.name, "video": f"{name}.mp4", "labels": "",
                          "held_out": held_out, "film": film})  # fmt: skip
    content = {"format": FORMAT, "actor": actor, "plan": plan.name, "shots": shots}
    if path.exists():
        raise ShotListError(f"{path} is there already", "Choose another name; nothing was changed.")
    with open_atomic(path, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1, ensure_ascii=False)
        stream.write("\n")
