"""Files truncated and corrupted at random places: read as what is left of them, or refused by name.

Each reader gets whole files with pieces cut off, flipped, blanked, doubled or swapped for noise. It may give
a result or its own error; anything else, or a result that breaks a take's own rules, is a failure.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import write_video
from making_footage import CLEAN, faces
from mien.arkit import COUNT
from mien.calibration import Calibration
from mien.errors import MapError, MienError, ModelError, SourceError, TakeError
from mien.interchange import read, write
from mien.journal import Recording, journal_of, recover
from mien.profile import Profile, load_profile, save_profile
from mien.rig.map_file import read_map, write_map
from mien.rig.retarget_map import Channel, RetargetMap, Term
from mien.rig.targets import KINDS, Target
from mien.solver import no_face
from mien.sources import open_video
from mien.student import Student
from mien.take import ARRAYS, Take
from mien.tune_settings import TuneSettings, load_settings, save_settings
from mien.untrusted import UNREADABLE, load_arrays

HEALTHY = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
TIMES = int(os.environ.get("MIEN_FAULT_TIMES", "1"))
"""So many times as many examples, for a longer campaign."""

QUICK = settings(deadline=None, max_examples=40 * TIMES, suppress_health_check=HEALTHY)
FEW = settings(QUICK, max_examples=12 * TIMES)


@st.composite
def damages(draw):
    """A function that damages bytes: one to three wounds at random places."""
    kinds = st.sampled_from(["cut", "flip", "blank", "double", "noise", "drop"])
    wound = st.tuples(kinds, st.floats(0, 1), st.integers(1, 64), st.binary(min_size=64, max_size=64))
    wounds = draw(st.lists(wound, min_size=1, max_size=3))

    def damage(content: bytes) -> bytes:
        for kind, share, length, noise in wounds:
            content = _wounded(content, kind, int(share * len(content)), length, noise)
        return content

    return damage


def _wounded(content: bytes, kind: str, place: int, length: int, noise: bytes) -> bytes:
    before, struck, after = content[:place], content[place : place + length], content[place + length :]
    if kind == "cut":
        return before
    if kind == "flip":
        struck = bytes(byte ^ other for byte, other in zip(struck, noise))
    elif kind == "noise":
        struck = noise[: len(struck)]
    elif kind == "blank":
        struck = bytes(len(struck))
    else:
        struck = struck * 2 if kind == "double" else b""
    return before + struck + after


@pytest.fixture(scope="module")
def take() -> Take:
    rng = np.random.default_rng(0)
    weights = rng.random((6, COUNT), dtype=np.float32)
    weights[3] = np.nan
    return Take.from_weights(np.arange(6) / 30, weights, {"name": "Änne", "source": "a.mp4", "rate": 30.0})


@pytest.fixture(scope="module")
def whole(take, tmp_path_factory) -> dict[str, Path]:
    """One whole file of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    files = {kind: folder / f"take.{kind}" for kind in ("mien", "csv", "json")}
    for path in files.values():
        write(take, path)
    for kind in ("mp4", "mkv", "avi", "ts"):
        files[kind] = write_video(folder / f"video.{kind}", faces(10, (160, 120)), options=CLEAN)
    terms = (Term(("jawOpen",), 1.0), Term(("mouthClose",), -0.5))
    channels = (Channel(Target("jaw", KINDS[0], "Face"), terms),)
    files["map"] = folder / "rig.json"
    write_map(RetargetMap(channels=channels, name="A map"), files["map"])
    files["settings"], files["profile"] = folder / "settings.json", folder / "profile.json"
    save_settings(TuneSettings(gain=1.2), files["settings"])
    save_profile(Profile("Änne", Calibration(np.zeros(COUNT, np.float32), np.ones(COUNT, np.float32))),
                 files["profile"])  # fmt: skip
    files["mesh"] = folder / "mesh.npz"
    np.savez(files["mesh"], vertices=np.zeros((8, 3), np.float32), faces=np.zeros((4, 3), np.int32))
    files["journal"] = _journal(folder)
    return files


def _journal(folder: Path) -> Path:
    recording = Recording(folder / "live.mien", {"name": "live"}, 0.0)
    for i in range(5):
        recording.add(no_face(i / 30), i / 30)
    return Path(shutil.copy(journal_of(folder / "live.mien"), folder / "journal.part"))


def _frames(path: Path) -> int:
    """Every frame of a video, and that its times go on."""
    with open_video(path) as video:
        times = [frame.time for frame in itertools.islice(video, 1000)]
        assert video.warning is None or video.warning
    assert (np.diff(times) > 0).all()
    return len(times)


def _checked(take: Take) -> Take:
    assert all(len(getattr(take, name)) == len(take) for name in ARRAYS)
    assert np.isfinite(take.times).all()
    json.dumps(take.about, allow_nan=False)
    return take


def _mesh(path: Path):
    try:
        return load_arrays(path, "vertices", "faces")
    except UNREADABLE as error:
        raise TakeError("unreadable") from error


READERS = {
    "mien": (lambda path: _checked(read(path)), TakeError),
    "csv": (lambda path: _checked(read(path)), TakeError),
    "json": (lambda path: _checked(read(path)), TakeError),
    "journal": (lambda path: _checked(recover(path)), TakeError),
    "map": (read_map, MapError),
    "settings": (load_settings, MienError),
    "profile": (load_profile, MienError),
    "mesh": (_mesh, TakeError),
}


@pytest.mark.parametrize("kind", READERS)
@QUICK
@given(damage=damages())
def test_a_damaged_file(whole, tmp_path, kind, damage):
    """Promise: what is whole in it, or the reader's own error; never a crash, never a take that is none."""
    reader, error = READERS[kind]
    path = tmp_path / whole[kind].name
    path.write_bytes(damage(whole[kind].read_bytes()))
    with contextlib.suppress(error):
        reader(path)


@pytest.mark.parametrize("kind", ["mp4", "mkv", "avi", "ts"])
@FEW
@given(damage=damages())
def test_a_damaged_video(whole, tmp_path, kind, damage):
    """Promise: the frames that decode, with rising times, or a SourceError."""
    path = tmp_path / f"damaged.{kind}"
    path.write_bytes(damage(whole[kind].read_bytes()))
    with contextlib.suppress(SourceError):
        assert _frames(path) >= 1


@pytest.mark.parametrize("name", ["student.onnx", "card.json"])
@FEW
@given(damage=damages())
def test_a_damaged_network(toy_folder, tmp_path, name, damage):
    """Promise: a graph that is not its card's is never loaded; a damaged card is refused."""
    folder = Path(shutil.copytree(toy_folder, tmp_path / "network", dirs_exist_ok=True))
    whole = (toy_folder / name).read_bytes()
    (folder / name).write_bytes(damage(whole))
    unhurt = (folder / name).read_bytes() == whole
    try:
        loaded = Student(folder, threads=1)
    except ModelError:
        assert not unhurt
    else:
        assert unhurt or loaded.sha256 == Student(toy_folder, threads=1).sha256


@QUICK
@given(name=st.sampled_from([*ARRAYS[:6], "about"]), damage=damages(), packed=st.booleans())
def test_a_forged_take(whole, tmp_path, name, damage, packed):
    """Promise: the same where the archive is in order and what lies in it is not (its sums are made anew)."""
    path, kind = tmp_path / "forged.mien", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(whole["mien"]) as old, zipfile.ZipFile(path, "w", kind) as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, damage(content) if member == f"{name}.npy" else content)
    with contextlib.suppress(TakeError):
        _checked(read(path))


@QUICK
@given(text=st.text(alphabet="(){}[]',:<>|fiuU0123456789 \n\\\"OTrueFalse", max_size=120))
def test_a_forged_header(whole, tmp_path, text):
    """Promise: whatever stands in an array's header is read as data, and refused by name."""
    header = io.BytesIO()
    header.write(b"\x93NUMPY\x01\x00" + len(text.encode()).to_bytes(2, "little") + text.encode())
    path = tmp_path / "header.mien"
    with zipfile.ZipFile(whole["mien"]) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            new.writestr(member, header.getvalue() if member == "times.npy" else old.read(member))
    with pytest.raises(TakeError):
        read(path)
