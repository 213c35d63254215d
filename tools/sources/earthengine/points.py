"""The embedding of the pixel under each point, asked of Earth Engine in batches that survive ``kill -9``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from tools.batches import cut, finish, gather
from tools.embeddings import BANDS
from tools.sources.earthengine.asking import MOST_THREADS, answered_for, checked_threads, in_halves
from tools.sources.earthengine.mosaic import COLLECTION, annual_mosaic, credit
from tools.sources.earthengine.regions import PIXEL, utm_zone

if TYPE_CHECKING:
    import ee
    import geopandas as gpd
    import pandas as pd

BATCH = 1_000
_PAGE = 1_000
_KEY = "course_row"
_DIGITS = 7  # of a degree: a centimetre


def embeddings_at(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    year: int,
    *,
    keep: str | Path,
    threads: int = MOST_THREADS,
    batch_size: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return the embedding of the pixel under every point.

    Parameters
    ----------
    points : geopandas.GeoDataFrame or GeoSeries
        n points in any CRS.
    year : int
        From 2017.
    keep : str or pathlib.Path
        A folder for finished batches of these points and this year. Called again after any interruption, with
        the same folder, this asks only for the batches that are not there.
    threads : int
        How many batches are asked for at once, at most 20.
    batch_size : int
        Points a batch. A batch that is too much for the server is asked for in halves.
    progress : callable, optional
        Is told how many points are done, and of how many.

    Returns
    -------
    pandas.DataFrame of float32, shape (n, 64)
        Columns A00 to A63, one row a point, in the order and on the index of `points`; NaN where the mosaic
        is masked, and where a point is missing, empty or has no place on the globe.

    Raises
    ------
    DataError
        If Earth Engine refuses, or stays busy.
    ValueError
        If the points have no CRS or are not points, `threads` is not 1 to 20, or `keep` holds batches of
        other points or another year.

    Notes
    -----
    Pixels are taken at 10 m in the UTM zone of each point, which is the grid in which they are stored, so
    that a point gets the pixel that it lies in. Points go to the server as one list of numbers, a tenth of
    what a feature for each would weigh, and neighbours go together, since the server reads whole tiles.

    Examples
    --------
    >>> embeddings_at(buildings, 2024, keep="batches")  # doctest: +SKIP
    """
    import pandas as pd

    checked_threads(threads)
    places = _places(points)
    recipe = {"what": "pixels under points", "road": "Earth Engine", "collection": COLLECTION, "year": year}
    vectors = np.full((len(points), len(BANDS)), np.nan, np.float32)
    batches = [batch for _, zone in places.groupby("zone") for batch in cut(zone, batch_size)]
    if batches:
        paths = finish(
            batches,
            lambda batch: in_halves(batch, lambda part: _ask(part, year)),
            keep,
            recipe=recipe,
            threads=threads,
            progress=progress,
        )
        found = gather(paths)
        vectors[found.index] = found
    return credit(pd.DataFrame(vectors, points.index, list(BANDS)), year, points)


def _places(points: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.DataFrame:
    """Return degrees and zone of all points that have a place, by position; neighbours near each other."""
    import pandas as pd

    shapes = points.geometry
    if shapes.crs is None:
        raise ValueError("the points have no CRS: set one with points.set_crs(…)")
    kinds = {shapely.GeometryType(kind).name for kind in np.unique(shapely.get_type_id(shapes.values))}
    if not kinds <= {"POINT", "MISSING"}:
        raise ValueError(
            f"expected points, got {', '.join(sorted(kinds))}: take `areas.representative_point()`"
        )
    shapes = shapes.reset_index(drop=True)
    # GEOS refuses to say where an empty point is.
    degrees = shapes[~(shapes.isna() | shapes.is_empty)].to_crs("EPSG:4326")
    lon, lat = shapely.get_x(degrees.values), shapely.get_y(degrees.values)
    placed = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    degrees, lon, lat = degrees[placed], lon[placed].round(_DIGITS), lat[placed].round(_DIGITS)
    places = pd.DataFrame({"lon": lon, "lat": lat}, index=degrees.index)
    places["zone"] = [utm_zone(x, y) for x, y in zip(places["lon"], places["lat"], strict=True)]
    near = degrees.hilbert_distance() if len(degrees) else degrees
    return places.assign(near=near).sort_values(["zone", "near"], kind="stable").drop(columns="near")


def _ask(batch: pd.DataFrame, year: int) -> pd.DataFrame:
    import ee

    west, south, east, north = *batch[["lon", "lat"]].min(), *batch[["lon", "lat"]].max()
    # A box without any width has no inside; a thousandth of a degree changes no tile that matters.
    around = ee.Geometry.Rectangle([west - 1e-3, south - 1e-3, east + 1e-3, north + 1e-3])
    rows = [[row, lon, lat] for row, lon, lat in zip(batch.index, batch["lon"], batch["lat"], strict=True)]
    found = annual_mosaic(year, around).reduceRegions(
        collection=ee.FeatureCollection(ee.List(rows).map(_feature)),
        reducer=ee.Reducer.first(),
        scale=PIXEL,
        crs=batch["zone"].iloc[0],
    )
    answer = found.select([_KEY, *BANDS], None, False)
    table = ee.data.computeFeatures(
        {"expression": answer, "fileFormat": "PANDAS_DATAFRAME", "pageSize": _PAGE}
    )
    return answered_for(table, batch, _KEY, "points").astype("float32")


def _feature(row: ee.ComputedObject) -> ee.Feature:
    import ee

    row = ee.List(row)
    return ee.Feature(ee.Geometry.Point(row.slice(1, 3)), {_KEY: row.get(0)})
