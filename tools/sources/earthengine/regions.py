"""A region in each of the forms that the lessons have it in, as Earth Engine takes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    import ee

Region = "gpd.GeoDataFrame | gpd.GeoSeries | BaseGeometry | tuple[float, float, float, float]"

PIXEL = 10
_DIGITS = 6  # of a degree: ten centimetres


def shape_of(region: Region) -> BaseGeometry:
    """Return a region as one shape in degrees.

    Parameters
    ----------
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        A table in any CRS; a bare shape and bounds are in degrees.

    Returns
    -------
    shapely geometry
        A polygon, or several, in EPSG:4326.

    Raises
    ------
    ValueError
        If it has no CRS or no area, or its coordinates are no degrees.

    Examples
    --------
    >>> shape_of((-3.3, 53.2, -2.5, 53.7)).bounds
    (-3.3, 53.2, -2.5, 53.7)
    """
    if isinstance(region, BaseGeometry):
        shape = region
    elif isinstance(region, (tuple, list)):
        shape = _box(region)
    elif hasattr(region, "geometry"):
        if region.crs is None:
            raise ValueError("the region has no CRS: set one with region.set_crs(…)")
        shape = region.geometry.to_crs("EPSG:4326").union_all()
    else:
        raise ValueError(
            f"a region is a table with geometry, a shape in degrees, or (west, south, east, north); got "
            f"{type(region).__name__}"
        )
    if shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        found = "nothing" if shape.is_empty else f"a {shape.geom_type}"
        raise ValueError(f"a region has an area: expected a polygon, got {found}")
    west, south, east, north = shape.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise ValueError(
            f"the region's coordinates are no degrees (x {west:,.1f} to {east:,.1f}, y {south:,.1f} to "
            f"{north:,.1f}): pass a table with its CRS, or transform it to EPSG:4326"
        )
    return shape


def geometry_of(region: Region) -> ee.Geometry:
    """Return a region as Earth Engine takes it.

    Parameters
    ----------
    region : as `shape_of` takes it

    Returns
    -------
    ee.Geometry
        Its edges straight in degrees, as in other programs, and its inside independent of the direction of
        its rings.

    Raises
    ------
    ValueError
        As `shape_of` does.

    Notes
    -----
    Unless told otherwise, Earth Engine takes the edge between two corners for the shortest way on the globe:
    the northern edge of a box one degree wide at 53° would bulge by about 100 m.

    Examples
    --------
    >>> geometry_of((-3.3, 53.2, -2.5, 53.7))  # doctest: +SKIP
    ee.Geometry({…})
    """
    import ee

    shape = shapely.transform(shape_of(region), lambda corners: corners.round(_DIGITS))
    return ee.Geometry(mapping(shape), proj="EPSG:4326", geodesic=False, evenOdd=True)


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


def utm_of(region: Region) -> str:
    """Return the UTM zone of a region's middle, on whose grid its embeddings are stored.

    Parameters
    ----------
    region : as `shape_of` takes it

    Returns
    -------
    str
        An EPSG code.

    Examples
    --------
    >>> utm_of((-3.3, 53.2, -2.5, 53.7))
    'EPSG:32630'
    """
    west, south, east, north = shape_of(region).bounds
    return utm_zone((west + east) / 2, (south + north) / 2)


def _box(bounds) -> BaseGeometry:
    if len(bounds) != 4:
        raise ValueError(f"bounds are (west, south, east, north), in degrees; got {len(bounds)} numbers")
    west, south, east, north = bounds
    if not (west < east and south < north):
        raise ValueError(f"bounds are (west, south, east, north); in {tuple(bounds)} they are not in order")
    return shapely.box(west, south, east, north)
