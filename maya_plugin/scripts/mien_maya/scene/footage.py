"""The footage in the scene: its sound on the time slider, its picture behind a camera, where the keys are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from maya import cmds, mel
from mien.errors import RigError, SourceNotFoundError

from .names import listed
from .undo import undo_chunk

SOUNDS: Final = (".wav", ".aif", ".aiff")
"""What Maya plays on every platform."""

PICTURES: Final = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".exr", ".tga", ".iff")
"""Pictures of a sequence; everything else is taken for a movie."""

_MOVIE: Final = 2
"""The value of an image plane's `type` for a movie."""


def add_sound(path: Path, start: float) -> str:
    """Put a sound on the time slider, its beginning on frame `start`; the node's name."""
    _check_file(path)
    if path.suffix.lower() not in SOUNDS:
        kinds = " or ".join(SOUNDS)
        raise RigError(f"Maya does not play the sound of {path.name}.", f"Save it as {kinds} first.")
    with undo_chunk("Mien sound"):
        node = str(cmds.sound(file=path.as_posix(), name=f"{_word(path.stem)}_sound", offset=float(start)))  # type: ignore[arg-type,unused-ignore]
    if not cmds.about(batch=True):
        slider = mel.eval("$mienSlider = $gPlayBackSlider")
        cmds.timeControl(slider, edit=True, sound=node, displaySound=True)
    return node


def add_image_plane(
    path: Path, camera: str, start: float, frames: float, first: int = 0, count: int = 1
) -> str:
    """Show footage behind a camera, its pictures where the keys are, whatever the scene's rate.

    Parameters
    ----------
    path : Path
        A movie, or one picture of a numbered sequence.
    camera : str
    start : float
        The scene's frame of the first picture.
    frames : float
        How many of the scene's frames lie between the first picture and the last.
    first : int
        The number of the first picture.
    count : int
        How many pictures there are.

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
        if path.suffix.lower() not in PICTURES:
            cmds.setAttr(f"{shape}.type", _MOVIE)  # type: ignore[arg-type,unused-ignore]
        cmds.setAttr(f"{shape}.useFrameExtension", True)  # type: ignore[arg-type,unused-ignore]
        ends = ((start, first), (start + frames, first + count - 1))
        for frame, number in ends if count > 1 else ends[:1]:
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
