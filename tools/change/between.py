"""The map of change between two years, worked out block by block when it is needed."""

from __future__ import annotations

from typing import Any

import dask
import dask.array as da
import geopandas as gpd
import numpy as np
import rioxarray  # noqa: F401  registers ``.rio``
import shapely
import xarray as xr

from tools import provenance
from tools.change.checks import require_years
from tools.change.kernel import change_kernel
from tools.embeddings import N_BANDS
from tools.rasters.grids import Grid
from tools.rasters.nearest import nearest

_ALIGNED = 1e-3  # of a pixel: what a detour over text or another library may be out by


def change_between(
    cube: xr.DataArray, year_from: int, year_to: int, *, normalise: bool = True
) -> xr.DataArray:
    """Return how much every pixel changed between two years of a cube: 1 − cosine of its two vectors.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        Embeddings of several years, with a CRS. Stored ones (int8, -128 for no data) are worked on as they
        are; dequantised ones (float, NaN) take four times the memory for the same result.
    year_from, year_to : int
        Two years of the cube, the earlier first.
    normalise : bool, optional
        As in `change_kernel`.

    Returns
    -------
    xarray.DataArray of float32, dims (y, x)
        0 where the two vectors point the same way, up to 2 where they are opposite; NaN where either year
        has no data. Lazy where the cube is, with its blocks: computing holds a few of them in memory. Its
        ``attrs`` say the years, the meaning, the notices, and the gaps, which `change_gaps` draws.

    Raises
    ------
    ValueError
        If a year is not in the cube, if the years are not in order, or if the cube is no cube of embeddings.

    Examples
    --------
    >>> stored = np.full((2, 64, 2, 2), 16, np.int8)
    >>> stored[1, :32, 0, 1] = -16
    >>> where = {"time": [2017, 2024], "y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> cube = xr.DataArray(stored, where, ("time", "band", "y", "x")).rio.write_crs("EPSG:32633")
    >>> change_between(cube, 2017, 2024).values.tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    cube = require_years(cube, 2)
    years = cube["time"].to_numpy().tolist()
    for year in (year_from, year_to):
        if year not in years:
            listed = ", ".join(map(str, years))
            raise ValueError(f"the cube has no year {year}; the years there are: {listed}")
    if year_from >= year_to:
        raise ValueError(
            f"`year_from` comes before `year_to`, got {year_from} and {year_to}: change is the same in both "
            "directions, so name the earlier year first"
        )
    return change_of(cube.sel(time=year_from), cube.sel(time=year_to), normalise=normalise)


def change_of(
    before: xr.DataArray, after: xr.DataArray, *, align: str = "refuse", normalise: bool = True
) -> xr.DataArray:
    """Return how much every pixel changed between two cubes of one year each.

    Parameters
    ----------
    before, after : xarray.DataArray, dims (band, y, x)
        Embeddings, both stored or both dequantised, each with a CRS. Their years are read from the
        coordinate ``time`` or ``year``, if there is one.
    align : {"refuse", "nearest"}, optional
        What to do where the grids differ: raise an error, or bring `after` onto the grid of `before`, each
        pixel taking the value of the nearest.
    normalise : bool, optional
        As in `change_kernel`.

    Returns
    -------
    xarray.DataArray of float32, dims (y, x)
        As of `change_between`, on the grid of `before`.

    Raises
    ------
    ValueError
        If the grids differ and `align` refuses, if the years are the wrong way round, or if one of the cubes
        is none of embeddings.
    TypeError
        If one is stored and the other dequantised.

    Examples
    --------
    >>> where = {"y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> before = xr.DataArray(np.full((64, 2, 2), 9, np.int8), where, ("band", "y", "x"))
    >>> before = before.rio.write_crs("EPSG:32633")
    >>> after = before.assign_coords(x=[15.0, 25.0])
    >>> change_of(before, after, align="nearest").values.tolist()
    [[nan, 0.0], [nan, 0.0]]
    """
    if align not in ("refuse", "nearest"):
        raise ValueError(f"`align` is 'refuse' or 'nearest', got {align!r}")
    for cube, name in ((before, "before"), (after, "after")):
        _require_one_year(cube, name)
    if before.dtype != after.dtype and np.int8 in (before.dtype, after.dtype):
        raise TypeError(
            f"`before` is {before.dtype} and `after` {after.dtype}: take both stored "
            "(`dequantised=False`), or both dequantised"
        )
    years = _year(before), _year(after)
    if None not in years and years[0] > years[1]:
        raise ValueError(f"`before` is of {years[0]} and `after` of {years[1]}: swap them")

    grid, other = Grid.of(before), Grid.of(after)
    gaps = _gaps(before, years[0], grid), _gaps(after, years[1], grid)
    lazy = dask.is_dask_collection(before.data) or dask.is_dask_collection(after.data)
    differing = _differences(grid, other)
    marked = after
    if differing and align == "refuse":
        raise ValueError(
            f"the two years lie on different grids: {'; '.join(differing)}. Open both with one `bounds`, "
            "`crs` and `resolution`, or pass `align='nearest'`"
        )
    if differing:
        after = nearest(after, grid, before.chunks[1:] if before.chunks else None)
        after = after if lazy else after.compute()

    work = _lazily if lazy else change_kernel
    data = work(before.data, after.data, normalise=normalise)
    change = xr.DataArray(data, {"y": before["y"], "x": before["x"]}, ("y", "x"), "change")
    change.attrs = _say(years, normalise)
    if None not in gaps:
        change.attrs["gaps"] = [gap for of_year in gaps for gap in of_year]
    change = change.rio.write_crs(grid.crs).rio.write_transform(grid.transform).rio.write_nodata(np.nan)
    return provenance.carry(change, before, marked)


def change_gaps(change: xr.DataArray) -> gpd.GeoDataFrame:
    """Return where a map of change has nothing to compare, because a year has no tile there.

    Nothing is read for it: the index of tiles tells. Pixels without data within tiles, as over open sea, are
    no gaps; `change_statistics` counts those as well.

    Parameters
    ----------
    change : xarray.DataArray, dims (y, x)
        As `change_between` or `change_of` returns it, from cubes that `open_cube` opened.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a year that lacks something: ``year``, ``share`` of the map (0 to 1), ``geometry`` in the
        map's CRS. Empty where both years cover all of it.

    Raises
    ------
    ValueError
        If the map does not know its tiles.

    Examples
    --------
    >>> gap = {"year": 2017, "share": 0.25, "wkt": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"}
    >>> change = xr.DataArray(np.zeros((2, 2)), dims=("y", "x"), attrs={"gaps": [gap]})
    >>> change_gaps(change.rio.write_crs("EPSG:32633"))[["year", "share"]].values.tolist()
    [[2017.0, 0.25]]
    """
    if "gaps" not in change.attrs:
        raise ValueError(
            "this map does not know which tiles it was made of, as one from `change_between` and `open_cube` "
            "does; `change_statistics` says what share of it lacks data"
        )
    gaps = change.attrs["gaps"]
    return gpd.GeoDataFrame(
        {"year": [gap["year"] for gap in gaps], "share": [float(gap["share"]) for gap in gaps]},
        geometry=shapely.from_wkt([gap["wkt"] for gap in gaps]),
        crs=change.rio.crs,
    )


def _lazily(before: Any, after: Any, normalise: bool) -> da.Array:
    before, after = (da.asarray(data).rechunk({0: -1}) for data in (before, after))
    # A thread for each block, since the scheduler works on several blocks at once.
    how = {"normalise": normalise, "threads": 1}
    meta = np.empty((0, 0), np.float32)
    return da.map_blocks(
        change_kernel, before, after.rechunk(before.chunks), **how, drop_axis=0, dtype=np.float32, meta=meta
    )


def _require_one_year(cube: xr.DataArray, name: str) -> None:
    if not isinstance(cube, xr.DataArray) or cube.dims != ("band", "y", "x"):
        found = getattr(cube, "dims", type(cube).__name__)
        raise ValueError(
            f"`{name}` is a cube (band, y, x) of one year, got {found}: as in `cube.sel(time=2017)`"
        )
    if cube.sizes["band"] != N_BANDS:
        raise ValueError(f"`{name}` has {cube.sizes['band']} bands, an embedding {N_BANDS}")
    if cube.dtype != np.int8 and cube.dtype.kind != "f":
        raise ValueError(f"embeddings are stored as int8 or dequantised to floats; `{name}` is {cube.dtype}")


def _year(cube: xr.DataArray) -> int | None:
    for name in ("time", "year"):
        if name in cube.coords and cube[name].ndim == 0:
            return cube[name].item()
    return None


def _differences(grid: Grid, other: Grid) -> list[str]:
    """Say how two grids differ; nothing where their pixels are the same."""
    if grid.crs != other.crs:
        return [f"{grid.crs.to_string()} and {other.crs.to_string()}"]
    told = []
    side, others_side = grid.transform.a, other.transform.a
    if not np.isclose(side, others_side):
        told.append(f"pixels of {side:g} and {others_side:g}")
    corners = np.array([grid.bounds[0], grid.bounds[3]]), np.array([other.bounds[0], other.bounds[3]])
    if not np.allclose(*corners, rtol=0, atol=_ALIGNED * side):
        first, second = ("({:.10g}, {:.10g})".format(*corner) for corner in corners)
        told.append(f"north-west corners at {first} and {second}")
    if grid.shape != other.shape:
        told.append(f"{grid.height} × {grid.width} and {other.height} × {other.width} pixels")
    return told


def _say(years: tuple[int | None, int | None], normalise: bool) -> dict[str, Any]:
    measure = "cosine similarity" if normalise else "dot product"
    between = "of the embeddings" if None in years else f"of the embeddings of {years[0]} and {years[1]}"
    said = {
        "long_name": f"Change (1 − {measure})",
        "meaning": f"1 − {measure} {between}: 0 is no change; no number where either has no data",
        "units": "1",
    }
    return said if None in years else said | {"year_from": years[0], "year_to": years[1]}


def _gaps(cube: xr.DataArray, year: int | None, grid: Grid) -> list[dict[str, Any]] | None:
    """Return what part of a grid no tile of a year covers: none, one entry, or None where it is not known."""
    footprint = cube.attrs.get("footprint", {}).get(year)
    if footprint is None:
        return None
    covered = gpd.GeoSeries.from_wkt([footprint], crs=cube.rio.crs).to_crs(grid.crs).iloc[0]
    whole = shapely.box(*grid.bounds)
    pixel = abs(grid.transform.a * grid.transform.e)
    parts = [part for part in shapely.get_parts(whole.difference(covered)) if part.area >= pixel]
    if not parts:
        return []
    gap = shapely.union_all(parts)
    return [{"year": year, "share": gap.area / whole.area, "wkt": gap.wkt}]
