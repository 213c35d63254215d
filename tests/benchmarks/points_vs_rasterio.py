"""Embeddings at 100,000 points: block by block, beside rasterio's ``sample``, which goes point by point."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from affine import Affine

from tests.benchmarks.harness import compare
from tools.alphaearth import sample_points
from tools.alphaearth.layout import tile_path, write_index, write_tile
from tools.embeddings import dequantise

N_POINTS = 100_000
SHAPE = (
    944,
    1200,
)  # as of the sample's London; its blocks fit GDAL's cache, to theirs' gain
WEST, SOUTH, PIXEL = 500_000, 5_700_000, 10


def run() -> list[dict[str, Any]]:
    """Measure and record the comparison."""
    with TemporaryDirectory() as folder:
        path = make_tile(Path(folder))
        row, column = np.random.default_rng(1).uniform((0, 0), SHAPE, (N_POINTS, 2)).T
        x, y = WEST + column * PIXEL, SOUTH + row * PIXEL
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs="EPSG:32630")

        def theirs() -> np.ndarray:
            with rasterio.open(path) as tile:
                return dequantise(np.array(list(tile.sample(zip(x, y, strict=True)))))

        return [
            compare(
                "points_vs_rasterio",
                lambda: sample_points(folder, points, 2024),
                theirs,
                sizes={"points": N_POINTS, "bands": 64, "pixels": SHAPE[0] * SHAPE[1]},
                check=same,
                target=50,
                libraries=("rasterio", "numpy", "dask"),
                note="one local tile in the bucket's layout; theirs is one call of DatasetReader.sample",
            )
        ]


def make_tile(root: Path) -> Path:
    """Write a tile of patches with grain, which compresses about as embeddings do."""
    random = np.random.default_rng(0)
    patches = random.integers(-60, 60, (64, SHAPE[0] // 16, SHAPE[1] // 16), dtype=np.int8)
    data = patches.repeat(16, axis=1).repeat(16, axis=2)
    data += random.integers(-4, 4, data.shape, dtype=np.int8)
    place = Affine(PIXEL, 0, WEST, 0, PIXEL, SOUTH)
    path = write_tile(root / tile_path(2024, "30N", "bench"), data, crs="EPSG:32630", transform=place)
    write_index(root, [path])
    return path


def same(ours: pd.DataFrame, theirs: np.ndarray) -> None:
    """Both are the very same values."""
    np.testing.assert_array_equal(ours.to_numpy(), theirs)
