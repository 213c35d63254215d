"""London, invented: an outline, a river and a land cover that a Londoner would find plausible.

Distances are kilometres from the centre, east and north. The lines are drawn by hand to look like the place;
everything within them is drawn by lot.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.alphaearth import open_cube
from tools.rasters import zonal_means
from tools.sample import society
from tools.sample.areas import name_areas
from tools.sample.districts import Areas, make_areas
from tools.sample.fields import Grid, distance_to, gaussian_field, local_crs, smooth_line, stream
from tools.sample.landscape import Archetype, Ground, Landscape, make_textures, mix
from tools.sample.writing import rounded, write_areas, write_mosaic, write_table

BOUNDS = (-0.51, 51.29, 0.33, 51.69)
CENTRE = (-0.12, 51.505)
YEAR = 2024
N_BOROUGHS = 33
SIZES = {"class": (4994, 50.0, 512), "small": (420, 200.0, 160)}
"""Number of areas, pixel in metres, tile in pixels."""

ARCHETYPES = (
    Archetype("water", {"common": 0.25, "water": 1.0}),
    Archetype("centre", {"common": 0.65, "built": 0.5, "tall": 0.75, "paved": 0.3}, people=75),
    Archetype("terraces", {"common": 0.65, "built": 0.65, "old": 0.55, "gardens": 0.1}, people=115),
    Archetype(
        "estates", {"common": 0.65, "built": 0.5, "tall": 0.3, "paved": 0.45, "grass": 0.2}, people=150
    ),
    Archetype("semis", {"common": 0.7, "built": 0.35, "gardens": 0.55}, people=55),
    Archetype("leafy", {"common": 0.65, "built": 0.1, "gardens": 0.5, "trees": 0.45}, people=26),
    Archetype("parks", {"common": 0.5, "grass": 0.85, "trees": 0.15}, people=1.5),
    Archetype("woods", {"common": 0.5, "trees": 0.95}, people=0.5),
    Archetype("farmland", {"common": 0.5, "crops": 0.85, "grass": 0.3}, people=0.6),
    Archetype("industry", {"common": 0.55, "roofs": 0.85, "paved": 0.3, "built": 0.15}, people=6),
)
_SHARES = {
    "centre": 2.2,
    "terraces": 11,
    "estates": 8,
    "semis": 28,
    "leafy": 15,
    "parks": 9,
    "woods": 7,
    "farmland": 13,
    "industry": 6.8,
}

_RADII = (20, 18, 17, 18, 23, 29, 29, 25, 23, 24, 25, 24, 22, 21, 19, 19, 20, 22, 25, 26, 25, 22, 19, 19)
"""How far the outline reaches, every 15 degrees clockwise from north."""

_RIVER = (
    (-31, -11), (-27, -10.2), (-23, -13), (-18.5, -12.6), (-15, -13.4), (-12.6, -11.4), (-12.2, -9),
    (-13.4, -6), (-10.8, -3.6), (-8.9, -4.6), (-8.2, -2.2), (-6.4, -2.6), (-6.2, -4.6), (-3.8, -4.8),
    (-1.9, -2.9), (0.1, -2), (0.6, 0.1), (3.4, 0), (6, -0.6), (6.6, -2.3), (8.3, -2.9), (8.6, -0.3),
    (10.4, -0.2), (11.4, -1.6), (14, -0.8), (17.6, 0.2), (20.6, -2.4), (25.6, -3.6), (34, -4.4),
)  # fmt: skip
_VALLEYS = (
    ((5.5, 22), (5, 16), (4.4, 12), (6, 7), (7.6, 3), (9, 0)),
    ((-4.5, -14), (-4.6, -10), (-5.2, -5)),
    ((-27, 14), (-25.5, 6), (-25, -2), (-24, -10)),
)
"""Two lesser valleys, with lakes and works along them, and one in the far west."""


def make_ground(seed: int, resolution: float) -> Ground:
    """Invent the land.

    Parameters
    ----------
    seed : int
        The sample's seed.
    resolution : float
        Pixel size of the fields, metres.

    Returns
    -------
    Ground
    """
    grid = Grid.around(BOUNDS, resolution, local_crs(*CENTRE), margin=3000)
    river = smooth_line(np.array(_RIVER) * 1000, 10)
    outline = _outline(seed)
    cover = _cover(grid, seed, river, outline)
    # Standard deviations chosen so that neighbouring pixels are as alike as in real AlphaEarth pixels at this
    # distance, and so that a district can be told by its drift.
    textures = make_textures(grid, seed, [(8, 150, 0.5, 0.12), (6, 500, 0.5, 0.06), (9, 8000, 1.5, 0.075)])
    return Ground(Landscape(grid, ARCHETYPES, cover, textures), outline, river)


def _outline(seed: int) -> shapely.Polygon:
    angles = np.deg2rad(np.arange(0, 360, 5))
    drawn = np.interp(np.arange(0, 360, 5), np.arange(0, 361, 15), [*_RADII, _RADII[0]])
    radii = drawn + stream(seed, "outline").normal(0, 0.6, len(angles))
    ring = smooth_line(
        np.column_stack([radii * np.sin(angles), radii * np.cos(angles)]) * 1000, 20, closed=True
    )
    outline = shapely.Polygon(ring)
    shapely.prepare(outline)
    return outline


def _cover(grid: Grid, seed: int, river: np.ndarray, outline: shapely.Polygon) -> np.ndarray:
    xx, yy = (a.astype(np.float32) / 1000 for a in np.meshgrid(grid.x, grid.y))
    r = np.hypot(xx, 1.15 * yy)
    inside = shapely.contains_xy(outline, *np.meshgrid(grid.x, grid.y))
    beyond = np.where(inside, 0, distance_to(grid, shapely.get_coordinates(outline)) / 1000)
    by_river = distance_to(grid, river) / 1000
    valleys = [smooth_line(np.array(valley) * 1000, 20) for valley in _VALLEYS]
    in_valley = np.min([distance_to(grid, valley) for valley in valleys], axis=0) / 1000

    def patches(name: str, range_m: float) -> np.ndarray:
        return gaussian_field(grid, range_m, stream(seed, name))

    def near(distance: np.ndarray, reach: float) -> np.ndarray:
        return np.exp(-((distance / reach) ** 2))

    inner = patches("rings", 6000) * 1.6  # rings of a city are never round
    scores = {
        "centre": 2.6 * near(np.hypot(xx + 1, yy), 3.6) + 1.5 * near(np.hypot(xx - 8, yy + 0.5), 1.0)
        + 0.8 * near(np.hypot(xx - 2.5, yy + 14), 0.9) + 0.5 * patches("centre", 1500),
        "terraces": 1.6 * near(r - 6 + inner, 4.5) + 0.7 * patches("terraces", 2200),
        "estates": 1.2 * near(r - 7 + inner, 6) + 0.5 * near(by_river, 2) * (xx > 0)
        + 0.8 * patches("estates", 1300),
        "semis": 1.5 * near(r - 14 + inner, 6) + 0.6 * patches("semis", 2500),
        "leafy": 1.2 * near(r - 18 + inner, 6) + 0.5 * patches("hills", 9000) + 0.7 * patches("leafy", 2500),
        "parks": 0.3 + 0.5 * near(in_valley, 1.2) + 1.0 * patches("parks", 1600),
        "woods": 0.06 * r + 0.3 * patches("hills", 9000) + 1.0 * patches("woods", 1800),
        "farmland": np.clip(0.18 * (r - 19), -2, 2) + 0.5 * np.minimum(beyond, 3)
        + 0.8 * patches("farmland", 3500),
        "industry": 1.0 * near(by_river, 1.5) * near(xx - 16, 10) + 1.0 * near(in_valley, 1.1)
        + 0.5 * near(np.hypot(xx + 10, yy - 2), 2) + 0.9 * patches("industry", 1200),
    }  # fmt: skip
    land = mix(np.stack([scores[name] for name in _SHARES]), list(_SHARES.values()), 6.0, inside)
    water = _water(xx, by_river, in_valley, patches("lakes", 900), grid.resolution / 1000)
    return np.concatenate([water[None], land * (1 - water)])


def _water(xx, by_river, in_valley, lakes, pixel) -> np.ndarray:
    """The share of each pixel under water: a river that widens eastwards, and lakes in the valleys."""
    half_width = np.interp(xx, [-31, -12, 0, 9, 20, 34], [0.05, 0.09, 0.17, 0.25, 0.38, 0.6])
    river = np.clip((half_width - by_river) / pixel + 0.5, 0, 1)
    shore = lakes + 0.9 * np.exp(-((in_valley / 0.9) ** 2)) - 2.35
    return np.maximum(river, np.clip(4 * shore, 0, 1)).astype(np.float32)


_MERIT = {
    "estates": -2.2,
    "terraces": -0.3,
    "industry": -1.2,
    "semis": 0.3,
    "leafy": 2.0,
    "parks": 0.8,
    "woods": 1.0,
    "farmland": 0.5,
    "centre": 0.9,
    "water": 0.8,
}
"""What land cover says of those who live there, 0 for nothing."""

_DESCRIPTIONS = {
    "LSOA21CD": "Code of an invented area",
    "IMD_decile": "Invented decile of deprivation, 1 is the most deprived",
    "Percent no qualifications 16 and over": "Residents aged 16 and over without any qualification, per cent",
    "Percent bad and very band health": "Residents in bad or very bad health, per cent",
    "Population density per km": "Residents per square kilometre",
    "Percent lone family household": "Households of one lone parent with children, per cent",
}

_N_LACKING = 12
"""Areas without a row in the socio-economic table: in life, too, two publishers never agree on all areas."""


def make_people(ground: Ground, areas: Areas, seed: int) -> pd.DataFrame:
    """Invent deprivation and a census.

    Parameters
    ----------
    ground : Ground
        The land.
    areas : Areas
        The areas.
    seed : int
        The sample's seed.

    Returns
    -------
    pandas.DataFrame
        ``IMD_decile`` and four census variables; a row an area.
    """
    grid = ground.landscape.grid

    def field(name: str, range_m: float) -> np.ndarray:
        return grid.read(gaussian_field(grid, range_m, stream(seed, name)), *areas.centres.T)

    score = society.wellbeing(
        areas.cover,
        _MERIT,
        [archetype.name for archetype in ARCHETYPES],
        0.7 * field("place near", 3500) + 0.3 * field("place far", 10_000),
        areas.borough,
        society.Mix(form=0.7, place=0.75, borough=0.3, chance=0.33),
        stream(seed, "wellbeing"),
    )
    hectares = shapely.area(areas.outlines) / 1e4
    table = society.census(score, field("schooling", 5000), hectares, stream(seed, "census"))
    table.insert(0, "IMD_decile", society.deciles(score))
    return table


def write(folder: Path, *, seed: int, size: str, progress: Callable[[str], None]) -> list[Path]:
    """Make London and write it.

    Parameters
    ----------
    folder : pathlib.Path
        Where to put the files.
    seed : int
        The sample's seed.
    size : str
        One of `SIZES`.
    progress : callable
        Called with a line of text before each step.

    Returns
    -------
    list of pathlib.Path
        The areas, the socio-economic table and its metadata, the tiles, their index.

    Raises
    ------
    ValueError
        If there is no such size.
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}; there are: {', '.join(SIZES)}")
    n_areas, pixel, tile_pixels = SIZES[size]
    progress("land cover")
    ground = make_ground(seed, pixel)
    progress("areas")
    areas = make_areas(ground, seed, n_areas, N_BOROUGHS)
    names = name_areas(areas.centres, areas.borough)
    order = names["LSOA21CD"].argsort().to_numpy()
    progress("people")
    table = _with_strangers(names["LSOA21CD"], make_people(ground, areas, seed), order, seed)
    written = write_table(table, folder / "london-socioeconomic.csv", _DESCRIPTIONS)

    root = folder / "alphaearth" / "v1" / "annual"
    tiles = write_mosaic(
        ground.landscape,
        BOUNDS,
        root,
        year=YEAR,
        place="london",
        seed=seed,
        resolution=pixel,
        tile_pixels=tile_pixels,
        progress=progress,
    )
    progress("means over areas")
    frame = gpd.GeoDataFrame(names, geometry=areas.outlines, crs=ground.landscape.grid.crs)
    frame = rounded(frame.assign(country="Sample").iloc[order].reset_index(drop=True))
    means = zonal_means(open_cube(root, tuple(frame.total_bounds), YEAR), frame)
    return [write_areas(frame.join(means), folder / "london-lsoa.geojson"), *written, *tiles]


def _with_strangers(codes: pd.Series, people: pd.DataFrame, order: np.ndarray, seed: int) -> pd.DataFrame:
    """The table as a publisher would give it out: for a wider region, and without a few of the areas."""
    rng = stream(seed, "strangers")
    table = pd.concat([codes, people], axis=1).iloc[order]
    lacking = rng.choice(len(table), min(_N_LACKING, len(table) // 10), replace=False)
    elsewhere = people.sample(len(people) // 4, replace=True, random_state=rng).reset_index(drop=True)
    elsewhere.insert(0, "LSOA21CD", [f"SYN{900_000 + number:06d}" for number in range(len(elsewhere))])
    return pd.concat([table.drop(index=table.index[lacking]), elsewhere], ignore_index=True)
