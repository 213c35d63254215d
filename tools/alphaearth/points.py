"""Embeddings at points, each block of a file read once however many points lie on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dask
import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from numpy.typing import ArrayLike
from pyproj import Transformer
from rasterio.windows import Window
from shapely import STRtree, box

from tools import provenance
from tools.alphaearth.index import SLACK
from tools.alphaearth.layout import locate, read_index
from tools.alphaearth.tiles import open_tile
from tools.embeddings import BANDS, N_BANDS, NODATA, dequantise

_NO_PIXELS = pd.DataFrame(
    {"point": pd.Series(dtype=int), "tile": pd.Series(dtype=str)}
    | {name: pd.Series(dtype=int) for name in ("row", "column", "block")}
)


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
    pixels = find_pixels(root, places, year, index=index)
    blocks = [block for _, block in pixels.groupby("block")]
    reads = dask.compute(*(dask.delayed(read_found)(root, block) for block in blocks))
    stored = np.concatenate([np.empty((0, N_BANDS), np.int8), *reads])
    found = first_with_data(pixels, stored, len(places))
    table = pd.DataFrame(dequantise(found), index=places.index, columns=list(BANDS))
    return provenance.carry(table, points)


def find_pixels(
    root: str | Path,
    points: gpd.GeoDataFrame | gpd.GeoSeries | tuple[ArrayLike, ArrayLike],
    year: int,
    *,
    index: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Return which pixel of which file lies under every point, so that the reading can be divided.

    Parameters
    ----------
    root, points, year, index
        As of `sample_points`.

    Returns
    -------
    pandas.DataFrame
        One row for each point and tile that it lies on: none for a point outside all tiles, two where tiles
        overlap. ``point``: its position; ``tile``: the index's path; ``row`` and ``column``: of the pixel in
        the file; ``block``: a number that pixels of one block of one file share. Sorted by block, and where a
        point has several rows, in the order of the index.

    Raises
    ------
    ValueError, OSError
        As `sample_points`.

    Examples
    --------
    >>> find_pixels("no/such/folder", ([-3.0], [53.4]), 2024)
    Traceback (most recent call last):
        ...
    FileNotFoundError: no index at no/such/folder/aef_index.parquet: `root` is the folder that holds it
    """
    places = _places(points)
    index = read_index(root) if index is None else index
    tiles = index[index["year"] == year]
    if tiles.empty:
        there = ", ".join(str(known) for known in sorted(set(index["year"])))
        raise ValueError(f"no tile for {year}; the years there are: {there}")
    parts, first = [_NO_PIXELS], 0
    for tile, near in _tiles_near(tiles, places):
        part, blocks = _pixels_of(root, tile, places, near)
        parts.append(part.assign(block=part["block"] + first))
        first += blocks
    return pd.concat(parts, ignore_index=True)


def read_found(root: str | Path, pixels: pd.DataFrame) -> np.ndarray:
    """Read pixels that `find_pixels` found, each block of a file once.

    Parameters
    ----------
    root : str or pathlib.Path
        Folder or http(s) URL of ``…/v1/annual``.
    pixels : pandas.DataFrame of n rows
        Some rows of what `find_pixels` returned, in any order.

    Returns
    -------
    array of int8, shape (n, 64)
        As stored; -128 for no data.

    Raises
    ------
    OSError
        If a tile cannot be read.

    Examples
    --------
    >>> read_found("no/such/folder", _NO_PIXELS).shape
    (0, 64)
    """
    stored = np.full((len(pixels), N_BANDS), NODATA, np.int8)
    places = pixels[["row", "column"]].to_numpy()
    for path, of_tile in pixels.groupby("tile").indices.items():
        with open_tile(locate(root, path)) as source:
            for in_block in pixels.iloc[of_tile].groupby("block").indices.values():
                rows = of_tile[in_block]
                row, column = places[rows].T
                stored[rows] = _read(source, _block(source, row[0], column[0]), row, column)
    return stored


def first_with_data(pixels: pd.DataFrame, stored: np.ndarray, n_points: int) -> np.ndarray:
    """Give every point the first of its pixels that holds data.

    Parameters
    ----------
    pixels : pandas.DataFrame of n rows
        As `find_pixels` returned them, in that order.
    stored : array of int8, shape (n, 64)
        What `read_found` read for them.
    n_points : int
        How many points there are.

    Returns
    -------
    array of int8, shape (n_points, 64)
        -128 for a point without a pixel, or without data in any.

    Examples
    --------
    >>> pixels = pd.DataFrame({"point": [0, 2, 2]})
    >>> stored = np.repeat(np.array([[5], [-128], [7]], np.int8), 64, axis=1)
    >>> first_with_data(pixels, stored, 3)[:, 0].tolist()
    [5, -128, 7]
    """
    found = np.full((n_points, N_BANDS), NODATA, np.int8)
    point = pixels["point"].to_numpy()
    holding = np.flatnonzero(stored[:, 0] != NODATA)[::-1]  # the first is written last, and stays
    found[point[holding]] = stored[holding]
    return found


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
    return Transformer.from_crs(places.crs, crs, always_xy=True).transform(*xy_of(places))


def xy_of(points: gpd.GeoSeries) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of points, NaN for those that are missing or empty.

    Parameters
    ----------
    points : geopandas.GeoSeries
        n points.

    Returns
    -------
    x, y : arrays of float, shape (n,)
        In units of their CRS.

    Examples
    --------
    >>> x, y = xy_of(gpd.GeoSeries([shapely.Point(1, 2), None, shapely.Point()]))
    >>> x.tolist(), y.tolist()
    ([1.0, nan, nan], [2.0, nan, nan])
    """
    shapes = np.array(points.geometry, dtype=object)
    shapes[shapely.is_empty(shapes)] = None  # whose x is NaN, while that of an empty point is an error
    return shapely.get_x(shapes), shapely.get_y(shapes)


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


def _pixels_of(
    root: str | Path, tile: pd.Series, places: gpd.GeoSeries, near: np.ndarray
) -> tuple[pd.DataFrame, int]:
    """Return the tile's pixels under the points at positions `near`, and how many blocks the tile has."""
    x, y = _coordinates(places.iloc[near], tile["crs"])
    with open_tile(locate(root, tile["path"])) as source:
        (block_height, block_width), *_ = source.block_shapes
        height, width = source.shape
        column, row = np.floor(~source.transform @ (x, y)).astype(int)
    across, down = -(-width // block_width), -(-height // block_height)
    pixels = pd.DataFrame(
        {
            "point": near,
            "tile": tile["path"],
            "row": row,
            "column": column,
            "block": row // block_height * across + column // block_width,
        }
    )
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return pixels[inside].sort_values("block", kind="stable"), across * down


def _block(source: rasterio.DatasetReader, row: int, column: int) -> Window:
    """Return the block of a file that holds a pixel."""
    (height, width), *_ = source.block_shapes
    top, left = row // height * height, column // width * width
    return Window(left, top, min(width, source.width - left), min(height, source.height - top))


def _read(source: rasterio.DatasetReader, block: Window, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    return source.read(window=block)[:, row - block.row_off, column - block.col_off].T
