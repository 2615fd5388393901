"""What all of `mien train` and `mien dense` say alike: what is missing, and scores in a line."""

from __future__ import annotations

import importlib.util
from typing import Any

from mien.errors import UsageError, install_extra


def need_torch() -> None:
    """UsageError where torch is missing."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise UsageError("Training needs torch, which is not installed", install_extra("training")) from error


def has_matplotlib() -> bool:
    """Whether a report can be drawn."""
    return importlib.util.find_spec("matplotlib") is not None


def in_words(scores: dict[str, Any]) -> str:
    """Counters and scores as one line for people."""
    return "  ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value:.4g}"
        for name, value in scores.items()
    )
