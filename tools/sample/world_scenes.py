"""Sentinel-2 over a few cities of the invented world: four overpasses each, with clouds and their shadows.

Over one tile of one city a cloud stands whenever the satellite passes, so that no composite of it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import ceil, floor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from rasterio.warp import transform_bounds
from scipy import ndimage

from tools.sample.fields import Grid, gaussian_field, stream
from tools.sample.stac import Overpass, write_overpasses
from tools.sample.world_ground import BANDS, PIXEL, green_share, ground, reflectance
from tools.tiling import TILE_METRES

CITIES = {"Near Tokyo": "54SUE", "Near Los Angeles": "11SLT", "Near Dar es Salaam": "37MEN"}
"""Over which cities there are scenes, and the names of Sentinel-2's own tiles there."""

DAYS = {"2024-06-08": 0.03, "2024-07-13": 0.12, "2024-08-17": 0.28, "2024-09-16": 0.50}
"""When the satellite passed, and what share of the scene clouds covered."""

CLOUDED = ("Near Dar es Salaam", 0, 1)
"""The tile that is never seen whole: its city, and its row and column among the four that scenes cover."""

_COARSE = {"B05": 2, "B06": 2, "B07": 2, "B8A": 2, "B11": 2, "B12": 2, "SCL": 2, "B01": 6, "B09": 6}
_STEP = 60.0  # metres: pixels of every band begin at multiples of it
_MARGIN = 150.0
_CLOUD = np.array([0.55, 0.54, 0.53, 0.54, 0.55, 0.56, 0.57, 0.57, 0.57, 0.57, 0.42, 0.33], np.float32)
_SHADE = np.array([0.64, 0.62, 0.58, 0.54, 0.52, 0.50, 0.49, 0.48, 0.48, 0.48, 0.46, 0.46], np.float32)
"""What a shadow leaves of the light: more of the blue, which the sky gives."""


def seen_tiles(tiles: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the tiles of which there is imagery: the middle four of each of `CITIES`.

    Parameters
    ----------
    tiles : geopandas.GeoDataFrame
        The world's tiles.

    Returns
    -------
    geopandas.GeoDataFrame
        Some of its rows.
    """
    here = tiles[tiles["city"].isin(CITIES)]
    blocks = here.groupby("city_id")[["row", "col"]].transform("max")
    first = (blocks - 1) // 2
    inside = [here[name].sub(first[name]).between(0, 1) for name in ("row", "col")]
    return here[inside[0] & inside[1]]


def write_scenes(
    tiles: gpd.GeoDataFrame, folder: Path, *, seed: int, progress: Callable[[str], None]
) -> list[Path]:
    """Write all scenes and the catalogue that lists them.

    Parameters
    ----------
    tiles : geopandas.GeoDataFrame
        The tiles to cover, see `seen_tiles`.
    folder : pathlib.Path
        Where ``catalog.json`` goes.
    seed : int
        The sample's seed.
    progress : callable
        Called with a line of text before each city.

    Returns
    -------
    list of pathlib.Path
        All files, ``catalog.json`` first.
    """
    scenes = _overpasses(tiles, seed, progress)
    remark = "{} m, as Sentinel-2's"
    return write_overpasses(folder, scenes, place="a few cities of an invented world", remark=remark)


def _overpasses(tiles: gpd.GeoDataFrame, seed: int, progress: Callable[[str], None]) -> Iterator[Overpass]:
    for _, block in tiles.groupby("city_id", sort=False):
        city = block.iloc[0]
        progress(f"scenes of {city['city'].lower()}")
        window = _Window.around(block)
        shares = ground(city["city_id"], city["continent"], window.west, window.north, window.shape, seed)
        field = gaussian_field(window.grid, 350, stream(seed, f"light {city['city_id']}"), 0.5)
        light = np.exp(np.float32(0.10) * field)
        bounds = (window.west, window.south, window.east, window.north)
        bbox = transform_bounds(window.crs, "EPSG:4326", *bounds)
        for day, cloud in DAYS.items():
            bands, cloud_cover = _see(window, shares, light, day, cloud, city, seed)
            yield Overpass(
                name=f"SYNTHETIC_{CITIES[city['city']]}_{day.replace('-', '')}_0_L2A",
                moment=datetime.fromisoformat(f"{day}T10:30:00").replace(tzinfo=UTC),
                bbox=tuple(round(side, 6) for side in bbox),
                crs=window.crs,
                mgrs=CITIES[city["city"]],
                cloud_cover=cloud_cover,
                bands=bands,
                transforms={name: window.transform @ Affine.scale(_COARSE.get(name, 1)) for name in bands},
            )


@dataclass(frozen=True)
class _Window:
    """What a scene covers: edges in metres of its zone, and the tile over which a cloud may stand."""

    west: float
    south: float
    east: float
    north: float
    crs: str
    clouded: tuple[float, float] | None

    @classmethod
    def around(cls, block: gpd.GeoDataFrame) -> _Window:
        left, top = block["left"].min(), block["top"].max()
        right, bottom = block["left"].max() + TILE_METRES, block["top"].min() - TILE_METRES
        city, row, col = CLOUDED
        stands = block["city"].iloc[0] == city
        middle = (left + (col + 0.5) * TILE_METRES, top - (row + 0.5) * TILE_METRES)
        return cls(
            floor((left - _MARGIN) / _STEP) * _STEP,
            floor((bottom - _MARGIN) / _STEP) * _STEP,
            ceil((right + _MARGIN) / _STEP) * _STEP,
            ceil((top + _MARGIN) / _STEP) * _STEP,
            f"EPSG:{block['utm_epsg'].iloc[0]}",
            middle if stands else None,
        )

    @property
    def shape(self) -> tuple[int, int]:
        return round((self.north - self.south) / PIXEL), round((self.east - self.west) / PIXEL)

    @property
    def transform(self) -> Affine:
        return Affine(PIXEL, 0, self.west, 0, -PIXEL, self.north)

    @property
    def grid(self) -> Grid:
        return Grid(self.west, self.north, PIXEL, *self.shape, self.crs)


def _see(
    window: _Window,
    shares: np.ndarray,
    light: np.ndarray,
    day: str,
    cloud: float,
    city: pd.Series,
    seed: int,
) -> tuple[dict[str, np.ndarray], float]:
    """Bands of a scene by name, and its cloud cover in per cent."""
    leaf = _leaf(day, city["lat"])
    image = light * reflectance(shares, leaf)
    opacity, flagged, cast = _sky(window, day, cloud, city["city"], seed)
    image *= 1 - 0.8 * cast * (1 - _SHADE[:, None, None])
    image += opacity * (_CLOUD[:, None, None] - image)
    rng = stream(seed, "sensor", city["city"], day)
    image *= 1 + 0.01 * rng.standard_normal(image.shape, dtype=np.float32)
    bands = {}
    for name, band in zip(BANDS, image, strict=True):
        numbers = np.rint(10_000 * _coarser(band, _COARSE.get(name, 1)))
        bands[name] = np.clip(numbers, 1, 16_000).astype(np.uint16)
    green = _coarser(green_share(shares), 2)
    scl = np.where(green * (0.4 + 0.6 * leaf) > 0.4, 4, 5)
    scl[_coarser(shares[-1], 2) > 0.5] = 6
    for value, where in flagged.items():
        scl[_coarser(where.astype(np.float32), 2) >= 0.5] = value
    bands["SCL"] = scl.astype(np.uint8)
    return bands, 100 * float(np.isin(scl, (8, 9)).mean())


def _sky(
    window: _Window, day: str, cloud: float, city: str, seed: int
) -> tuple[np.ndarray, dict[int, np.ndarray], np.ndarray]:
    """Opacity of clouds, what is flagged (SCL value → where), and how deep their shadows are."""
    grid = window.grid
    field = gaussian_field(grid, 1500, stream(seed, "weather", city, day), 1.5)
    above = field - np.quantile(field, 1 - cloud)
    if window.clouded:
        x, y = window.clouded
        away = np.hypot(*np.meshgrid(grid.x - x, grid.y - y)) / 700
        above = np.maximum(above, 2 * (1 - away) + 0.25 * field)
    opacity = np.clip(0.5 + above / 0.12, 0, 1).astype(np.float32)
    # The sun stands in the south-east by east, clouds at about a kilometre.
    cast = ndimage.shift(opacity, (-400 / PIXEL, -500 / PIXEL), order=1, mode="nearest")
    flagged = {3: (cast > 0.35) & (above <= 0), 8: (above > 0) & (above <= 0.25), 9: above > 0.25}
    return opacity, flagged, cast


def _leaf(day: str, lat: float) -> float:
    """How green plants are, 0 to 1: by the season, which near the equator is always the same."""
    number = date.fromisoformat(day).timetuple().tm_yday
    warmth = np.cos(2 * np.pi * (number - 200) / 365) * np.clip(lat / 40, -1, 1)
    return float(np.clip(0.7 + 0.5 * warmth, 0, 1))


def _coarser(image: np.ndarray, times: int) -> np.ndarray:
    """Means of blocks of pixels."""
    height, width = image.shape
    return image.reshape(height // times, times, width // times, times).mean(axis=(1, 3))
