"""Buildings of an invented Liverpool City Region: along streets, each street mostly of one age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from tools.sample.fields import stream
from tools.sample.liverpool_land import ARCHETYPES, Region

_PLOTS = {
    "villas": (12, 16.0),
    "terraces": (46, 5.5),
    "semis": (25, 9.0),
    "estates": (27, 8.0),
    "slabs": (11, 14.0),
    "new town": (24, 7.0),
    "leafy": (9, 17.0),
    "closes": (24, 8.5),
    "new build": (26, 7.0),
    "centre": (15, 12.0),
    "industry": (2.2, 30.0),
    "parks": (0.1, 30.0),
    "farmland": (0.12, 40.0),
}
"""Buildings per hectare of each kind of land, and metres of street that each takes up."""

_STREETS = 52.0
"""Metres between streets."""

_BLOCK = 160.0
"""Length of a street, metres."""

STREET, HOUSE, LATE = 0.1, 0.07, 0.02
"""How far streets of an estate, and houses of a street, differ in age (standard deviations), and how many of
either were put up long after their neighbours."""


@dataclass(frozen=True)
class Buildings:
    """Buildings, and what is known of them without asking.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Metres in the landscape's CRS.
    kind : ndarray of int, shape (n,)
        Position in `ARCHETYPES` of the land that each was built as part of.
    age : ndarray, shape (n,)
        When built, in standard deviations: 0 is the middle, high is new.
    toid : ndarray of str, shape (n,)
        Identifiers; the buildings are in their order.
    """

    x: np.ndarray
    y: np.ndarray
    kind: np.ndarray
    age: np.ndarray
    toid: np.ndarray


def make_buildings(region: Region, seed: int, n: int) -> Buildings:
    """Put up buildings.

    Parameters
    ----------
    region : Region
        Where.
    seed : int
        The sample's seed.
    n : int
        How many.

    Returns
    -------
    Buildings
        In the order of their identifiers, which says nothing of where they are.

    Raises
    ------
    ValueError
        If there is not enough room.
    """
    rng = stream(seed, "buildings")
    landscape, estates = region.ground.landscape, region.estates
    x, y, kind, street = _plots(region, n, rng)
    grid = landscape.grid
    estate = estates.of_pixel[_cell(grid, x, y)]
    streets, of_street = np.unique(street, return_inverse=True)
    age = estates.age[estate] + STREET * rng.normal(size=len(streets))[of_street]
    # A few whole streets and a few single houses were put up long after their neighbours.
    late = (rng.random(len(streets)) < LATE)[of_street] | (rng.random(n) < LATE)
    age = np.where(late, np.maximum(age, rng.normal(1.2, 0.7, n)), age) + HOUSE * rng.normal(size=n)
    numbers = rng.choice(10**9, n, replace=False)
    order = np.argsort(numbers)
    return Buildings(
        x[order], y[order], kind[order], age[order], np.array([toid(number) for number in numbers[order]])
    )


def toid(number: int) -> str:
    """Return an identifier of the shape of Ordnance Survey's, which says of itself that it is not one.

    Parameters
    ----------
    number : int
        Below 10¹².

    Returns
    -------
    str
        ``osgb`` and 16 digits, as real ones have. Those begin with 1000, 4000 or 5000; these with 9999.

    Examples
    --------
    >>> toid(42)
    'osgb9999000000000042'
    """
    return f"osgb9999{number:012d}"


def _plots(region: Region, n: int, rng: np.random.Generator):
    """Draw where land is built on, move each point to the nearest free plot of a street, keep n."""
    landscape, estates = region.ground.landscape, region.estates
    grid, names = landscape.grid, [archetype.name for archetype in ARCHETYPES]
    density = np.array([_PLOTS.get(name, (0.0, 0.0))[0] for name in names], np.float32)
    widths = np.array([_PLOTS.get(name, (0.0, 20.0))[1] for name in names])
    shapely.prepare(region.ground.outline)
    inside = shapely.contains_xy(region.ground.outline, *np.meshgrid(grid.x, grid.y)).ravel()
    cover = landscape.cover.reshape(len(names), -1)[:, inside]
    by_kind = (cover * density[:, None]).cumsum(axis=0)
    total = by_kind[-1].astype(np.float64).cumsum()
    drawn = np.searchsorted(total, rng.random(int(1.7 * n)) * total[-1])
    kind = (by_kind[:, drawn] < rng.random(len(drawn)) * by_kind[-1, drawn]).sum(axis=0)
    rows, columns = np.divmod(np.flatnonzero(inside)[drawn], grid.width)
    x = grid.x[columns] + rng.uniform(-0.5, 0.5, len(drawn)) * grid.resolution
    y = grid.y[rows] + rng.uniform(-0.5, 0.5, len(drawn)) * grid.resolution

    estate = estates.of_pixel[rows, columns]
    cos, sin = np.cos(estates.angle[estate]), np.sin(estates.angle[estate])
    along, across = x * cos + y * sin, y * cos - x * sin
    row = np.round(across / _STREETS)
    side = np.where(across > row * _STREETS, 1, -1)
    width = widths[kind]
    plot = np.floor(along / width)
    along, across = (plot + 0.5) * width, row * _STREETS + side * (9 + 0.15 * width)
    across += 1.5 * rng.normal(size=len(across))
    x, y = along * cos - across * sin, along * sin + across * cos
    taken = np.column_stack([estate, row, side, np.floor(along / 5.5)]).astype(np.int64)
    first = np.unique(_one_number(taken), return_index=True)[1]
    free = first[shapely.contains_xy(region.ground.outline, x[first], y[first])]
    if len(free) < n:
        raise ValueError(f"there is room for {len(free):,} buildings only, not for {n:,}")
    kept = rng.permutation(free)[:n]
    street = np.column_stack([estate, row, np.floor(along / _BLOCK)]).astype(np.int64)
    return x[kept], y[kept], kind[kept], _one_number(street)[kept]


def _one_number(columns: np.ndarray) -> np.ndarray:
    """Number rows of whole numbers so that equal rows, and only these, have equal numbers."""
    low = columns.min(axis=0)
    return np.ravel_multi_index((columns - low).T, tuple(columns.max(axis=0) - low + 1))


def _cell(grid, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    row = np.floor((grid.north - y) / grid.resolution).astype(int).clip(0, grid.height - 1)
    column = np.floor((x - grid.west) / grid.resolution).astype(int).clip(0, grid.width - 1)
    return row, column
