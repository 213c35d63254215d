"""Pixels of one tile: on this disk, or over HTTP by asking for the bytes that are needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.warp import Resampling, reproject, transform
from rasterio.windows import Window

from tools.embeddings import NODATA
from tools.rasters.grids import Grid

USER_AGENT = "places-as-vectors (a teaching course; GDAL and requests)"

_OVER_HTTP = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # a bucket cannot be listed, and need not be
    "GDAL_HTTP_USERAGENT": USER_AGENT,  # some mirrors answer 403 to a library's default
    "GDAL_HTTP_CONNECTTIMEOUT": "20",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
    "GDAL_HTTP_LOW_SPEED_TIME": "30",
    "GDAL_HTTP_MAX_RETRY": "5",
    "GDAL_HTTP_RETRY_DELAY": "0.5",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_INGESTED_BYTES_AT_OPEN": "65536",
}


def is_remote(address: str) -> bool:
    """Tell whether an address is on the web.

    Parameters
    ----------
    address : str
        Path or URL.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_remote("https://example.org/v1/annual"), is_remote("data/v1/annual")
    (True, False)
    """
    return address.startswith(("http://", "https://"))


@contextmanager
def open_tile(address: str, **options) -> Iterator[rasterio.DatasetReader]:
    """Open a tile for reading, from a path or a URL.

    Parameters
    ----------
    address : str
        Path or http(s) URL of a GeoTIFF.
    **options
        Handed on to `rasterio.open`.

    Yields
    ------
    rasterio.DatasetReader

    Raises
    ------
    OSError
        If the tile cannot be opened, or a read from it fails.

    Examples
    --------
    >>> with open_tile("none.tiff") as tile:
    ...     pass
    Traceback (most recent call last):
        ...
    OSError: the tile none.tiff cannot be read (none.tiff: No such file or directory): fetch it again
    """
    try:
        with (
            rasterio.Env(**(_OVER_HTTP if is_remote(address) else {})),
            rasterio.open(address, **options) as tile,
        ):
            yield tile
    except RasterioError as error:
        remedy = "check the network and the address" if is_remote(address) else "fetch it again"
        raise OSError(f"the tile {address} cannot be read ({error}): {remedy}") from error


def read_pixels(address: str, grid: Grid, bands: slice) -> np.ndarray:
    """Read some bands of a tile onto a grid: as they are where the pixels coincide, else the nearest.

    A grid that is at least twice as coarse is read from the tile's overviews.

    Parameters
    ----------
    address : str
        Path or http(s) URL of a tile.
    grid : Grid
        In any CRS; it need not lie within the tile.
    bands : slice
        Of the bands, counted from 0, with both ends given.

    Returns
    -------
    array of int8, shape (bands, height, width)
        North-up; -128 outside the tile.

    Raises
    ------
    OSError
        If the tile cannot be read.

    Examples
    --------
    >>> read_pixels("none.tiff", Grid.covering((0, 0, 9, 9), "EPSG:32630", 1), slice(0, 64))
    Traceback (most recent call last):
        ...
    OSError: the tile none.tiff cannot be read (none.tiff: No such file or directory): fetch it again
    """
    with open_tile(address) as tile:
        halvings = min(int(np.log2(_coarseness(tile, grid)) + 1e-6), len(tile.overviews(1)))
        if halvings <= 0:
            return _onto(tile, grid, bands)
    with open_tile(address, overview_level=halvings - 1) as overview:
        return _onto(overview, grid, bands)


def _coarseness(tile: rasterio.DatasetReader, grid: Grid) -> float:
    """Return how many of the tile's pixels, taken from its middle, make the side of one of the grid's."""
    column, row = tile.width // 2 + np.array([0, 1]), np.repeat(tile.height // 2, 2)
    x, y = transform(tile.crs, grid.crs, *(tile.transform @ (column, row)))
    return grid.transform.a / np.hypot(x[1] - x[0], y[1] - y[0])


def _onto(tile: rasterio.DatasetReader, grid: Grid, bands: slice) -> np.ndarray:
    pixels = np.full((bands.stop - bands.start, *grid.shape), NODATA, np.int8)
    numbers = list(range(bands.start + 1, bands.stop + 1))
    corner = _corner(tile, grid)
    if corner is not None:
        _copy(tile, numbers, corner, pixels[:, ::-1])
        return pixels
    reproject(
        rasterio.band(tile, numbers),
        pixels,
        dst_crs=grid.crs,
        dst_transform=grid.transform,
        dst_nodata=NODATA,
        resampling=Resampling.nearest,
        tolerance=0,
    )
    return pixels


def _corner(tile: rasterio.DatasetReader, grid: Grid) -> tuple[int, int] | None:
    """Return the tile's column and row at the grid's south-west corner; None if their pixels differ."""
    same_size = (tile.transform.a, tile.transform.e) == (grid.transform.a, -grid.transform.e)
    if tile.crs != grid.crs or not same_size:
        return None
    place = np.array(~tile.transform @ grid.bounds[:2])
    nearest = place.round()
    return tuple(nearest.astype(int)) if np.allclose(place, nearest, atol=1e-3) else None


def _copy(
    tile: rasterio.DatasetReader, numbers: list[int], corner: tuple[int, int], south_up: np.ndarray
) -> None:
    """Copy the window whose first pixel is `corner` into an array, as far as the tile reaches."""
    column, row = corner
    height, width = south_up.shape[1:]
    left, right = max(column, 0), min(column + width, tile.width)
    first, last = max(row, 0), min(row + height, tile.height)
    if left < right and first < last:
        window = Window(left, first, right - left, last - first)
        south_up[:, first - row : last - row, left - column : right - column] = tile.read(
            numbers, window=window
        )
