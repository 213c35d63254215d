"""Walker Lake, invented: a desert basin between two ranges, seen by Landsat 5 in 1988 and Landsat 8 in 2017.

The files bear the names of the published ones and hold what those hold: surface reflectance times 10,000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from affine import Affine
from rasterio.windows import Window

from tools.sample.fields import Grid, distance_to, gaussian_field, smooth_line, stream
from tools.sample.walker_lake import CENTRE, CRS, Waters, cover, shallowness
from tools.sample.walker_scenes import MATERIALS, SCENES, Scene
from tools.sample.writing import NOTICE, rounded, write_areas

NODATA = -9999


@dataclass(frozen=True)
class Size:
    """How large the scenes are.

    Parameters
    ----------
    west, north : float
        Their upper left corner, metres.
    pixel : float
        Side of a pixel, metres.
    n : int
        Rows, and columns.
    field : float
        Pixel of the land's fields, metres.
    edge : float
        How far from the lake the swath ends to the east and west, metres.
    """

    west: float
    north: float
    pixel: float
    n: int
    field: float
    edge: float


SIZES = {
    "class": Size(332_325.0, 4_309_275.0, 150.0, 300, 150.0, 21_000.0),
    "full": Size(247_325.0, 4_389_275.0, 30.0, 7_000, 300.0, 88_000.0),
    "small": Size(332_325.0, 4_309_275.0, 450.0, 100, 450.0, 21_000.0),
}
_ROWS = 512
_TILT = 0.18
_RIVER = (
    (0, 9_500),
    (-900, 13_000),
    (600, 17_000),
    (-700, 22_000),
    (900, 28_000),
    (-2_000, 60_000),
    (0, 110_000),
)
_CLOUD = (10_200.0, 9_000.0, 2_200.0, 1_600.0)
"""Middle, metres from the lake's, and half axes."""
_SHADOW_AT = (-1_900.0, 1_500.0)


@dataclass(frozen=True)
class Land:
    """The land around the lake, as fields.

    Parameters
    ----------
    grid : Grid
        Where.
    fields : dict of str to ndarray, shape (height, width)
        Shares of ``rock``, ``playa`` and ``vegetation``; ``light`` on the slopes; ``grain`` of the ground;
        ``vigour`` of plants in 2017 against 1988; ``haze``; ``ragged`` edges of clouds; ``sky``.
    """

    grid: Grid
    fields: dict[str, np.ndarray]


def make_land(grid: Grid, seed: int) -> Land:
    """Invent the land.

    Parameters
    ----------
    grid : Grid
        In metres of `tools.sample.walker_lake.CRS`.
    seed : int
        The sample's seed.

    Returns
    -------
    Land
    """

    def field(name: str, range_m: float, smoothness: float = 1.0) -> np.ndarray:
        return gaussian_field(grid, range_m, stream(seed, "walker", name), smoothness)

    x, y = grid.x[None, :] - CENTRE[0], grid.y[:, None] - CENTRE[1]
    # Ranges run north and south beside the lake, and again every 28 km, as they do in the Great Basin.
    across = np.abs((x + 0.12 * y + 14_000) % 28_000 - 14_000)
    mountain = _step(across + 1_500 * field("front", 4_000), 7_500, 11_000)
    height = field("height", 4_500, 1.5)
    slope = np.gradient(height, axis=1) + 0.5 * np.gradient(height, axis=0)
    light = 1 - 0.15 * mountain * slope / slope.std()

    line = smooth_line(np.array(_RIVER) + CENTRE, grid.resolution / 2)
    from_river = distance_to(grid, line)
    fields_near = _step(field("irrigated", 700), 0.2, 0.7) * _step(-from_river, -2_600, -1_400)
    strip = 0.8 * _step(-from_river, -grid.resolution, 0)
    pines = 0.55 * mountain * _step(field("pines", 1_500), 0.3, 1.6)
    vegetation = np.clip(np.maximum(fields_near, strip) * (1 - mountain) + pines, 0, 0.95)
    playa = _step(field("playa", 2_600), 1.1, 1.6) * (1 - mountain) * (1 - vegetation)
    rock = mountain * _step(field("rock", 2_000), -1.0, 1.0) * (1 - vegetation)
    return Land(
        grid,
        {
            "vegetation": vegetation,
            "playa": playa,
            "rock": rock,
            "light": np.clip(light, 0.55, 1.35),
            "grain": 1 + 0.05 * field("grain", 500, 0.5) + 0.08 * field("soils", 5_000),
            "vigour": 0.15 * field("vigour", 900),
            "haze": np.clip(0.5 + 0.25 * field("haze", 12_000, 2.0), 0, 1.2),
            "ragged": field("ragged", 900),
            "sky": field("sky", 5_000),
        },
    )


def write(folder: Path, *, seed: int, size: str, progress: Callable[[str], None]) -> list[Path]:
    """Make both scenes and the truth, and write them.

    Parameters
    ----------
    folder : pathlib.Path
        Where to put the files.
    seed : int
        The sample's seed.
    size : str
        One of `SIZES`; ``"full"`` is a whole scene of 30 m, 7,000 × 7,000 pixels.
    progress : callable
        Called with a line of text before each step.

    Returns
    -------
    list of pathlib.Path
        The truth, then the bands.

    Raises
    ------
    ValueError
        If there is no such size.
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}; there are: {', '.join(SIZES)}")
    wanted = SIZES[size]
    progress("land and lake")
    metric = pyproj.CRS(CRS)
    grid = Grid(wanted.west, wanted.north, wanted.pixel, wanted.n, wanted.n, metric)
    count = int(np.ceil(wanted.n * wanted.pixel / wanted.field))
    land = make_land(Grid(wanted.west, wanted.north, wanted.field, count, count, metric), seed)
    waters = Waters.made(seed)
    paths = [write_areas(rounded(waters.truth()), folder / "walker-truth.geojson")]
    for scene in SCENES:
        progress(f"{scene.sensor} of {scene.year}")
        paths += _write_scene(folder, scene, land, waters, grid, wanted.edge, seed)
    return paths


def _write_scene(
    folder: Path, scene: Scene, land: Land, waters: Waters, grid: Grid, edge: float, seed: int
) -> list[Path]:
    water = waters.of(scene.year)
    wet = {"water": cover(water, grid)}
    wet["shallow"] = shallowness(water, wet["water"], grid)
    # The shore is mud, and so is what was lake before; it whitens away from the water.
    wet["bared"] = cover(waters.before.buffer(100), grid)
    profile = {
        "driver": "GTiff",
        "dtype": "int16",
        "count": 1,
        "height": grid.height,
        "width": grid.width,
        "crs": CRS,
        "transform": Affine(grid.resolution, 0, grid.west, 0, -grid.resolution, grid.north),
        "nodata": NODATA,
        "compress": "deflate",
        "predictor": 2,
        **({"tiled": True, "blockxsize": _ROWS, "blockysize": _ROWS} if grid.width > _ROWS else {}),
    }
    (folder / "landsat").mkdir(parents=True, exist_ok=True)
    paths = [folder / "landsat" / scene.file_name(band) for band in scene.spectra]
    files = [rasterio.open(path, "w", **profile) for path in paths]
    try:
        for file in files:
            file.update_tags(SYNTHETIC=NOTICE, TIFFTAG_IMAGEDESCRIPTION=NOTICE)
        for rows in _strips(grid.height):
            part = Grid(
                grid.west,
                grid.north - rows.start * grid.resolution,
                grid.resolution,
                rows.stop - rows.start,
                grid.width,
                grid.crs,
            )
            rng = stream(seed, "walker pixels", scene.sensor, str(rows.start))
            values = _look(scene, land, part, {name: field[rows] for name, field in wet.items()}, edge, rng)
            window = Window(0, rows.start, grid.width, part.height)
            for file, band in zip(files, values, strict=True):
                file.write(band, 1, window=window)
    finally:
        for file in files:
            file.close()
    return paths


def _look(
    scene: Scene, land: Land, grid: Grid, wet: dict[str, np.ndarray], edge: float, rng: np.random.Generator
) -> np.ndarray:
    """What the sensor sees of some rows: int16, shape (bands, height, width)."""
    field = {name: _stretched(values, land.grid, grid) for name, values in land.fields.items()}
    x = np.float32(grid.x - CENTRE[0])[None, :]
    y = np.float32(grid.y - CENTRE[1])[:, None]

    bared = wet["bared"]
    share = dict.fromkeys(MATERIALS, 0.0)
    share["vegetation"] = field["vegetation"] * np.clip(scene.vigour + field["vigour"], 0, 1) * (1 - bared)
    share["playa"] = np.where(bared > 0, bared * _step(field["ragged"], -1.2, 1.6), field["playa"])
    share["mud"] = bared - np.where(bared > 0, share["playa"], 0)
    share["rock"] = field["rock"] * (1 - bared)
    share["desert"] = 1 - sum(share.values())
    light = field["light"] * field["grain"] * (1 + 0.02 * rng.standard_normal(grid.shape, np.float32))
    cloud, shadow = _sky(scene, field, x, y, edge)

    values = np.empty((len(scene.spectra), *grid.shape), np.int16)
    seen = np.abs(x - _TILT * y + scene.drift) < edge
    for number, colour in enumerate(scene.colours()):
        ground = light * sum(share[name] * colour[name] for name in MATERIALS if name in share)
        lake = colour["water"] + wet["shallow"] * (colour["shallow"] - colour["water"])
        surface = ground * (1 - wet["water"]) + lake * wet["water"]
        surface = surface * (1 - 0.28 * shadow) + scene.haze * field["haze"] * colour["haze"]
        surface += cloud * (colour["cloud"] - surface)
        surface += scene.noise * rng.standard_normal(grid.shape, np.float32)
        stored = np.round(surface / scene.step) * scene.step * 10_000
        values[number] = np.where(seen, np.clip(np.round(stored), 1, 16_000), NODATA)
    return values


def _sky(scene: Scene, field: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, edge: float) -> tuple:
    """How much of every pixel a cloud covers, and its shadow; none of either near the lake."""
    if not scene.cloudy:
        return np.float32(0), np.float32(0)
    far = _step(np.hypot(x, y), 26_000, 30_000)

    def cover_at(dx: float, dy: float) -> np.ndarray:
        middle_x, middle_y, half_x, half_y = _CLOUD
        distance = np.hypot((x - middle_x - dx) / half_x, (y - middle_y - dy) / half_y)
        return _step(1 - distance + 0.12 * field["ragged"], 0.0, 0.25)

    others = far * _step(field["sky"] + 0.2 * field["ragged"], 1.7, 2.0)
    cloud = np.maximum(cover_at(0, 0), others)
    return cloud, cover_at(*_SHADOW_AT) * (1 - cloud)


def _stretched(field: np.ndarray, source: Grid, target: Grid) -> np.ndarray:
    """A field on a grid of finer pixels, bilinearly, rows first: the axes are parallel, so this is quick."""

    def ends(places: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        places = np.clip(places, 0, count - 1)
        low = np.minimum(places.astype(np.intp), count - 2)
        return low, low + 1, (places - low).astype(np.float32)

    low, high, share = ends((source.north - target.y) / source.resolution - 0.5, source.height)
    rows = field[low] + share[:, None] * (field[high] - field[low])
    low, high, share = ends((target.x - source.west) / source.resolution - 0.5, source.width)
    left = rows[:, low]
    return left + share * (rows[:, high] - left)


def _step(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def _strips(height: int) -> Iterator[slice]:
    for start in range(0, height, _ROWS):
        yield slice(start, min(start + _ROWS, height))
