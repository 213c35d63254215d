"""Which tiles there are: the bucket's index, asked for bounds and years."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from rasterio.crs import CRS
from rasterio.warp import transform_bounds
from shapely import box

from tools.rasters.grids import Bounds

SLACK = 0.01  # degrees: a tile's edges are straight in UTM, not in longitude and latitude


def find_tiles(
    index: gpd.GeoDataFrame, bounds: Bounds, years: list[int], bounds_crs: object = "EPSG:4326"
) -> gpd.GeoDataFrame:
    """Return the rows of an index whose tiles touch `bounds` in any of `years`.

    Parameters
    ----------
    index : geopandas.GeoDataFrame
        As `read_index` gives it.
    bounds : (west, south, east, north)
        In units of `bounds_crs`.
    years : list of int
        Each must have a tile there.
    bounds_crs : anything that rasterio takes for a CRS, optional
        Longitude and latitude where not given.

    Returns
    -------
    geopandas.GeoDataFrame

    Raises
    ------
    ValueError
        If the bounds are not bounds, if no tile touches them, or if one of the years has none there.

    Examples
    --------
    >>> find_tiles(None, (51.5, 0.2, 51.3, 0.1), [2024])
    Traceback (most recent call last):
        ...
    ValueError: bounds are (west, south, east, north), each pair rising; got (51.5, 0.2, 51.3, 0.1)
    """
    west, south, east, north = bounds
    if not (west < east and south < north):
        raise ValueError(f"bounds are (west, south, east, north), each pair rising; got {tuple(bounds)}")
    if not years:
        raise ValueError("name at least one year")
    crs = CRS.from_user_input(bounds_crs)
    if crs.is_geographic and not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise ValueError(f"{tuple(bounds)} are not degrees: name the bounds' own CRS as `bounds_crs`")

    here = _touching(index, bounds, crs)
    if here.empty:
        covered = ", ".join(f"{side:.2f}" for side in index.total_bounds)
        swapped = _touching(index, (south, west, north, east), crs) if max(map(abs, bounds)) <= 90 else here
        hint = "" if swapped.empty else "; are longitude and latitude swapped?"
        raise ValueError(f"no tile touches {tuple(bounds)}; the index covers degrees {covered}{hint}")
    for year in years:
        if year not in set(here["year"]):
            there = ", ".join(str(known) for known in sorted(set(here["year"])))
            raise ValueError(f"no tile for {year} within {tuple(bounds)}; the years there are: {there}")
    return here[here["year"].isin(years)]


def _touching(index: gpd.GeoDataFrame, bounds: Bounds, crs: CRS) -> gpd.GeoDataFrame:
    west, south, east, north = transform_bounds(crs, "EPSG:4326", *bounds)
    around = box(west - SLACK, south - SLACK, east + SLACK, north + SLACK)
    near = index.iloc[np.sort(index.sindex.query(around, predicate="intersects"))]
    exact = [_overlapping(tiles, transform_bounds(crs, zone, *bounds)) for zone, tiles in near.groupby("crs")]
    return pd.concat(exact).sort_index() if exact else near


def _overlapping(tiles: gpd.GeoDataFrame, bounds: Bounds) -> gpd.GeoDataFrame:
    west, south, east, north = bounds
    across = (tiles["utm_west"] < east) & (tiles["utm_east"] > west)
    return tiles[across & (tiles["utm_south"] < north) & (tiles["utm_north"] > south)]
