"""Berlin, invented: rivers, forests and rings of building roughly where they are, and eight years of them.

Lines and middles are drawn by hand to look like the place; everything within them is drawn by lot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pyproj import Transformer

from tools.alphaearth.layout import write_index
from tools.sample.berlin_events import EVENTS, Planted
from tools.sample.berlin_scenes import Sensor
from tools.sample.berlin_stac import write_catalogue
from tools.sample.fields import Grid, distance_to, gaussian_field, local_crs, smooth_line, stream
from tools.sample.landscape import Archetype, Landscape, make_textures, mix
from tools.sample.writing import rounded, write_areas, write_mosaic

BOUNDS = (13.08, 52.33, 13.76, 52.68)
CENTRE = (13.40, 52.515)
AROUND = (13.06, 52.318, 13.78, 52.692)
"""What is written: a rectangle in UTM around the bounds reaches beyond them."""
YEARS = tuple(range(2017, 2025))
SIZES = {"class": (100.0, 256), "small": (300.0, 160)}
"""Pixel in metres, of embeddings and of scenes; tile in pixels."""

ARCHETYPES = (
    Archetype("water", {"common": 0.25, "water": 1.0}),
    Archetype("airfield", {"common": 0.5, "grass": 0.7, "paved": 0.5}, people=0.1),
    Archetype("blocks", {"common": 0.65, "built": 0.6, "old": 0.6, "tall": 0.25}, people=140),
    Archetype(
        "estates", {"common": 0.65, "built": 0.4, "tall": 0.5, "grass": 0.35, "paved": 0.25}, people=110
    ),
    Archetype("houses", {"common": 0.7, "built": 0.3, "gardens": 0.6}, people=40),
    Archetype("leafy", {"common": 0.65, "built": 0.1, "gardens": 0.5, "trees": 0.5}, people=22),
    Archetype("parks", {"common": 0.5, "grass": 0.85, "trees": 0.2}, people=1.0),
    Archetype("woods", {"common": 0.5, "trees": 0.95}, people=0.1),
    Archetype("farmland", {"common": 0.5, "crops": 0.85, "grass": 0.3}, people=0.4),
    Archetype("industry", {"common": 0.55, "roofs": 0.85, "paved": 0.35, "built": 0.15}, people=4),
)
_SHARES = {
    "blocks": 6.5,
    "estates": 7,
    "houses": 22,
    "leafy": 8,
    "parks": 8,
    "woods": 23,
    "farmland": 18,
    "industry": 7.5,
}

_SPREE = (
    (13.780, 52.415), (13.735, 52.426), (13.690, 52.430), (13.652, 52.437), (13.605, 52.451),
    (13.575, 52.446), (13.545, 52.456), (13.520, 52.466), (13.495, 52.479), (13.470, 52.490),
    (13.450, 52.499), (13.425, 52.512), (13.400, 52.519), (13.376, 52.524), (13.356, 52.518),
    (13.335, 52.517), (13.310, 52.526), (13.280, 52.529), (13.245, 52.532), (13.208, 52.535),
)  # fmt: skip
_HAVEL = (
    (13.190, 52.700), (13.208, 52.665), (13.205, 52.635), (13.222, 52.610), (13.224, 52.588),
    (13.212, 52.560), (13.206, 52.535), (13.197, 52.510), (13.189, 52.490), (13.186, 52.470),
    (13.174, 52.450), (13.150, 52.430), (13.115, 52.415), (13.085, 52.404), (13.050, 52.394),
)  # fmt: skip
_DAHME = (
    (13.575, 52.446), (13.586, 52.425), (13.602, 52.405), (13.630, 52.385), (13.652, 52.360),
    (13.680, 52.335), (13.695, 52.310),
)  # fmt: skip
_RIVERS = ((_SPREE, 0.06, 0.06), (_HAVEL, 0.09, 0.42), (_DAHME, 0.10, 0.24))
"""Where they run, and half their width at the beginning and the end, kilometres."""

_LAKES = (
    (13.650, 52.436, 2.10, 1.20), (13.254, 52.576, 0.65, 1.60), (13.165, 52.428, 0.60, 1.10),
    (13.645, 52.362, 0.40, 1.30), (13.215, 52.445, 0.90, 0.14),
)  # fmt: skip
_AIRFIELDS = ((13.289, 52.5585, 1.9, 0.85), (13.402, 52.4735, 1.25, 0.85), (13.505, 52.3670, 2.6, 1.10))
_WOODS = (
    (13.232, 52.475, 2.3, 3.6), (13.245, 52.608, 2.4, 2.2), (13.165, 52.590, 2.0, 2.6),
    (13.120, 52.412, 2.6, 1.6), (13.655, 52.402, 4.2, 2.6), (13.610, 52.480, 2.2, 1.4),
    (13.300, 52.645, 2.6, 1.6),
)  # fmt: skip
_ESTATES = (
    (13.555, 52.548, 2.2, 3.0), (13.600, 52.540, 1.5, 2.0), (13.510, 52.562, 1.5, 1.8),
    (13.462, 52.428, 1.4, 1.1), (13.356, 52.600, 1.1, 1.1), (13.160, 52.535, 1.2, 1.5),
)  # fmt: skip
"""Middles (degrees) and half axes (kilometres)."""

_WEATHER = {"farmland": 2.6, "parks": 1.3, "water": 1.4, "airfield": 1.2}
"""How much more than elsewhere one year differs from the next: fields are sown anew."""

_STATIC = ((8, 150, 0.5, 0.12), (6, 500, 0.5, 0.06), (9, 8000, 1.5, 0.075))
_N_DRIFT = 6


@dataclass(frozen=True)
class Year:
    """One year of the place, as `tools.sample.writing.write_mosaic` looks at it.

    Parameters
    ----------
    landscape : Landscape
        With that year's weather in its textures.
    planted : Planted
        What changes.
    year : int
        Which year.
    pixel : float
        Side of the pixels that will be written, metres.
    patchiness : ndarray, shape (height, width)
        See `Planted.turn`.
    """

    landscape: Landscape
    planted: Planted
    year: int
    pixel: float
    patchiness: np.ndarray

    @property
    def grid(self) -> Grid:
        """The landscape's grid."""
        return self.landscape.grid

    def embed(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the embeddings at points: shape (n, 64), float32, unit length.

        Parameters
        ----------
        x, y : ndarray, shape (n,)
            Points in the grid's CRS, metres.
        rng : numpy.random.Generator
            For what is different in every pixel and year.

        Returns
        -------
        ndarray, shape (n, 64), float32
        """
        vectors = self.landscape.embed(x, y, rng)
        return self.planted.turn(vectors, self.year, x, y, self.pixel, self.grid.read(self.patchiness, x, y))


def make_land(seed: int, resolution: float) -> Landscape:
    """Invent the land, as it is in no year in particular.

    Parameters
    ----------
    seed : int
        The sample's seed.
    resolution : float
        Pixel size of the fields, metres.

    Returns
    -------
    Landscape
        Its noise is what differs between two years in every pixel.
    """
    grid = Grid.around(AROUND, resolution, local_crs(*CENTRE), margin=1500)
    textures = make_textures(grid, seed, _STATIC)
    return Landscape(grid, ARCHETYPES, _cover(grid, seed), textures, noise=0.0168)


def make_years(land: Landscape, seed: int) -> dict[int, Landscape]:
    """Let years pass over the land: weather that comes and goes, and a drift that adds up.

    Unchanged pixels have a cosine of about 0.976 from one year to the next and 0.965 over seven years.

    Parameters
    ----------
    land : Landscape
        As `make_land` returns it.
    seed : int
        The sample's seed.

    Returns
    -------
    dict of int to Landscape
        One for each of `YEARS`.
    """
    grid = land.grid
    factor = 1 + sum((_WEATHER[name] - 1) * land.share(name) for name in _WEATHER)
    made, drift = {}, np.zeros((_N_DRIFT, *grid.shape), np.float32)
    for year in YEARS:
        textures = land.textures.copy()
        for number in range(4):
            field = gaussian_field(grid, 1200, stream(seed, f"weather {year} {number}"))
            textures[number] += np.float32(0.030) * factor * field
        if made:
            steps = [
                gaussian_field(grid, 600, stream(seed, f"drift {year} {number}"))
                for number in range(_N_DRIFT)
            ]
            drift += np.float32(0.026) * np.stack(steps)
        textures[8 : 8 + _N_DRIFT] += drift
        made[year] = replace(land, textures=textures)
    return made


def plant(land: Landscape, seed: int) -> Planted:
    """Return the planted changes of this land.

    Parameters
    ----------
    land : Landscape
        Where.
    seed : int
        The sample's seed.

    Returns
    -------
    Planted
    """
    return Planted(EVENTS, land.grid.crs, seed)


def _cover(grid: Grid, seed: int) -> np.ndarray:
    xx, yy = (a.astype(np.float32) / 1000 for a in np.meshgrid(grid.x, grid.y))
    r = np.hypot(xx, 1.2 * yy)
    to_metres = Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True)

    def patches(name: str, range_m: float) -> np.ndarray:
        return gaussian_field(grid, range_m, stream(seed, name))

    def within(ellipses: tuple, edge: float = 1.0) -> np.ndarray:
        """About 1 within the ellipses, falling to 0 outside over `edge` of their half axes."""
        distance = np.full(grid.shape, np.inf, np.float32)
        for lon, lat, half_x, half_y in ellipses:
            x, y = (metres / 1000 for metres in to_metres.transform(lon, lat))
            distance = np.minimum(distance, np.hypot((xx - x) / half_x, (yy - y) / half_y))
        return np.clip((1 - distance) / edge + 0.5, 0, 1)

    rivers = []
    for points, first, last in _RIVERS:
        line = smooth_line(np.column_stack(to_metres.transform(*np.array(points).T)), 10)
        half = np.interp(
            yy if points is _HAVEL else -yy, *_widths(line, first, last, falling=points is _HAVEL)
        )
        rivers.append((half - distance_to(grid, line) / 1000) / (grid.resolution / 1000) + 0.5)
    water = np.clip(np.maximum(np.max(rivers, axis=0), within(_LAKES, 0.1)), 0, 1)
    water = np.maximum(water, np.clip(4 * (patches("ponds", 700) - 2.75), 0, 1))

    inner = patches("rings", 5000) * 1.4
    scores = {
        "blocks": 2.4 * np.exp(-(((r + inner) / 6.5) ** 2)) + 0.5 * patches("blocks", 1200),
        "estates": 1.6 * within(_ESTATES, 0.6) + 0.7 * patches("estates", 1400),
        "houses": 1.3 * np.exp(-(((r - 12 + inner) / 5.5) ** 2)) + 0.7 * patches("houses", 2500),
        "leafy": 1.0 * np.exp(-(((r - 11 + inner) / 6) ** 2)) * (xx < 0) + 0.8 * patches("leafy", 2000),
        "parks": 0.4 + 1.0 * patches("parks", 1100),
        "woods": 1.7 * within(_WOODS, 0.5) + np.clip(0.05 * (r - 10), -1, 1) + 0.9 * patches("woods", 3500),
        "farmland": np.clip(0.14 * (r - 16), -2, 1.5) + 0.8 * patches("farmland", 3500),
        "industry": 0.4 * np.exp(-(((r - 8) / 5) ** 2)) + 1.0 * patches("industry", 1000),
    }
    land = mix(np.stack([scores[name] for name in _SHARES]), list(_SHARES.values()), 6.0)
    airfields = within(_AIRFIELDS, 0.15) * (1 - water)
    rest = (1 - water - airfields)[None] * land
    return np.concatenate([water[None], airfields[None], rest]).astype(np.float32)


def _widths(line: np.ndarray, first: float, last: float, *, falling: bool) -> tuple[np.ndarray, np.ndarray]:
    """Where along north and south a river has which half width, for `numpy.interp`."""
    ends = np.array([line[0, 1], line[-1, 1]]) / 1000
    ends, widths = (ends if falling else -ends), np.array([first, last])
    order = np.argsort(ends)
    return ends[order], widths[order]


def write(folder: Path, *, seed: int, size: str, progress: Callable[[str], None]) -> list[Path]:
    """Make Berlin and write it.

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
        The truth, the tiles of all years, their index, the scenes and their catalogue.

    Raises
    ------
    ValueError
        If there is no such size.
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}; there are: {', '.join(SIZES)}")
    pixel, tile_pixels = SIZES[size]
    progress("land cover")
    land = make_land(seed, pixel)
    planted = plant(land, seed)
    truth = write_areas(rounded(planted.truth()), folder / "berlin-truth.geojson")

    patchiness = 0.2 * gaussian_field(land.grid, 150, stream(seed, "patchiness"))
    root, tiles = folder / "alphaearth" / "v1" / "annual", []
    for year, landscape in make_years(land, seed).items():
        *written, _ = write_mosaic(
            Year(landscape, planted, year, pixel, patchiness),
            AROUND,
            root,
            year=year,
            place="berlin",
            seed=seed,
            resolution=pixel,
            tile_pixels=tile_pixels,
            progress=progress,
        )
        tiles += written
    index = write_index(root, tiles)
    sensor = Sensor.over(BOUNDS, land, planted, pixel, seed)
    scenes = write_catalogue(sensor, folder / "sentinel-2", progress=progress)
    return [truth, *tiles, index, *scenes]
