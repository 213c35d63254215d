"""Who built what when: land is built on an estate at a time, and an estate is of one age and one kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from tools.sample.fields import Grid, gaussian_field, stream

_SPACING = 320.0
"""About how far estates' middles lie apart, metres."""

_ERAS = {
    "villas": (-1.55, 0.5, 0.9),
    "terraces": (-1.25, 0.45, -0.7),
    "semis": (-0.35, 0.5, 0.1),
    "estates": (0.2, 0.4, -0.6),
    "slabs": (0.75, 0.4, -0.9),
    "new town": (1.0, 0.4, 0.0),
    "leafy": (0.5, 1.3, 1.5),
    "closes": (1.45, 0.45, 0.3),
    "new build": (2.1, 0.5, 0.1),
}
"""For each kind: when it was built, over how long (standard deviations of age), and for how rich people."""


@dataclass(frozen=True)
class Pattern:
    """How much of what decides when an estate was built, and how well it shows.

    Parameters
    ----------
    rings : float
        Towns grow outwards.
    waves : float
        Neighbouring estates were built in the same years; land cover shows it.
    manner : float
        The same, but land cover does not show it: the district has its own manner of building.
    chance : float
        What is true of one estate only; land cover shows it.
    unlike : float
        How far estates of one age differ in looks.
    sharp : float
        How purely an estate is of one kind.
    """

    rings: float = 0.75
    waves: float = 0.45
    manner: float = 0.42
    chance: float = 0.33
    unlike: float = 0.08
    sharp: float = 3.0


PATTERN = Pattern()
"""Set, with what shows of it in the land's textures, so that a forest finds what it does in the real pack."""


@dataclass(frozen=True)
class Estates:
    """The pieces in which the land was built on.

    Parameters
    ----------
    of_pixel : ndarray of int, shape (height, width)
        The estate of each pixel.
    age : ndarray, shape (n,)
        When each was built: 0 is the middle of the region's ages, 1 is one standard deviation later.
    looks : ndarray, shape (n,)
        The age that each looks to be of from above, on the same scale.
    angle : ndarray, shape (n,)
        Which way its streets run, radians.
    kinds : ndarray, shape (n_kinds, n)
        How much of it is of each kind; adds up to 1.
    """

    of_pixel: np.ndarray
    age: np.ndarray
    looks: np.ndarray
    angle: np.ndarray
    kinds: np.ndarray

    def shares(self) -> np.ndarray:
        """Return the kinds' shares of each pixel, shape (n_kinds, height, width), with soft borders."""
        sharp = self.kinds.astype(np.float32)[:, self.of_pixel]
        return np.stack([ndimage.gaussian_filter(layer, 0.6) for layer in sharp])


def make_estates(
    grid: Grid,
    seed: int,
    density: np.ndarray,
    start: np.ndarray,
    inside: np.ndarray,
    kinds: Sequence[str],
) -> Estates:
    """Divide the land into estates and say when each was built, and how.

    What an estate looks like follows its age, but not everywhere in the same way: a district may have gone on
    building in an old manner, or begun a new one early. Coordinates know of that; a forest that has seen the
    district does, and one that has not does not.

    Parameters
    ----------
    grid : Grid
        Where.
    seed : int
        The sample's seed.
    density, start : ndarray, shape (height, width)
        How densely the land is built on, and when it would have been if towns grew in rings.
    inside : ndarray of bool, shape (height, width)
        The part of the grid in the region.
    kinds : sequence of str
        Names out of the kinds that are known here.

    Returns
    -------
    Estates
    """
    rng = stream(seed, "estates")
    xx, yy = np.meshgrid(
        np.arange(grid.x[0], grid.x[-1] + _SPACING, _SPACING),
        np.arange(grid.y[-1], grid.y[0] + _SPACING, _SPACING),
    )
    points = np.column_stack([xx.ravel(), yy.ravel()])
    points += rng.uniform(-0.5, 0.5, points.shape) * _SPACING
    px, py = np.meshgrid(grid.x, grid.y)
    warp = [60 * gaussian_field(grid, 400, stream(seed, f"crooked borders {axis}")) for axis in "xy"]
    where = np.column_stack([(px + warp[0]).ravel(), (py + warp[1]).ravel()])
    of_pixel = cKDTree(points).query(where)[1].reshape(grid.shape)

    def field(name: str, range_m: float) -> np.ndarray:
        return grid.read(gaussian_field(grid, range_m, stream(seed, name)), *points.T)

    here = grid.read(inside.astype(np.float32), *points.T) * np.exp(grid.read(density, *points.T)).clip(0, 1)

    def standard(values: np.ndarray) -> np.ndarray:
        mean = np.average(values, weights=here)
        return (values - mean) / np.sqrt(np.average((values - mean) ** 2, weights=here))

    n = len(points)
    manner = field("manner of building", 2500)
    age = standard(
        PATTERN.rings * standard(grid.read(start, *points.T))
        + PATTERN.waves * field("waves of building", 2500)
        + PATTERN.manner * manner
        + PATTERN.chance * rng.normal(size=n)
    )
    looks = standard(age - PATTERN.manner * manner + PATTERN.unlike * rng.normal(size=n))
    rich = 0.8 * field("rich and poor", 4000) + 0.6 * rng.normal(size=n)
    logits = np.stack(
        [
            -(((looks - when) / spread) ** 2) / 2 + 0.7 * wealth * rich - 0.35 * wealth**2
            for when, spread, wealth in (_ERAS[kind] for kind in kinds)
        ]
    )
    logits = PATTERN.sharp * (logits + 0.5 * rng.gumbel(size=logits.shape))
    shares = np.exp(logits - logits.max(axis=0))
    angle = rng.uniform(0, np.pi / 2, n)
    return Estates(of_pixel, age, looks, angle, shares / shares.sum(axis=0))
