"""The student network: a batch of FaceCrops ─▶ weights, landmarks, presence, pose. The only onnxruntime here.

A network is a folder with `student.onnx` and `card.json` (what it is, what it was trained on, the sha256 of
its graphs). Everything the network needs done to a crop is inside its graph. Beside it there may be a
`reader.onnx`: it reads the codes of a face beside their mean (see `mien.person`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from . import arkit
from .errors import ModelError
from .types import CROP_SIZE, LANDMARK_COUNT
from .untrusted import parse_json, read_text

CARD_FORMAT: Final = 1
"""Version of card.json; a newer one is refused."""

BATCH: Final = 8
"""Crops per run of the graph at most: what still fits into a core's cache (more are slower each)."""

_OUTPUTS: Final[dict[str, list[int]]] = {
    "weights": [arkit.COUNT],
    "landmarks": [LANDMARK_COUNT, 2],
    "presence": [],
    "pose": [3],
    "confidence": [],
}
_ELSEWHERE: Final = b"\n\x08location\x12"
"""How ONNX names another file to load weights from, any of the machine's: the sha256 does not cover it."""

_LARGEST_CARD: Final = 4 << 20
_LARGEST_GRAPH: Final = 1 << 30
_LARGEST_CODE: Final = 4096
_INSTALL: Final = "Install Mien's default network again, or name a network's folder with --model."


@dataclass(frozen=True)
class StudentOutput:
    """What the network says about N crops.

    Attributes
    ----------
    weights : ndarray, float32, (N, 52)
        0–1, in the order of `mien.arkit.NAMES`.
    landmarks : ndarray, float32, (N, 70, 2)
        Pixels of the crop.
    presence : ndarray, float32, (N,)
        0–1: the probability that a face is properly in the crop.
    pose : ndarray, float32, (N, 3)
        Pitch, yaw, roll in degrees relative to the crop, with the signs of `mien.types.HeadPose`.
    confidence : ndarray, float32, (N,)
        0–1: presence, less what the network expects its weights to be off.
    code : ndarray, float32, (N, C)
        What a reader wants to know of each crop; C is 0 where the network has no reader.
    """

    weights: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    presence: NDArray[np.float32]
    pose: NDArray[np.float32]
    confidence: NDArray[np.float32]
    code: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.presence)


class Student:
    """A loaded network.

    Parameters
    ----------
    folder : path-like, optional
        Holds student.onnx and card.json; the default network where not given.
    threads : int, optional
        Threads for one run of the graph; onnxruntime's choice (the physical cores) where not given.

    Attributes
    ----------
    card : dict
        The card as it was read.
    name, sha256 : str
        From the card.
    reader_sha256 : str or None
        The same of its reader, where it has one.
    code_size : int
        Numbers of a code; 0 where the network has no reader.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, threads: int | None = None) -> None:
        self.folder = Path(folder) if folder is not None else default_folder()
        self.card = read_card(self.folder)
        self.name = str(self.card.get("name") or self.folder.name)
        self.sha256 = str(self.card["sha256"])
        self.reader_sha256 = reader_sha256(self.card)
        self.code_size = _code_size(self.card, self.folder)
        self._outputs = {**_OUTPUTS, "code": [self.code_size]} if self.code_size else _OUTPUTS
        self._session = _load(self.folder / "student.onnx", self.sha256, threads)
        _check_ends(self._session, {"crops": [CROP_SIZE, CROP_SIZE], **self._outputs}, self.folder)
        self._reader = self._load_reader() if self.code_size else None

    def solve(self, crops: NDArray[np.uint8]) -> StudentOutput:
        """Run the network.

        Parameters
        ----------
        crops : ndarray, uint8, (N, 160, 160)
            Grey, 0–255; N may be 0.
        """
        if crops.dtype != np.uint8 or crops.shape[1:] != (CROP_SIZE, CROP_SIZE):
            wanted = f"uint8 (N, {CROP_SIZE}, {CROP_SIZE})"
            raise ValueError(f"crops must be {wanted}, not {crops.dtype} {crops.shape}")
        runs = [self._run(crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
        runs = runs or [[np.empty((0, *shape), np.float32) for shape in self._outputs.values()]]
        joined = [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in zip(*runs)]
        code = [] if self.reads_beside else [np.empty((len(crops), 0), np.float32)]
        return StudentOutput(*joined, *code)

    @property
    def reads_beside(self) -> bool:
        """Whether the network has a reader."""
        return self._reader is not None

    def read(
        self, codes: NDArray[np.float32], person: NDArray[np.float32], seen: float
    ) -> NDArray[np.float32]:
        """Read codes beside the person's; needs a reader.

        Parameters
        ----------
        codes : ndarray, float32, (N, C)
        person : ndarray, float32, (C,)
            The mean of the codes of this face.
        seen : float
            In how many frames that tell something new.

        Returns
        -------
        ndarray, float32, (N, 52)
            Weights, 0–1.
        """
        if self._reader is None:
            raise ValueError(f"the network in {self.folder} has no reader")
        feed = {"codes": codes, "person": person[None], "seen": np.full((1, 1), seen, np.float32)}
        return np.asarray(self._reader.run(["weights"], feed)[0], np.float32)

    def _load_reader(self) -> onnxruntime.InferenceSession:
        session = _load(self.folder / "reader.onnx", str(self.reader_sha256), 1)
        code = [self.code_size]
        ends = {"codes": code, "person": code, "seen": [1], "weights": [arkit.COUNT]}
        _check_ends(session, ends, self.folder)
        return session

    def _run(self, crops: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        results: Any = self._session.run(list(self._outputs), {"crops": crops})
        return list(results)


def default_folder() -> Path:
    """Where the default network lies: in `mien_models`, which is located but not imported."""
    spec = importlib.util.find_spec("mien_models")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("The package mien_models with the default network is not installed", _INSTALL)
    return Path(next(iter(spec.submodule_search_locations))) / "weights" / "default"


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a network's folder; ModelError where there is none that can be read."""
    path = folder / "card.json"
    try:
        card = parse_json(read_text(path, _LARGEST_CARD))
    except OSError as error:
        raise ModelError(f"There is no network in {folder} ({error.strerror})", _INSTALL) from error
    except ValueError as error:
        raise ModelError(f"{path} is damaged ({error})", _INSTALL) from error
    if not isinstance(card, dict) or not isinstance(card.get("format"), int) or not card.get("sha256"):
        raise ModelError(f"{path} is not the card of a network", _INSTALL)
    if card["format"] > CARD_FORMAT:
        raise ModelError(f"{folder} holds a network of a newer Mien", "Update Mien to use it.")
    return card


def reader_sha256(card: Mapping[str, Any]) -> str | None:
    """The sha256 that a card says of the reader, if it tells of one."""
    reader = card.get("reader")
    return str(reader["sha256"]) if isinstance(reader, dict) and reader.get("sha256") else None


def _load(path: Path, sha256: str, threads: int | None) -> onnxruntime.InferenceSession:
    """A graph that is the one its card describes."""
    try:
        with open(path, "rb") as stream:
            graph = stream.read(_LARGEST_GRAPH + 1)
    except OSError as error:
        raise ModelError(f"{path} can't be read ({error.strerror})", _INSTALL) from error
    if len(graph) > _LARGEST_GRAPH:
        raise ModelError(f"{path} is too large for a network", _INSTALL)
    if hashlib.sha256(graph).hexdigest() != sha256:
        raise ModelError(f"{path} is not the file that its card describes (the sha256 differs)", _INSTALL)
    if _ELSEWHERE in graph:
        raise ModelError(f"{path} keeps weights in other files", "Export it as one file.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    # Threads that wait busily take half as much again of the processor, which decoding needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public base
        raise ModelError(f"{path} can't be loaded: {error}", _INSTALL) from error


def _check_ends(session: onnxruntime.InferenceSession, wanted: Mapping[str, Any], folder: Path) -> None:
    """Refuse a graph that lacks inputs or outputs, of these types and with rows of these shapes."""
    found = [*session.get_inputs(), *session.get_outputs()]
    ends = {end.name: (end.type, list(end.shape[1:])) for end in found}
    for name, shape in wanted.items():
        if name not in ends:
            raise ModelError(f"The network in {folder} has no {name!r}", _INSTALL)
        end = ("tensor(uint8)" if name == "crops" else "tensor(float)", shape)
        if ends[name] != end:
            raise ModelError(f"{name!r} of the network in {folder} is {ends[name]}, not {end}", _INSTALL)


def _code_size(card: Mapping[str, Any], folder: Path) -> int:
    reader = card.get("reader")
    if reader is None:
        return 0
    size = reader.get("code") if isinstance(reader, dict) else None
    if not isinstance(size, int) or not 0 < size <= _LARGEST_CODE:
        raise ModelError(f"The card in {folder} tells of no reader that can be used", _INSTALL)
    return size
