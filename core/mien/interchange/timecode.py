"""Live Link Face's timecode: `HH:MM:SS:FF.mmm` of the day, in 1/60 s whatever the frame rate."""

from __future__ import annotations

import re
from typing import Final

TICKS: Final = 60_000
"""Steps of the timecode in a second: thousandths of a sixtieth."""

DAY: Final = 24 * 3600 * TICKS

_FORM: Final = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})[:;](\d{1,2}(?:\.\d+)?)", re.ASCII)


def read_timecode(text: str) -> int | None:
    """The ticks since midnight, or None where it is no timecode."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups()[:3])
    if hours > 23 or minutes > 59 or seconds > 59 or float(found[4]) > 60.0:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * TICKS + round(float(found[4]) * 1000)


def write_timecode(ticks: int) -> str:
    """The timecode of so many ticks since midnight, which may be past the next one."""
    seconds, rest = divmod(ticks % DAY, TICKS)
    frame, thousandth = divmod(rest, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame:02}.{thousandth:03}"
