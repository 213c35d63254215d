"""One year's embeddings as an image on Earth Engine, and the years that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tools import provenance
from tools.embeddings import BANDS
from tools.sources.earthengine.asking import whole
from tools.sources.earthengine.regions import Region, geometry_of

if TYPE_CHECKING:
    import ee

COLLECTION = "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL"
FIRST_YEAR = 2017
NOTICE = "The AlphaEarth Foundations Satellite Embedding dataset is produced by Google and Google DeepMind."

T = TypeVar("T")


def annual_mosaic(year: int, region: ee.Geometry | None = None) -> ee.Image:
    """Return one year's embeddings as an image of 64 bands.

    Parameters
    ----------
    year : int
        From 2017.
    region : ee.Geometry, optional
        Only tiles that touch it are used.

    Returns
    -------
    ee.Image
        Bands A00 to A63, of unit length, masked where there are none.

    Raises
    ------
    ValueError
        If there are no embeddings of that year.

    Notes
    -----
    The end of ``filterDate`` is exclusive, so a year ends on the next year's first of January.

    The tiles are in UTM, each zone in its own, and a mosaic has one grid for all: EPSG:4326. Whoever reads it
    "at 10 m" without naming a CRS gets pixels that are 10 m high and, at 53° north, 6 m wide, each a copy of
    the stored pixel nearest to it. The functions of this room therefore name the region's UTM zone.

    Examples
    --------
    >>> annual_mosaic(2012)
    Traceback (most recent call last):
    ...
    ValueError: there are no embeddings of 2012: the first year is 2017
    """
    import ee

    if year < FIRST_YEAR:
        raise ValueError(f"there are no embeddings of {year}: the first year is {FIRST_YEAR}")
    images = ee.ImageCollection(COLLECTION).filterDate(f"{year}-01-01", f"{year + 1}-01-01")
    if region is not None:
        images = images.filterBounds(region)
    return images.mosaic().select(list(BANDS))


def available_years(region: Region) -> list[int]:
    """Return the years of which Earth Engine has embeddings in a region.

    Parameters
    ----------
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        A table in any CRS; a bare shape and bounds are in degrees.

    Returns
    -------
    list of int
        In order.

    Raises
    ------
    DataError
        If Earth Engine refuses.

    Examples
    --------
    >>> available_years((-3.3, 53.2, -2.5, 53.7))  # doctest: +SKIP
    [2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025]
    """
    import ee

    images = ee.ImageCollection(COLLECTION).filterBounds(geometry_of(region))
    starts = images.aggregate_array("system:time_start").distinct()
    years = starts.map(lambda start: ee.Date(start).get("year")).distinct()
    return sorted(int(year) for year in whole(years.getInfo))


def credit(data: T, year: int, *sources: Any) -> T:
    """Mark what was computed from the mosaic, in place, with the text that its licence asks for.

    Parameters
    ----------
    data : pandas.DataFrame, geopandas.GeoDataFrame or xarray.DataArray
        What was computed.
    year : int
        Of the embeddings.
    *sources : object
        What else it was computed from; their marks are passed on.

    Returns
    -------
    same as `data`

    Examples
    --------
    >>> import pandas as pd
    >>> provenance.of(credit(pd.DataFrame({"A00": [0.5]}), 2024)).origin
    'earthengine'
    """
    title = f"AlphaEarth embeddings, {year}, by Earth Engine"
    provenance.mark(data, provenance.Provenance(COLLECTION, "earthengine", title, NOTICE))
    return provenance.carry(data, *sources, data)
