"""Outlines of the land as a web map takes them."""

from __future__ import annotations

import json
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from tools.maps.land import land, land_rings

_DECIMALS = 2  # what the stored outlines have


def land_geojson() -> bytes:
    """Return the bundled outlines of the land as GeoJSON.

    Returns
    -------
    bytes
        A feature collection with one feature, of all land, lakes left out; its ``credit`` says whose outlines
        they are. The same bytes each time.

    Examples
    --------
    >>> said = json.loads(land_geojson())
    >>> said["features"][0]["geometry"]["type"], said["credit"]
    ('MultiPolygon', 'Land: Natural Earth')
    """
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "MultiPolygon", "coordinates": _with_lakes(land_rings())},
    }
    said = {"type": "FeatureCollection", "credit": land()["credit"], "features": [feature]}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def _with_lakes(rings: list[NDArray[np.float64]]) -> list[list[list[list[float]]]]:
    """Polygons: each ring of land with the lakes right inside it; islands in lakes are land again."""
    import shapely

    shapes = [shapely.Polygon(ring) for ring in rings]
    inside, around = shapely.STRtree(shapes).query([shape.exterior for shape in shapes], "covered_by")
    around_of = {
        which: [int(other) for _, other in pairs if other != which]
        for which, pairs in groupby(zip(inside.tolist(), around.tolist(), strict=True), lambda pair: pair[0])
    }
    polygons = {which: [which] for which, outer in around_of.items() if len(outer) % 2 == 0}
    for which, outer in around_of.items():
        if len(outer) % 2:
            polygons[min(outer, key=lambda other: shapes[other].area)].append(which)
    return [
        [_closed(shapes[which], is_hole=place > 0) for place, which in enumerate(members)]
        for members in polygons.values()
    ]


def _closed(shape, *, is_hole: bool) -> list[list[float]]:
    import shapely

    ring = shapely.get_coordinates(shape.exterior)
    if shape.exterior.is_ccw == is_hole:  # RFC 7946: land anticlockwise, lakes clockwise
        ring = ring[::-1]
    return np.round(ring, _DECIMALS).tolist()
