"""Live streams, packet by packet: to the letter of each protocol, and unmoved by whatever else comes."""

from __future__ import annotations

import contextlib
import re
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from mien.arkit import COUNT, INDEX, NAMES
from mien.interchange.ifacialmocap import FacialMocapDecoder
from mien.interchange.livelink_csv import HEADER
from mien.interchange.livelink_udp import ORDER, LiveLinkDecoder, LiveLinkEncoder
from mien.interchange.playing import frames_of
from mien.interchange.recording import MOST, Recorder
from mien.interchange.stream import PacketError, StreamFrame, no_face, shape_index
from mien.interchange.vmc import VmcDecoder, VmcEncoder, pose_of, quaternion_of
from mien.take import Take
from mien.types import HeadPose
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.random(COUNT).astype(np.float32)
FRAME = StreamFrame(
    WEIGHTS, np.array([5.0, -20.0, 10.0]), np.arange(6) - 3.0, time=44_664.3327, subject="Mia"
)


def livelink(frame: StreamFrame) -> bytes:
    (packet,) = LiveLinkEncoder(frame.subject).write(frame)
    return packet


# Live Link Face


def test_a_packet_is_to_the_letter():
    packet = livelink(FRAME)
    assert packet[:4] == b"\x06\0\0\0"
    assert re.fullmatch(rb"\$[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", packet[4:41])
    assert packet[41:48] == b"\0\0\0\x03Mia"
    number, part, rate, base, count = struct.unpack("!if2ib", packet[48:65])
    assert (number, rate, base, count) == (int(44_664.3327 * 60), 60, 1, 61)
    assert (number + part) / 60 == pytest.approx(44_664.3327, abs=1e-6)
    values = struct.unpack("!61f", packet[65:])
    assert len(packet) == 65 + 244
    for i, name in enumerate(NAMES):
        assert values[i] == FRAME.weights[INDEX[name]]
    np.testing.assert_allclose(values[52:55], np.radians([-20, 5, 10]), rtol=1e-6)


def test_the_two_orders_differ_in_two_pairs():
    csv = [name[0].lower() + name[1:] for name in HEADER[2:54]]
    assert [a for a, b in zip(ORDER, csv) if a != b] == ["jawLeft", "jawRight", "mouthLeft", "mouthRight"]
    assert list(ORDER[52:]) == list(HEADER[54:])


def test_a_packet_made_by_hand_in_the_apps_order():
    """As Unreal's EARFaceBlendShape has it: JawLeft is 15, JawRight 16, MouthLeft 21, MouthRight 22."""
    values = [0.0] * 61
    values[15], values[21], values[51] = 0.25, 0.5, 0.75
    packet = (
        struct.pack("<I", 6) + b"$" + b"0123456789AB" * 3 + struct.pack("!i", 6) + b"iPhone"
        + struct.pack("!if2ib", 120, 0.5, 60, 1, 61) + struct.pack("!61f", *values)
    )  # fmt: skip
    (frame,) = LiveLinkDecoder().read(packet)
    seen = {NAMES[i]: float(frame.weights[i]) for i in np.flatnonzero(frame.weights)}
    assert seen == {"jawLeft": 0.25, "mouthLeft": 0.5, "tongueOut": 0.75}
    assert (frame.subject, frame.time) == ("iPhone", 120.5 / 60)


@settings(max_examples=60, deadline=None)
@given(
    weights=arrays.arrays(np.float32, COUNT, elements=st.floats(-1, 2, width=32)),
    time=st.floats(0, 1e6),
    subject=st.text(max_size=40),
)
def test_what_goes_out_comes_in(weights, time, subject):
    frame = StreamFrame(weights, FRAME.pose, FRAME.eyes, time, subject)
    (again,) = LiveLinkDecoder().read(livelink(frame))
    np.testing.assert_array_equal(again.weights, weights)
    np.testing.assert_allclose(again.pose, frame.pose, rtol=1e-6)
    np.testing.assert_allclose(again.eyes, frame.eyes, rtol=1e-6, atol=1e-6)
    assert again.time == pytest.approx(time, abs=1e-8)
    assert again.subject == subject


def test_no_face_is_a_packet_without_values():
    (again,) = LiveLinkDecoder().read(livelink(no_face(3.0, "Mia")))
    assert (again.found, again.time, again.subject) == (False, 3.0, "Mia")


def changed(at: int, new: bytes) -> bytes:
    packet = livelink(FRAME)
    return packet[:at] + new + packet[at + len(new) :]


@pytest.mark.parametrize("packet", [
    b"", b"hello", livelink(FRAME)[:-1], livelink(FRAME) + b"x", livelink(FRAME)[:60],
    changed(0, b"\x05"), changed(4, b"x"), changed(41, b"\x7f"), changed(41, b"\xff\xff\xff\xff"),
    changed(45, b"\xff\xfe\xfd"), changed(64, b"\x10"),
    changed(65, struct.pack("!f", float("nan"))), changed(65, struct.pack("!f", 1e30)),
])  # fmt: skip
def test_other_packets_are_named(packet):
    with pytest.raises(PacketError):
        LiveLinkDecoder().read(packet)


@pytest.mark.parametrize("rate", [(0, 1), (60, 0), (-60, 1), (2**31 - 1, 1)])
def test_a_frame_rate_that_is_none_leaves_no_time(rate):
    (frame,) = LiveLinkDecoder().read(changed(56, struct.pack("!2i", *rate)))
    assert frame.time is None
    assert frame.found


# VMC


def test_every_bundle_fits_and_python_osc_reads_it():
    packets = VmcEncoder().write(FRAME)
    assert max(map(len, packets)) <= 1400
    messages = [message.message for packet in packets for message in OscPacket(packet).messages]
    assert [m.address for m in messages[:2]] == ["/VMC/Ext/OK", "/VMC/Ext/T"]
    values = {m.params[0]: m.params[1] for m in messages if m.address == "/VMC/Ext/Blend/Val"}
    assert len(values) == 52
    assert values["JawOpen"] == float(FRAME.weights[INDEX["jawOpen"]])
    assert messages[-1].address == "/VMC/Ext/Blend/Apply"


def decoded(packets, decoder=None) -> list[StreamFrame]:
    decoder = decoder or VmcDecoder()
    return [frame for packet in packets for frame in decoder.read(packet)]


def test_vmc_goes_out_and_comes_in():
    encoder, decoder = VmcEncoder(head=True), VmcDecoder()
    first, second, third = (
        decoded(encoder.write(frame), decoder)[0]
        for frame in (FRAME, no_face(44_665.0), StreamFrame(WEIGHTS / 2, FRAME.pose, time=44_666.5))
    )
    np.testing.assert_array_equal(first.weights, WEIGHTS)
    np.testing.assert_allclose(first.pose, FRAME.pose, atol=1e-4)
    assert (second.found, third.found) == (False, True)
    np.testing.assert_array_equal(third.weights, WEIGHTS / 2)
    assert third.time - first.time == pytest.approx(44_666.5 - 44_664.3327, abs=1e-6)


def message(address: str, *values) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def test_other_programs_ways():
    """Single messages, other spellings, clips that are no shapes, shapes that keep still, bundled bundles."""
    decoder = VmcDecoder()
    assert (
        decoded([message("/VMC/Ext/Blend/Val", "Joy", 1.0), message("/VMC/Ext/Blend/Apply")], decoder) == []
    )
    sent = [
        message("/VMC/Ext/Blend/Val", "jawOpen", 0.5),
        message("/VMC/Ext/Blend/Val", "eyeBlink_L", 0.25),
        message("/VMC/Ext/Root/Pos", "root", *[0.0] * 7),
        message("/VMC/Ext/Blend/Apply"),
        message("/VMC/Ext/Blend/Val", "MOUTHLEFT", 1.0),
    ]
    (first,) = decoded(sent, decoder)
    assert (first.weights[INDEX["jawOpen"]], first.weights[INDEX["eyeBlinkLeft"]]) == (0.5, 0.25)
    inner, outer = OscBundleBuilder(IMMEDIATELY), OscBundleBuilder(IMMEDIATELY)
    inner.add_content(OscMessageBuilder("/VMC/Ext/Blend/Apply").build())
    outer.add_content(inner.build())
    (second,) = decoder.read(outer.build().dgram)
    assert second.weights[INDEX["mouthLeft"]] == 1.0
    assert second.weights[INDEX["jawOpen"]] == 0.5
    assert second.time is None


def test_the_heads_rotation_in_unitys_axes():
    """Left-handed, x to the character's right: right-handed turns about the mirrored axes."""
    for pose, axis in (([30, 0, 0], 0), ([0, 30, 0], 1), ([0, 0, 30], 2)):
        quaternion = quaternion_of(np.array(pose, float))
        sign = {0: 1, 1: -1, 2: 1}[axis]
        assert quaternion[axis] == pytest.approx(sign * np.sin(np.radians(15)))
    from mien.rig.preview import rotation
    from scipy.spatial.transform import Rotation

    x, y, z, w = quaternion_of(np.array([10.0, 25.0, -15.0]))
    ours = rotation(HeadPose(10, 25, -15))
    np.testing.assert_allclose(Rotation.from_quat([x, -y, -z, w]).as_matrix(), ours, atol=1e-9)


@given(st.tuples(*[st.floats(-80, 80)] * 3))
def test_poses_go_there_and_back(pose):
    np.testing.assert_allclose(pose_of(quaternion_of(np.array(pose))), pose, atol=1e-6)


HOSTILE = {
    "empty": b"",
    "no osc": b"GET / HTTP/1.1\r\n\r\n",
    "a size below zero": b"#bundle\0" + bytes(8) + struct.pack(">i", -4),
    "a size of zero": b"#bundle\0" + bytes(8) + struct.pack(">i", 0) * 100,
    "a size beyond the end": b"#bundle\0" + bytes(8) + struct.pack(">i", 2**31 - 4) + b"/a\0\0",
    "bundles within bundles": None,
    "other types": message("/VMC/Ext/Blend/Val", "jawOpen", "wide"),
    "an endless type tag": b"/VMC/Ext/Blend/Val\0\0," + b"Z" * 60_001,
    "values missing": message("/VMC/Ext/Blend/Val", "jawOpen", 1.0)[:-4],
    "not a number": message("/VMC/Ext/Blend/Val", "jawOpen", float("nan")),
    "far too much": message("/VMC/Ext/Blend/Val", "jawOpen", 1e20),
    "no rotation": message("/VMC/Ext/Bone/Pos", "Head", *[0.0] * 7),
}
nested = message("/VMC/Ext/Blend/Apply")
for _ in range(800):
    nested = b"#bundle\0" + bytes(8) + struct.pack(">i", len(nested)) + nested
HOSTILE["bundles within bundles"] = nested


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_osc_is_named_and_quiet(kind, capfd):
    with pytest.raises(PacketError):
        VmcDecoder().read(HOSTILE[kind])
    assert capfd.readouterr() == ("", "")


# iFacialMocap


def test_ifacialmocap():
    text = "mouthSmile_R&12|eyeBlink_L&100|jawLeft&-3|hapihapi&50|=head#10.5,-20,3,0.1,0,0|rightEye#1,2,3|"
    (frame,) = FacialMocapDecoder().read(text.encode())
    seen = {NAMES[i]: round(float(frame.weights[i]), 4) for i in np.flatnonzero(frame.weights)}
    assert seen == {"mouthSmileRight": 0.12, "eyeBlinkLeft": 1.0, "jawLeft": -0.03}
    assert frame.pose.tolist() == [10.5, -20.0, -3.0]
    (older,) = FacialMocapDecoder().read(b"mouthSmile_R-12|jawOpen-7|")
    assert older.weights[INDEX["jawOpen"]] == pytest.approx(0.07)
    assert older.pose.tolist() == [0, 0, 0]


@pytest.mark.parametrize("text", ["", "x", "a&1|b&2|", "jawOpen&x|", "jawOpen&1|=head#1e999,0,0,0|",
                                  "jawOpen&1|=head#1..2,0,0|", "jawOpen&1|" * 9000])  # fmt: skip
def test_ifacialmocap_that_is_none(text):
    with pytest.raises(PacketError):
        FacialMocapDecoder().read(text.encode())


# All of them


@settings(max_examples=150, deadline=None)
@given(data=st.data(), kind=st.sampled_from([LiveLinkDecoder, VmcDecoder, FacialMocapDecoder]))
def test_no_packet_gets_past_the_decoders(data, kind):
    """Anything at all, and real packets changed anywhere: frames of sane numbers, or a PacketError."""
    real = [livelink(FRAME), *VmcEncoder(head=True).write(FRAME), b"jawOpen&1|=head#1,2,3,4,5,6|"]
    packet = bytearray(data.draw(st.binary(max_size=200) | st.sampled_from(real)))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(packet)))
        packet[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    decoder = kind()
    for datagram in (bytes(packet), *VmcEncoder().write(FRAME)[-1:]):
        with contextlib.suppress(PacketError):
            for frame in decoder.read(datagram):
                assert frame.weights.shape == (COUNT,)
                assert np.isnan(frame.weights).all() or np.abs(frame.weights).max() <= 1000


@pytest.mark.parametrize(("name", "meant"), [
    ("eyeBlinkLeft", "eyeBlinkLeft"), ("EyeBlinkLeft", "eyeBlinkLeft"), ("eyeBlink_L", "eyeBlinkLeft"),
    ("EYEBLINKRIGHT", "eyeBlinkRight"), ("mouthLeft", "mouthLeft"), ("jaw_R", "jawRight"), ("A", None),
    ("Blink_L", None), ("", None), ("jawOpen" * 50, None), ("browInnerUp_L", None),
])  # fmt: skip
def test_names(name, meant):
    assert shape_index(name) == (None if meant is None else INDEX[meant])


# From frames to takes


def recorded(frames, sender="192.168.1.7", **options) -> tuple[Recorder, Take]:
    recorder = Recorder(**options)
    for arrival, frame in frames:
        recorder.add(frame, sender, arrival)
    return recorder, recorder.take({"name": "t"})


def frame_at(time: float | None, value: float = 0.5, subject: str = "") -> StreamFrame:
    return StreamFrame(np.full(COUNT, value, np.float32), time=time, subject=subject)


def test_the_senders_clock_counts_not_the_networks():
    jitter = RANDOM.uniform(0, 0.1, 100)
    _, take = recorded([(1000 + i / 60 + jitter[i], frame_at(50 + i / 60)) for i in range(100)])
    np.testing.assert_allclose(take.times, np.arange(100) / 60, atol=1e-9)
    assert take.about["rate"] == 60.0


def test_without_a_clock_arrival_counts():
    _, take = recorded([(10 + 0.033 * i, frame_at(None)) for i in range(10)])
    np.testing.assert_allclose(take.times, 0.033 * np.arange(10), atol=1e-9)


def test_a_clock_that_is_set_anew_does_not_stop_the_recording():
    sent = [(i / 60, frame_at(500 + i / 60)) for i in range(60)]
    sent += [(1 + i / 60, frame_at(3 + i / 60)) for i in range(60)]
    sent += [(2 + i / 60, frame_at(9e8 + i / 60)) for i in range(60)]
    recorder, take = recorded(sent)
    np.testing.assert_allclose(take.times, np.arange(180) / 60, atol=0.02)
    assert len(take) >= 178
    assert sum(recorder.skipped.values()) == 180 - len(take)


def test_repeated_and_late_packets_are_counted():
    sent = [0, 1, 2, 2, 4, 3, 5]
    recorder, take = recorded([(i / 60, frame_at(n / 60)) for i, n in enumerate(sent)])
    np.testing.assert_allclose(take.times * 60, [0, 1, 2, 4, 5], atol=1e-6)
    assert recorder.notes() == ["frames that came twice, late or too close together: 2"]
    assert take.about["notes"] == recorder.notes()


def test_a_flood_is_a_thousand_samples_a_second_at_most():
    _, take = recorded([(i * 1e-5, frame_at(i * 1e-5)) for i in range(20_000)])
    assert len(take) <= 201
    _, take = recorded([(i * 1e-5, frame_at(i * 0.5)) for i in range(2000)])
    assert take.times[-1] < 6.1


def test_nobody_else_gets_into_a_recording():
    recorder = Recorder()
    assert recorder.add(frame_at(0, subject="Mia"), "10.0.0.1", 0) is not None
    assert recorder.add(frame_at(0.1, 0.9, "Mia"), "10.0.0.2", 0.1) is None
    assert recorder.add(frame_at(0.1, 0.9, "Tom"), "10.0.0.1", 0.1) is None
    assert recorder.add(frame_at(0.1, subject="Mia"), "10.0.0.1", 0.1) is not None
    assert recorder.skipped == {"packets from another sender": 2}
    assert recorder.subject == "Mia"


def test_a_recording_has_an_end(monkeypatch):
    monkeypatch.setattr("mien.interchange.recording.MOST", 10)
    recorder, _ = recorded([(i, frame_at(i)) for i in range(15)])
    assert len(recorder) == 10
    assert recorder.notes() == [f"frames beyond the {MOST:,} that one recording holds: 5"]


def test_a_hole_in_the_stream_has_no_face():
    _, take = recorded([(t, frame_at(t)) for t in (0, 0.1, 0.2, 3.0, 3.1)])
    assert take.times.tolist() == pytest.approx([0, 0.1, 0.2, 1.6, 3.0, 3.1])
    assert take.found.tolist() == [True] * 3 + [False] + [True] * 2
    assert not take.resample([1.0]).found[0]


def test_nothing_is_an_empty_take():
    assert len(Recorder().take()) == 0


def test_a_take_through_live_link_face_is_the_same_take():
    """Frame by frame through real packets, gaps, eyes, timecode and all."""
    weights = RANDOM.random((50, COUNT)).astype(np.float32)
    weights[20:24] = np.nan
    eyes = np.where(np.isnan(weights[:, :1]), np.nan, RANDOM.normal(size=(50, 6)))
    pose = np.where(np.isnan(weights[:, :1]), np.nan, RANDOM.normal(size=(50, 3)))
    about = {"timecode": "12:24:24:19.960"}
    take = Take.from_weights(np.cumsum(RANDOM.uniform(0.01, 0.05, 50)), weights, about, pose=pose, eyes=eyes)
    take = take.replaced(times=take.times - take.times[0])
    encoder, decoder, recorder = LiveLinkEncoder("Mia"), LiveLinkDecoder(), Recorder(of_day=True)
    for due, frame in frames_of(take):
        for packet in encoder.write(frame):
            for received in decoder.read(packet):
                recorder.add(received, "127.0.0.1", 7.0 + due)
    again = recorder.take()
    np.testing.assert_allclose(again.times, take.times, atol=1e-8)
    np.testing.assert_array_equal(again.weights, take.weights)
    np.testing.assert_allclose(again.pose, take.pose, atol=1e-6)
    np.testing.assert_allclose(again.eyes, take.eyes, atol=1e-6)
    assert again.about["timecode"] == about["timecode"]


def test_a_loop_goes_on_in_time():
    take = Take.from_weights([2.0, 2.1, 2.2], np.zeros((3, COUNT)))
    frames = frames_of(take, loop=True)
    run = [next(frames) for _ in range(7)]
    assert [due for due, _ in run] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert [frame.time for _, frame in run] == pytest.approx([2 + due for due, _ in run])
