"""A region on the grid of its pixels: which of them lie inside, and which of those hold data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer
from rasterio.features import rasterize

from tools.alphaearth import open_cube
from tools.embeddings import BANDS, NODATA
from tools.rasters.grids import Grid, cut
from tools.rasters.grids import blocks as blocks_of
from tools.sources import DataError, Mosaic
from tools.sources.earthengine.regions import Region, shape_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_ROWS = 1_024
_DENSE = 0.01  # degrees between corners: straight edges in degrees bend in metres


def in_crs(region: Region, crs: object) -> BaseGeometry:
    """Return a region's shape in some CRS.

    Parameters
    ----------
    region : table with geometry, shape in degrees, or (west, south, east, north)
    crs : anything that pyproj takes for a CRS

    Returns
    -------
    shapely geometry

    Examples
    --------
    >>> [round(side, -3) for side in in_crs((-3.0, 53.4, -2.9, 53.5), "EPSG:32630").bounds]
    [500000.0, 5917000.0, 507000.0, 5928000.0]
    """
    to_crs = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    shape = shapely.segmentize(shape_of(region), _DENSE)
    return shapely.transform(shape, lambda corners: np.column_stack(to_crs.transform(*corners.T)))


def inside(shape: BaseGeometry, grid: Grid) -> NDArray[np.bool_]:
    """Return which pixels of a grid have their centre inside a shape.

    Parameters
    ----------
    shape : shapely geometry
        In the grid's CRS.
    grid : Grid

    Returns
    -------
    array of bool, shape (height, width)

    Examples
    --------
    >>> grid = Grid.covering((0, 0, 40, 20), "EPSG:32630", 10)
    >>> inside(shapely.box(0, 0, 24, 11), grid).astype(int).tolist()
    [[0, 0, 0, 0], [1, 1, 0, 0]]
    """
    return rasterize([(shape, 1)], out_shape=grid.shape, transform=grid.transform, dtype="uint8").astype(bool)


def count_inside(shape: BaseGeometry, grid: Grid) -> int:
    """Count the pixels whose centre lies inside a shape, strip by strip.

    Parameters
    ----------
    shape : shapely geometry
        In the grid's CRS.
    grid : Grid

    Returns
    -------
    int

    Examples
    --------
    >>> count_inside(shapely.box(0, 0, 24, 11), Grid.covering((0, 0, 40, 20), "EPSG:32630", 10))
    2
    """
    columns = slice(0, grid.width)
    return sum(
        int(inside(shape, grid.part(rows, columns)).sum()) for rows in blocks_of(cut(grid.height, _ROWS))
    )


def cube_over(region: Region, year: int, tiles: Mosaic, **options) -> xr.DataArray:
    """Open the stored bytes over a region, lazily.

    Parameters
    ----------
    region : table with geometry, shape in degrees, or (west, south, east, north)
    year : int
        Of the embeddings.
    tiles : Mosaic
        Where they lie.
    **options
        ``resolution``, ``crs`` and ``chunk_bands`` of `tools.alphaearth.open_cube`.

    Returns
    -------
    xarray.DataArray of int8, dims (band, y, x)

    Raises
    ------
    DataError
        If no tile touches the region, or the year has none there.

    Examples
    --------
    >>> cube_over(region, 2024, tiles, resolution=50)  # doctest: +SKIP
    """
    try:
        bounds = shape_of(region).bounds
        return open_cube(tiles.root, bounds, year, index=tiles.index, dequantised=False, **options)
    except (ValueError, OSError) as error:
        raise DataError(str(error)) from error


def strips(cube: xr.DataArray, region: Region) -> Iterator[tuple[slice, NDArray[np.bool_]]]:
    """Yield, for each strip of rows, which pixels lie in a region and hold data. One band is read.

    Parameters
    ----------
    cube : xarray.DataArray of int8, dims (band, y, x)
        Opened with ``chunk_bands=1``.
    region : table with geometry, shape in degrees, or (west, south, east, north)

    Yields
    ------
    rows : slice
    valid : array of bool, shape (rows, width)

    Examples
    --------
    >>> sum(valid.sum() for _, valid in strips(cube, region))  # doctest: +SKIP
    """
    grid, band = Grid.of(cube), cube.sel(band=BANDS[0])
    shape = in_crs(region, grid.crs)
    for rows in blocks_of(band.chunks[0]):
        mask = inside(shape, grid.part(rows, slice(0, grid.width)))
        yield rows, mask & (band[rows].to_numpy() != NODATA) if mask.any() else mask
