"""The Mien menu and its plain dialogs. Each entry: a guard, one core call, one scene write, one report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from maya import cmds, mel
from mien.errors import CancelledError, MienError

from . import bake, scene, worker

MENU = "mienMenu"
VIDEOS = "Video (*.mp4 *.mov *.avi *.mkv *.webm *.m4v);;All files (*.*)"
TAKES = "Take (*.mien *.csv *.json)"


def install() -> None:
    """Put the menu into the main window, in place of an older one."""
    window = mel.eval("$mienWindow = $gMainWindow")
    if cmds.menu(MENU, exists=True):
        cmds.deleteUI(MENU)
    cmds.menu(MENU, label="Mien", parent=window)
    cmds.menuItem(label="Solve Video and Bake…", command=_entry(solve_and_bake), parent=MENU)
    cmds.menuItem(label="Bake Take…", command=_entry(bake_take), parent=MENU)


def _entry(act: Callable[[], str]) -> Callable[..., None]:
    """What the menu calls: the report below the window when it went well, a dialog when it did not."""

    def run(*_: Any) -> None:
        try:
            report = act()
        except CancelledError as cancelled:
            report = cancelled.message
        except MienError as error:
            cmds.confirmDialog(title="Mien", message=str(error), icon="warning", button=["OK"])
            return
        cmds.inViewMessage(statusMessage=report, position="midCenterBot", fade=True)

    return run


def solve_and_bake() -> str:
    """Solve a video that the user chooses, then bake it onto the selected mesh."""
    mesh = scene.selected_mesh()
    scene.blendshape_channels(mesh)
    video = _ask_for_file("Choose the face video", VIDEOS)
    take = video.with_suffix(".mien")
    with _Progress(video.name) as progress:
        done = worker.solve(video, take, progress.hear)
    report = bake_onto(mesh, take)
    return f"{report} {done['warning']}" if done.get("warning") else report


def bake_take() -> str:
    """Bake a take that the user chooses onto the selected mesh."""
    return bake_onto(scene.selected_mesh(), _ask_for_file("Choose the take", TAKES))


def bake_onto(mesh: str, take: Path) -> str:
    """Write a take's keys onto a mesh, from the current time on, and say what was done. Fit for scripts."""
    channels = scene.blendshape_channels(mesh)
    fps, start = scene.frames_per_second(), scene.current_frame()
    frames, columns = bake.key_columns(take, list(channels), fps, start)
    scene.write_keys(frames, {channels[target]: values for target, values in columns.items()})
    return f"{len(columns)} channels, frames {frames[0]:g} to {frames[-1]:g}."


def _ask_for_file(caption: str, filters: str) -> Path:
    chosen = cmds.fileDialog2(caption=caption, fileFilter=filters, fileMode=1)
    if not chosen:
        raise CancelledError("Nothing was chosen.")
    return Path(chosen[0])


class _Progress:
    """Maya's progress window: Esc cancels."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> _Progress:
        cmds.progressWindow(title="Mien", status=f"Starting… {self.name}", maxValue=100, isInterruptable=True)
        return self

    def __exit__(self, *_: object) -> None:
        cmds.progressWindow(endProgress=True)

    def hear(self, event: worker.Event) -> bool:
        """Show how far it is; False once the user has cancelled."""
        if event.get("event") == "progress" and event["frames"]:
            frame, frames = event["frame"], event["frames"]
            status = f"{self.name}: frame {frame} of {frames}"
            cmds.progressWindow(edit=True, progress=round(100 * frame / frames), status=status)
        return not cmds.progressWindow(query=True, isCancelled=True)
