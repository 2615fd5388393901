"""What OpenCV's drawing wants of a point."""

from __future__ import annotations

from typing import Any


def whole(point: Any) -> list[int]:
    """A point as whole numbers, cut rather than rounded."""
    return [int(value) for value in point]
