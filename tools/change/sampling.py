"""A few pixels for many: looked at where a distribution is wanted and not a map."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
import xarray as xr

from tools.change.checks import require_one_grid


def spread_out(
    like: xr.DataArray, n_pixels: int, among: xr.DataArray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of pixels that lie equally far apart.

    Parameters
    ----------
    like : xarray.DataArray, dims (y, x)
        Its grid; no pixel is read.
    n_pixels : int
        How many, at most or nearly so.
    among : xarray.DataArray of bool, dims (y, x), optional
        Only pixels where this is true, on the same grid.

    Returns
    -------
    rows, columns : numpy.ndarray of int, shape (n,)

    Raises
    ------
    ValueError
        If `among` is no mask on this grid, or marks no pixel.

    Examples
    --------
    >>> rows, columns = spread_out(xr.DataArray(np.zeros((5, 5)), dims=("y", "x")), 9)
    >>> rows.tolist(), columns.tolist()
    ([1, 1, 3, 3], [1, 3, 1, 3])
    """
    if among is None:
        candidates = like.size
    else:
        if among.dtype != bool:
            raise ValueError(f"`stable` is a mask of booleans (y, x), got {among.dtype}")
        require_one_grid(like.astype(np.float32), among.astype(np.float32), ("changes", "stable"))
        among = among.compute()
        candidates = int(among.sum())
        if not candidates:
            raise ValueError("`stable` marks no pixel at all")
    step = max(1, ceil(sqrt(candidates / n_pixels)))
    height, width = like.shape
    rows, columns = (np.arange(min(step // 2, n - 1), n, step) for n in (height, width))
    rows, columns = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    if among is None:
        return rows, columns
    known = among.to_numpy()[rows, columns]
    return rows[known], columns[known]


def pick(image: xr.DataArray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return an image at some pixels; of a lazy one, only these are kept of each block that is read.

    Parameters
    ----------
    image : xarray.DataArray, dims (…, y, x)
        NumPy or Dask.
    rows, columns : array of int, shape (n,)
        As `spread_out` returns them.

    Returns
    -------
    numpy.ndarray, shape (…, n)

    Examples
    --------
    >>> pick(xr.DataArray([[1, 2], [3, 4]], dims=("y", "x")), [0, 1, 1], [1, 0, 1]).tolist()
    [2, 3, 4]
    """
    every_row, row = np.unique(rows, return_inverse=True)
    every_column, column = np.unique(columns, return_inverse=True)
    return image.isel(y=every_row, x=every_column).to_numpy()[..., row, column]
