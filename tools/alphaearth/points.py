"""Embeddings at points, each block of a file read once however many points lie on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dask
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from dask.delayed import Delayed
from numpy.typing import ArrayLike
from pyproj import Transformer
from rasterio.windows import Window
from shapely import STRtree, box

from tools import provenance
from tools.alphaearth.index import SLACK
from tools.alphaearth.layout import locate, read_index
from tools.alphaearth.tiles import open_tile
from tools.embeddings import BANDS, N_BANDS, NODATA, dequantise


def sample_points(
    root: str | Path,
    points: gpd.GeoDataFrame | gpd.GeoSeries | tuple[ArrayLike, ArrayLike],
    year: int,
    *,
    index: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Return the embedding of the pixel under every point.

    Parameters
    ----------
    root : str or pathlib.Path
        Folder or http(s) URL of ``…/v1/annual``.
    points : GeoDataFrame or GeoSeries of points, or (longitudes, latitudes)
        In any CRS; or two sequences of n degrees.
    year : int
        Of the embeddings.
    index : geopandas.GeoDataFrame, optional
        As `read_index` gives it, where it is not in `root` or has been read before.

    Returns
    -------
    pandas.DataFrame of float32, shape (n, 64)
        Columns A00 to A63; the index of `points`; NaN where there is no tile or no data. Where tiles overlap,
        the first of the index that has data counts.

    Raises
    ------
    ValueError
        If the points have no CRS, are not points, or `year` has no tile at all.
    OSError
        If a tile cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from affine import Affine
    >>> from tools.alphaearth.layout import tile_path, write_index, write_tile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     path = f"{root}/{tile_path(2024, '30N', 'demo')}"
    ...     data, grid = np.full((64, 40, 40), 16, np.int8), Affine(10, 0, 500_000, 0, -10, 5_700_000)
    ...     index = write_index(root, [write_tile(path, data, crs="EPSG:32630", transform=grid)])
    ...     sample_points(root, ([-2.9999, 0.0], [51.4480, 0.0]), 2024)["A00"].isna().tolist()
    [False, True]
    """
    places = _places(points)
    index = read_index(root) if index is None else index
    tiles = index[index["year"] == year]
    if tiles.empty:
        there = ", ".join(str(known) for known in sorted(set(index["year"])))
        raise ValueError(f"no tile for {year}; the years there are: {there}")

    reads = [read for tile, near in _tiles_near(tiles, places) for read in _reads(root, tile, places, near)]
    stored = np.full((len(places), N_BANDS), NODATA, np.int8)
    for rows, pixels in dask.compute(*reads):
        stored[rows] = np.where(stored[rows] == NODATA, pixels, stored[rows])
    table = pd.DataFrame(dequantise(stored), index=places.index, columns=list(BANDS))
    return provenance.carry(table, points)


def _places(points: gpd.GeoDataFrame | gpd.GeoSeries | tuple[ArrayLike, ArrayLike]) -> gpd.GeoSeries:
    if isinstance(points, tuple):
        longitude, latitude = (np.asarray(degrees, float) for degrees in points)
        if longitude.shape != latitude.shape:
            raise ValueError(f"got {longitude.size} longitudes but {latitude.size} latitudes")
        if (np.abs(longitude) > 180).any() or (np.abs(latitude) > 90).any():
            raise ValueError("(longitudes, latitudes) are degrees, in this order: some lie beyond ±180, ±90")
        return gpd.GeoSeries.from_xy(longitude, latitude, crs="EPSG:4326")
    places = points.geometry
    if places.crs is None:
        raise ValueError("the points have no CRS: say which with `points.set_crs('EPSG:…')`")
    kinds = {shapely.GeometryType(kind).name for kind in np.unique(shapely.get_type_id(places))}
    if not kinds <= {"POINT", "MISSING"}:
        found = ", ".join(sorted(kinds))
        raise ValueError(f"expected points, got {found}: take `areas.representative_point()`")
    return places


def _coordinates(places: gpd.GeoSeries, crs: object) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y in another CRS; infinite where a point is missing or has no place there."""
    to_crs = Transformer.from_crs(places.crs, crs, always_xy=True)
    return to_crs.transform(shapely.get_x(places), shapely.get_y(places))


def _tiles_near(tiles: gpd.GeoDataFrame, places: gpd.GeoSeries) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Yield each tile that may hold points, in the index's order, with the positions of those points."""
    sides = [f"wgs84_{side}" for side in ("west", "south", "east", "north")]
    west, south, east, north = tiles[sides].to_numpy().T
    tree = STRtree(box(west - SLACK, south - SLACK, east + SLACK, north + SLACK))
    longitude, latitude = _coordinates(places, "EPSG:4326")
    known = np.flatnonzero(np.isfinite(longitude))
    point, tile = tree.query(shapely.points(longitude[known], latitude[known]), predicate="intersects")
    for number in np.unique(tile):
        yield tiles.iloc[number], known[point[tile == number]]


def _reads(root: str | Path, tile: pd.Series, places: gpd.GeoSeries, near: np.ndarray) -> Iterator[Delayed]:
    """Yield one read for each block of the tile that holds points."""
    address = locate(root, tile["path"])
    x, y = _coordinates(places.iloc[near], tile["crs"])
    with open_tile(address) as source:
        (block_height, block_width), *_ = source.block_shapes
        height, width = source.shape
        column, row = np.floor(~source.transform @ (x, y)).astype(int)
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    near, row, column = near[inside], row[inside], column[inside]

    block = row // block_height * width + column // block_width
    for number in np.unique(block):
        group = np.flatnonzero(block == number)
        top = row[group[0]] // block_height * block_height
        left = column[group[0]] // block_width * block_width
        window = Window(left, top, min(block_width, width - left), min(block_height, height - top))
        yield dask.delayed(_read)(address, window, near[group], row[group] - top, column[group] - left)


def _read(address: str, window: Window, near: np.ndarray, row: np.ndarray, column: np.ndarray) -> tuple:
    with open_tile(address) as source:
        return near, source.read(window=window)[:, row, column].T
