#!/usr/bin/env python3
"""Run MediaPipe's FaceLandmarker over clips, to compare with: `mien bench quality --peer-csv FOLDER`.

A script of its own, because mediapipe wants other versions of things than Mien does. Run it with any Python
that has mediapipe (`pip install mediapipe==0.10.21`, Python 3.11); it needs nothing of Mien's:

    python peer.py CLIP.mp4 … --model face_landmarker.task -o FOLDER

It writes FOLDER/CLIP.csv (Live Link Face columns for the shapes that MediaPipe has, which leaves out
tongueOut) and FOLDER/CLIP.npy: the mesh of 478 points, float32 (frames, 478, 2), pixels of the frame with
(0, 0) at the centre of the top left pixel, NaN where no face was found.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

POINTS = 478
TICKS = 60
"""A second in the unit of Live Link Face's timecode."""


def main() -> None:
    """Read the words of the call and run."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("clips", metavar="CLIP", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="face_landmarker.task")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for clip in arguments.clips:
        rows = list(track(clip, arguments.model))
        write(arguments.out, clip.stem, rows)
        print(f"{clip.name}: {sum(bool(scores) for _, scores, _ in rows)} of {len(rows)} frames with a face")


def track(clip: Path, model: Path) -> Iterator[tuple[float, dict[str, float], Any]]:
    """Seconds, scores by shape (empty without a face) and mesh (478, 2) of each frame."""
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        last = -1
        for seconds, picture in frames(clip):
            last = max(round(seconds * 1000), last + 1)
            image = mp.Image(mp.ImageFormat.SRGB, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
            yield (seconds, *answer(landmarker.detect_for_video(image, last), picture.shape))


def frames(clip: Path) -> Iterator[tuple[float, Any]]:
    """Seconds and picture (BGR) of each frame."""
    video = cv2.VideoCapture(str(clip))
    while True:
        there, picture = video.read()
        if not there:
            return
        yield video.get(cv2.CAP_PROP_POS_MSEC) / 1000.0, picture


def answer(result: Any, shape: tuple[int, ...]) -> tuple[dict[str, float], Any]:
    """What MediaPipe said of one frame: scores by shape, and the mesh in pixels."""
    if not result.face_landmarks:
        return {}, np.full((POINTS, 2), np.nan, np.float32)
    places = np.array([(point.x, point.y) for point in result.face_landmarks[0]], np.float32)
    scores = {shape.category_name: shape.score for shape in result.face_blendshapes[0]}
    scores.pop("_neutral", None)
    return scores, places * (shape[1], shape[0]) - np.float32(0.5)


def write(folder: Path, clip: str, rows: list[tuple[float, dict[str, float], Any]]) -> None:
    """Write one clip's results; the table last, when all else is there."""
    names = next((list(scores) for _, scores, _ in rows if scores), [])
    titles = ["Timecode", "BlendShapeCount", *(name[0].upper() + name[1:] for name in names)]
    lines = [",".join(titles)]
    for seconds, scores, _ in rows:
        cells = [f"{scores[name]:.10f}" for name in names] if scores else [""] * len(names)
        lines.append(",".join([timecode(seconds), str(len(names) if scores else 0), *cells]))
    np.save(folder / f"{clip}.npy", np.array([mesh for _, _, mesh in rows], np.float32))
    part = folder / f"{clip}.csv.part"
    part.write_text("\n".join(lines) + "\n", encoding="ascii")
    os.replace(part, folder / f"{clip}.csv")


def timecode(seconds: float) -> str:
    """HH:MM:SS:FF.mmm, as Live Link Face writes it: frames of a sixtieth of a second."""
    thousandths = round(seconds * TICKS * 1000)
    ticks, thousandths = divmod(thousandths, 1000)
    whole, ticks = divmod(ticks, TICKS)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}:{ticks:02}.{thousandths:03}"


if __name__ == "__main__":
    main()
