"""Grids: which pixels there are, where they lie, and how a grid falls into blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import xarray as xr
from affine import Affine
from rasterio.crs import CRS

Bounds = tuple[float, float, float, float]
_ROUNDING = 1e-6  # of a pixel: what reprojecting and dividing may be out by


@dataclass(frozen=True)
class Grid:
    """A north-up grid of pixels.

    Parameters
    ----------
    crs : rasterio.crs.CRS
        Coordinate reference system.
    transform : affine.Affine
        From (column, row) to (x, y) in units of `crs`; its row step is negative.
    height, width : int
        Rows and columns.

    Examples
    --------
    >>> grid = Grid.covering((1003, 2001, 1027, 2049), "EPSG:32630", 10)
    >>> grid.bounds, grid.shape
    ((1000.0, 2000.0, 1030.0, 2050.0), (5, 3))
    """

    crs: CRS
    transform: Affine
    height: int
    width: int

    @classmethod
    def covering(cls, bounds: Bounds, crs: object, resolution: float, anchor=(0.0, 0.0)) -> Grid:
        """Return the smallest grid over `bounds` whose pixel edges fall in line with `anchor`.

        Parameters
        ----------
        bounds : (west, south, east, north)
            In units of `crs`.
        crs : anything that rasterio takes for a CRS
            Coordinate reference system.
        resolution : float
            Side of a pixel, in units of `crs`.
        anchor : (x, y), optional
            A corner of some pixel.

        Returns
        -------
        Grid

        Examples
        --------
        >>> Grid.covering((0, 0, 95, 95), "EPSG:32630", 10, anchor=(5, 5)).bounds
        (-5.0, -5.0, 95.0, 95.0)
        """
        (x0, y0), (west, south, east, north) = anchor, bounds
        left = floor((west - x0) / resolution + _ROUNDING)
        right = max(ceil((east - x0) / resolution - _ROUNDING), left + 1)
        bottom = floor((south - y0) / resolution + _ROUNDING)
        top = max(ceil((north - y0) / resolution - _ROUNDING), bottom + 1)
        origin = Affine(resolution, 0, x0 + left * resolution, 0, -resolution, y0 + top * resolution)
        return cls(CRS.from_user_input(crs), origin, top - bottom, right - left)

    @classmethod
    def of(cls, cube: xr.DataArray) -> Grid:
        """Return the grid of an array (…, y, x) that is north-up and knows its CRS.

        Parameters
        ----------
        cube : xarray.DataArray
            With coordinates x and y, and a CRS as rioxarray keeps it.

        Returns
        -------
        Grid

        Raises
        ------
        ValueError
            If the CRS is missing, or the rows run northwards.

        Examples
        --------
        >>> import rioxarray
        >>> image = xr.DataArray(np.zeros((2, 2)), {"y": [15.0, 5.0], "x": [5.0, 15.0]}, ("y", "x"))
        >>> Grid.of(image.rio.write_crs("EPSG:32630")).bounds
        (0.0, 0.0, 20.0, 20.0)
        """
        import rioxarray  # noqa: F401  registers ``.rio``

        if cube.rio.crs is None:
            raise ValueError("the array has no CRS: say which with `cube.rio.write_crs('EPSG:…')`")
        transform = cube.rio.transform(recalc=True)
        if transform.e > 0:
            raise ValueError("the array's rows run northwards: use `cube.sortby('y', ascending=False)`")
        return cls(cube.rio.crs, transform, cube.sizes["y"], cube.sizes["x"])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def bounds(self) -> Bounds:
        """West, south, east and north edges, in units of the CRS."""
        west, north = self.transform @ (0, 0)
        east, south = self.transform @ (self.width, self.height)
        return west, south, east, north

    @property
    def centres(self) -> dict[str, np.ndarray]:
        """Coordinates of the pixels' centres: ``y`` (height,) and ``x`` (width,)."""
        step = self.transform
        return {
            "y": step.f + step.e * (np.arange(self.height) + 0.5),
            "x": step.c + step.a * (np.arange(self.width) + 0.5),
        }

    def part(self, rows: slice, columns: slice) -> Grid:
        """Return the grid of some rows and columns.

        Parameters
        ----------
        rows, columns : slice
            With both ends given.

        Returns
        -------
        Grid

        Examples
        --------
        >>> Grid.covering((0, 0, 50, 50), "EPSG:32630", 10).part(slice(0, 1), slice(3, 5)).bounds
        (30.0, 40.0, 50.0, 50.0)
        """
        shifted = self.transform @ Affine.translation(columns.start, rows.start)
        return Grid(self.crs, shifted, rows.stop - rows.start, columns.stop - columns.start)


def blocks(chunks: tuple[int, ...]) -> Iterator[slice]:
    """Yield the slice of each chunk along one axis.

    Parameters
    ----------
    chunks : tuple of int
        Lengths, as in ``dask_array.chunks[axis]``.

    Yields
    ------
    slice

    Examples
    --------
    >>> list(blocks((2, 3)))
    [slice(0, 2, None), slice(2, 5, None)]
    """
    stop = 0
    for length in chunks:
        start, stop = stop, stop + length
        yield slice(start, stop)


def cut(length: int, step: int, offset: int = 0) -> tuple[int, ...]:
    """Cut an axis into chunks of `step` whose edges lie at `offset`, `offset` + `step`, …

    Parameters
    ----------
    length : int
        Of the axis.
    step : int
        Of a chunk.
    offset : int, optional
        Where an edge must fall, so that chunks coincide with a file's blocks.

    Returns
    -------
    tuple of int
        Lengths that sum to `length`.

    Examples
    --------
    >>> cut(10, 4, offset=1)
    (1, 4, 4, 1)
    """
    edges = np.union1d([0, length], np.arange(offset % step, length, step))
    return tuple(int(chunk) for chunk in np.diff(edges))
