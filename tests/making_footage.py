"""Odd footage, made by PyAV from the toy's drawn face: each maker writes one file and gives its path."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from making import cut_short, turn_on_display, write_sound, write_video
from toy_network import draw_face, toy_picture

SIZE = (320, 240)
RATE = 25
CLEAN = {"crf": "10"}


def faces(count: int, size=SIZE) -> list[np.ndarray]:
    """The toy's performance, its first pictures."""
    return [toy_picture(i, size) for i in range(count)]


def black(size=SIZE) -> np.ndarray:
    """A picture of nothing."""
    return np.zeros(size[::-1], np.uint8)


def at(x: float, y: float, size: float, picture: np.ndarray | None = None) -> np.ndarray:
    """A picture of a face there."""
    picture = black() if picture is None else picture
    draw_face(picture, x, y, size)
    return picture


def phone(folder: Path) -> Path:
    """Held upright: stored lying, turned by the display matrix."""
    pictures = [np.rot90(picture).copy() for picture in faces(8, (240, 320))]
    path = write_video(folder / "phone.mp4", pictures, options=CLEAN)
    turn_on_display(path, (0, 1, -1, 0))
    return path


def interlaced(folder: Path) -> Path:
    """Two fields a picture, half a picture's time apart."""
    fields = faces(16)
    for even, odd in zip(fields[::2], fields[1::2]):
        even[1::2] = odd[1::2]
    options = {**CLEAN, "x264opts": "tff=1", "flags": "+ilme+ildct"}
    return write_video(folder / "interlaced.mp4", fields[::2], options=options)


def with_alpha(folder: Path) -> Path:
    """PNG pictures with an alpha that hides nothing."""
    path = folder / "alpha.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "rgba"
        for picture in faces(8):
            rgba = np.dstack([picture] * 3 + [np.full_like(picture, 255)])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgba, format="rgba")))
        container.mux(stream.encode())
    return path


def eight_k(folder: Path) -> Path:
    """7680 × 4320, two pictures."""
    return write_video(folder / "8k.mkv", faces(2, (7680, 4320)), codec="mjpeg", pix_fmt="yuvj420p")


def without_stamps(folder: Path) -> Path:
    """A bare H.264 stream: no container, no time stamps."""
    return raw(folder / "bare.h264", faces(10))


def of_two_sizes(folder: Path) -> Path:
    """The picture's size changes in the middle of the stream."""
    parts = [raw(folder / "a.h264", faces(8)), raw(folder / "b.h264", faces(8, (480, 360)))]
    path = folder / "two_sizes.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def raw(path: Path, pictures) -> Path:
    """A bare H.264 stream of pictures."""
    height, width = pictures[0].shape
    with av.open(str(path), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=RATE, options=CLEAN)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        _encode(container, stream, pictures)
    return path


def _encode(container, stream, pictures) -> None:
    """Grey pictures as they are, at RATE."""
    for i, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = i, Fraction(1, RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def begun_in_the_middle(folder: Path) -> Path:
    """A broadcast that was tuned into: the first whole picture comes later."""
    path = write_video(folder / "whole.ts", faces(60), options={**CLEAN, "g": "25", "sc_threshold": "0"})
    content = path.read_bytes()
    tuned = folder / "tuned.ts"
    tuned.write_bytes(content[len(content) // 188 // 3 * 188 :])
    return tuned


def truncated(folder: Path, name: str, share: float = 0.5) -> Path:
    """Only the first part of a file of four seconds."""
    path = write_video(folder / name, faces(40), fps=10, options=CLEAN)
    cut_short(path, share)
    return path


def text(folder: Path, name: str, content: str) -> Path:
    """Words under a video's name."""
    path = folder / name
    path.write_text(content)
    return path


def playlist(folder: Path, name: str) -> Path:
    """A list that names another file; FFmpeg would open that one."""
    write_video(folder / "inner.mp4", faces(4))
    lists = {
        "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\ninner.mp4\n#EXT-X-ENDLIST\n",
        "list.mp4": "ffconcat version 1.0\nfile 'inner.mp4'\n",
        "far.m3u8": "#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/inner.ts\n#EXT-X-ENDLIST\n",
        "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n",
    }
    return text(folder, name, lists[name])


def strange_pixels(folder: Path) -> Path:
    """Its pixels claim to be a million times wider than high."""
    path = folder / "pixels.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE, options={"qscale": "1"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        _encode(container, stream, faces(8))
    content = bytearray(path.read_bytes())
    place = content.index(b"pasp") + 4
    content[place : place + 8] = struct.pack(">II", 1_000_000, 1)
    path.write_bytes(content)
    return path


def bomb(folder: Path, side: int = 12_000) -> Path:
    """A picture of side² pixels, black all over: one packet of some KB that would fill hundreds of MB."""
    row = zlib.compressobj(1)
    lines = b"".join(row.compress(bytes(side + 1)) for _ in range(side)) + row.flush()
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)), (b"IDAT", lines), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    path = folder / "bomb.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        container.start_encoding()
        packet = av.Packet(png)
        packet.stream, packet.pts, packet.dts, packet.time_base = stream, 0, 0, Fraction(1, RATE)
        packet.is_keyframe = True
        container.mux(packet)
    return path


def of_no_codec(folder: Path) -> Path:
    """Its pictures name a codec that nobody has."""
    path = write_video(folder / "codec.avi", faces(4), codec="mpeg4")
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"ZZZZ"))
    return path


def only_sound(folder: Path) -> Path:
    """A voice."""
    return write_sound(folder / "voice.m4a")
