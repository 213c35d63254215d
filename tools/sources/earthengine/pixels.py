"""How many pixels a region holds on Earth Engine, and a random sample of their embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tools.embeddings import BANDS
from tools.sources.earthengine.asking import whole
from tools.sources.earthengine.mosaic import annual_mosaic, credit
from tools.sources.earthengine.regions import PIXEL, Region, geometry_of, utm_of

if TYPE_CHECKING:
    import ee
    import geopandas as gpd
    import pandas as pd

MOST_A_PAGE = 5_000
_MOST_PIXELS = 10**10


def pixel_count(region: Region, year: int, *, scale: float = PIXEL, crs: str | None = None) -> int:
    """Count the pixels with an embedding whose centre lies in a region.

    Parameters
    ----------
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        A table in any CRS; a bare shape and bounds are in degrees.
    year : int
        From 2017.
    scale : float
        Size of a pixel, in metres.
    crs : str, optional
        Of the grid that is counted on, such as ``"EPSG:32630"``; by default the mosaic's own, EPSG:4326.

    Returns
    -------
    int

    Raises
    ------
    DataError
        If Earth Engine refuses.

    Notes
    -----
    On the mosaic's own grid a pixel "of 10 m" is 10 m wide only at the equator. At latitude φ it is 10 cos φ
    wide, and there are 1 / cos φ times as many as are stored: 1.68 times as many at 53.4° north.

    Examples
    --------
    >>> pixel_count(region, 2024), pixel_count(region, 2024, crs="EPSG:32630")  # doctest: +SKIP
    (12259151, 7300000)
    """
    import ee

    geometry = geometry_of(region)
    counted = (
        annual_mosaic(year, geometry)
        .select(BANDS[0])
        .reduceRegion(
            reducer=ee.Reducer.count(),
            geometry=geometry,
            scale=scale,
            crs=crs,
            maxPixels=_MOST_PIXELS,
            tileScale=4,
        )
    )
    return int(whole(counted.getInfo)[BANDS[0]])


def sample_pixels(
    region: Region, year: int, n: int, *, seed: int = 42, geometries: bool = False
) -> pd.DataFrame | gpd.GeoDataFrame:
    """Draw about `n` pixels of a region at random and return their embeddings.

    Parameters
    ----------
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        A table in any CRS; a bare shape and bounds are in degrees.
    year : int
        From 2017.
    n : int
        How many. The server takes the number as approximate, and leaves out masked pixels. Beyond some tens
        of thousands `export_samples` is the better road.
    seed : int
        Of the drawing.
    geometries : bool
        Whether to return the pixels' centres too.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        float32 columns A00 to A63, and with `geometries` points in EPSG:4326.

    Raises
    ------
    DataError
        If Earth Engine refuses, or no pixel of the region has an embedding.
    ValueError
        If `n` is not positive.

    Notes
    -----
    Pixels are drawn at 10 m on the grid of the region's UTM zone, as they are stored.

    Examples
    --------
    >>> sample_pixels(region, 2024, 5_000).shape  # doctest: +SKIP
    (4987, 64)
    """
    import geopandas as gpd
    import pandas as pd

    from tools.sources.errors import DataError

    sample = sampled(region, year, n, seed=seed, geometries=geometries)
    features = list(_features(sample))
    if not features:
        raise DataError(
            f"no pixel of the region has an embedding of {year}: check the region (is it land?), or ask "
            "available_years(region)"
        )
    table = pd.DataFrame([feature["properties"] for feature in features], columns=list(BANDS))
    table = table.astype("float32")
    if geometries:
        centres = np.array([feature["geometry"]["coordinates"] for feature in features])
        table = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(*centres.T), crs="EPSG:4326")
    return credit(table, year, region)


def sampled(
    region: Region, year: int, n: int, *, seed: int, geometries: bool = False
) -> ee.FeatureCollection:
    """Describe a random sample of pixels to Earth Engine, without asking for it.

    Parameters
    ----------
    region, year, n, seed, geometries
        As `sample_pixels` takes them.

    Returns
    -------
    ee.FeatureCollection
        A feature for each pixel, with the properties A00 to A63.

    Raises
    ------
    ValueError
        If `n` is not positive.

    Examples
    --------
    >>> sampled((-3.3, 53.2, -2.5, 53.7), 2024, 0, seed=1)
    Traceback (most recent call last):
    ...
    ValueError: n=0: ask for at least one pixel
    """
    import ee

    if n < 1:
        raise ValueError(f"n={n}: ask for at least one pixel")
    geometry = geometry_of(region)
    return annual_mosaic(year, geometry).sample(
        region=geometry,
        scale=PIXEL,
        projection=ee.Projection(utm_of(region)),
        numPixels=n,
        seed=seed,
        tileScale=4,
        geometries=geometries,
    )


def _features(collection: ee.FeatureCollection) -> Iterator[dict]:
    """Yield features page by page, so that a page that fails is asked for again by itself."""
    import ee

    request = {"expression": collection, "pageSize": MOST_A_PAGE}
    while True:
        page = whole(lambda request=request: ee.data.computeFeatures(request))
        yield from page.get("features", [])
        if not page.get("nextPageToken"):
            return
        request = {**request, "pageToken": page["nextPageToken"]}
