"""The road that one place took: its vector of each year against that of every other."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from shapely import Point

from tools import provenance
from tools.change.checks import require_years
from tools.embeddings import cosine_similarity, dequantise, unit
from tools.rasters.grids import Grid

Place = tuple[float, float] | Point | gpd.GeoSeries | gpd.GeoDataFrame


def similarity_matrix(cube: xr.DataArray, point: Place, *, radius_m: float = 0.0) -> pd.DataFrame:
    """Return how alike a place is in each year and in every other.

    A stable place is a square of high similarity; a place that changed once falls into two squares, and one
    that was changed back shows the squares at opposite corners alike.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        Stored embeddings (int8) or dequantised ones, with a CRS. Only the pixels asked for are read.
    point : (lon, lat), shapely Point, or one row of a geopandas table
        Degrees, unless it brings a CRS with it.
    radius_m : float, optional
        Average all pixels whose centres lie this near, in units of the cube's CRS; the one pixel that holds
        the point where not given.

    Returns
    -------
    pandas.DataFrame of float, shape (years, years)
        Cosine similarities; symmetric, 1 on the diagonal; NaN for a year without data.

    Raises
    ------
    ValueError
        If the place is not one point within the cube, or has no data in any year.

    Examples
    --------
    >>> import rioxarray
    >>> series = np.zeros((3, 64, 2, 2), "float32")
    >>> series[:2, 0], series[2, 1] = 1, 1
    >>> where = {"time": [2017, 2018, 2019], "y": [5.82e6, 5.81e6], "x": [3.9e5, 4.0e5]}
    >>> cube = xr.DataArray(series, where, ("time", "band", "y", "x")).rio.write_crs("EPSG:32633")
    >>> similarity_matrix(cube, (13.38, 52.52)).to_numpy().tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    vectors = place_vectors(cube, point, radius_m)
    values = vectors.to_numpy()
    similar = cosine_similarity(values[:, None], values[None])
    np.fill_diagonal(similar, np.where(np.isnan(values[:, 0]), np.nan, 1.0))
    return provenance.carry(pd.DataFrame(similar, vectors.index, vectors.index.rename("other_year")), cube)


def trajectory(cube: xr.DataArray, point: Place, *, radius_m: float = 0.0) -> pd.DataFrame:
    """Return how far a place has come: from its first year, and from one year to the next.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        As for `similarity_matrix`.
    point : (lon, lat), shapely Point, or one row of a geopandas table
        As for `similarity_matrix`.
    radius_m : float, optional
        As for `similarity_matrix`.

    Returns
    -------
    pandas.DataFrame of float, indexed by ``year``
        ``similarity_to_first`` and ``similarity_to_previous`` (cosines), ``change_from_first`` and
        ``change_from_previous`` (1 − cosine). The first year is the first that has data, and the previous
        one the nearest earlier; NaN for a year without data.

    Raises
    ------
    ValueError
        As `similarity_matrix`.

    Examples
    --------
    >>> import rioxarray
    >>> series = np.zeros((3, 64, 2, 2), "float32")
    >>> series[:2, 0], series[2, 1] = 1, 1
    >>> where = {"time": [2017, 2018, 2019], "y": [5.82e6, 5.81e6], "x": [3.9e5, 4.0e5]}
    >>> cube = xr.DataArray(series, where, ("time", "band", "y", "x")).rio.write_crs("EPSG:32633")
    >>> trajectory(cube, (13.38, 52.52))["change_from_first"].to_dict()
    {2017: 0.0, 2018: 0.0, 2019: 1.0}
    """
    matrix = similarity_matrix(cube, point, radius_m=radius_m)
    known = [year for year in matrix.index if not np.isnan(matrix.loc[year, year])]
    earlier = dict(zip(known[1:], known[:-1], strict=True))
    first = matrix[known[0]]
    before = pd.Series({y: matrix.loc[y, earlier[y]] if y in earlier else np.nan for y in matrix.index})
    table = pd.DataFrame(
        {
            "similarity_to_first": first,
            "similarity_to_previous": before,
            "change_from_first": 1 - first,
            "change_from_previous": 1 - before,
        }
    )
    return provenance.carry(table.rename_axis("year"), cube)


def place_vectors(cube: xr.DataArray, point: Place, radius_m: float = 0.0) -> pd.DataFrame:
    """Return the embedding of a place in each year, of unit length.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        As for `similarity_matrix`.
    point : (lon, lat), shapely Point, or one row of a geopandas table
        As for `similarity_matrix`.
    radius_m : float, optional
        As for `similarity_matrix`.

    Returns
    -------
    pandas.DataFrame of float, shape (years, 64)
        Indexed by ``year``, in rising order; NaN for a year without data.

    Raises
    ------
    ValueError
        As `similarity_matrix`.

    Examples
    --------
    >>> import rioxarray
    >>> series = np.zeros((2, 64, 2, 2), "float32")
    >>> series[0, 0], series[1, 1] = 1, 2
    >>> where = {"time": [2017, 2018], "y": [5.82e6, 5.81e6], "x": [3.9e5, 4.0e5]}
    >>> cube = xr.DataArray(series, where, ("time", "band", "y", "x")).rio.write_crs("EPSG:32633")
    >>> place_vectors(cube, (13.38, 52.52)).iloc[:, :2].to_numpy().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    cube = require_years(cube, 2)
    grid = Grid.of(cube)
    x, y = _locate(point, grid)
    near = np.hypot(*np.meshgrid(grid.centres["x"] - x, grid.centres["y"] - y)) <= radius_m
    column, row = (int(np.floor(value)) for value in ~grid.transform @ (x, y))
    near[row, column] = True
    rows, columns = np.nonzero(near)
    window = cube.isel(
        y=slice(rows.min(), rows.max() + 1), x=slice(columns.min(), columns.max() + 1)
    ).to_numpy()
    pixels = window[:, :, rows - rows.min(), columns - columns.min()]
    pixels = dequantise(pixels) if pixels.dtype == np.int8 else pixels
    # A sum points where a mean does, and a pixel without data adds nothing to it.
    sums = np.nansum(unit(pixels.astype(float), axis=1), axis=2)
    if not sums.any():
        raise ValueError(f"{_say(point)} has no data in any of the years; choose a place on land")
    years = pd.Index(cube["time"].to_numpy(), name="year")
    bands = cube["band"].to_numpy() if "band" in cube.coords else None
    return pd.DataFrame(unit(sums), years, bands)


def _locate(point: Place, grid: Grid) -> tuple[float, float]:
    if isinstance(point, gpd.GeoSeries | gpd.GeoDataFrame):
        shapes = point.geometry
        if len(shapes) != 1 or shapes.crs is None:
            raise ValueError(f"a place is one row with a CRS, got {len(shapes)} with {shapes.crs}")
    else:
        lon, lat = (point.x, point.y) if isinstance(point, Point) else point
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            raise ValueError(f"{_say(point)} is no (longitude, latitude) in degrees")
        shapes = gpd.GeoSeries([Point(lon, lat)], crs="EPSG:4326")
    centre = shapes.to_crs(grid.crs).iloc[0].centroid
    west, south, east, north = grid.bounds
    if not (west <= centre.x < east and south < centre.y <= north):
        edges = gpd.GeoSeries.from_xy([west, east], [south, north], crs=grid.crs).to_crs("EPSG:4326")
        west, south, east, north = edges.total_bounds.round(3)
        raise ValueError(
            f"{_say(point)} lies outside the cube, which covers longitudes {west} to {east} and latitudes "
            f"{south} to {north}; a place is (longitude, latitude), in this order"
        )
    return centre.x, centre.y


def _say(point: Place) -> str:
    if isinstance(point, gpd.GeoSeries | gpd.GeoDataFrame):
        point = point.geometry.iloc[0]
    return f"({point.x}, {point.y})" if isinstance(point, Point) else str(tuple(point))
