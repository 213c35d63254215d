"""A cube brought onto another grid, each pixel taking the value of the nearest, block by block."""

from __future__ import annotations

from math import ceil, floor

import dask.array as da
import numpy as np
import rasterio.warp
import xarray as xr
from pyproj import Transformer

from tools.rasters.grids import Grid, blocks

_MARGIN = 2  # pixels: what the edges of a block, transformed by a few points, may be out by


def nearest(
    cube: xr.DataArray, grid: Grid, chunks: tuple[tuple[int, ...], tuple[int, ...]] | None = None
) -> xr.DataArray:
    """Bring a cube onto another grid: every pixel takes the value of the one in which its centre lies.

    Parameters
    ----------
    cube : xarray.DataArray, dims (band, y, x)
        North-up, with a CRS; int8 with -128 for no data, or float with NaN. NumPy or Dask.
    grid : Grid
        Where to, in any CRS.
    chunks : (rows, columns), optional
        Lengths of the blocks of the result, as in ``dask_array.chunks[1:]``; one block where not given.
        A block needs only that part of the cube which lies under it.

    Returns
    -------
    xarray.DataArray, dims (band, y, x)
        On Dask, with all bands in a block. No data where the grid reaches beyond the cube.

    Raises
    ------
    ValueError
        If the cube has no CRS, other dimensions, or rows that run northwards.

    Examples
    --------
    >>> import rioxarray
    >>> cube = xr.DataArray(
    ...     [[[1, 2], [3, 4]]], {"band": ["A00"], "y": [15.0, 5.0], "x": [5.0, 15.0]}, ("band", "y", "x")
    ... ).astype("int8").rio.write_crs("EPSG:32633")
    >>> nearest(cube, Grid.covering((5, 5, 25, 15), "EPSG:32633", 5)).values[0].tolist()
    [[1, 2, 2, -128], [3, 4, 4, -128]]
    """
    if cube.dims != ("band", "y", "x"):
        raise ValueError(f"expected a cube (band, y, x), got {cube.dims}")
    source = Grid.of(cube)
    rows, columns = chunks or ((grid.height,), (grid.width,))
    data = da.block(
        [
            [_block(cube.data, source, grid.part(down, across)) for across in blocks(columns)]
            for down in blocks(rows)
        ]
    )
    warped = xr.DataArray(data, {"band": cube["band"], **grid.centres}, cube.dims, cube.name, cube.attrs)
    return warped.rio.write_crs(grid.crs).rio.write_transform(grid.transform)


def _block(data: np.ndarray | da.Array, source: Grid, target: Grid) -> da.Array:
    nodata = np.int8(-128) if data.dtype == np.int8 else data.dtype.type(np.nan)
    window = _window(source, target)
    if window is None:
        return da.full((len(data), *target.shape), nodata, data.dtype, chunks=-1)
    under = da.asarray(data[:, window[0], window[1]]).rechunk(-1)
    how = {"source": source.part(*window), "target": target, "nodata": nodata}
    chunks = ((len(data),), (target.height,), (target.width,))
    return da.map_blocks(_take, under, **how, chunks=chunks, dtype=data.dtype, meta=under._meta)


def _window(source: Grid, target: Grid) -> tuple[slice, slice] | None:
    """Return the rows and columns of the source under a target, or None where it lies outside."""
    west, south, east, north = rasterio.warp.transform_bounds(target.crs, source.crs, *target.bounds)
    left, top = ~source.transform @ (west, north)
    right, bottom = ~source.transform @ (east, south)
    rows = slice(max(floor(top) - _MARGIN, 0), min(ceil(bottom) + _MARGIN, source.height))
    columns = slice(max(floor(left) - _MARGIN, 0), min(ceil(right) + _MARGIN, source.width))
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None


def _take(values: np.ndarray, source: Grid, target: Grid, nodata: np.generic) -> np.ndarray:
    x, y = np.meshgrid(target.centres["x"], target.centres["y"])
    if source.crs != target.crs:
        x, y = Transformer.from_crs(target.crs, source.crs, always_xy=True).transform(x, y)
    column, row = (np.floor(place) for place in ~source.transform @ (x, y))
    inside = (row >= 0) & (row < source.height) & (column >= 0) & (column < source.width)
    row, column = (np.where(inside, place, 0).astype(np.intp) for place in (row, column))
    return np.where(inside, values[:, row, column], nodata)
