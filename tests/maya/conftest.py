"""The tests of the Maya module import it from maya_plugin/scripts. No Maya runs here: `maya` is the fake."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

PLUGIN = Path(__file__).resolve().parents[2] / "maya_plugin"
for folder in (PLUGIN / "scripts", Path(__file__).parent):
    sys.path.insert(0, str(folder))

import fake_maya


@pytest.fixture
def start_maya() -> Iterator[Callable[..., fake_maya.FakeMaya]]:
    """Start a fake Maya with given units: `start_maya(time="ntscf", linear="m")`."""
    with ExitStack() as stack:

        def start(**units: str) -> fake_maya.FakeMaya:
            maya = stack.enter_context(fake_maya.pretending(fake_maya.FakeScene(**units)))
            maya.s.plug_in_folders.append(str(PLUGIN / "plug-ins"))
            return maya

        yield start


@pytest.fixture
def maya(start_maya: Callable[..., fake_maya.FakeMaya]) -> fake_maya.FakeMaya:
    """A fake Maya with an empty scene at 24 frames a second."""
    return start_maya()
