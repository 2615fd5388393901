"""Reading JSON that people edit: fields are taken out one by one, mistakes are named with their place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..errors import MapError, NotANumberError


class Fields:
    """The fields of one JSON object, taken out one by one; what is left is not ours and is kept.

    A field that is missing or null has its default; where the default is None it is required.
    """

    def __init__(self, content: Any, where: str) -> None:
        if not isinstance(content, dict):
            raise MapError(f"{where or 'The map'} must be an object, {{…}}", "Look at the brackets there.")
        self._left = dict(content)
        self._where = where

    def place(self, name: str) -> str:
        """Where a field is, as in `channels[3].terms`."""
        return f"{self._where}.{name}" if self._where else name

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return self._left.get(name) is not None

    def rest(self) -> Mapping[str, Any]:
        """What was not taken out."""
        return self._left

    def text(self, name: str, default: str | None = "") -> str:
        """A text."""
        value = self._take(name, default)
        if not isinstance(value, str):
            raise MapError(f"{self.place(name)} must be a text", "Put it in quotes.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise MapError(f"{self.place(name)} must be true or false")
        return value

    def number(self, name: str, default: float) -> float:
        """A finite number."""
        return number(self._take(name, default), self.place(name))

    def numbers(self, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
        """As many finite numbers as the default has."""
        value = self._take(name, list(default))
        if not isinstance(value, list) or len(value) != len(default):
            raise MapError(f"{self.place(name)} must be a list of {len(default)} numbers")
        return tuple(number(item, self.place(name)) for item in value)

    def part(self, name: str) -> Fields:
        """An object in this one; an empty one where there is none."""
        return Fields(self._take(name, {}), self.place(name))

    def parts(self, name: str) -> list[Fields]:
        """A list of objects."""
        return [Fields(item, f"{self.place(name)}[{i}]") for i, item in enumerate(self.items(name))]

    def items(self, name: str) -> list[Any]:
        """A list."""
        value = self._take(name, [])
        if not isinstance(value, list):
            raise MapError(f"{self.place(name)} must be a list, […]")
        return value

    def named(self, error: MapError) -> MapError:
        """The same error, with the place where it was found."""
        return type(error)(f"{self._where}: {error.message}" if self._where else error.message, error.hint)

    def _take(self, name: str, default: Any) -> Any:
        value = self._left.pop(name, None)
        if value is None and default is None:
            raise MapError(f"{self.place(name)} is missing")
        return default if value is None else value


def number(value: Any, place: str) -> float:
    """A finite number, or an error that names the place."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise MapError(f"{place} must be a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NotANumberError(f"{place} is not a finite number")
    return number
