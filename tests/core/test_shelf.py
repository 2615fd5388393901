"""A folder of takes is listed by name, quickly, and damaged files don't hide the others."""

from __future__ import annotations

import time

import numpy as np
import pytest
from mien.arkit import COUNT
from mien.errors import TakeError
from mien.shelf import list_takes, rename
from mien.take import Take, load_take, save_take


def saved(path, name: str, count: int = 31, lost: int = 0, **about) -> Take:
    weights = np.zeros((count, COUNT))
    weights[:lost] = np.nan
    take = Take.from_weights(np.arange(count) / 30, weights, {"name": name, **about})
    save_take(take, path)
    return take


def test_names_lengths_rates_and_faces(tmp_path):
    saved(tmp_path / "b.mien", "Ärger 2", lost=10, rate=29.97)
    saved(tmp_path / "A.mien", "")
    (tmp_path / "c.mien").write_bytes(b"PK no take")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "folder.mien").mkdir()
    first, second, third = list_takes(tmp_path)
    assert (first.path.name, first.name, first.samples) == ("A.mien", "A", 31)
    assert first.rate == pytest.approx(30)
    assert (second.name, second.rate) == ("Ärger 2", 29.97)
    assert second.found == pytest.approx(21 / 31)
    assert second.seconds == pytest.approx(1.0)
    assert (third.name, third.samples) == ("c", 0)
    assert "damaged" in third.error


def test_an_hour_is_listed_without_being_read(tmp_path):
    saved(tmp_path / "hour.mien", "hour", count=216_000)
    begun = time.perf_counter()
    (listed,) = list_takes(tmp_path)
    assert time.perf_counter() - begun < 1.0
    assert (listed.samples, listed.found) == (216_000, 1.0)


def test_a_rate_that_is_no_number_is_measured(tmp_path):
    saved(tmp_path / "a.mien", "a", rate="fast")
    assert list_takes(tmp_path)[0].rate == pytest.approx(30)
    saved(tmp_path / "a.mien", "a", count=1)
    assert (list_takes(tmp_path)[0].rate, list_takes(tmp_path)[0].seconds) == (0, 0)


def test_renaming_changes_the_name_only(tmp_path):
    before = saved(tmp_path / "a.mien", "old", rate=30.0)
    rename(tmp_path / "a.mien", "  neuer Name ")
    after = load_take(tmp_path / "a.mien")
    assert after.about == {**before.about, "name": "neuer Name"}
    np.testing.assert_array_equal(after.weights, before.weights)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mien"]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_no_name(tmp_path, name):
    saved(tmp_path / "a.mien", "old")
    with pytest.raises(TakeError, match="no name"):
        rename(tmp_path / "a.mien", name)


def test_no_folder(tmp_path):
    with pytest.raises(TakeError, match="no folder"):
        list_takes(tmp_path / "none")
