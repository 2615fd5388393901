"""What the user chose, as it is saved with the scene: takes, characters, how all is tuned and baked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final

from mien.errors import MienError
from mien.hosting.actor_training import LABELS
from mien.profile import load_profile
from mien.tune import TuneSettings

Span = tuple[float, float]

NOTE: Final = "mien"
"""Under which name the scene keeps the settings."""

CALIBRATIONS: Final = ("KEPT", "OFF", "GUESS", "TOLD", "PROFILE")
SOURCES: Final = ("CAMERA", "LIVELINK", "VMC", "IFACIALMOCAP", "FILE")


@dataclass(frozen=True)
class KeptTake:
    """A take in the list.

    Attributes
    ----------
    path, video : str
        Its file, and the footage it was solved from.
    start : float
        The frame of the scene at which the footage begins.
    calibrate : str
        One of `CALIBRATIONS`: as kept with the take, off, guessed, from the spans told here, of a profile.
    rest, motion : (float, float), optional
        Seconds of the take in which the face is at rest, and goes as far as it can.
    profile : str
        The file of an actor's profile.
    head_rest : (float, float, float)
        Pitch, yaw and roll of the performer (degrees) that leave the character's head at rest.
    """

    path: str = ""
    video: str = ""
    start: float = 1.0
    calibrate: str = "KEPT"
    rest: Span | None = None
    motion: Span | None = None
    profile: str = ""
    head_rest: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def name(self) -> str:
        """As the list shows it."""
        return Path(self.path).stem

    def calibrated(self, settings: TuneSettings) -> TuneSettings:
        """The settings with this take's calibration; TakeError where its profile can't be read."""
        told = self.calibrate == "TOLD"
        profile = load_profile(self.profile) if self.calibrate == "PROFILE" and self.profile else None
        return replace(
            settings,
            calibrate={"OFF": False, "GUESS": True, "TOLD": True}.get(self.calibrate),
            calibration=profile.calibration if profile else None,
            rest=self.rest if told else None,
            motion=self.motion if told else None,
        )


@dataclass(frozen=True)
class Joint:
    """A joint or control that turns with the head, as it lay at rest when it was chosen (see `scene.Lie`)."""

    node: str = ""
    up: str = "+y"
    forward: str = "+z"
    order: str = "xyz"


@dataclass(frozen=True)
class Baked:
    """What the last bake wrote: enough to bring the same keys up to date. Without plugs there was none."""

    plugs: tuple[str, ...] = ()
    take: str = ""
    layer: str = ""
    whole_frames: bool = True
    max_error: float = 0.0
    wanted: Span | None = None
    span: Span = (0.0, 0.0)
    signature: str = ""


@dataclass(frozen=True)
class KeptCharacter:
    """A character in the list: its nodes, its map as text, the joints by part, and its last bake."""

    nodes: tuple[str, ...] = ()
    map: str = ""
    joints: Mapping[str, Joint] = field(default_factory=dict)
    mirror: bool = False
    baked: Baked = field(default_factory=Baked)

    @property
    def name(self) -> str:
        """As the list shows it."""
        return self.nodes[0].rsplit("|", 1)[-1] if self.nodes else ""


@dataclass(frozen=True)
class KeptLive:
    """Where the face comes from (`SOURCES`), and how it is recorded; port 0 is the app's usual one."""

    source: str = "CAMERA"
    camera: int = 0
    port: int = 0
    hear_network: bool = False
    phone: str = ""
    countdown: float = 3.0
    cue: bool = True
    punch_in: bool = False
    fade: float = 0.1


@dataclass(frozen=True)
class KeptTraining:
    """What a network of the actor learns from: see `mien.hosting.actor_training.LABELS`."""

    actor: str = ""
    labels: str = "AUTO"
    all_takes: bool = False
    in_range: bool = False


@dataclass(frozen=True)
class Kept:
    """All that is saved with the scene.

    `rate` is that of numbered pictures, a second. An index of -1 chooses nothing. A `network` of "" is the
    default one, another is one of the user's by name, or a folder.
    """

    video: str = ""
    rate: float = 24.0
    takes: tuple[KeptTake, ...] = ()
    take_index: int = -1
    characters: tuple[KeptCharacter, ...] = ()
    character_index: int = -1
    tune: Mapping[str, Any] = field(default_factory=dict)
    auto_update: bool = True
    layer: str = ""
    whole_frames: bool = True
    in_range: bool = False
    reduce: bool = False
    max_error: float = 0.005
    break_held: bool = False
    live: KeptLive = field(default_factory=KeptLive)
    network: str = ""
    training: KeptTraining = field(default_factory=KeptTraining)

    @classmethod
    def of(cls, text: str) -> Kept:
        """What was saved; what isn't understood of it stays as usual."""
        try:
            found = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            found = {}
        kept = _read(cls(), found)
        live = kept.live if kept.live.source in SOURCES else replace(kept.live, source="CAMERA")
        takes = [t if t.calibrate in CALIBRATIONS else replace(t, calibrate="KEPT") for t in kept.takes]
        training = kept.training
        if training.labels not in [name for name, _, _ in LABELS]:
            training = replace(training, labels="AUTO")
        return replace(kept, live=live, takes=tuple(takes), training=training)

    @property
    def text(self) -> str:
        """Fit to be kept with the scene."""
        return json.dumps(asdict(self))

    @property
    def chosen(self) -> KeptTake | None:
        """The take that is tuned and baked."""
        return self.takes[self.take_index] if 0 <= self.take_index < len(self.takes) else None

    @property
    def who(self) -> KeptCharacter | None:
        """The character that is animated."""
        i = self.character_index
        return self.characters[i] if 0 <= i < len(self.characters) else None


def settings_of(content: Mapping[str, Any]) -> TuneSettings:
    """The settings that were kept; the usual ones where they can't be understood."""
    try:
        return TuneSettings.from_json(content) if content else TuneSettings()
    except (MienError, TypeError, ValueError):
        return TuneSettings()


_LISTS: Final = {"takes": KeptTake(), "characters": KeptCharacter()}


def _read(usual: Any, found: Any) -> Any:
    """`usual`, of a dataclass, with those fields of a JSON object that are of their kind."""
    given = found if isinstance(found, Mapping) else {}
    known = {
        f.name: _fit(f.name, getattr(usual, f.name), given[f.name]) for f in fields(usual) if f.name in given
    }
    return replace(usual, **known)


def _fit(name: str, usual: Any, value: Any) -> Any:
    if name in _LISTS:
        return tuple(_read(_LISTS[name], each) for each in value) if isinstance(value, list) else usual
    if name == "joints":
        parts = value.items() if isinstance(value, Mapping) else ()
        return {str(part): _read(Joint(), each) for part, each in parts}
    if is_dataclass(usual):
        return _read(usual, value)
    if name in ("nodes", "plugs"):
        return tuple(value) if _are(value, str) else usual
    if usual is None or isinstance(usual, tuple):
        return tuple(map(float, value)) if _are_numbers(value, len(usual or (0, 0))) else usual
    if isinstance(usual, (int, float)) and not isinstance(usual, bool):
        return type(usual)(value) if _are_numbers([value], 1) else usual
    return value if isinstance(value, type(usual)) else usual


def _are(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)


def _are_numbers(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in value)
    )
