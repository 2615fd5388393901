"""Filters that take the noise out of weights, landmarks and angles: live and offline, by one contract.

`kalman` (paper section 3.2, eq. 3–4) and `savgol` (eq. 5–8), and `hybrid`, one after the other. `families`
knows how fast the parts of a face move. Nothing here knows a Take or clamps a value (see `mien.tune`).
"""

from .contract import Filter
from .families import weight_cutoffs
from .hybrid import HybridFilter
from .kalman import KalmanFilter
from .savgol import SavitzkyGolayFilter

__all__ = ["Filter", "HybridFilter", "KalmanFilter", "SavitzkyGolayFilter", "weight_cutoffs"]
