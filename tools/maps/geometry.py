"""Polygons made small enough to travel inside a page.

A web map shows a few thousand polygons on a few hundred pixels, so most of a boundary file's vertices and
digits are never seen. Borders are simplified together, so that neighbours still meet, and what is left is
written as the steps from vertex to vertex in units of 0.00001° (about a metre), which mostly fit into one or
two bytes.
"""

from __future__ import annotations

import base64

import geopandas as gpd
import numpy as np
import shapely

STEPS_PER_DEGREE = 100_000


def drawable(areas: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return the areas that a web map can draw, or say why it cannot.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in any coordinate reference system.
    name : str
        What the caller calls this table, for messages.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows that have a geometry.

    Raises
    ------
    ValueError
        If there is no CRS, nothing to draw, or something else than polygons.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> areas = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), None], crs="EPSG:4326")
    >>> len(drawable(areas, "focus_gdf"))
    1
    """
    if not isinstance(areas, gpd.GeoDataFrame):
        raise ValueError(f"{name} is a {type(areas).__name__}; a web map needs a GeoDataFrame with polygons.")
    if areas.crs is None:
        raise ValueError(
            f"{name} has no coordinate reference system, so nobody can say where on Earth it is. "
            'If its coordinates are longitude and latitude, write: gdf = gdf.set_crs("EPSG:4326").'
        )
    present = areas[~(areas.geometry.isna() | areas.geometry.is_empty)]
    if present.empty:
        raise ValueError(
            f"{name} has no area with a geometry: there is nothing to draw. Check the filter before it."
        )
    kinds = set(present.geom_type) - {"Polygon", "MultiPolygon"}
    if kinds:
        raise ValueError(
            f"{name} holds {', '.join(sorted(kinds))}; this map draws Polygon and MultiPolygon only."
        )
    return present


def simplified(areas: gpd.GeoDataFrame, cells: int = 5_000) -> gpd.GeoSeries:
    """Simplify polygons as far as a screen cannot tell, keeping shared borders shared.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons with a CRS.
    cells : int
        How many units of detail to keep across the longer side of the whole.

    Returns
    -------
    geopandas.GeoSeries
        In EPSG:4326, one geometry for each row.

    Notes
    -----
    Polygons that form a coverage (no overlaps, matching borders) go through GEOS's coverage simplifier, a
    Visvalingam-Whyatt simplification of each shared edge once [1]_. Others are simplified one by one.

    References
    ----------
    .. [1] Visvalingam, M. and Whyatt, J. D. (1993), "Line generalisation by repeated elimination of points",
       The Cartographic Journal 30(1), 46-51.

    Examples
    --------
    >>> from shapely.geometry import Point
    >>> circle = gpd.GeoDataFrame(geometry=[Point(0, 51).buffer(0.1, quad_segs=500)], crs="EPSG:4326")
    >>> bool(simplified(circle).count_coordinates().iloc[0] < 2001 / 2)
    True
    """
    flat = areas.geometry.to_crs(areas.estimate_utm_crs())
    left, bottom, right, top = flat.total_bounds
    tolerance = max(right - left, top - bottom) / cells
    shapes = flat.to_numpy()
    if shapely.coverage_is_valid(shapes):
        shapes = shapely.coverage_simplify(shapes, tolerance)
    else:
        shapes = shapely.simplify(shapes, tolerance, preserve_topology=True)
    return gpd.GeoSeries(shapes, index=areas.index, crs=flat.crs).to_crs("EPSG:4326")


def packed(shapes: gpd.GeoSeries) -> dict[str, str | int]:
    """Write polygons as text that a page can hold: counts and steps, as base64 of variable-length integers.

    Parameters
    ----------
    shapes : geopandas.GeoSeries
        Polygons and multipolygons in EPSG:4326.

    Returns
    -------
    dict
        ``scale`` (steps a degree), ``areas`` (polygons of each area), ``polygons`` (rings of each polygon),
        ``rings`` (vertices of each ring) and ``steps`` (longitude, latitude differences, zigzag).

    Examples
    --------
    >>> from shapely.geometry import box
    >>> packed(gpd.GeoSeries([box(0, 0, 0.00001, 0.00001)], crs="EPSG:4326"))["rings"]
    'BA=='
    """
    # A multipolygon at the end makes GEOS return all four levels of nesting, whatever the rows are.
    shapes_and_last = np.append(shapes.to_numpy(), shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]))
    _, coordinates, (ring_ends, polygon_ends, area_ends) = shapely.to_ragged_array(
        shapes_and_last, include_z=False
    )
    ring_ends, polygon_ends, area_ends = ring_ends[:-1], polygon_ends[:-1], area_ends[:-1]
    grid = np.rint(coordinates[: ring_ends[-1]] * STEPS_PER_DEGREE).astype(np.int64)
    closing = np.zeros(len(grid), dtype=bool)
    closing[ring_ends[1:] - 1] = True  # the last vertex of a ring repeats its first
    steps = np.diff(grid[~closing], axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel()
    return {
        "scale": STEPS_PER_DEGREE,
        "areas": _base64(_varints(np.diff(area_ends))),
        "polygons": _base64(_varints(np.diff(polygon_ends))),
        "rings": _base64(_varints(np.diff(ring_ends) - 1)),
        "steps": _base64(_varints((steps << 1) ^ (steps >> 63))),
    }


def _varints(numbers: np.ndarray) -> np.ndarray:
    """Split integers from 0 into groups of 7 bits, low group first; the top bit says that more follow."""
    numbers = np.asarray(numbers, dtype=np.uint64)
    shifts = np.arange(0, 63, 7, dtype=np.uint64)
    groups = (numbers[:, None] >> shifts) & np.uint64(0x7F)
    more = (numbers[:, None] >> (shifts + np.uint64(7))) > 0
    needed = np.column_stack([np.ones(len(numbers), dtype=bool), more[:, :-1]])
    return (groups | (more.astype(np.uint64) << np.uint64(7)))[needed].astype(np.uint8)


def _base64(data: np.ndarray) -> str:
    return base64.b64encode(np.asarray(data, dtype=np.uint8).tobytes()).decode("ascii")
