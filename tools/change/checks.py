"""What the rooms of change ask of a map before they work on it."""

from __future__ import annotations

import numpy as np
import xarray as xr

from tools.rasters.grids import Grid


def require_map(change: xr.DataArray, name: str = "change") -> Grid:
    """Return the grid of a map (y, x) of floats, or say what it is instead.

    Parameters
    ----------
    change : xarray.DataArray, dims (y, x)
        Float, with NaN for no data; north-up, with a CRS.
    name : str, optional
        What to call it in an error.

    Returns
    -------
    tools.rasters.grids.Grid

    Raises
    ------
    ValueError
        If the dimensions or the dtype are others, if there is no CRS, or if the rows run northwards.

    Examples
    --------
    >>> require_map(xr.DataArray(np.zeros((2, 2, 2)), dims=("time", "y", "x")))
    Traceback (most recent call last):
        ...
    ValueError: `change` is a map (y, x) for one pair of years, got ('time', 'y', 'x')
    """
    if not isinstance(change, xr.DataArray) or change.dims != ("y", "x"):
        found = getattr(change, "dims", type(change).__name__)
        raise ValueError(f"`{name}` is a map (y, x) for one pair of years, got {found}")
    if change.dtype.kind != "f":
        raise ValueError(f"`{name}` holds floats, NaN for no data; got {change.dtype}")
    return Grid.of(change)


def require_one_grid(a: xr.DataArray, b: xr.DataArray, names: tuple[str, str] = ("a", "b")) -> Grid:
    """Return the grid on which two maps both lie, or say how they differ.

    Parameters
    ----------
    a, b : xarray.DataArray, dims (y, x)
        As in `require_map`.
    names : (str, str), optional
        What to call them in an error.

    Returns
    -------
    tools.rasters.grids.Grid

    Raises
    ------
    ValueError
        If one is no map, or if they lie on different grids.

    Examples
    --------
    >>> import rioxarray
    >>> here = {"y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> a = xr.DataArray(np.zeros((2, 2)), here, ("y", "x")).rio.write_crs("EPSG:32633")
    >>> require_one_grid(a, a).shape
    (2, 2)
    >>> require_one_grid(a, a.assign_coords(x=[6.0, 16.0]))
    Traceback (most recent call last):
        ...
    ValueError: `a` and `b` lie on different grids: bring one to the other with `b.rio.reproject_match(a)`
    """
    grids = [require_map(array, name) for array, name in zip((a, b), names, strict=True)]
    same = grids[0].crs == grids[1].crs and grids[0].shape == grids[1].shape
    # A thousandth of a pixel: what a detour over text or another library may be out by.
    if not same or not np.allclose(grids[0].bounds, grids[1].bounds, rtol=0, atol=_side(grids[0]) / 1000):
        first, second = names
        raise ValueError(
            f"`{first}` and `{second}` lie on different grids: "
            f"bring one to the other with `{second}.rio.reproject_match({first})`"
        )
    return grids[0]


def pixel_area(grid: Grid) -> float:
    """Return the area of a pixel in square metres.

    Parameters
    ----------
    grid : tools.rasters.grids.Grid
        In a projected CRS.

    Returns
    -------
    float
        Square metres.

    Raises
    ------
    ValueError
        If the CRS is in degrees, in which pixels have no one area.

    Examples
    --------
    >>> pixel_area(Grid.covering((0, 0, 50, 50), "EPSG:32633", 10))
    100.0
    """
    if not grid.crs.is_projected:
        raise ValueError(
            f"areas need a CRS in metres, got {grid.crs.to_string()}: bring the map to the local UTM zone "
            "first, as in `change.rio.reproject(change.rio.estimate_utm_crs())`"
        )
    return abs(grid.transform.a * grid.transform.e) * grid.crs.linear_units_factor[1] ** 2


def _side(grid: Grid) -> float:
    return min(abs(grid.transform.a), abs(grid.transform.e))


def require_years(cube: xr.DataArray, least: int) -> xr.DataArray:
    """Return a cube of embeddings with its years in rising order, or say what it is instead.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        Stored embeddings (int8) or dequantised ones.
    least : int
        How many years there must be.

    Returns
    -------
    xarray.DataArray

    Raises
    ------
    ValueError
        If the dimensions or dtype are others, if there are fewer years, or one twice.

    Examples
    --------
    >>> dims = ("time", "band", "y", "x")
    >>> cube = xr.DataArray(np.zeros((2, 64, 1, 1), "int8"), {"time": [2024, 2017]}, dims)
    >>> require_years(cube, 2)["time"].values.tolist()
    [2017, 2024]
    >>> require_years(cube, 3)
    Traceback (most recent call last):
        ...
    ValueError: this takes a cube of at least 3 years, got 2: 2017, 2024
    """
    if not isinstance(cube, xr.DataArray) or cube.dims != ("time", "band", "y", "x"):
        found = getattr(cube, "dims", type(cube).__name__)
        raise ValueError(
            f"expected a cube (time, band, y, x), got {found}: open it with a list of years, as in "
            "`sources.open(name, bounds=…, years=[2017, 2024])`"
        )
    if cube.dtype != np.int8 and cube.dtype.kind != "f":
        raise ValueError(f"embeddings are stored as int8 or dequantised to floats, got {cube.dtype}")
    if "time" not in cube.coords:
        raise ValueError("the cube does not say its years: give it the coordinate `time`")
    order = cube["time"].to_numpy().tolist()
    years = sorted(order)
    if len(set(years)) < len(years):
        raise ValueError(f"the cube holds a year twice: {', '.join(map(str, years))}")
    if len(years) < least:
        listed = ", ".join(map(str, years))
        raise ValueError(f"this takes a cube of at least {least} years, got {len(years)}: {listed}")
    return cube if order == years else cube.sortby("time")  # which copies what is in memory
