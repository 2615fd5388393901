"""A small real ONNX network that finds a drawn face, so that tracking and solving can be tested and can fail.

Its face (see `draw_face`) is a white bar for the eyes above a grey disc for the mouth, on black. The graph
takes each part's centroid by erosion and moments and lays landmarks, pose and weights out from the two.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import cv2
import numpy as np
import onnx
from mien.arkit import COUNT, INDEX
from mien.crop import CROP_CENTRE, CROP_SCALE
from mien.types import CROP_SIZE
from onnx import TensorProto, helper, numpy_helper

EYES_TO_MOUTH = 160 / CROP_SCALE
"""Pixels of a crop between the eyes and the mouth, when the box fits the face."""


def draw_face(picture: np.ndarray, x: float, y: float, size: float, roll: float = 0.0, mouth=0.14) -> None:
    """Draw the toy's face so that its box is (x, y, size, roll); `mouth` is the disc's radius / size."""
    angle = math.radians(roll)
    down = np.array([-math.sin(angle), math.cos(angle)])
    across = np.array([math.cos(angle), math.sin(angle)])
    drop = size / CROP_SCALE
    eyes, lips = (x, y) - down * drop * CROP_CENTRE, (x, y) + down * drop * (1 - CROP_CENTRE)
    half_bar, thick = size * 0.25, size * 0.06
    ends = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    corners = [eyes + s * across * half_bar + t * down * thick for s, t in ends]
    cv2.fillConvexPoly(picture, np.rint(np.array(corners) * 16).astype(int), 255, cv2.LINE_AA, 4)
    cv2.circle(picture, _sixteenths(lips), round(size * mouth * 16), 115, -1, cv2.LINE_AA, 4)


def toy_picture(i: int, size=(320, 240)) -> np.ndarray:
    """Picture i of the toy's performance."""
    picture = np.zeros(size[::-1], np.uint8)
    x, y = size[0] / 2 + 20 * math.sin(i / 7), size[1] / 2 + 10 * math.cos(i / 5)
    draw_face(picture, x, y, 0.6 * size[1], 12 * math.sin(i / 9), mouth=0.10 + 0.03 * math.sin(i / 4))
    return picture


def _sixteenths(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0]) * 16), round(float(point[1]) * 16)


def write_toy_network(folder: Path, **card) -> Path:
    """Write student.onnx and card.json; `card` overrides the card's entries."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = toy_graph().SerializeToString()
    (folder / "student.onnx").write_bytes(graph)
    entries = {"format": 1, "name": "toy", "sha256": hashlib.sha256(graph).hexdigest(), **card}
    (folder / "card.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


def toy_graph() -> onnx.ModelProto:
    """The graph: see the module's first lines."""
    make = _Maker()
    light = make("Div", make("Unsqueeze", make("Cast", "crops", to=TensorProto.FLOAT), make.ints([1])), 255.0)
    pool = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    brightest = make("MaxPool", light, **pool)
    darkest = make("Neg", make("MaxPool", make("Neg", light), **pool))
    eyes = make.mask(make("Greater", darkest, 0.85))
    lips = make.mask(make("And", make("Greater", darkest, 0.35), make("Less", brightest, 0.55)))
    (eyes_x, eyes_y, eyes_area), (lips_x, lips_y, lips_area) = make.centroid(eyes), make.centroid(lips)
    down_x, down_y = make("Sub", lips_x, eyes_x), make("Sub", lips_y, eyes_y)
    drop = make("Sqrt", make("Add", make("Mul", down_x, down_x), make("Mul", down_y, down_y)))
    make.landmarks(eyes_x, eyes_y, down_x, down_y)
    make.presence(drop, eyes_area, lips_area)
    make.pose(down_x, down_y)
    make.weights(lips_area, eyes_area)
    return make.model()


def toy_layout() -> np.ndarray:
    """(70, 2): each landmark as (across, down) from the eyes, in units of the eyes-to-mouth distance."""
    points = np.zeros((70, 2))
    angles = np.arange(6) * np.pi / 3
    ring = 0.1 * np.stack([-np.cos(angles), np.sin(angles)], axis=1)
    points[36:42] = points[42:48] = ring
    points[36:42, 0] -= 0.5
    points[42:48, 0] += 0.5
    points[68], points[69] = (-0.5, 0), (0.5, 0)
    points[48], points[54] = (-0.3, 1), (0.3, 1)
    return points


class _Maker:
    """Collects nodes; a call adds one and gives the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def __call__(self, kind: str, *inputs, name: str | None = None, **attributes) -> str:
        name = name or f"{kind}{len(self.nodes)}"
        named = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self.nodes.append(helper.make_node(kind, named, [name], **attributes))
        return name

    def constant(self, value, kind=np.float32) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def ints(self, values) -> str:
        return self.constant(values, np.int64)

    def mask(self, condition: str) -> str:
        return self("Cast", condition, to=TensorProto.FLOAT)

    def total(self, picture: str) -> str:
        return self("ReduceSum", picture, self.ints([1, 2, 3]), keepdims=0)

    def centroid(self, mask: str) -> tuple[str, str, str]:
        ramp = np.arange(CROP_SIZE, dtype=np.float32)
        area = self.total(mask)
        safe = self("Max", area, 1.0)
        x = self("Div", self.total(self("Mul", mask, ramp.reshape(1, 1, 1, -1))), safe)
        y = self("Div", self.total(self("Mul", mask, ramp.reshape(1, 1, -1, 1))), safe)
        return x, y, area

    def landmarks(self, eyes_x: str, eyes_y: str, down_x: str, down_y: str) -> None:
        across, down = toy_layout().T.reshape(2, 1, 70)
        eyes_x, eyes_y, down_x, down_y = (
            self("Unsqueeze", value, self.ints([1])) for value in (eyes_x, eyes_y, down_x, down_y)
        )
        x = self("Add", eyes_x, self("Add", self("Mul", down_y, across), self("Mul", down_x, down)))
        y = self("Add", eyes_y, self("Sub", self("Mul", down_y, down), self("Mul", down_x, across)))
        pair = [self("Unsqueeze", value, self.ints([2])) for value in (x, y)]
        self("Concat", *pair, name="landmarks", axis=2)

    def presence(self, drop: str, eyes_area: str, lips_area: str) -> None:
        """High when both parts show and their distance is near that of a fitting box."""
        misfit = self("Abs", self("Log", self("Div", self("Max", drop, 1.0), float(EYES_TO_MOUTH))))
        fit = self("Clip", self("Sub", 1.6, self("Mul", 2.0, misfit)), 0.0, 1.0)
        both = self("Clip", self("Div", self("Min", eyes_area, lips_area), 200.0), 0.0, 1.0)
        self("Mul", fit, both, name="presence")
        self("Identity", "presence", name="confidence")

    def pose(self, down_x: str, down_y: str) -> None:
        roll = self("Mul", self("Atan", self("Div", self("Neg", down_x), down_y)), 180 / math.pi)
        column = self("Unsqueeze", roll, self.ints([1]))
        self("Mul", self("Concat", column, column, column, axis=1), [[0.0, 0.0, 1.0]], name="pose")

    def weights(self, lips_area: str, eyes_area: str) -> None:
        """jawOpen follows the mouth's area beside the eyes'; all others are 0."""
        ratio = self("Clip", self("Div", lips_area, self("Max", eyes_area, 1.0)), 0.0, 1.0)
        only_jaw = np.zeros((1, COUNT), np.float32)
        only_jaw[0, INDEX["jawOpen"]] = 1
        self("Mul", self("Unsqueeze", ratio, self.ints([1])), only_jaw, name="weights")

    def model(self) -> onnx.ModelProto:
        shapes = {"weights": [COUNT], "landmarks": [70, 2], "presence": [], "pose": [3], "confidence": []}
        outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", *s]) for n, s in shapes.items()]
        crops = helper.make_tensor_value_info("crops", TensorProto.UINT8, ["N", CROP_SIZE, CROP_SIZE])
        graph = helper.make_graph(self.nodes, "toy", [crops], outputs, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
