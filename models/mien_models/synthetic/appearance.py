"""How an identity looks: skin, lips, brows, beard, hair and eyes, as grey albedo on the unrolled face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .brows import BrowShift, sample_brow_shift
from .folds import Folds
from .identities import Identity
from .paint import HEIGHT, PAINT, TOP, TURN, Picture, paint_position, spot
from .pixels import whole

BROW_CURVE: Final = np.array(
    [[0.10, 7.455], [0.17, 7.485], [0.25, 7.51], [0.33, 7.525], [0.42, 7.515], [0.53, 7.455]]
)
"""The middle of the subject's left brow on the base head (x, y), decimetres (see `brows.ABOVE_RIDGE`)."""


@dataclass(frozen=True, eq=False)
class Appearance:
    """What `render` needs to know of a head's surface.

    Attributes
    ----------
    paint : ndarray, float32, (448, 448)
        Albedo of the skin with all that lies on it, 0–1.
    bump : ndarray, float32, (448, 448)
        Height of pores and hair, in units that `render` turns into normals.
    volume : ndarray, float32, (448, 448)
        How far hair lifts the surface, decimetres.
    lips, gloss, iris, sclera, pupil, iris_phase : float
        Factor on the lips' albedo; strength of the skin's highlight; albedos; the pupil's share of the iris;
        a seed of the iris' streaks.
    lashes : float
        Opacity of the lashes, 0–1.
    hair : float
        Albedo of the hair.
    liner : float
        How dark the margins of the lids are, 0–1.
    iris_size : float
        The iris' radius, in radii of the eye.
    teeth : float
        Albedo of the teeth.
    brows : BrowShift
        Where the brows grow.
    folds : Folds
        What expressions draw into the skin.
    skin : float
        Albedo of the skin before anything lies on it, 0–1.
    beard : bool
        Whether one grows, stubble or more.
    is_infrared : bool
        Whether the camera sees infra-red light, and brings it along (see `infrared`).
    """

    paint: Picture
    bump: Picture
    volume: Picture
    lips: float
    gloss: float
    iris: float
    sclera: float
    pupil: float
    iris_phase: float
    lashes: float
    hair: float
    liner: float
    iris_size: float
    teeth: float
    brows: BrowShift
    folds: Folds
    skin: float
    beard: bool
    is_infrared: bool = False

    def folded(self, weights: NDArray[np.float32]) -> Appearance:
        """The same looks with the folds that an expression (52,) draws."""
        depth = self.folds(weights)
        return replace(self, paint=self.paint * (1 - 0.55 * depth), bump=self.bump - 2.5 * depth)

    def infrared(self, rng: np.random.Generator) -> Appearance:
        """The same head in infra-red light, as a helmet camera sees it (FACEGOOD 2021, section 3.1).

        Skin of every colour is bright and even there, lips pale, irises light.
        """
        level = rng.uniform(0.45, 0.7)
        paint = level * (self.paint / self.skin) ** rng.uniform(0.3, 0.7)
        return replace(
            self, paint=np.clip(paint, 0.01, 1).astype(np.float32), lips=1 - 0.3 * (1 - self.lips),
            iris=float(rng.uniform(0.25, 0.5)), sclera=float(rng.uniform(0.4, 0.7)),
            gloss=float(rng.uniform(0.2, 0.8)), hair=float(np.clip(self.hair + rng.uniform(0, 0.15), 0, 1)),
            is_infrared=True,
        )  # fmt: skip


class AppearanceSampler:
    """Draws appearances; keeps the grids that every painting needs."""

    def __init__(self) -> None:
        rows, columns = np.mgrid[0:PAINT, 0:PAINT].astype(np.float32)
        self.turn = (columns / (PAINT - 1) * 2 - 1) * TURN
        self.height = TOP - rows / (PAINT - 1) * HEIGHT

    def sample(self, rng: np.random.Generator, identity: Identity) -> Appearance:
        """Draw the looks of one identity."""
        dark = float(identity.races @ (0.75, 0.35, 0.2))
        albedo = float(np.clip(0.62 - 0.5 * dark + rng.normal(0, 0.06), 0.09, 0.72))
        hair = float(np.clip(rng.choice([0.02, 0.05, 0.12, 0.3, 0.6], p=[0.4, 0.25, 0.15, 0.1, 0.1]), 0, 1))
        skin = self._skin(rng, identity) * albedo
        bump = 0.5 * _noise(rng, 200) + 0.5 * _noise(rng, 90)
        skin = self._make_up(rng, skin)
        brows = sample_brow_shift(rng)
        skin = self._brows(rng, skin, min(hair * rng.uniform(0.8, 1.5), albedo * 0.9), brows)
        volume = np.zeros_like(skin)
        beard = bool(identity.masculine > 0.5 and rng.random() < 0.55)
        if beard:
            self._beard(rng, skin, volume, bump, min(hair * rng.uniform(0.8, 2.0), 0.9 * albedo))
        self._scalp(rng, skin, volume, bump, hair)
        return Appearance(
            paint=np.clip(skin, 0.01, 1), bump=bump.astype(np.float32), volume=volume,
            lips=float(rng.uniform(0.45, 0.95)), gloss=float(rng.beta(1.2, 3)),
            iris=float(rng.choice([0.012, 0.025, 0.05, 0.12, 0.25], p=[0.3, 0.25, 0.2, 0.15, 0.1])),
            sclera=float(rng.uniform(0.35, 0.9)), pupil=float(rng.uniform(0.25, 0.6)),
            iris_phase=float(rng.uniform(0, 6.28)), lashes=float(rng.beta(1.5, 1.5)), hair=hair,
            liner=float(rng.beta(1.5, 1.2)), iris_size=float(rng.uniform(0.34, 0.4)),
            teeth=float(rng.uniform(0.7, 1.3)), folds=Folds(rng, identity.age), brows=brows,
            skin=albedo, beard=beard,
        )  # fmt: skip

    def _skin(self, rng: np.random.Generator, identity: Identity) -> Picture:
        """Mottling, pores, spots and lines round 1."""
        skin = 1 + rng.uniform(0.02, 0.07) * (_noise(rng, 6) + _noise(rng, 14) + 0.7 * _noise(rng, 40))
        skin += rng.uniform(0.01, 0.06) * _noise(rng, 220)
        for _ in range(rng.poisson(6 if rng.random() < 0.7 else 60)):
            centre = (int(rng.integers(90, 358)), int(rng.integers(140, 440)))
            cv2.circle(skin, centre, int(rng.integers(1, 3)), float(rng.uniform(0.5, 0.95)), -1, cv2.LINE_AA)
        self._lines(rng, skin, identity.age * rng.uniform(0, 1))
        return cv2.GaussianBlur(skin, (3, 3), 0)

    def _lines(self, rng: np.random.Generator, skin: Picture, strength: float) -> None:
        """Lines of age: forehead, and beside the nose."""
        lines = np.ones_like(skin)
        for y in rng.uniform(7.6, 7.95, rng.integers(0, 5)):
            points = [spot(x, y + 0.03 * np.sin(4 * x + y)) for x in np.linspace(-0.45, 0.45, 9)]
            cv2.polylines(lines, [np.array(points, np.int32)], False, 0.7, 1, cv2.LINE_AA)
        for side in (-1, 1):
            points = [spot(side * x, y) for x, y in ((0.15, 6.98), (0.24, 6.86), (0.3, 6.7), (0.31, 6.55))]
            cv2.polylines(lines, [np.array(points, np.int32)], False, 0.75, 2, cv2.LINE_AA)
        skin *= 1 - strength * (1 - cv2.GaussianBlur(lines, (5, 5), 0))

    def _make_up(self, rng: np.random.Generator, skin: Picture) -> Picture:
        """Shade round the eyes (tired or painted) and colour on the cheeks."""
        shade = np.zeros_like(skin)
        cheek = np.zeros_like(skin)
        for side in (-1, 1):
            eye, blush = spot(side * 0.31, 7.3), spot(side * 0.45, 7.0)
            cv2.ellipse(shade, whole(eye), (22, 13), 0, 0, 360, 1.0, -1)
            cv2.circle(cheek, whole(blush), 24, 1.0, -1)
        shade, cheek = cv2.GaussianBlur(shade, (0, 0), 7), cv2.GaussianBlur(cheek, (0, 0), 12)
        return skin * (1 - rng.beta(1, 3) * 0.6 * shade) * (1 - rng.beta(1, 4) * 0.4 * cheek)

    def _brows(self, rng: np.random.Generator, skin: Picture, albedo: float, shift: BrowShift) -> Picture:
        """Hair by hair along `BROW_CURVE`, over a soft shade."""
        cover = np.zeros_like(skin)
        thick, count = rng.uniform(0.025, 0.08), int(rng.uniform(80, 320))
        for side in (-1, 1):
            place = rng.uniform(0, 1, count)
            x = np.interp(place, np.linspace(0, 1, len(BROW_CURVE)), BROW_CURVE[:, 0])
            profile = thick * np.minimum(1, 3.0 * (1.05 - place)) * np.minimum(1, 0.5 + 4 * place)
            y = (
                np.interp(x, *BROW_CURVE.T)
                + shift[0]
                + shift[1] * (x - 0.3)
                + rng.uniform(-0.6, 0.6, count) * profile
            )
            angle = np.interp(place, [0, 0.3, 1], [1.3, 0.6, -0.2]) + rng.normal(0, 0.25, count)
            middle = paint_position(np.stack([side * x, y, np.full(count, 1.35)], -1))
            along = np.stack([side * np.cos(angle), -np.sin(angle)], -1) * rng.uniform(4, 9, count)[:, None]
            start, tip = middle - along / 2, middle + along / 2
            for a, b in zip((start * 8).astype(int), (tip * 8).astype(int)):
                cv2.line(cover, tuple(map(int, a)), tuple(map(int, b)), 1.0, 1, cv2.LINE_AA, 3)
        soft = cv2.GaussianBlur(cover, (0, 0), 3)
        cover = np.clip(rng.uniform(0.5, 1.0) * cover + rng.uniform(0, 0.9) * soft, 0, 1)
        cover *= np.sqrt(rng.uniform(0.1, 1))
        return skin * (1 - cover) + albedo * cover

    def _beard(
        self, rng: np.random.Generator, skin: Picture, volume: Picture, bump: Picture, albedo: float
    ) -> None:
        """Stubble to full beard, with or without moustache and cheeks; in place."""
        low = np.clip((6.78 + 0.35 * np.abs(self.turn) ** 1.5 - self.height) / 0.12, 0, 1)
        lip = np.exp(-(((self.height - 6.8) / 0.06) ** 2) - (self.turn / 0.22) ** 2)
        mouth = np.exp(-(((self.height - 6.64) / 0.09) ** 4) - (self.turn / 0.2) ** 4)
        chin = np.exp(-((self.turn / 0.3) ** 4)) if rng.random() < 0.3 else 1.0
        region = np.maximum(low * chin, lip * (rng.random() < 0.8)) * (1 - mouth)
        full = rng.random() < 0.5
        grain = _noise(rng, 300)
        cover = region * np.clip((0.75 if full else 0.35) + 0.35 * grain, 0, 1) * rng.uniform(0.3, 1)
        skin[:] = skin * (1 - cover) + albedo * np.clip(1 + 0.4 * grain, 0.2, 2) * cover
        if full:
            volume += (rng.uniform(0, 0.07) * region * np.clip(1 + 0.3 * _noise(rng, 60), 0, 2)).astype(
                np.float32
            )
            bump += 1.5 * region * grain

    def _scalp(
        self, rng: np.random.Generator, skin: Picture, volume: Picture, bump: Picture, albedo: float
    ) -> None:
        """Hair of the head from a random hairline up; sometimes none; in place."""
        if rng.random() < 0.12:
            return
        line = rng.uniform(7.78, 8.1) - rng.uniform(0.2, 0.5) * np.clip(np.abs(self.turn) - 0.35, 0, 2) ** 1.3
        line -= np.where(np.abs(self.turn) > 1.05, rng.uniform(0, 0.9), 0)
        line += 0.03 * _noise(rng, 20)[:1]
        region = np.clip((self.height - line) / rng.uniform(0.02, 0.1), 0, 1)
        streaks = cv2.resize(
            rng.normal(0, 1, (6, 160)).astype(np.float32), (PAINT, PAINT), interpolation=cv2.INTER_CUBIC
        )
        skin[:] = skin * (1 - region) + albedo * np.clip(1 + 0.4 * streaks, 0.3, 2.5) * region
        volume += (rng.uniform(0, 0.3) * region * np.clip(1 + 0.4 * _noise(rng, 8), 0, 2)).astype(np.float32)
        bump += region * streaks


def _noise(rng: np.random.Generator, cells: int) -> Picture:
    """Smooth noise of about unit size with that many cells across, (448, 448) float32."""
    grid = rng.standard_normal((cells, cells), dtype=np.float32)
    return cv2.resize(grid, (PAINT, PAINT), interpolation=cv2.INTER_LINEAR)
