"""The 70 landmarks on MakeHuman's base mesh.

Found on renders of the average head, at rest and with closed lids and open jaw: the lid points sit on the
margins that meet in a blink, the inner lip points on the line along which the lips part.
"""

from __future__ import annotations

from typing import Final

VERTICES: Final[tuple[int, ...]] = (
    5566, 5750, 866, 5241, 894, 892, 995, 918, 991, 7620, 7689, 7594, 7596, 11850, 7571, 12347, 12163,
    212, 206, 204, 205, 209, 6984, 6980, 6979, 6981, 6987,
    134, 5063, 5134, 302, 320, 313, 317, 7076, 7082,
    1063, 6762, 54, 66, 6772, 1067, 6850, 6838, 13358, 7755, 7759, 13368,
    428, 5354, 450, 455, 7210, 11956, 7188, 7166, 7241, 492, 486, 406,
    3733, 471, 474, 7227, 10401, 7236, 494, 481,
)  # fmt: skip
"""Base mesh vertices of the 68 iBUG points, 0-based, the subject's right side first."""

VIEW: Final = 256
"""Side of a drawn view, pixels; a crop of 160 is cut out of it."""

DENSE_MIDDLE: Final = 16
DENSE_PAIRS: Final = 120
DENSE_COUNT: Final = DENSE_MIDDLE + 2 * DENSE_PAIRS
"""More points of the face: on its middle line, then on the right side, then their mirror images."""

MIRRORED_DENSE: Final[tuple[int, ...]] = (
    *range(DENSE_MIDDLE),
    *range(DENSE_MIDDLE + DENSE_PAIRS, DENSE_COUNT),
    *range(DENSE_MIDDLE, DENSE_MIDDLE + DENSE_PAIRS),
)
"""`dense[MIRRORED_DENSE]`, with x turned round, are those of the mirrored picture."""

EYE_PARTS: Final = ("helper-r-eye", "helper-l-eye")
"""The globes; landmarks 68 and 69, the pupils, are the middles of their irises (`identities.iris_ring`)."""
