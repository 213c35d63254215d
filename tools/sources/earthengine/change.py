"""The change between two years, worked out on Earth Engine's servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.sources.earthengine.mosaic import annual_mosaic
from tools.sources.earthengine.regions import Region, geometry_of

if TYPE_CHECKING:
    import ee

BAND = "change"


def annual_change(
    year_from: int, year_to: int, region: Region | None = None, *, normalise: bool = True
) -> ee.Image:
    """Return how much every pixel changed between two years: 1 − cosine of its two embeddings.

    Nothing is computed until the image is drawn, sampled or exported, as by `export_image`.

    Parameters
    ----------
    year_from, year_to : int
        From 2017, the earlier first.
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north), optional
        Only its tiles are used, and the image ends at its edge.
    normalise : bool, optional
        Divide by the vectors' lengths, as `tools.change.change_between` does: the stored vectors are up to
        0.8 % longer or shorter than 1. Without it the result is 1 − dot product, as is often published.

    Returns
    -------
    ee.Image
        One band, ``change``, of float: 0 for no change, up to 2. Masked where either year has no data. The
        properties ``year_from`` and ``year_to`` say of when.

    Raises
    ------
    ValueError
        If the years are not in order, or there are no embeddings of one of them.

    Examples
    --------
    >>> annual_change(2024, 2017)
    Traceback (most recent call last):
    ...
    ValueError: `year_from` comes before `year_to`, got 2024 and 2017: change is the same in both directions
    >>> export_image(annual_change(2017, 2024, berlin), berlin, "berlin-2017-2024")  # doctest: +SKIP
    """
    if year_from >= year_to:
        raise ValueError(
            f"`year_from` comes before `year_to`, got {year_from} and {year_to}: "
            "change is the same in both directions"
        )
    geometry = None if region is None else geometry_of(region)
    before, after = (annual_mosaic(year, geometry) for year in (year_from, year_to))
    likeness = _dot(before, after)
    if normalise:
        likeness = likeness.divide(_dot(before, before).multiply(_dot(after, after)).sqrt())
    change = likeness.multiply(-1).add(1).rename([BAND]).toFloat()
    change = change.set({"year_from": year_from, "year_to": year_to})
    return change if geometry is None else change.clip(geometry)


def _dot(a: ee.Image, b: ee.Image) -> ee.Image:
    import ee

    return a.multiply(b).reduce(ee.Reducer.sum())
