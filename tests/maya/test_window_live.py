"""Live by clicks, with the real worker: `mien live` on a looped file and on a stream, over the fake Maya.

It runs where Qt.py and a PySide are: PySide2 5.15 on Python 3.9 and 3.10, PySide6 on 3.11 (see matrix.py).
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

if sys.version_info[:2] != (3, 11):
    pytest.importorskip("Qt", reason="Qt.py and a PySide are not here", exc_type=ImportError)

from mien.arkit import INDEX
from mien.interchange.sockets import KINDS, LOOPBACK, Outlet
from mien.interchange.stream import StreamFrame
from mien.take import load_take, save_take
from windows import click, photograph, until, wait

JAW = "hero:face_shapes.jawOpen"
BEFORE_NEW, BEFORE_OPEN, BEFORE_SAVE, EXITING, AFTER_SAVE = 1, 6, 8, 12, 13
"""Maya's messages."""


@pytest.fixture
def live(window, maya, toy_clip, toy_folder, monkeypatch):
    """The window's page, a character chosen, footage in a loop; the worker reads it with the toy network."""
    from mien_maya import driving

    def worker(options):
        words = [*options, *(["--model", str(toy_folder)] if "--loop" in options else [])]
        return driving.LiveWorker(driving.python_program, driving.environment, words, driving.NO_WINDOW)

    monkeypatch.delenv("MAYA_LOCATION", raising=False)
    monkeypatch.setattr(driving, "_worker", worker)
    maya.cmds.select("hero:face")
    click(window.pages["Character"].characters.add)
    maya.s.add_keys(JAW, {1: 0.1, 50: 0.1})
    window.session.choose_video(str(toy_clip))
    window.sections["Live"].head.click()
    page = window.pages["Live"]
    page.source.kind.setCurrentIndex(4)
    page.recording.countdown.setValue(0)
    return page


def begin(window, live, ticks=5):
    click(live.go)
    until(lambda: window.drive.ticks >= ticks or not window.drive.running, 120)
    assert window.drive.running, window.status.text()


@pytest.fixture
def as_before(maya, live):
    """Whether the character is as it was before live."""
    kept = dict(maya.s.t)

    def look():
        now = {key: value for key, value in maya.s.t.items() if key in kept}
        return now == kept and maya.s.curve_keys(JAW) == [(1, 0.1), (50, 0.1)]

    return look


def test_footage_in_a_loop_drives_the_character_within_the_budget(window, live, maya, as_before):
    begin(window, live)
    seen, told = set(), set()
    end = time.monotonic() + 60
    while (len(seen) < 20 or not any("No face" in text for text in told)) and time.monotonic() < end:
        wait(0.05)
        seen.add(round(maya.cmds.getAttr(JAW), 2))
        told.add(live.told.text())
    assert max(seen) - min(seen) > 0.2, "the drawn face opens its mouth"
    assert any("No face" in text for text in told), told
    until(lambda: "Live" in live.told.text() and "frames a second" in live.told.text())
    photograph(window, "live")
    until(lambda: window.drive.ticks > 200, 120)
    took = 1e3 * np.array(window.drive.seconds[1:200])
    assert np.median(took) < 1.0, "milliseconds a tick at 49 channels, the fake's own time in it"
    print(f"tick: median {np.median(took):.2f} ms, p99 {np.percentile(took, 99):.2f} ms")
    click(live.go)
    assert as_before()
    assert maya.s.callbacks == {}
    assert "as it was" in window.status.text()


@pytest.mark.parametrize("message", [BEFORE_NEW, BEFORE_OPEN, EXITING])
def test_it_stops_before_another_scene_comes(window, live, maya, as_before, message):
    begin(window, live)
    maya.s.happens(message)
    assert not window.drive.running
    assert as_before()
    assert maya.s.callbacks == {}


def test_it_stops_when_the_scene_is_played(window, live, maya, as_before):
    begin(window, live)
    maya.cmds.play(state=True)
    until(lambda: not window.drive.running)
    assert as_before()
    assert "for the scene plays" in window.status.text()
    assert not live.timer.isActive()


def test_a_save_gets_the_character_without_live_and_live_goes_on(window, live, maya, as_before):
    begin(window, live)
    maya.s.happens(BEFORE_SAVE)
    assert as_before()
    maya.s.happens(AFTER_SAVE)
    ticks = window.drive.ticks
    until(lambda: window.drive.ticks > ticks + 3)
    assert not as_before()
    click(live.go)
    assert as_before()


class TestRecording:
    def test_after_the_countdown_a_take_is_recorded_while_the_scene_plays(
        self, window, live, maya, as_before
    ):
        begin(window, live)
        maya.cmds.currentTime(25)
        live.recording.countdown.setValue(1)
        click(live.record)
        until(lambda: "Begins in" in live.record.text(), 1.0)
        assert not maya.s.is_playing
        until(lambda: live.record.text() == "End Recording")
        assert maya.s.is_playing
        assert maya.s.speeds == {"playbackSpeed": 1.0, "maxPlaybackSpeed": 1.0}
        ticks = window.drive.ticks
        until(lambda: window.drive.ticks > ticks + 15)
        click(live.record)
        assert not maya.s.is_playing
        assert maya.s.speeds == {"playbackSpeed": 0.0, "maxPlaybackSpeed": 0.0}
        until(lambda: window.session.take is not None)
        assert "frames show a face" in window.status.text()
        assert (window.session.chosen.name, window.session.chosen.start) == ("Live", 25.0)
        assert len(window.session.take) > 5
        assert window.drive.running
        click(live.go)
        assert as_before()

    def test_a_punch_in_replaces_the_playback_range_of_the_chosen_take(self, window, live, maya, take_path):
        take = load_take(take_path)
        save_take(take.replaced(about={**take.about, "frame_size": [320, 240]}), take_path)
        window.session.open_takes([str(take_path)])
        maya.s.playback = (25.0, 48.0)
        live.recording.punch_in.click()
        live.recording.cue.click()
        begin(window, live)
        click(live.record)
        until(lambda: len(window.session.kept.takes) == 2, 30)
        assert maya.s.now == 25.0
        assert not maya.s.is_playing
        old, new = load_take(take_path), window.session.take
        assert Path(window.session.chosen.path).parent != take_path.parent
        early, late = old.times < 0.99, old.times > 2.1
        assert np.array_equal(new.weights[: early.sum()], old.weights[early], equal_nan=True)
        assert np.array_equal(new.weights[-late.sum() :], old.weights[late], equal_nan=True)
        fresh = new.times[~np.isin(new.times, old.times)]
        assert len(fresh) > 3, window.status.text()
        assert fresh[0] > 0.95
        assert fresh[-1] < 2.2

    def test_stopping_saves_what_is_being_recorded(self, window, live):
        begin(window, live)
        click(live.record)
        ticks = window.drive.ticks
        until(lambda: window.drive.ticks > ticks + 10)
        click(live.go)
        assert window.session.chosen.name == "Live"
        assert "frames show a face" in window.status.text()

    def test_another_scene_leaves_the_take_in_its_file_and_says_where(self, window, live, maya):
        begin(window, live)
        click(live.record)
        ticks = window.drive.ticks
        until(lambda: window.drive.ticks > ticks + 10)
        maya.s.happens(BEFORE_OPEN)
        (saved,) = (window.session.scene.user_folder() / "takes").iterdir()
        assert len(load_take(saved)) > 3

    def test_where_takes_can_not_be_written_it_says_so_and_live_goes_on(self, window, live):
        folder = window.session.scene.user_folder()
        folder.mkdir()
        (folder / "takes").write_text("in the way")
        begin(window, live)
        click(live.record)
        assert "Takes can't be written" in window.status.text()
        assert window.drive.running
        assert live.record.text() == "Record"

    def test_without_a_take_there_is_nothing_to_punch_into(self, window, live):
        live.recording.punch_in.click()
        begin(window, live)
        click(live.record)
        assert "no take to punch into" in window.status.text()


class TestFaults:
    def test_the_worker_is_killed_in_the_middle_of_a_recording(self, window, live, as_before):
        begin(window, live)
        click(live.record)
        ticks = window.drive.ticks
        until(lambda: window.drive.ticks > ticks + 10)
        os.kill(window.drive.live.worker.process_id, signal.SIGKILL)
        until(lambda: not window.drive.running)
        assert as_before()
        assert "The worker ended by itself" in window.status.text()
        assert window.session.chosen.name == "Live", "what was recorded is a take"

    def test_the_face_is_deleted(self, window, live, maya):
        begin(window, live)
        maya.s.remove(maya.s.one("hero:face_shapes"))
        until(lambda: not window.drive.running)
        assert "has gone" in window.status.text()

    @pytest.mark.parametrize("how", ["locked", "connected"])
    def test_a_channel_is_held_while_live_drives_it(self, window, live, maya, how):
        begin(window, live)
        if how == "locked":
            maya.cmds.setAttr("hero:face_shapes.mouthLeft", lock=True)
        else:
            maya.s.add("multiplyDivide", "math")
            maya.cmds.connectAttr("math.outputX", "hero:face_shapes.mouthLeft")
        until(lambda: not window.drive.running)
        assert "hero:face_shapes.mouthLeft was locked or connected" in window.status.text()
        assert maya.s.curve_keys(JAW) == [(1, 0.1), (50, 0.1)]
        assert maya.cmds.getAttr("hero:face_shapes.jawOpen", time=1) == pytest.approx(0.1)

    def test_a_bake_is_undone_and_redone_while_live_drives_its_channels(self, window, live, maya, take_path):
        window.session.open_takes([str(take_path)])
        click(window.pages["Bake"].bake)
        baked = maya.s.curve_keys(JAW)
        begin(window, live)
        assert window.session.why_not("bake") == "Stop Live first"
        maya.cmds.undo()  # the mark of live
        assert maya.s.curve_keys(JAW) == baked, "at once, before anything else is undone"
        until(lambda: not window.drive.running)
        assert "its beginning was undone" in window.status.text()
        maya.cmds.redo()
        assert maya.s.curve_keys(JAW) == baked
        maya.cmds.undo()
        maya.cmds.undo()
        assert maya.s.curve_keys(JAW) == [(1, 0.1), (50, 0.1)]
        maya.cmds.redo()
        assert maya.s.curve_keys(JAW) == baked

    def test_live_leaves_no_step_in_the_undo_queue(self, window, live, maya):
        queue = [name for name, _ in maya.s.queue.done]
        begin(window, live)
        assert maya.s.queue.undo_name == "Mien live"
        click(live.go)
        assert [name for name, _ in maya.s.queue.done] == queue

    def test_the_window_is_closed(self, window, live, maya, as_before):
        begin(window, live)
        worker = window.drive.live.worker
        window.release()
        assert as_before()
        assert maya.s.callbacks == {}
        until(lambda: not worker.alive)

    def test_the_footage_is_not_there(self, window, live, as_before):
        window.session.choose_video("/gone/shot.mp4")
        click(live.go)
        assert not window.drive.running
        assert "There is no file" in window.status.text()
        assert as_before()

    def test_there_is_no_such_camera(self, window, live, as_before):
        live.source.kind.setCurrentIndex(0)
        live.source.camera.setValue(63)
        click(live.go)
        until(lambda: not window.drive.running)
        assert window.session.trouble
        assert "63" in window.status.text(), window.status.text()
        assert as_before()


def test_settings_and_map_are_followed_while_it_runs(window, live, maya, as_before):
    begin(window, live)
    item = next(
        window.pages["Character"].list.topLevelItem(i)
        for i in range(50)
        if window.pages["Character"].list.topLevelItem(i).text(0) == "mouthLeft"
    )
    item.setText(1, "jawOpen")
    window.pages["Tune"].gain.box.setValue(0.5)
    wait(1.0)
    ticks = window.drive.ticks
    until(lambda: window.drive.ticks > ticks + 5)
    left, jaw = maya.cmds.getAttr("hero:face_shapes.mouthLeft"), maya.cmds.getAttr(JAW)
    assert left == pytest.approx(jaw, abs=1e-6)
    click(live.go)
    assert as_before()


def test_a_stream_drives_it_and_one_that_stops_is_said(window, live, maya):
    """VMC from another program of this machine, as a phone sends it."""
    live.source.kind.setCurrentIndex(2)
    assert live.source.parts["stream"].isVisible()
    assert not live.source.parts["camera"].isVisible()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind((LOOPBACK, 0))
        port = found.getsockname()[1]
    live.source.port.setValue(port)
    click(live.go)
    weights = np.zeros(52, np.float32)
    weights[INDEX["jawOpen"]] = 0.75
    sending = threading.Event()
    threading.Thread(target=_send, args=(port, weights, sending), daemon=True).start()
    until(lambda: maya.cmds.getAttr(JAW) > 0.7, 90)
    sending.set()
    until(lambda: "Nothing from VMC" in live.told.text(), 90)
    until(lambda: maya.cmds.getAttr(JAW) < 0.1, 30)  # the face eases to neutral
    click(live.go)


def _send(port: int, weights, ended: threading.Event) -> None:
    encoder = KINDS["vmc"].encoder("", False)
    frame = StreamFrame(weights, np.zeros(3), np.full(6, np.nan), 0.0, "")
    with Outlet(LOOPBACK, port) as outlet:
        for i in range(100_000):
            if ended.wait(0.03):
                return
            for datagram in encoder.write(replace(frame, time=i * 0.03)):
                outlet.send(datagram)


def test_options_are_kept_with_the_scene(window, live):
    from mien_maya.road import Kept

    live.source.kind.setCurrentIndex(3)
    live.source.phone.setText("192.168.1.7")
    live.source.phone.editingFinished.emit()
    live.source.hear.click()
    live.recording.punch_in.click()
    kept = Kept.of(window.session.kept.text).live
    assert (kept.source, kept.phone, kept.hear_network, kept.punch_in, kept.countdown) == (
        "IFACIALMOCAP", "192.168.1.7", True, True, 0.0)  # fmt: skip
    from mien_maya.driving import live_words

    assert live_words(window.session.kept) == [
        "--source", "ifacialmocap", "--bind", "0.0.0.0", "--phone", "192.168.1.7"]  # fmt: skip
