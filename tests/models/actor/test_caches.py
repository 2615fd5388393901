"""Caches of moving vertices: what is written is read, what is damaged is named, nothing is half-written."""

from __future__ import annotations

import contextlib
import struct
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien.errors import OutputError, TakeError, UsageError
from mien_models.actor import caches_maya
from mien_models.actor.caches import UNITS, VertexClip, read_cache, write_cache

TRIANGLES = [[0, 1, 2], [2, 1, 3]]


@pytest.fixture
def clip() -> VertexClip:
    return VertexClip(np.arange(5) / 25, np.random.default_rng(0).normal(0, 80, (5, 4, 3)).astype(np.float32))


@pytest.mark.parametrize("suffix", [".pc2", ".mdd"])
@pytest.mark.parametrize("unit", UNITS)
def test_what_is_written_is_read(clip, tmp_path, suffix, unit):
    path = tmp_path / f"face{suffix}"
    write_cache(path, clip, unit=unit, start_frame=1)
    again = read_cache(path, unit=unit, rate=25, vertices=4)
    np.testing.assert_allclose(again.vertices, clip.vertices, rtol=1e-6)
    np.testing.assert_allclose(again.times - again.times[0], clip.times, atol=1e-6)


def test_pc2_and_mdd_are_the_bytes_of_their_formats(clip, tmp_path):
    write_cache(tmp_path / "a.pc2", clip, unit="mm", start_frame=7)
    raw = (tmp_path / "a.pc2").read_bytes()
    assert struct.unpack("<12siiffi", raw[:32]) == (b"POINTCACHE2\0", 1, 4, 7.0, 1.0, 5)
    assert struct.unpack("<3f", raw[32:44]) == tuple(clip.vertices[0, 0])
    write_cache(tmp_path / "a.mdd", clip, unit="mm")
    raw = (tmp_path / "a.mdd").read_bytes()
    assert struct.unpack(">ii5f", raw[:28]) == pytest.approx((5, 4, 0, 0.04, 0.08, 0.12, 0.16))
    assert struct.unpack(">3f", raw[28:40]) == tuple(clip.vertices[0, 0])


def test_uneven_footage_is_brought_to_the_scenes_frames(tmp_path):
    times = np.array([0.0, 0.03, 0.11, 0.2])
    moving = VertexClip(times, np.repeat(times[:, None, None], 6, 1).repeat(3, 2).astype(np.float32))
    even = moving.at_rate(20)
    np.testing.assert_allclose(even.times, [0, 0.05, 0.1, 0.15, 0.2])
    np.testing.assert_allclose(even.vertices[:, 2, 1], even.times, atol=1e-6)


def iff(raw: bytes) -> list[tuple[bytes, bytes]]:
    """A minimal reader of `FOR4` blocks, written from the published layout and not from the writer."""
    found, at = [], 0
    while at < len(raw):
        tag, size = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "big")
        body = raw[at + 8 : at + 8 + size]
        found += [(tag + body[:4], b""), *iff(body[4:])] if tag == b"FOR4" else [(tag, body)]
        at += 8 + (size + 3) // 4 * 4
    return found


def test_mayas_geometry_cache_is_the_published_layout(clip, tmp_path):
    write_cache(tmp_path / "face.xml", clip, unit="cm", start_frame=3, rate=25, name="head")
    blocks = iff((tmp_path / "face.mcc").read_bytes())
    assert [tag for tag, _ in blocks[:4]] == [b"FOR4CACH", b"VRSN", b"STIM", b"ETIM"]
    assert [int.from_bytes(body, "big") for _, body in blocks[2:4]] == [720, 1680]
    assert [tag for tag, _ in blocks[4:9]] == [b"FOR4MYCH", b"TIME", b"CHNM", b"SIZE", b"FVCA"]
    assert [int.from_bytes(body, "big") for tag, body in blocks if tag == b"TIME"] == [
        720,
        960,
        1200,
        1440,
        1680,
    ]
    assert {body for tag, body in blocks if tag == b"CHNM"} == {b"headShape\0"}
    points = [np.frombuffer(body, ">f4").reshape(-1, 3) for tag, body in blocks if tag == b"FVCA"]
    np.testing.assert_allclose(points, clip.vertices / 10, rtol=1e-6)
    said = ElementTree.parse(tmp_path / "face.xml").getroot()
    assert said.find("cacheTimePerFrame").attrib == {"TimePerFrame": "240"}
    assert said.find("Channels/channel0").attrib["ChannelName"] == "headShape"


def test_a_maya_cache_beyond_two_gigabytes_is_refused(tmp_path):
    with pytest.raises(OutputError, match="2 GB"):
        caches_maya.write_mcc(tmp_path / "a.xml", iter([]), 20_000, 10_000, 30, 1, "face")
    assert not list(tmp_path.iterdir())


def test_usd_says_faces_units_and_time(clip, tmp_path):
    write_cache(tmp_path / "a.usda", clip, rate=25, start_frame=101, unit="cm", faces=TRIANGLES)
    text = (tmp_path / "a.usda").read_text()
    assert "metersPerUnit = 0.01\n" in text
    assert "timeCodesPerSecond = 25\n" in text
    assert "startTimeCode = 101\n    endTimeCode = 105\n" in text
    assert "faceVertexCounts = [3, 3]\n    int[] faceVertexIndices = [0, 1, 2, 2, 1, 3]\n" in text


@pytest.mark.parametrize(
    ("keywords", "name", "error"),
    [
        ({}, "a.abc", UsageError), ({}, "a.usda", UsageError), ({"unit": "inch"}, "a.mdd", UsageError),
        ({"rate": 0.0}, "a.mdd", UsageError), ({"rate": float("nan")}, "a.mdd", UsageError),
        ({"faces": [[0, 1, 9]]}, "a.usda", TakeError), ({"faces": []}, "a.usda", TakeError),
        ({"faces": TRIANGLES, "name": 'a"b'}, "a.usda", UsageError), ({}, "gone/a.mdd", OutputError),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_named(clip, tmp_path, keywords, name, error):
    with pytest.raises(error):
        write_cache(tmp_path / name, clip, **keywords)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("times", "vertices", "match"),
    [
        (np.arange(2.0), np.zeros((3, 4, 3)), "no moving mesh"),
        (np.arange(3.0), np.zeros((3, 4)), "no moving mesh"),
        (np.arange(0.0), np.zeros((0, 4, 3)), "no frames"),
        (np.arange(2.0), np.zeros((2, 0, 3)), "no frames"),
        (np.zeros(2), np.zeros((2, 4, 3)), "increase"),
        (np.array([0, np.nan]), np.zeros((2, 4, 3)), "increase"),
    ],
)
def test_what_is_no_motion_is_named(times, vertices, match):
    with pytest.raises(TakeError, match=match):
        VertexClip(times, vertices.astype(np.float32))


def test_the_vertex_that_is_no_number_is_named(clip):
    broken = clip.vertices.copy()
    broken[3, 2, 1] = np.nan
    with pytest.raises(TakeError, match="Vertex 2 of frame 3"):
        VertexClip(clip.times, broken)


@pytest.mark.parametrize("name", ["a.pc2", "a.mdd", "a.usda", "a.xml"])
def test_a_full_disk_leaves_what_was_there(clip, tmp_path, name, monkeypatch):
    for suffix in (".pc2", ".mdd", ".usda", ".xml", ".mcc"):
        (tmp_path / f"a{suffix}").write_text("before")

    class Full:
        """A file on a disk with room for 200 bytes."""

        def __init__(self, stream):
            self.stream, self.room = stream, 200

        def write(self, content):
            self.room -= len(content)
            if self.room < 0:
                raise OSError(28, "No space left on device")
            return self.stream.write(content)

        def __getattr__(self, name):
            return getattr(self.stream, name)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.stream.close()

    def full(*names, **options):
        return Full(open(*names, **options))

    monkeypatch.setattr("mien.atomic.open", full, raising=False)
    with pytest.raises(OutputError, match="No space left"):
        write_cache(tmp_path / name, clip, faces=TRIANGLES)
    monkeypatch.undo()
    assert {path.read_text() for path in tmp_path.iterdir()} == {"before"}
    assert len(list(tmp_path.iterdir())) == 5


def test_another_meshs_cache_is_refused(clip, tmp_path):
    write_cache(tmp_path / "a.mdd", clip)
    with pytest.raises(TakeError, match="4 vertices; the mesh has 5"):
        read_cache(tmp_path / "a.mdd", vertices=5)
    with pytest.raises(TakeError, match="No such file"):
        read_cache(tmp_path / "b.mdd")


@given(st.binary(max_size=80), st.sampled_from([".pc2", ".mdd"]))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_the_readers(tmp_path_factory, content, suffix):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    magic = b"POINTCACHE2\0\1\0\0\0" if suffix == ".pc2" and content[:1] < b"\x80" else b""
    path.write_bytes(magic + content)
    with contextlib.suppress(TakeError):
        assert len(read_cache(path))


def test_without_its_library_alembic_says_what_to_install(clip, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "alembic3d", None)
    with pytest.raises(UsageError, match="alembic3d") as raised:
        write_cache(tmp_path / "x.abc", clip, faces=[[0, 1, 2]])
    assert "pip install" in raised.value.hint
    assert not list(tmp_path.iterdir())
