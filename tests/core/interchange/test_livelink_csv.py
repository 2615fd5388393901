"""Live Link Face's CSV: to the letter of real recordings, and patient with what other tools make of it."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from mien.arkit import COUNT, INDEX, NAMES
from mien.errors import OutputError, TakeError
from mien.interchange.livelink_csv import HEADER, eye_angles, read_csv, write_csv
from mien.take import Take

RECORDINGS = sorted((Path(__file__).parents[4] / "shared" / "arkit").glob("*.csv"))


@pytest.fixture
def take() -> Take:
    """Five samples at 30 a second, every weight another number; no face in the third."""
    weights = np.random.default_rng(0).random((5, COUNT)).astype(np.float32)
    weights[2] = np.nan
    pose = np.array([[10, 20, -30]] * 5, dtype=np.float32)
    pose[2] = np.nan
    return Take.from_weights(np.arange(5) / 30, weights, {"name": "t"}, pose=pose)


def cells(path: Path) -> list[list[str]]:
    return [line.split(",") for line in path.read_text(encoding="ascii").splitlines()]


def edited(path: Path, change) -> Path:
    path.write_bytes(change(path.read_text(encoding="ascii")).encode())
    return path


@pytest.fixture
def written(take, tmp_path) -> Path:
    write_csv(take, tmp_path / "take.csv")
    return tmp_path / "take.csv"


def same(one: Take, other: Take) -> None:
    np.testing.assert_array_equal(one.found, other.found)
    np.testing.assert_allclose(one.times, other.times, atol=1 / 60_000)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-10)
    np.testing.assert_allclose(one.pose[one.found], other.pose[other.found], atol=1e-5)


real = pytest.mark.skipif(not RECORDINGS, reason="no recordings beside the repository")
each = pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)


@real
@each
def test_a_real_recording_comes_out_byte_for_byte_as_it_went_in(path, tmp_path):
    write_csv(read_csv(path), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()


@real
@each
def test_the_eyes_of_takes_without_angles_follow_from_their_weights(path, tmp_path):
    take = read_csv(path)
    write_csv(take.replaced(weights=take.weights), tmp_path / "again.csv")
    old, new = cells(path), cells(tmp_path / "again.csv")
    assert [row[:57] for row in old] == [row[:57] for row in new]
    measured, ours = (np.array([row[57:] for row in table[1:]], dtype=float) for table in (old, new))
    yaw_and_pitch = [0, 1, 3, 4]
    assert np.sqrt(((measured - ours)[:, yaw_and_pitch] ** 2).mean()) < 0.06
    for i in yaw_and_pitch:
        assert np.corrcoef(measured[:, i], ours[:, i])[0, 1] > 0.99


@settings(max_examples=40, deadline=None)
@given(angles=arrays.arrays(np.float32, (3, 9), elements=st.floats(-3, 3, width=32)))
def test_any_angles_come_out_as_they_went_in(tmp_path_factory, angles):
    """Head and eyes as an app writes them: 32-bit radians in ten decimals."""
    path = tmp_path_factory.mktemp("csv") / "angles.csv"
    rows = [",".join(f"{float(angle) + 0.0:.10f}" for angle in row) for row in angles]
    lines = [f"00:00:00:0{i}.000,61," + "0.5000000000," * 52 + row for i, row in enumerate(rows)]
    path.write_text("\n".join([",".join(HEADER), *lines, ""]).replace("-0.0000000000", "0.0000000000"))
    before = path.read_bytes()
    write_csv(read_csv(path), path)
    assert path.read_bytes() == before


def test_the_header_is_the_apps():
    assert ",".join(HEADER[:5]) == "Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft"
    assert len(HEADER) == 63
    assert HEADER[16:20] == ("JawForward", "JawRight", "JawLeft", "JawOpen")
    assert HEADER[23:25] == ("MouthRight", "MouthLeft")
    assert HEADER[53:57] == ("TongueOut", "HeadYaw", "HeadPitch", "HeadRoll")
    assert {name.lower() for name in HEADER[2:54]} == {name.lower() for name in NAMES}


def test_rows_hold_the_right_weights_in_ten_decimals(take, written):
    rows = cells(written)
    for name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight", "tongueOut"):
        place = HEADER.index(name[0].upper() + name[1:])
        assert rows[1][place] == f"{take.weights[0, INDEX[name]]:.10f}"
    assert [row[1] for row in rows[1:]] == ["61", "61", "0", "61", "61"]


def test_the_timecode_counts_sixtieths(written):
    assert [row[0] for row in cells(written)[1:4]] == [
        "00:00:00:00.000",
        "00:00:00:02.000",
        "00:00:00:04.000",
    ]


def test_angles_are_radians_with_the_stated_signs(written):
    head = [float(cell) for cell in cells(written)[1][54:57]]
    np.testing.assert_allclose(head, np.radians([20, 10, -30]), atol=1e-9)


def test_the_eyes_turn_the_way_they_look():
    def turned(**looks):
        weights = np.zeros((1, COUNT))
        for name, value in looks.items():
            weights[0, INDEX[name]] = value
        return eye_angles(weights)[0]

    left = turned(eyeLookOutLeft=1, eyeLookInRight=1)
    assert left[0] == left[3] == pytest.approx(-0.60)
    assert turned(eyeLookDownRight=1)[4] == pytest.approx(0.611)
    assert turned(eyeLookUpLeft=1)[1] == pytest.approx(-0.44)


def test_a_frame_without_a_face_keeps_its_time_and_is_empty(take, written):
    assert cells(written)[3] == ["00:00:00:04.000", "0", *[""] * 61]
    again = read_csv(written)
    same(take, again)
    assert again.confidence.tolist() == [1, 1, 0, 1, 1]


@settings(max_examples=60, deadline=None)
@given(
    weights=arrays.arrays(np.float32, (4, COUNT), elements=st.floats(0, 1.5, width=32)),
    steps=st.lists(st.integers(1, 10_000_000), min_size=3, max_size=3),
    lost=st.sets(st.integers(0, 3), max_size=3),
    first=st.integers(0, 24 * 3600 * 60_000 - 1),
)
def test_round_trip(tmp_path_factory, weights, steps, lost, first):
    weights[list(lost)] = np.nan
    seconds, rest = divmod(first, 60_000)
    stamp = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{rest / 1000:06.3f}"
    times = np.cumsum([0, *steps]) / 60_000
    take = Take.from_weights(times, weights, {"timecode": stamp})
    path = tmp_path_factory.mktemp("csv") / "take.csv"
    write_csv(take, path)
    again = read_csv(path)
    same(take, again)
    np.testing.assert_array_equal(times, again.times)
    assert again.about["timecode"] == stamp
    before = [row[:57] for row in cells(path)]
    write_csv(again, path)
    assert [row[:57] for row in cells(path)] == before


PATIENCE = {
    "byte order mark": lambda text: "\ufeff" + text,
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "blank lines": lambda text: text.replace("\n", "\n\n") + "\n,,\n",
    "no last newline": lambda text: text.rstrip("\n"),
    "other spelling": lambda text: text.replace("BlendShapeCount", "BlendshapeCount"),
    "camel case": lambda text: text.replace("Jaw", "jaw").replace("Timecode", "timecode"),
    "spaces": lambda text: text.replace(",", " , "),
    "colons and semicolons": lambda text: text.replace("00:00:00:", "00:00:00;"),
    "other order": lambda text: "".join(
        ",".join([*row[::-1]]) + "\n" for row in (line.split(",") for line in text.splitlines())
    ),
}


@pytest.mark.parametrize("kind", PATIENCE)
def test_what_other_tools_make_of_it_is_read_as_well(take, written, kind):
    same(take, read_csv(edited(written, PATIENCE[kind])))


def test_rows_that_go_back_or_stand_still_are_left_out(take, written):
    lines = written.read_text().splitlines()
    written.write_text("\n".join([*lines[:3], lines[1], lines[2], *lines[4:]]) + "\n")
    assert read_csv(written).times.tolist() == pytest.approx([0, 1 / 30, 3 / 30, 4 / 30])


def stamped(written: Path, stamps: list[str]) -> Path:
    """The file with other timecodes in its rows."""
    header, *rows = written.read_text().splitlines()
    kept = [stamp + row[len(stamp) :] for stamp, row in zip(stamps, rows)]
    written.write_text("\n".join([header, *kept, ""]))
    return written


def test_one_wild_timecode_costs_one_row(written):
    stamps = [f"00:00:00:0{2 * i}.000" for i in range(5)]
    for wild in (0, 1, 3):
        take = read_csv(stamped(written, [*stamps[:wild], "07:59:00:00.000", *stamps[wild + 1 :]]))
        kept = [i for i in range(5) if i != wild]
        np.testing.assert_allclose(take.times, (np.array(kept) - kept[0]) / 30, atol=1e-9)
        assert take.about["timecode"] == stamps[kept[0]]
        assert take.about["notes"] == ["rows left out because their timecode repeats or goes back: 1"]


def test_repeated_rows_are_counted_and_the_first_stays(take, written):
    again = read_csv(stamped(written, ["00:00:00:00.000"] * 2 + ["00:00:01:00.000"] * 3))
    assert again.times.tolist() == [0, 1]
    np.testing.assert_allclose(again.weights[0], take.weights[0], atol=1e-9)
    assert again.about["notes"] == ["rows left out because their timecode repeats or goes back: 3"]


def test_what_was_wrong_is_said(written):
    header, *rows = cells(written)
    tongue = header.index("TongueOut")
    header[tongue] = "TongueInCheek"
    rows[0][2] = "1.7000000000"
    rows[1][3] = "-0.2000000000"
    table = [[*header, "Mood", "JawOpen"], *([*row, "7", "0.9"] for row in rows)]
    written.write_text("".join(",".join(row) + "\n" for row in table)[:-30])
    take = read_csv(written)
    assert take.about["notes"] == [
        "no column for tongueOut (taken as 0)",
        "columns that were not read: TongueInCheek, Mood, JawOpen (unknown, or there twice)",
        "the last row was cut short and left out",
        "weights outside 0–1: 2 (kept as they are; tuning clamps them)",
    ]
    assert take.weights[0, 0] == pytest.approx(1.7)
    assert take.weights[0, INDEX["jawOpen"]] != pytest.approx(0.9)


def test_a_sound_recording_has_no_notes(written):
    assert "notes" not in read_csv(written).about


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_damage_gets_past_the_reader(tmp_path_factory, data):
    """Bytes changed, cut out or put in anywhere: a take, or a TakeError; never anything else."""
    path = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    write_csv(Take.from_weights(np.arange(4) / 30, np.full((4, COUNT), 0.25)), path)
    content = bytearray(path.read_bytes())
    fragment = st.binary(max_size=12) | st.sampled_from(
        [b"\n", b"\r", b",", b'"', b"nan", b"-inf", b"1e308", b"\x00", b"\xef\xbb\xbf", b"23:59:59:59.999"]
    )
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        end = at + data.draw(st.sampled_from([0, 0, 1, 13, 400]))
        content[at:end] = data.draw(fragment)
    path.write_bytes(content)
    with contextlib.suppress(TakeError):
        take = read_csv(path)
        assert 1 <= len(take) <= 40
        assert np.isfinite(take.weights[take.found]).all()


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet=st.sampled_from('Timecode,JawOpen0123:.\n\r"eE-+naif '), max_size=300))
def test_no_text_gets_past_the_reader(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "text.csv"
    path.write_text("Timecode,JawOpen\n" + text)
    with contextlib.suppress(TakeError):
        assert len(read_csv(path)) >= 1


def test_a_recording_over_midnight_goes_on(take, tmp_path):
    late = take.replaced(about={"timecode": "23:59:59:58.000"})
    write_csv(late, tmp_path / "late.csv")
    assert cells(tmp_path / "late.csv")[2][0] == "00:00:00:00.000"
    same(take, read_csv(tmp_path / "late.csv"))


def test_times_nearer_than_the_timecode_can_tell_stay_apart(tmp_path):
    take = Take.from_weights([0.0, 1e-7, 2e-7], np.zeros((3, COUNT)))
    write_csv(take, tmp_path / "near.csv")
    assert len(read_csv(tmp_path / "near.csv")) == 3


def test_missing_shapes_are_zero_and_a_missing_head_looks_ahead(take, written):
    kept = [i for i, name in enumerate(HEADER) if name in ("Timecode", "JawOpen")]
    rows = [[row[i] for i in kept] for row in cells(written)]
    written.write_text("".join(",".join(row) + "\n" for row in rows))
    again = read_csv(written)
    jaw = INDEX["jawOpen"]
    np.testing.assert_allclose(again.weights[:, jaw], take.weights[:, jaw], atol=1e-9)
    assert again.weights[0].sum() == again.weights[0, jaw]
    assert again.pose[0].tolist() == [0, 0, 0]


def test_a_last_row_that_broke_off_is_left_out(written):
    assert len(read_csv(edited(written, lambda text: text[:-200]))) == 4


DAMAGE = {
    "empty": lambda text: "",
    "no header": lambda text: text.split("\n", 1)[1],
    "header only": lambda text: text.split("\n", 1)[0],
    "another table": lambda text: "time,x\n0,1\n",
    "words for numbers": lambda text: text.replace("61,0.", "61,zero.", 1),
    "no number": lambda text: text.replace("61,0.", "61,nan,0.", 1),
    "a bad timecode": lambda text: text.replace("00:00:00:02.000", "soon"),
    "a wild weight": lambda text: text.replace("61,0.", "61,1e30,0.", 1),
    "an hour that is none": lambda text: text.replace("00:00:00:02.000", "24:00:00:02.000"),
    "rows too short": lambda text: "\n".join(
        line[: len(line) - 20 * (line[:1] == "0")] for line in text.split("\n")
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_refused(written, kind):
    with pytest.raises(TakeError, match=r"take\.csv"):
        read_csv(edited(written, DAMAGE[kind]))


def test_no_text_and_no_file(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00\x01" * 99)
    for name in ("x.csv", "none.csv"):
        with pytest.raises(TakeError, match=name):
            read_csv(tmp_path / name)
    with pytest.raises(TakeError, match="can't be read"):
        read_csv(tmp_path)


def test_a_folder_that_is_not_there(take, tmp_path):
    with pytest.raises(OutputError, match="no folder"):
        write_csv(take, tmp_path / "none" / "take.csv")
    assert not list(tmp_path.iterdir())
