"""Two years of a place, in the bucket's layout: two tiles side by side, the eastern one missing in 2017."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from affine import Affine

from tools.alphaearth.layout import tile_path, write_index, write_tile
from tools.embeddings import NODATA

CRS, PIXEL = "EPSG:32633", 10.0
WEST, NORTH = 385_000.0, 5_820_000.0
FIRST, LAST = 2017, 2024


def noise(height: int, width: int, seed: int) -> np.ndarray:
    """Stored embeddings of no place in particular."""
    return np.random.default_rng(seed).integers(-127, 128, (64, height, width), dtype=np.int8)


def write_bucket(root: Path, side: int, *, east: bool = True) -> dict[tuple[int, str], np.ndarray]:
    """Write tiles of `side` pixels, a hole in each year, and return what is in them, north-up."""
    written, paths = {}, []
    for year in (FIRST, LAST):
        for column, name in enumerate(("west", "east") if east else ("west",)):
            if (year, name) == (FIRST, "east"):
                continue
            data = noise(side, side, seed=year + column)
            data[:, year % 5 : year % 5 + 3, 4:9] = NODATA
            place = Affine(PIXEL, 0, WEST + column * side * PIXEL, 0, -PIXEL, NORTH)
            path = root / tile_path(year, "33N", name)
            paths.append(write_tile(path, data, crs=CRS, transform=place))
            written[year, name] = data
    write_index(root, paths)
    return written


def bounds_of(side: int, *, columns: int = 1) -> tuple[float, float, float, float]:
    """The bounds of the western tile, or of both."""
    return WEST, NORTH - side * PIXEL, WEST + columns * side * PIXEL, NORTH
