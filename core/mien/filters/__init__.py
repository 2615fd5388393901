"""Filters that take the noise out of weights, landmarks and angles: live and offline, by one contract.

`kalman` (paper section 3.2, eq. 3–4; `models` live and `path`, `bank` offline) and `savgol` (eq. 5–8), and
`hybrid`, one after the other. `families` knows how fast the parts of a face move, `noise` how noisy a run is,
`rhythm` how to be fast on even stamps. Nothing here knows a Take or clamps a value (see `mien.tune`).
"""

from .contract import Filter
from .families import weight_numbers
from .hybrid import HybridFilter
from .kalman import KalmanFilter
from .savgol import SavitzkyGolayFilter

__all__ = ["Filter", "HybridFilter", "KalmanFilter", "SavitzkyGolayFilter", "weight_numbers"]
