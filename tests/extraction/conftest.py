"""A town of known pixels, laid out as the mirror of the course's own catalogue has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import Transformer
from shapely import Polygon

from tools.alphaearth.layout import tile_path, write_index, write_tile
from tools.embeddings import N_BANDS, NODATA, dequantise, quantise, unit

YEAR, DATA = 2024, "liverpool-alphaearth"
CRS, PIXEL, SIDE, TILES = "EPSG:32630", 20, 64, (3, 4)
WEST, NORTH = 500_000, 5_920_000
BARE_ROWS = 10  # the northernmost rows hold no data


@dataclass(frozen=True)
class Town:
    """Tiles on a mirror, and what is in them."""

    mirror: Path
    stored: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of all tiles together."""
        return self.stored.shape[1:]

    @property
    def region(self) -> gpd.GeoDataFrame:
        """Most of the town, its edges oblique to the pixels, reaching into the rows without data."""
        corners = [(0.1, 0.02), (0.95, 0.1), (0.9, 0.9), (0.05, 0.95)]
        height, width = self.shape
        ring = [(WEST + x * width * PIXEL, NORTH - y * height * PIXEL) for x, y in corners]
        return gpd.GeoDataFrame({"name": ["town"]}, geometry=[Polygon(ring)], crs=CRS)

    def points(self, n: int, seed: int = 0) -> gpd.GeoDataFrame:
        """Buildings anywhere in the town, no two in one place, in degrees."""
        height, width = self.shape
        place = np.random.default_rng(seed).uniform((0, 0), (width, height), (n, 2))
        x, y = WEST + place[:, 0] * PIXEL, NORTH - place[:, 1] * PIXEL
        lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
        names = [f"osgb{number:09d}" for number in range(n)]
        return gpd.GeoDataFrame({"TOID": names}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")

    def at(self, points: gpd.GeoDataFrame) -> np.ndarray:
        """Look vectors up by nothing but arithmetic: NaN outside and on no data."""
        places = points.geometry.to_crs(CRS)
        column = np.floor((places.x.to_numpy() - WEST) / PIXEL)
        row = np.floor((NORTH - places.y.to_numpy()) / PIXEL)
        height, width = self.shape
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        found = np.full((len(points), N_BANDS), NODATA, np.int8)
        found[inside] = self.stored[:, row[inside].astype(int), column[inside].astype(int)].T
        return dequantise(found)


def kinds_of_land(shape: tuple[int, int], n_kinds: int, seed: int) -> np.ndarray:
    """Which of a few kinds of land each pixel is, in patches of 16 by 16."""
    patches = np.random.default_rng(seed).integers(0, n_kinds, (shape[0] // 16, shape[1] // 16))
    return patches.repeat(16, axis=0).repeat(16, axis=1)


@pytest.fixture(scope="session")
def town(tmp_path_factory) -> Town:
    """Twelve tiles of one block each, of five kinds of land with grain."""
    mirror = tmp_path_factory.mktemp("mirror")
    height, width = TILES[0] * SIDE, TILES[1] * SIDE
    random = np.random.default_rng(1)
    kinds = unit(random.normal(size=(5, N_BANDS)))
    vectors = kinds[kinds_of_land((height, width), 5, seed=2)] + random.normal(
        0, 0.03, (height, width, N_BANDS)
    )
    stored = np.moveaxis(quantise(unit(vectors)), -1, 0)
    stored[:, :BARE_ROWS] = NODATA
    root, paths = mirror / DATA, []
    for down in range(TILES[0]):
        for right in range(TILES[1]):
            part = stored[:, down * SIDE : (down + 1) * SIDE, right * SIDE : (right + 1) * SIDE]
            place = Affine(PIXEL, 0, WEST + right * SIDE * PIXEL, 0, -PIXEL, NORTH - down * SIDE * PIXEL)
            path = root / tile_path(YEAR, "30N", f"town{down}{right}")
            paths.append(write_tile(path, part, crs=CRS, transform=place))
    write_index(root, paths)
    return Town(mirror, stored)


@pytest.fixture
def open_town(town, own_cache, monkeypatch) -> Town:
    """The town as what the origin `open` gives, and an empty cache."""
    monkeypatch.setenv("COURSE_MIRROR", str(town.mirror))
    monkeypatch.setenv("COURSE_ORIGIN", "open")
    return town
