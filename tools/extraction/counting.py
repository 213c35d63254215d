"""Which years there are for a region, and how many pixels it holds: on three grids, with the reason why."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from pyproj import CRS
from shapely import box

from tools.extraction.areas import count_inside, cube_over, in_crs, strips
from tools.extraction.roads import by_earthengine, tiles_of
from tools.rasters.grids import Grid
from tools.sources.earthengine.regions import PIXEL, Region, shape_of, utm_zone

_METRES_A_DEGREE = 6_378_137 * math.pi / 180  # at the equator, as Earth Engine reckons


def available_years(
    region: Region, data: str = "liverpool-alphaearth", origin: str | None = None, *, size: str | None = None
) -> list[int]:
    """Return the years of which there are embeddings in a region.

    Parameters
    ----------
    region : table with geometry, shape in degrees, or (west, south, east, north)
        A table in any CRS.
    data : str, optional
        Catalogue's name of the pixels, where they come from files.
    origin : {"sample", "open", "earthengine"}, optional
        By default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Of pixels that come in several sizes.

    Returns
    -------
    list of int
        In order; empty where there are none.

    Raises
    ------
    DataError
        If there is no such data set, or it cannot be had.

    Examples
    --------
    >>> available_years((-3.0, 53.3, -2.9, 53.4))  # doctest: +SKIP
    [2024]
    """
    if by_earthengine(origin):
        from tools.sources import earthengine

        earthengine.initialise()
        return earthengine.available_years(region)
    index = tiles_of(data, origin, size).index
    touching = index.iloc[index.sindex.query(shape_of(region), predicate="intersects")]
    return sorted({int(year) for year in touching["year"]})


def pixel_count(
    region: Region,
    year: int,
    *,
    data: str = "liverpool-alphaearth",
    origin: str | None = None,
    size: str | None = None,
) -> pd.DataFrame:
    """Count a region's pixels on the grid they are stored on, on that of the data at hand, and on a mosaic's.

    Parameters
    ----------
    region : table with geometry, shape in degrees, or (west, south, east, north)
        A table in any CRS.
    year : int
        Of the embeddings.
    data : str, optional
        Catalogue's name of the pixels, where they come from files.
    origin : {"sample", "open", "earthengine"}, optional
        By default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Of pixels that come in several sizes.

    Returns
    -------
    pandas.DataFrame
        Rows ``stored``, ``at hand`` (files only) and ``mosaic``; columns ``crs``; ``width_m`` and
        ``height_m`` of a pixel in the middle of the region; ``pixels`` whose centre lies in the region;
        ``with_data``, how many of them hold an embedding, where it was counted; and ``why``.

    Raises
    ------
    DataError
        If the region has no embeddings of that year, or they cannot be had.

    Notes
    -----
    Embeddings are stored in UTM with pixels of 10 m. Earth Engine's ``mosaic()`` of them has the grid
    EPSG:4326, whose pixels "of 10 m" have the same width and height in degrees; but at latitude φ a degree of
    longitude is cos φ as long as one of latitude. So that grid has 1 / cos φ times as many pixels over the
    same land: 1.68 times at 53.4° north. They are copies of the stored ones, and no more detail.

    Examples
    --------
    >>> pixel_count((-3.0, 53.38, -2.94, 53.42), 2024)["pixels"]  # doctest: +SKIP
    """
    west, south, east, north = shape_of(region).bounds
    latitude = (south + north) / 2
    stretch = 1 / math.cos(math.radians(latitude))
    zones, stored = _in_utm(region)
    rows = {
        "stored": [zones, PIXEL, PIXEL, stored, None, "UTM in metres, as the embeddings are stored"],
        "mosaic": [
            "EPSG:4326",
            PIXEL / stretch,
            PIXEL,
            _in_degrees(region),
            None,
            f"degrees of one size both ways: 1 / cos {latitude:.2f}° = {stretch:.2f} times as many pixels as "
            "are stored, each a copy",
        ],
    }
    if by_earthengine(origin):
        from tools.sources import earthengine

        earthengine.initialise()
        middle = utm_zone((west + east) / 2, latitude)
        rows["stored"][4] = earthengine.pixel_count(region, year, scale=PIXEL, crs=middle)
        rows["mosaic"][4] = earthengine.pixel_count(region, year, scale=PIXEL)
    else:
        cube = cube_over(region, year, tiles_of(data, origin, size), chunk_bands=1)
        grid = Grid.of(cube)
        pixels = count_inside(in_crs(region, grid.crs), grid)
        with_data = sum(int(valid.sum()) for _, valid in strips(cube, region))
        side = grid.transform.a
        why = f"the files at hand, whose pixels are {side:g} m wide"
        rows["at hand"] = [grid.crs.to_string(), side, side, pixels, with_data, why]
    columns = ["crs", "width_m", "height_m", "pixels", "with_data", "why"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    order = [name for name in ("stored", "at hand", "mosaic") if name in rows]
    return table.loc[order].astype({"width_m": float, "height_m": float, "with_data": "Int64"})


def _in_utm(region: Region) -> tuple[str, int]:
    """Count on the stored grid, each zone by itself."""
    shape = shape_of(region)
    west, south, east, north = shape.bounds
    counts: dict[str, int] = {}
    for edge in np.arange(math.floor(west / 6), math.ceil(east / 6)) * 6.0:
        part = shape.intersection(box(edge, south, edge + 6, north))
        if part.area > 0:
            zone = utm_zone(edge + 3, (south + north) / 2)
            there = in_crs(part, zone)
            counts[zone] = count_inside(there, Grid.covering(there.bounds, CRS(zone).to_wkt(), PIXEL))
    return ", ".join(counts), sum(counts.values())


def _in_degrees(region: Region) -> int:
    shape = shape_of(region)
    return count_inside(shape, Grid.covering(shape.bounds, "EPSG:4326", PIXEL / _METRES_A_DEGREE))
