"""Means of 64 bands over 4,994 areas: all at once, beside clipping and averaging area by area."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rioxarray  # noqa: F401  registers ``.rio``
import shapely
import xarray as xr
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

from tests.benchmarks.harness import compare
from tools.embeddings import BANDS, N_BANDS
from tools.rasters import Grid, zonal_means

N_AREAS = 4_994  # London's
EXTENT = (670_000, 5_680_000, 728_000, 5_725_000)  # metres, about as large as London
PIXEL = 50


def run() -> list[dict[str, Any]]:
    """Measure and record the comparison."""
    cube, areas = make_cube(), make_areas()
    return [
        compare(
            "zonal_vs_clip",
            lambda: zonal_means(cube, areas),
            lambda: area_by_area(cube, areas),
            sizes={"areas": N_AREAS, "bands": N_BANDS, "pixels": cube["y"].size * cube["x"].size},
            check=same,
            target=5,
            libraries=("exactextract", "rioxarray", "xarray", "numpy", "scipy"),
            note="from memory, weighted by exactextract's coverage; theirs clips by rioxarray's clip_box",
        )
    ]


def area_by_area(cube: xr.DataArray, areas: gpd.GeoDataFrame) -> np.ndarray:
    """Clip the cube to each area's box, find what share of each pixel lies inside, and average with it."""
    means = np.full((len(areas), N_BANDS), np.nan)
    for number in range(len(areas)):
        area = areas.iloc[[number]]
        part = cube.rio.clip_box(*area.total_bounds)
        pixels = NumPyRasterSource(np.ones(part.shape[1:]), *part.rio.bounds(), srs_wkt=area.crs.to_wkt())
        cover = exact_extract(pixels, area, ["cell_id", "coverage"], output="pandas")
        values = part.values.reshape(N_BANDS, -1)[:, cover["cell_id"][0]]
        weights = cover["coverage"][0] * np.isfinite(values)
        if weights.any():
            means[number] = np.nansum(values * weights, axis=1) / weights.sum(axis=1)
    return means


def make_cube() -> xr.DataArray:
    """Noise in the range of embeddings, with a corner of missing pixels."""
    grid = Grid.covering(EXTENT, "EPSG:32630", PIXEL)
    values = np.random.default_rng(0).uniform(-0.4, 0.4, (N_BANDS, *grid.shape)).astype(np.float32)
    values[:, :100, :100] = np.nan
    cube = xr.DataArray(values, {"band": list(BANDS), **grid.centres}, ("band", "y", "x"))
    return cube.rio.write_crs(grid.crs).rio.write_transform(grid.transform)


def make_areas() -> gpd.GeoDataFrame:
    """Cells around scattered points: like a city's areas they fill it, and cut pixels at any angle."""
    west, south, east, north = EXTENT
    seeds = np.random.default_rng(1).uniform((west, south), (east, north), (N_AREAS, 2))
    frame = shapely.box(*EXTENT)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=frame))
    return gpd.GeoDataFrame(geometry=shapely.intersection(cells, frame), crs="EPSG:32630")


def same(ours: pd.DataFrame, theirs: np.ndarray) -> None:
    """Equal to 1e-5, and missing alike."""
    np.testing.assert_allclose(ours.to_numpy(), theirs, rtol=0, atol=1e-5)
