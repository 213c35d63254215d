"""Where scenes lie on a sphere whose longitudes end at the 180th meridian."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tools.rasters.grids import Bounds

if TYPE_CHECKING:
    import pystac
    from shapely.geometry.base import BaseGeometry


def boxes_around(area: BaseGeometry) -> list[Bounds]:
    """Return the box around an area, or two where its parts lie on both sides of the 180th meridian.

    Parameters
    ----------
    area : shapely geometry
        Degrees, within ±180. What reaches over the meridian comes in parts, as GeoJSON wants it.

    Returns
    -------
    list of (west, south, east, north)
        Degrees.

    Examples
    --------
    >>> from shapely.geometry import MultiPolygon, box
    >>> boxes_around(MultiPolygon([box(179.5, -17, 180, -16), box(-180, -17, -179.5, -16)]))
    [(-180.0, -17.0, -179.5, -16.0), (179.5, -17.0, 180.0, -16.0)]
    >>> boxes_around(box(-10, 50, 10, 60))
    [(-10.0, 50.0, 10.0, 60.0)]
    """
    import shapely

    west, _, east, _ = area.bounds
    if east - west <= 180:
        return [area.bounds]
    parts = shapely.get_parts(shapely.get_parts(area))
    middles = shapely.bounds(parts)[:, [0, 2]].mean(axis=1)
    sides = [shapely.total_bounds(parts[here]) for here in (middles < 0, middles >= 0) if here.any()]
    return [tuple(map(float, side)) for side in sides]


def footprint_of(item: pystac.Item) -> BaseGeometry:
    """Return where a scene lies, however its catalogue writes what reaches over the 180th meridian.

    Some cut a footprint there, as GeoJSON wants it; some let longitudes go on beyond 180°; and some join the
    corners as they stand, which makes a band around the world the wrong way.

    Parameters
    ----------
    item : pystac.Item
        The scene.

    Returns
    -------
    shapely geometry
        Degrees. What is within ±180 of it is right on both sides of the meridian.

    Examples
    --------
    >>> import pystac
    >>> from datetime import UTC, datetime
    >>> from shapely.geometry import Point, mapping, Polygon
    >>> ring = Polygon([(179, -17), (-179, -17), (-179, -16), (179, -16)])
    >>> scene = pystac.Item("a", mapping(ring), None, datetime.now(UTC), {})
    >>> [footprint_of(scene).intersects(Point(lon, -16.5)) for lon in (179.5, -179.5, 0)]
    [True, True, False]
    """
    import shapely
    from shapely.geometry import shape

    parts = []
    for part in shapely.get_parts(shape(item.geometry)):
        west, _, east, _ = part.bounds
        if east - west > 180:
            part = shapely.transform(
                part, lambda corners: np.column_stack([corners[:, 0] % 360, corners[:, 1:]])
            )
            west, _, east, _ = part.bounds
        parts.append(part)
        if east > 180 or west < -180:
            turn = np.array([-360.0 if east > 180 else 360.0, 0.0])
            parts.append(shapely.transform(part, lambda corners, turn=turn: corners + turn))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
