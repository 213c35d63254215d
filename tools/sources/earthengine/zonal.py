"""Means of one year's embeddings over areas, computed on Earth Engine batch by batch."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from shapely.geometry import mapping
from shapely.geometry import shape as geometry_of

from tools.embeddings import BANDS
from tools.sources.earthengine import client
from tools.sources.errors import DataError
from tools.sources.progress import Meter, Silent

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

BATCH_AREAS = 200
BATCH_BYTES = 2_000_000  # well under the 10 MB that a request may have
PAGE = 1000
THREADS = 8
_SCALE = 10
_TRIES = 5
_KEY = "course_row"
_TOO_MUCH = ("memory limit", "timed out", "payload size", "too large", "request size", "too many elements")
_TOO_FAST = ("too many", "quota", "rate limit", "resource_exhausted", "unavailable", "internal error")


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
        A folder for finished batches, so that a run that was broken off goes on where it stopped.
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
        If the areas have no CRS.

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
    shown = shown or Silent()
    batches = list(_batches(areas.to_crs("EPSG:4326")))
    done, parts = 0, []
    with ThreadPoolExecutor(min(THREADS, max(1, len(batches)))) as pool:
        for part in pool.map(lambda batch: _kept(batch, year, keep), batches):
            parts.append(part)
            done += len(part)
            shown.update(done, len(areas))
    columns = [f"{band}{suffix}" for band in BANDS]
    means = pd.concat(parts) if parts else pd.DataFrame(columns=["row", *BANDS])
    means = means.set_index("row").reindex(range(len(areas)))[list(BANDS)].astype("float64")
    return means.set_axis(columns, axis=1).set_index(areas.index)


class _Batch:
    """Some areas of one UTM zone, as the features that are sent."""

    def __init__(self, crs: str, features: list[tuple[int, dict]]):
        self.crs, self.features = crs, features

    def halves(self) -> tuple[_Batch, _Batch]:
        middle = len(self.features) // 2
        return _Batch(self.crs, self.features[:middle]), _Batch(self.crs, self.features[middle:])

    @property
    def bounds(self) -> list[float]:
        return list(shapely.total_bounds([geometry_of(shape) for _, shape in self.features]))

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps([self.crs, self.features]).encode()).hexdigest()[:16]


def _batches(areas: gpd.GeoDataFrame) -> Iterator[_Batch]:
    # A centimetre is enough, and digits are what a request mostly consists of.
    areas = areas.set_geometry(
        shapely.transform(areas.geometry.values, lambda xy: xy.round(7)), crs=areas.crs
    )
    points = areas.geometry.representative_point()
    zones = [utm_zone(x, y) for x, y in zip(points.x, points.y, strict=True)]
    rows = sorted(range(len(areas)), key=lambda row: (zones[row], points.y.iloc[row], points.x.iloc[row]))
    batch: list[tuple[int, dict]] = []
    size = 0
    for place, row in enumerate(rows):
        shape = mapping(areas.geometry.iloc[row])
        weight = len(json.dumps(shape))
        full = len(batch) >= BATCH_AREAS or size + weight > BATCH_BYTES
        if batch and (full or zones[row] != zones[rows[place - 1]]):
            yield _Batch(zones[rows[place - 1]], batch)
            batch, size = [], 0
        batch.append((row, shape))
        size += weight
    if batch:
        yield _Batch(zones[rows[-1]], batch)


def utm_zone(lon: float, lat: float) -> str:
    """Return the UTM zone of a point.

    Parameters
    ----------
    lon, lat : float
        Degrees.

    Returns
    -------
    str
        An EPSG code.

    Examples
    --------
    >>> utm_zone(-0.13, 51.5), utm_zone(0.1, 51.5), utm_zone(-70, -33)
    ('EPSG:32630', 'EPSG:32631', 'EPSG:32719')
    """
    number = min(60, math.floor((lon + 180) / 6) + 1)
    return f"EPSG:{32600 + number if lat >= 0 else 32700 + number}"


def _kept(batch: _Batch, year: int, keep: Path | None) -> pd.DataFrame:
    import pandas as pd

    path = keep / f"{year}-{batch.fingerprint}.parquet" if keep else None
    if path and path.is_file():
        return pd.read_parquet(path)
    means = _means(batch, year)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        means.to_parquet(unfinished)
        os.replace(unfinished, path)
    return means


def _means(batch: _Batch, year: int) -> pd.DataFrame:
    """Ask for one batch: again where the server is busy, in halves where it is too much for it."""
    import ee
    import pandas as pd

    for failures in range(1, _TRIES + 1):
        try:
            return _ask(batch, year)
        except ee.EEException as error:
            said = str(error).lower()
            if any(sign in said for sign in _TOO_MUCH) and len(batch.features) > 1:
                return pd.concat([_means(half, year) for half in batch.halves()])
            if failures == _TRIES or not any(sign in said for sign in _TOO_FAST):
                raise client.explain(error) from error
            time.sleep(2**failures * random.uniform(0.5, 1.0))
    raise AssertionError("unreachable: the last try returns or raises")


def _ask(batch: _Batch, year: int) -> pd.DataFrame:
    import ee

    features = [ee.Feature(ee.Geometry(shape, evenOdd=True), {_KEY: row}) for row, shape in batch.features]
    means = client.annual_mosaic(year, ee.Geometry.Rectangle(batch.bounds)).reduceRegions(
        collection=ee.FeatureCollection(features),
        reducer=ee.Reducer.mean(),
        scale=_SCALE,
        crs=batch.crs,
        tileScale=4,
    )
    # Without their geometry the answers are a tenth of the size.
    answer = means.select([_KEY, *BANDS], None, False)
    table = ee.data.computeFeatures(
        {"expression": answer, "fileFormat": "PANDAS_DATAFRAME", "pageSize": PAGE}
    )
    sent, returned = [row for row, _ in batch.features], sorted(table.get(_KEY, []))
    if returned != sorted(sent):
        raise DataError(
            f"Earth Engine answered for {len(returned):,} of {len(sent):,} areas; try again, or take the "
            "same data without an account (COURSE_ORIGIN=open)"
        )
    # An area without a valid pixel comes back without the bands' properties.
    return table.rename(columns={_KEY: "row"}).reindex(columns=["row", *BANDS]).reset_index(drop=True)
