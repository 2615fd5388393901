"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mien.atomic import open_atomic
from mien.errors import OutputError


def test_the_file_appears_when_the_block_ends(tmp_path: Path):
    path = tmp_path / "a.txt"
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write("ä\n")
        assert not path.exists()
    assert path.read_bytes() == "ä\n".encode()


def test_an_error_leaves_the_old_file_and_no_litter(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(TypeError), open_atomic(path, "w") as stream:
        stream.writelines(["new", None])
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_killed_writers_left_goes_once_in_a_process(tmp_path: Path):
    path, fresh, old = tmp_path / "a.txt", tmp_path / ".a.txt-1.part", tmp_path / ".a.txt-2.part"
    for round_, left in enumerate([{fresh}, {fresh, old}]):
        fresh.touch()
        old.touch()
        os.utime(old, (0, 0))
        with open_atomic(path, "w") as stream:
            stream.write(str(round_))
        assert set(tmp_path.iterdir()) == {path, *left}


def test_a_folder_is_no_file(tmp_path: Path):
    with pytest.raises(OutputError, match="is a folder"), open_atomic(tmp_path):
        pass


def test_a_full_disk_is_an_output_error(tmp_path: Path):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with (
        pytest.raises(OutputError, match="No space"),
        open_atomic(tmp_path / "a"),
        open("/dev/full", "wb") as full,
    ):
        full.write(b"x" * 100_000)
    assert os.listdir(tmp_path) == []
