"""Bake from a script or a farm: `mien_maya.bake(…)`, and `mayapy -m mien_maya.batch SCENE TAKE …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mien.errors import MienError
from mien.interchange import read
from mien.rig.baking import ChannelKeys
from mien.rig.map_file import read_map
from mien.rig.retarget_map import RetargetMap
from mien.take import Take
from mien.tune import TuneSettings, load_settings

from . import plan, scene


def bake(
    take: Take | str | Path,
    nodes: Sequence[str],
    mapping: RetargetMap | str | Path | None = None,
    settings: TuneSettings | str | Path | None = None,
    options: plan.BakeOptions | None = None,
) -> scene.Written:
    """Write a take's keys onto a character of the open scene; one undo takes them back.

    Parameters
    ----------
    take : Take or path
        `.mien`, `.csv` or `.json`.
    nodes : sequence of str
        Meshes, controls, joints: with their namespace, as the scene has them.
    mapping : RetargetMap or path, optional
        Made from the channels' names when not given.
    settings : TuneSettings or path, optional
    options : BakeOptions, optional

    Raises
    ------
    MienError
        With a message and a hint; nothing is changed then.
    """
    wanted = options or plan.BakeOptions()
    character = scene.character_of(nodes)
    known = _map(mapping) or plan.map_by_names(character.targets).map
    raw = take if isinstance(take, Take) else read(take)
    tuning = (
        settings
        if isinstance(settings, TuneSettings)
        else load_settings(settings)
        if settings
        else TuneSettings()
    )
    return write(
        plan.channels(raw, tuning, known, scene.frames_per_second(), wanted), character.namespace, wanted
    )


def write(
    channels: Sequence[ChannelKeys],
    namespace: str,
    options: plan.BakeOptions,
    instead: scene.Earlier | None = None,
) -> scene.Written:
    """Write planned channels onto the character of a namespace, in the place of an earlier bake's."""
    curves = {
        scene.plug_of(c.target, namespace): scene.Curve(c.frames, c.values.astype(np.float64))
        for c in channels
    }
    return scene.write_keys(curves, options.layer, options.break_held, instead)


def told(written: scene.Written) -> str:
    """What was written, in a sentence."""
    text = f"{len(written.plugs)} channels, frames {written.first:.8g} to {written.last:.8g}"
    if written.layer:
        text += f", on the layer {written.layer}"
    if written.dimmed:
        text += f" ({written.dimmed})"
    if written.broken:
        text += f"; unlocked or disconnected: {len(written.broken)}"
    if written.skipped:
        reasons = [f"{held.plug}: {held.reason}" for held in written.skipped]
        more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        text += f"; left alone: {'; '.join(reasons[:3])}{more}"
    return f"{text}."


def main(arguments: Sequence[str] | None = None) -> int:
    """Open a scene, bake, save it under another name; the exit code is that of the error, or 0."""
    options = _parser().parse_args(arguments)
    try:
        report = _run(options)
    except MienError as error:
        print(f"mien: {error}", file=sys.stderr)
        return error.exit_code
    print(report)
    return 0


def _map(mapping: RetargetMap | str | Path | None) -> RetargetMap | None:
    return mapping if isinstance(mapping, RetargetMap) or mapping is None else read_map(mapping)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mayapy -m mien_maya.batch", description="Bake a take in a scene.")
    add = parser.add_argument
    add("scene", metavar="SCENE", help=".ma or .mb")
    add("take", metavar="TAKE", help=".mien, .csv or .json")
    add("nodes", metavar="NODE", nargs="+", help="meshes, controls, joints, with their namespace")
    add("-o", "--output", metavar="SCENE", required=True, help="where the scene is saved")
    add("--map", metavar="MAP", help="retarget map; else the channels' names decide")
    add("--settings", metavar="JSON", help="tune settings")
    add("--start", metavar="FRAME", type=float, default=1.0, help="where the footage begins (1)")
    add("--layer", metavar="NAME", default="", help="an animation layer instead of the base")
    add("--sub-frames", action="store_true", help="keys at the footage's frames, not the scene's")
    add("--tolerance", type=float, default=0.0, help="leave out keys that lines make up for (0: none)")
    add("--break", dest="break_held", action="store_true", help="unlock and disconnect what holds a channel")
    return parser


def _run(words: argparse.Namespace) -> str:
    from .scene.files import open_scene, save_scene, standalone

    with standalone():
        open_scene(words.scene)
        options = plan.BakeOptions(
            words.start, not words.sub_frames, words.tolerance, words.layer, words.break_held
        )
        written = bake(words.take, words.nodes, words.map, words.settings, options)
        save_scene(words.output)
    return told(written)


if __name__ == "__main__":
    sys.exit(main())
