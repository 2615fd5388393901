"""Training sets how its process calculates: the tests after it must not inherit that."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _smallest_numbers_again() -> Iterator[None]:
    yield
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_flush_denormal(False)
