"""The footage in the scene: its sound on the time slider, its picture behind a camera, where the keys are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from maya import cmds, mel
from mien.errors import RigError, SourceNotFoundError

from .names import listed
from .undo import undo_chunk

_MAYAS_OWN: Final = ("persp", "top", "front", "side", "left", "right", "back", "bottom")

_MOVIE: Final = 2
"""The value of an image plane's `type` for a movie."""


def cameras() -> list[str]:
    """The scene's cameras: their objects' names, the user's own first."""
    shapes = listed(cmds.ls(type="camera"))
    found = [listed(cmds.listRelatives(shape, parent=True, fullPath=False))[0] for shape in shapes]
    return sorted(found, key=lambda name: (name in _MAYAS_OWN, name))


def add_sound(path: Path, start: float) -> str:
    """Put a .wav or .aiff on the time slider, its beginning on frame `start`; the node's name."""
    _check_file(path)
    with undo_chunk("Mien sound"):
        node = str(cmds.sound(file=path.as_posix(), name=f"{_word(path.stem)}_sound", offset=float(start)))  # type: ignore[arg-type,unused-ignore]
    if not cmds.about(batch=True):
        slider = mel.eval("$mienSlider = $gPlayBackSlider")
        cmds.timeControl(slider, edit=True, sound=node, displaySound=True)
    return node


def add_image_plane(
    path: Path, camera: str, start: float, frames: float, numbers: tuple[int, int], is_movie: bool
) -> str:
    """Show footage behind a camera, its pictures where the keys are, whatever the scene's rate.

    Parameters
    ----------
    path : Path
        A movie, or the first picture of a numbered sequence.
    camera : str
    start : float
        The scene's frame of the first picture.
    frames : float
        How many of the scene's frames lie between the first picture and the last.
    numbers : (int, int)
        Those of the first and the last picture.
    is_movie : bool

    Returns
    -------
    str
        The image plane's shape.
    """
    _check_file(path)
    if not listed(cmds.ls(camera)):
        raise RigError(f"There is no camera {camera}.", "Choose another one.")
    with undo_chunk("Mien image plane"):
        made = listed(cmds.imagePlane(camera=camera, fileName=path.as_posix(), name=_word(path.stem)))
        shape = made[-1]
        if is_movie:
            cmds.setAttr(f"{shape}.type", _MOVIE)  # type: ignore[arg-type,unused-ignore]
        cmds.setAttr(f"{shape}.useFrameExtension", True)  # type: ignore[arg-type,unused-ignore]
        for frame, number in zip((start, start + frames), dict.fromkeys(numbers)):
            at, picture = float(frame), float(number)
            cmds.setKeyframe(
                f"{shape}.frameExtension", time=at, value=picture,  # type: ignore[arg-type,unused-ignore]
                inTangentType="linear", outTangentType="linear",
            )  # fmt: skip
    return shape


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise SourceNotFoundError(f"There is no file {path}", "Choose the footage again.")


def _word(text: str) -> str:
    """A name that Maya takes: letters, digits and underscores, none of the digits first."""
    word = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text)
    return f"_{word}" if word[:1].isdigit() or not word else word
