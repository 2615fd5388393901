"""One committed run pins every filter: any port of them (live in a host, another language) must give it too.

To write it anew after a deliberate change: `python tests/core/filters/test_golden.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mien.filters import HybridFilter, KalmanFilter, SavitzkyGolayFilter

PATH = Path(__file__).with_name("golden.csv")
FILTERS = {
    "kalman": lambda: KalmanFilter(6.0),
    "models": lambda: KalmanFilter([[0.8], [2.5], [8.0]], 0.02),
    "savgol": lambda: SavitzkyGolayFilter(0.06),
    "hybrid": lambda: HybridFilter([[0.8], [2.5], [8.0]], 0.02),
}


def table() -> dict[str, np.ndarray]:
    lines = PATH.read_text(encoding="ascii").splitlines()
    columns = np.array([line.split(",") for line in lines[1:]], dtype=np.float64).T
    return dict(zip(lines[0].split(","), columns))


def outcomes(run: dict[str, np.ndarray], name: str) -> tuple[list[float], np.ndarray]:
    times, values, trust = run["time"], run["value"], run["confidence"]
    one = FILTERS[name]()
    live = [one.update([v], t, c)[0] for t, v, c in zip(times, values, trust)]
    return live, one.smooth(times, values[:, None], trust)[:, 0]


@pytest.mark.parametrize("name", FILTERS)
def test_golden(name):
    run = table()
    live, smooth = outcomes(run, name)
    np.testing.assert_allclose(live, run[f"{name}_live"], atol=2e-8)
    np.testing.assert_allclose(smooth, run[name], atol=2e-8)


def _write() -> None:
    random = np.random.default_rng(2021)
    times = np.concatenate([[0.0], np.cumsum(random.choice([1 / 60, 1 / 30, 0.0167, 0.05], 79))]).round(4)
    times[20] = times[19]
    times[50:] += 1.5
    values = (0.5 + 0.4 * np.sin(7 * times) + random.normal(0, 0.05, 80)).round(6)
    values[30:34] = np.nan
    run = {"time": times, "value": values, "confidence": random.uniform(0.2, 1.0, 80).round(3)}
    for name in FILTERS:
        run[f"{name}_live"], run[name] = outcomes(run, name)
    rows = [",".join(f"{value:.10g}" for value in row) for row in zip(*run.values())]
    PATH.write_bytes(("\n".join([",".join(run), *rows]) + "\n").encode())


if __name__ == "__main__":
    _write()
