"""The suffix chooses the format; from one into another, weights and times stay."""

from __future__ import annotations

import numpy as np
import pytest
from mien import interchange
from mien.errors import TakeError, UsageError
from mien.take import Take

TAKE = Take.from_weights(np.arange(6) / 30, np.random.default_rng(0).random((6, 52)), {"name": "t"})


@pytest.mark.parametrize("first", interchange.SUFFIXES)
@pytest.mark.parametrize("second", interchange.SUFFIXES)
def test_from_any_into_any(tmp_path, first, second):
    one, two = tmp_path / f"ein s{first.upper()}", tmp_path / f"zwö{second}"
    interchange.write(TAKE, one)
    interchange.write(interchange.read(str(one)), two)
    again = interchange.read(two)
    np.testing.assert_allclose(again.times, TAKE.times, atol=1 / 60_000)
    np.testing.assert_allclose(again.weights, TAKE.weights, atol=1e-9)


@pytest.mark.parametrize("name", ["take.txt", "take", "csv"])
def test_another_suffix_is_refused_and_nothing_written(tmp_path, name):
    with pytest.raises(UsageError, match=r"none of the suffixes \.mien, \.csv, \.json"):
        interchange.write(TAKE, tmp_path / name)
    with pytest.raises(UsageError, match="none of the suffixes"):
        interchange.read(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", interchange.SUFFIXES)
def test_one_format_under_the_name_of_another_is_refused(tmp_path, suffix):
    for other in set(interchange.SUFFIXES) - {suffix}:
        interchange.write(TAKE, tmp_path / f"take{other}")
        (tmp_path / f"take{other}").rename(tmp_path / f"take{suffix}")
        with pytest.raises(TakeError):
            interchange.read(tmp_path / f"take{suffix}")
