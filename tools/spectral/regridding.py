"""Scenes of different dates on one grid: a box around a point, and interpolation that invents nothing."""

from __future__ import annotations

from math import ceil, floor

import dask.array as da
import numpy as np
import xarray as xr
from pyproj import Transformer
from rasterio.crs import CRS

from tools import provenance
from tools.rasters.grids import Grid

_ROWS = 256
_EXACT = 1e-6  # of a pixel: nearer than this, a point is the pixel's centre


def grid_around(lon: float, lat: float, half_side: float, resolution: float, crs: object) -> Grid:
    """Return a square grid around a point.

    Parameters
    ----------
    lon, lat : float
        The point, degrees (WGS 84).
    half_side : float
        From the point to each edge at least, in units of `crs`.
    resolution : float
        Side of a pixel, in units of `crs`.
    crs : anything that rasterio takes for a CRS
        Of the grid.

    Returns
    -------
    Grid
        Its edges are multiples of the resolution, so that two boxes nearby fall in line.

    Examples
    --------
    >>> grid_around(-118.7081, 38.6942, 15_000, 200, "EPSG:32611").shape
    (151, 151)
    """
    if not (half_side > 0 and resolution > 0):
        raise ValueError(f"half_side and resolution must be above 0, got {half_side} and {resolution}")
    x, y = Transformer.from_crs("EPSG:4326", CRS.from_user_input(crs), always_xy=True).transform(lon, lat)
    return Grid.covering((x - half_side, y - half_side, x + half_side, y + half_side), crs, resolution)


def regrid(image: xr.DataArray, grid: Grid) -> xr.DataArray:
    """Bring an image onto another grid by bilinear interpolation, without extrapolation.

    Parameters
    ----------
    image : xarray.DataArray, dims (band, y, x)
        North-up, with a CRS; float with NaN for no data. NumPy or Dask.
    grid : Grid
        Where to, in any CRS.

    Returns
    -------
    xarray.DataArray, dims (band, y, x)
        The image's dtype, bands and attributes; lazy, one block a band, where the image is lazy. NaN where
        one of the pixels between which a value would lie has no data, and beyond the outermost centres.

    Raises
    ------
    ValueError
        If the image has other dimensions or no CRS, holds whole numbers, which have no NaN, or lies wholly
        outside the grid.

    Notes
    -----
    A point at the very centre of a pixel takes its value, whether or not its neighbours have data, so that
    regridding to the image's own grid returns the image. `xarray.DataArray.interp` loses such pixels.

    Interpolation to coarser pixels takes points, not means: fine detail between them is left out.

    Examples
    --------
    >>> import rioxarray
    >>> image = xr.DataArray(
    ...     [[[1.0, 3.0], [np.nan, 5.0]]],
    ...     {"band": ["red"], "y": [15.0, 5.0], "x": [5.0, 15.0]},
    ...     ("band", "y", "x"),
    ... ).rio.write_crs("EPSG:32611")
    >>> regrid(image, Grid.covering((2.5, 2.5, 17.5, 17.5), "EPSG:32611", 5, anchor=(2.5, 2.5))).values[0]
    array([[ 1.,  2.,  3.],
           [nan, nan,  4.],
           [nan, nan,  5.]])
    """
    import rioxarray  # noqa: F401  registers ``.rio``

    if image.dims != ("band", "y", "x"):
        raise ValueError(f"expected an image (band, y, x), got {image.dims}")
    if image.dtype.kind != "f":
        raise ValueError(
            f"expected floats with NaN for no data, got {image.dtype}: read the file with masked=True"
        )
    source = Grid.of(image)
    row, column = _places(source, grid)
    window = _window(row, column, source)
    if window is None:
        raise ValueError(
            "the image and the grid do not overlap: "
            f"the image, in {source.crs}, covers {_said(source.bounds)}; "
            f"the grid, in {grid.crs}, covers {_said(grid.bounds)}"
        )
    row, column = row - window[0].start, column - window[1].start
    under = image.data[:, window[0], window[1]]
    if isinstance(under, da.Array):
        data = under.rechunk((1, -1, -1)).map_blocks(
            _interpolate, row, column, chunks=((1,) * len(under), (grid.height,), (grid.width,)),
            dtype=image.dtype, meta=np.empty((0, 0, 0), image.dtype),
        )  # fmt: skip
    else:
        data = _interpolate(under, row, column)
    kept = {
        name: coord
        for name, coord in image.coords.items()
        if not {"y", "x", "spatial_ref"} & {*coord.dims, name}
    }
    result = xr.DataArray(data, {**kept, **grid.centres}, image.dims, image.name, image.attrs)
    result = result.rio.write_crs(grid.crs).rio.write_transform(grid.transform).rio.write_nodata(np.nan)
    return provenance.carry(result, image)


def _places(source: Grid, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """For every pixel of the grid, the row and column of the source where it lies; whole at centres."""
    x, y = np.meshgrid(grid.centres["x"], grid.centres["y"])
    if source.crs != grid.crs:
        x, y = Transformer.from_crs(grid.crs, source.crs, always_xy=True).transform(x, y)
    column, row = (np.asarray(place) - 0.5 for place in ~source.transform @ (x, y))
    whole_row, whole_column = np.round(row), np.round(column)
    row = np.where(np.abs(row - whole_row) < _EXACT, whole_row, row)
    return row, np.where(np.abs(column - whole_column) < _EXACT, whole_column, column)


def _window(row: np.ndarray, column: np.ndarray, source: Grid) -> tuple[slice, slice] | None:
    inside = (row >= 0) & (row <= source.height - 1) & (column >= 0) & (column <= source.width - 1)
    if not inside.any():
        return None
    return tuple(slice(floor(at[inside].min()), ceil(at[inside].max()) + 1) for at in (row, column))


def _interpolate(values: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Values (band, y, x) at rows and columns; a few rows at a time, so that memory stays small."""
    result = np.full((len(values), *row.shape), np.nan, values.dtype)
    last_row, last_column = values.shape[1] - 1, values.shape[2] - 1
    for start in range(0, len(row), _ROWS):
        rows, columns = row[start : start + _ROWS], column[start : start + _ROWS]
        inside = (rows >= 0) & (rows <= last_row) & (columns >= 0) & (columns <= last_column)
        total = np.zeros((len(values), int(inside.sum())))
        top, left = np.floor(rows[inside]).astype(np.intp), np.floor(columns[inside]).astype(np.intp)
        down, right = rows[inside] - top, columns[inside] - left
        for step_down, share_down in ((0, 1 - down), (1, down)):
            for step_right, share_right in ((0, 1 - right), (1, right)):
                share = share_down * share_right
                at = np.minimum(top + step_down, last_row), np.minimum(left + step_right, last_column)
                # A neighbour that counts for nothing may lack data.
                total += np.where(share > 0, share * values[:, at[0], at[1]], 0)
        result[:, start : start + _ROWS][:, inside] = total
    return result


def _said(bounds: tuple[float, float, float, float]) -> str:
    return "({:g}, {:g}, {:g}, {:g})".format(*bounds)
