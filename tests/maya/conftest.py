"""The tests of the Maya module import it from maya_plugin/scripts. No Maya runs here: `maya` is the fake."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PLUGIN = Path(__file__).resolve().parents[2] / "maya_plugin"
for folder in (PLUGIN / "scripts", Path(__file__).parent):
    sys.path.insert(0, str(folder))

import fake_maya


@pytest.fixture
def start_maya(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., fake_maya.FakeMaya]]:
    """Start a fake Maya with given units: `start_maya(time="ntscf", linear="m")`."""
    with ExitStack() as stack:

        def start(**units: str) -> fake_maya.FakeMaya:
            maya = stack.enter_context(fake_maya.pretending(fake_maya.FakeScene(**units)))
            maya.s.plug_in_folders.append(str(PLUGIN / "plug-ins"))
            maya.ui.app_folder = str(tmp_path_factory.mktemp("maya_app")) + "/"
            return maya

        yield start


@pytest.fixture
def maya(start_maya: Callable[..., fake_maya.FakeMaya]) -> fake_maya.FakeMaya:
    """A fake Maya with an empty scene at 24 frames a second."""
    return start_maya()


@pytest.fixture(scope="session")
def app():
    """Qt, looking like Maya."""
    import windows
    from Qt import QtWidgets

    made = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["mien"])
    windows.maya_look(made)
    return made


@pytest.fixture
def take_path(tmp_path: Path) -> Path:
    """Someone who talks and blinks for six seconds, without a face from 3.0 to 3.4 s."""
    import windows
    from mien.take import save_take

    save_take(windows.talking_take(), tmp_path / "shot_010.mien")
    return tmp_path / "shot_010.mien"


@pytest.fixture
def window(app, maya):
    """The window over a scene with a referenced face and a head joint."""
    import rigs
    from mien.arkit import NAMES
    from mien_maya import scene
    from mien_maya.window import MienWindow

    rigs.add_face(maya, "hero:face", (*NAMES[:-3], "wrinkle_07"), reference="heroRN")
    maya.s.add("joint", "hero:head")
    for camera in ("persp", "shotCam"):
        maya.s.add("transform", camera)
        maya.s.add("camera", f"{camera}Shape", camera)
    maya.s.playback = (1.0, 144.0)
    made = MienWindow(scene)
    made.resize(420, 900)
    made.show()
    yield made
    made.release()
    made.close()
    made.deleteLater()
    app.processEvents()
