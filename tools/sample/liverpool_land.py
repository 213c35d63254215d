"""The land of an invented Liverpool City Region: coast, estuary, towns, and what covers the ground.

Distances are kilometres from the middle of Liverpool, east and north. Coast and towns are drawn by hand to
look like the place; everything between is drawn by lot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage

from tools.sample.fields import Grid, distance_to, gaussian_field, local_crs, smooth_line, stream
from tools.sample.landscape import Archetype, Ground, Landscape, make_textures, mix
from tools.sample.liverpool_estates import Estates, make_estates

BOUNDS = (-3.25, 53.28, -2.55, 53.70)
CENTRE = (-2.98, 53.41)
_NORTH_SHORE = (
    (4.6, 36), (1.5, 30.6), (-2.2, 27.3), (-4.8, 23.5), (-7.2, 19.5), (-8.3, 15.8), (-6.4, 11.8), (-4.9, 8),
    (-3.4, 5.4), (-2.3, 3.9), (-1.5, 2.3), (-0.9, 0.3), (0.2, -1.4), (2.0, -3.6), (4.2, -6.1), (6.5, -7.6),
    (9.2, -8.8), (11.5, -9.8), (13.8, -8.1), (15.6, -6.9), (17.0, -6.3), (19.0, -6.0), (22.0, -5.2),
    (26.0, -4.2), (34.0, -3.6),
)  # fmt: skip
"""The mainland's edge, from north of Southport down the coast and up the Mersey."""

_SOUTH_SHORE = (
    (34.0, -3.9), (26.0, -4.5), (22.0, -5.5), (19.0, -6.4), (17.2, -6.8), (16.0, -7.7), (14.6, -9.8),
    (12.8, -11.6), (9.0, -12.4), (6.0, -12.6), (4.2, -10.8), (2.9, -8.8), (1.4, -6.6), (0.2, -4.2),
    (-1.0, -1.9), (-1.9, 0.2), (-2.9, 2.3), (-4.3, 3.7), (-8.0, 1.8), (-11.5, 0.2), (-14.6, -1.2),
    (-14.3, -3.9), (-12.0, -6.7), (-9.5, -9.7), (-7.0, -12.6), (-3.0, -18.0), (2.0, -22.0),
)  # fmt: skip
"""Back down the south bank, round the Wirral and up the Dee."""

_OPEN_SEA = ((-6.0, -24.0), (-20.0, -14.0), (-26.0, -8.0), (-40.0, -4.0), (-40.0, 40.0))

_DISTRICTS = (
    (
        (-14, 34), (3.2, 30.8), (3.4, 28.5), (0.2, 24.0), (-1.6, 19.0), (0.2, 15.2), (4.6, 13.8), (8.6, 11.2),
        (12.2, 12.2), (16.8, 10.4), (20.2, 8.8), (25.2, 6.4), (25.6, 3.4), (21.2, 2.0), (20.0, -1.0),
        (20.6, -4.4), (20.0, -7.0), (13.2, -12.0), (0, -9), (-2, 0), (-6, 6),
    ),
    (
        (15.0, -6.6), (21.4, -5.4), (23.6, -6.6), (24.4, -9.0), (22.6, -11.6), (19.6, -12.2), (16.4, -11.8),
        (13.6, -10.2),
    ),
    (
        (-18, 2), (-3, 6), (1.2, -2.0), (4.2, -8.0), (3.4, -10.8), (1.4, -11.2), (-1.4, -10.6), (-4.2, -11.2),
        (-7.6, -10.8), (-14, -9),
    ),
)  # fmt: skip
"""North of the Mersey, south of it, and the Wirral: reaching into the sea, which is taken off."""


@dataclass(frozen=True)
class Town:
    """Where a town is, how far it reaches, and when it began to grow.

    Parameters
    ----------
    x, y : float
        Its middle, kilometres from the region's.
    reach : float
        Kilometres within which most of it lies.
    start : float
        When its middle was built, in standard deviations of the region's ages: -1.5 for before 1900, 1 for
        about 1975.
    weight : float
        How dense it is.
    """

    x: float
    y: float
    reach: float
    start: float
    weight: float = 1.0


TOWNS = (
    Town(0.8, 0.4, 3.4, -1.7, 1.7), Town(3.6, 1.2, 3.6, -0.9, 1.1), Town(5.6, -2.4, 3.0, -0.3),
    Town(5.0, 3.4, 2.6, -0.2), Town(-1.6, 5.0, 2.0, -1.4, 1.2), Town(-0.2, 7.4, 1.8, 0.3),
    Town(-3.6, 9.0, 1.9, -0.7), Town(-5.6, 16.0, 1.7, 0.3), Town(-1.2, 26.2, 2.8, -1.1),
    Town(-3.4, 22.6, 1.5, 0.2), Town(3.0, 12.2, 1.9, 0.5), Town(6.8, 8.2, 2.0, 0.5, 1.1),
    Town(9.6, 0.4, 2.3, 0.1), Town(12.4, 1.6, 1.6, -0.6), Town(16.6, 4.6, 2.9, -1.1, 1.1),
    Town(21.6, 6.0, 1.6, -0.2), Town(24.0, 4.4, 1.5, -0.9), Town(13.2, 10.2, 1.1, 0.3),
    Town(14.8, -0.4, 1.4, 0.2), Town(16.8, -4.2, 2.2, -0.7, 1.1), Town(16.9, -8.6, 1.5, -0.8, 1.1),
    Town(20.4, -9.6, 2.6, 1.1), Town(-2.4, -1.4, 2.1, -1.5, 1.3), Town(-4.0, 1.8, 1.9, -0.9, 1.1),
    Town(-8.6, -0.4, 1.8, 0.5), Town(-13.0, -2.0, 1.2, -0.8), Town(-12.4, -4.4, 1.3, -0.4),
    Town(-8.2, -8.6, 1.9, 0.3, 0.8), Town(-0.8, -5.4, 1.9, -0.5), Town(0.9, -8.6, 1.6, 0.5),
    Town(8.0, -6.6, 1.5, 0.0), Town(4.4, -4.8, 1.4, -0.9), Town(10.6, -4.2, 1.5, 0.6),
)  # fmt: skip

HOMES = (
    Archetype("villas", {"common": 0.65, "built": 0.4, "old": 0.5, "trees": 0.4, "gardens": 0.1}, people=40),
    Archetype("terraces", {"common": 0.65, "built": 0.65, "old": 0.6, "paved": 0.1}, people=110),
    Archetype("semis", {"common": 0.7, "built": 0.35, "gardens": 0.6}, people=55),
    Archetype(
        "estates", {"common": 0.65, "built": 0.45, "gardens": 0.3, "grass": 0.35, "paved": 0.1}, people=65
    ),
    Archetype(
        "slabs", {"common": 0.65, "built": 0.45, "tall": 0.4, "paved": 0.45, "grass": 0.25}, people=100
    ),
    Archetype(
        "new town", {"common": 0.65, "built": 0.35, "trees": 0.35, "paved": 0.3, "grass": 0.25}, people=60
    ),
    Archetype("leafy", {"common": 0.65, "built": 0.15, "gardens": 0.5, "trees": 0.5}, people=22),
    Archetype(
        "closes", {"common": 0.65, "built": 0.35, "roofs": 0.25, "gardens": 0.3, "paved": 0.25}, people=55
    ),
    Archetype(
        "new build", {"common": 0.65, "built": 0.4, "roofs": 0.35, "tall": 0.25, "paved": 0.4}, people=70
    ),
)
"""Where people live, in about the order in which such places were built."""

ARCHETYPES = (
    *HOMES,
    Archetype("water", {"common": 0.25, "water": 1.0}),
    Archetype("centre", {"common": 0.65, "built": 0.5, "tall": 0.8, "paved": 0.3}, people=70),
    Archetype("industry", {"common": 0.55, "roofs": 0.85, "paved": 0.35, "built": 0.15}, people=3),
    Archetype("parks", {"common": 0.5, "grass": 0.85, "trees": 0.2}),
    Archetype("woods", {"common": 0.5, "trees": 0.95}),
    Archetype("farmland", {"common": 0.5, "crops": 0.85, "grass": 0.3}, people=0.5),
    Archetype("dunes", {"common": 0.4, "water": 0.35, "grass": 0.45, "paved": 0.35}),
)

TEXTURES = ((8, 150, 0.5, 0.03), (6, 600, 0.5, 0.025), (9, 2800, 1.5, 0.08))
"""What varies without being land cover: how many directions, over how many metres, how smoothly, how much."""

NOISE, WEATHER = 0.012, 0.52
"""How much differs in every pixel, in each band; and how much a standard deviation of age shows."""

_BUILT_SHARE = 0.47
"""How much of the region's land is built up."""


@dataclass(frozen=True)
class Region:
    """The land of the region, before anybody has built a house on it.

    Parameters
    ----------
    ground : Ground
        Landscape and outline.
    estates : Estates
        Who built what when.
    """

    ground: Ground
    estates: Estates


def make_region(seed: int, resolution: float) -> Region:
    """Invent the region.

    Parameters
    ----------
    seed : int
        The sample's seed.
    resolution : float
        Pixel size of the fields behind the embeddings, metres.

    Returns
    -------
    Region
    """
    grid = Grid.around(BOUNDS, resolution, local_crs(*CENTRE), margin=1000)
    sea = _sea()
    outline = _outline(sea, seed)
    xx, yy = np.meshgrid(grid.x, grid.y)
    shapely.prepare(outline)
    inside = shapely.contains_xy(outline, xx, yy)
    water = ndimage.gaussian_filter(shapely.contains_xy(sea, xx, yy).astype(np.float32), 0.6)
    to_sea = distance_to(grid, shapely.get_coordinates(shapely.segmentize(sea, 20))) / 1000
    density, start = _towns(xx / 1000, yy / 1000, grid, seed)
    estates = make_estates(grid, seed, density, start, inside, [home.name for home in HOMES])
    cover = _cover(grid, seed, inside, water, to_sea, density, estates)
    # Standard deviations by which neighbours are as alike, and classes as distinct, as in real AlphaEarth.
    textures = make_textures(grid, seed, TEXTURES)
    # Roofs and streets weather: what estates look to be of age shows in a direction of its own.
    homes = cover[: len(HOMES)].sum(axis=0)
    weather = (
        WEATHER * homes * ndimage.gaussian_filter(estates.looks.astype(np.float32)[estates.of_pixel], 0.6)
    )
    textures = np.concatenate([textures, weather[None].astype(np.float32)])
    return Region(Ground(Landscape(grid, ARCHETYPES, cover, textures, noise=NOISE), outline), estates)


def _sea() -> shapely.Polygon:
    shores = [smooth_line(np.array(shore) * 1000.0, 50) for shore in (_NORTH_SHORE, _SOUTH_SHORE)]
    sea = shapely.Polygon(np.vstack([*shores, np.array(_OPEN_SEA) * 1000.0])).buffer(0)
    shapely.prepare(sea)
    return sea


def _outline(sea: shapely.Polygon, seed: int) -> shapely.MultiPolygon:
    """The districts' land; their borders with the country round them are as crooked as parishes' are."""
    rng = stream(seed, "outline")
    districts = [shapely.segmentize(shapely.Polygon(ring), 0.8) for ring in _DISTRICTS]
    crooked = []
    for district in districts:
        corners = shapely.get_coordinates(district)[:-1]
        corners += rng.normal(0, 0.12, corners.shape)
        crooked.append(shapely.make_valid(shapely.Polygon(corners * 1000)))
    land = shapely.union_all(crooked).difference(sea)
    return shapely.MultiPolygon([part for part in land.geoms if part.area > 5e6])


def _towns(xx: np.ndarray, yy: np.ndarray, grid: Grid, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """How densely each pixel would be built on, and when it would have been: older towards old middles."""
    total = np.zeros(grid.shape, np.float32)
    started = np.zeros(grid.shape, np.float32)
    for town in TOWNS:
        away = np.hypot(xx - town.x, yy - town.y) / town.reach
        pull = (town.weight * np.exp(-(away**2))).astype(np.float32) + np.float32(1e-6)
        total += pull
        started += pull * (town.start + 1.3 * away).astype(np.float32)
    rough = gaussian_field(grid, 900, stream(seed, "edge of town"))
    return np.log(total) + 0.7 * rough, started / total


def _cover(grid, seed, inside, water, to_sea, density, estates: Estates) -> np.ndarray:
    """Shares of each pixel: water, open land, works, and homes as the estates are."""

    def patches(name: str, range_m: float) -> np.ndarray:
        return gaussian_field(grid, range_m, stream(seed, name))

    xx, yy = np.meshgrid(grid.x / 1000, grid.y / 1000)
    land = inside & (water < 0.5)
    built = 1 / (1 + np.exp(-4 * (density - np.quantile(density[land], 1 - _BUILT_SHARE))))
    built *= 1 / (1 + np.exp(-6 * (patches("town parks", 700) + 1.35)))
    waterfront = np.exp(-((to_sea / 0.55) ** 2)) * (np.abs(yy + 1) < 7.5) * (np.abs(xx) < 6)
    works = patches("works", 1100) + 2.6 * waterfront
    for x, y in ((8.5, -7.6), (17.5, -5.6), (6.5, 9.6), (2.4, -9.6), (18.8, 4.0), (13.2, 6.5), (20.5, -6.8)):
        works += 1.6 * np.exp(-(((xx - x) ** 2 + (yy - y) ** 2) / 1.2))
    works = 1 / (1 + np.exp(-5 * (works - 1.75)))
    middle = np.exp(-(((xx - 0.3) ** 2 + (yy - 0.2) ** 2) / 1.6)) * 3.0 + 0.5 * patches("middle", 500)
    for x, y in (
        (-1.6, 5.0),
        (-1.2, 26.2),
        (16.6, 4.6),
        (-2.4, -1.4),
        (16.8, -4.2),
        (20.2, -9.4),
        (6.8, 8.2),
    ):
        middle += 2.0 * np.exp(-(((xx - x) ** 2 + (yy - y) ** 2) / 0.25))
    middle = 1 / (1 + np.exp(-5 * (middle - 1.3)))

    scores = np.stack(
        [
            0.7 * patches("parks", 1400) + 0.4 * (density > -1),
            0.9 * patches("woods", 1600),
            0.6 * patches("fields", 3000) + 0.3,
            5.5 * np.exp(-((to_sea / 0.9) ** 2)) * (yy > 8) + 0.3 * patches("sand", 900) - 3.5,
        ]
    ).astype(np.float32)
    rural = mix(scores, [20, 13, 62, 4], 6.0, land)
    dry = (1 - water)[None]
    town = built * (1 - works) * (1 - middle)
    homes = estates.shares() * town[None]
    parts = [
        homes * dry,
        water[None],
        (built * (1 - works) * middle)[None] * dry,
        (built * works)[None] * dry,
        rural * (1 - built)[None] * dry,
    ]
    return np.concatenate(parts).astype(np.float32)
