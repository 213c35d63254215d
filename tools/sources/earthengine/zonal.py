"""Means of one year's embeddings over areas, computed on Earth Engine batch by batch."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from shapely.geometry import mapping

from tools.batches import finish, gather
from tools.embeddings import BANDS
from tools.sources.earthengine.asking import answered_for, in_halves
from tools.sources.earthengine.mosaic import COLLECTION, annual_mosaic
from tools.sources.earthengine.regions import PIXEL, utm_zone
from tools.sources.progress import Meter, Silent

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

BATCH_AREAS = 200
BATCH_BYTES = 2_000_000  # well under the 10 MB that a request may have
PAGE = 1000
THREADS = 8
_KEY = "course_row"


def zonal_means(
    areas: gpd.GeoDataFrame,
    year: int,
    *,
    suffix: str = "_mean",
    keep: Path | None = None,
    shown: Meter | None = None,
) -> pd.DataFrame:
    """Average one year's embeddings over areas, weighted by the share of each pixel inside.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in any CRS.
    year : int
        From 2017.
    suffix : str
        Added to the bands' names.
    keep : pathlib.Path, optional
        A folder for finished batches of these areas and this year, so that a run that was broken off goes on
        where it stopped.
    shown : Meter, optional
        Is told the number of areas that are done.

    Returns
    -------
    pandas.DataFrame
        float64 columns A00_mean to A63_mean on the index of `areas`; NaN where no pixel is valid.

    Raises
    ------
    DataError
        If Earth Engine refuses.
    ValueError
        If the areas have no CRS, or `keep` holds batches of something else.

    Notes
    -----
    Pixels are taken at 10 m in the UTM zone of each area, as they are stored; the mosaic's own grid is in
    degrees.

    Examples
    --------
    >>> zonal_means(areas, 2024)["A00_mean"]  # doctest: +SKIP
    """
    import pandas as pd

    if areas.crs is None:
        raise ValueError("the areas have no CRS: set one with areas.set_crs(…)")
    columns = [f"{band}{suffix}" for band in BANDS]
    batches = list(_batches(areas))
    if not batches:
        return pd.DataFrame(columns=columns, index=areas.index, dtype="float64")
    recipe = {"what": "means over areas", "road": "Earth Engine", "collection": COLLECTION, "year": year}
    shown = shown or Silent()
    with _folder(keep) as folder:
        paths = finish(
            batches,
            lambda batch: in_halves(batch, lambda part: _ask(part, year)),
            folder,
            recipe=recipe,
            threads=THREADS,
            progress=shown.update,
        )
        means = gather(paths).sort_index()
    return means.astype("float64").set_axis(columns, axis=1).set_index(areas.index)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _batches(areas: gpd.GeoDataFrame) -> Iterator[gpd.GeoDataFrame]:
    """Cut areas into batches of one UTM zone and of neighbours, on their position in the table."""
    areas = areas[[areas.geometry.name]].set_axis(["geometry"], axis=1).set_geometry("geometry")
    areas = areas.to_crs("EPSG:4326").reset_index(drop=True)
    # A centimetre is enough, and digits are what a request mostly consists of.
    rounded = shapely.transform(areas.geometry.values, lambda corners: corners.round(7))
    areas = areas.set_geometry(rounded, crs=areas.crs)
    middle = areas.geometry.representative_point()
    areas["zone"] = [utm_zone(x, y) for x, y in zip(middle.x, middle.y, strict=True)]
    areas = areas.assign(y=middle.y, x=middle.x).sort_values(["zone", "y", "x"])[["zone", "geometry"]]
    for _, zone in areas.groupby("zone"):
        first, size = 0, 0
        for place, shape in enumerate(zone.geometry):
            weight = len(json.dumps(mapping(shape)))
            if place > first and (place - first >= BATCH_AREAS or size + weight > BATCH_BYTES):
                yield zone.iloc[first:place]
                first, size = place, 0
            size += weight
        yield zone.iloc[first:]


def _ask(batch: gpd.GeoDataFrame, year: int) -> pd.DataFrame:
    import ee

    features = [
        ee.Feature(ee.Geometry(mapping(shape), evenOdd=True), {_KEY: row})
        for row, shape in batch.geometry.items()
    ]
    around = ee.Geometry.Rectangle(list(batch.total_bounds))
    means = annual_mosaic(year, around).reduceRegions(
        collection=ee.FeatureCollection(features),
        reducer=ee.Reducer.mean(),
        scale=PIXEL,
        crs=batch["zone"].iloc[0],
        tileScale=4,
    )
    # Without their geometry the answers are a tenth of the size.
    answer = means.select([_KEY, *BANDS], None, False)
    table = ee.data.computeFeatures(
        {"expression": answer, "fileFormat": "PANDAS_DATAFRAME", "pageSize": PAGE}
    )
    return answered_for(table, batch, _KEY, "areas")
