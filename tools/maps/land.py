"""Outlines of the world's land, small enough to be part of a page: nothing is asked of a map server.

They are Natural Earth's at 1:50 million, in the public domain, as the npm package ``world-atlas`` holds them,
thinned out to what a screen of 2,000 pixels shows of the whole world. ``python -m tools.maps.land`` makes the
stored file anew from that package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STORED = Path(__file__).with_name("land.json")
SOURCE = "world-atlas/land-50m.json"
CREDIT = "Land: Natural Earth"
SOUTH = -60.0
"""No city lies further south, and Antarctica would take a third of a Mercator map."""
LEAST_AREA = 0.06
"""Square degrees on the map of an island, at least."""
TOLERANCE = 0.09
"""Degrees on the map that a thinned-out coast may be off."""
PER_DEGREE = 100


@cache
def land() -> dict[str, Any]:
    """Return the stored outlines, as a page's script takes them.

    Returns
    -------
    dict
        ``credit``; ``per_degree``, how many units a degree has; ``rings``, lists of whole numbers: longitude
        and latitude of the first corner, then the steps to each next one. Rings within rings are lakes.

    Examples
    --------
    >>> land()["credit"], land()["per_degree"]
    ('Land: Natural Earth', 100)
    """
    return json.loads(STORED.read_text("utf-8"))


def land_rings() -> list[NDArray[np.float64]]:
    """Return the stored outlines as coordinates.

    Returns
    -------
    list of numpy.ndarray, shape (corners, 2)
        Longitude and latitude in degrees, from −180 to 180; not closed.

    Examples
    --------
    >>> rings = land_rings()
    >>> bool(max(np.abs(ring[:, 0]).max() for ring in rings) <= 180)
    True
    """
    steps = (np.array(ring, dtype=float).reshape(-1, 2) for ring in land()["rings"])
    return [np.cumsum(ring, axis=0) / PER_DEGREE for ring in steps]


def make(atlas: Path, to: Path = STORED) -> Path:
    """Thin out the land of ``world-atlas`` and store it.

    Parameters
    ----------
    atlas : pathlib.Path
        ``land-50m.json``, TopoJSON.
    to : pathlib.Path
        The file to write.

    Returns
    -------
    pathlib.Path
        The file written, the same bytes whenever it is made from the same atlas.

    Raises
    ------
    FileNotFoundError
        If the atlas is not there.
    """
    import shapely

    shapes = shapely.union_all(list(_on_map(json.loads(atlas.read_text("utf-8")))))
    thin = shapely.simplify(shapes, TOLERANCE)
    rings = [
        ring
        for polygon in shapely.get_parts(thin)
        if polygon.area >= LEAST_AREA
        for ring in (polygon.exterior, *polygon.interiors)
        if shapely.Polygon(ring).area >= LEAST_AREA
    ]
    rings.sort(key=lambda ring: (-shapely.Polygon(ring).area, ring.bounds))
    content = {"credit": CREDIT, "per_degree": PER_DEGREE, "rings": [_steps(ring) for ring in rings]}
    to.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    return to


def mercator(latitude: NDArray) -> NDArray[np.float64]:
    """Return how far north a latitude lies on a Mercator map, in degrees of the equator.

    Parameters
    ----------
    latitude : array of float
        Degrees.

    Returns
    -------
    numpy.ndarray of float

    Examples
    --------
    >>> mercator(np.array([0.0, 60.0])).round(2).tolist()
    [0.0, 75.46]
    """
    return np.degrees(np.arctanh(np.sin(np.radians(latitude))))


def _on_map(topology: dict[str, Any]) -> Iterator[Any]:
    """The atlas's polygons on a Mercator map, cut at 180° and in the south."""
    import shapely

    scale, offset = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + offset for arc in topology["arcs"]]
    frames = [
        shapely.box(-180 + turn, mercator(SOUTH), 180 + turn, mercator(84.0)) for turn in (-360, 0, 360)
    ]
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"]:
            rings = [_unrolled(_ring(arcs, numbers)) for numbers in polygon]
            if abs(rings[0][0, 0] - rings[0][-1, 0]) > 180 or rings[0][:, 1].max() < SOUTH:
                continue  # Antarctica goes round the pole
            west = rings[0][:, 0].min()  # lakes may be a turn away from the land around them
            turned = [ring - [(ring[:, 0].min() - west) // 360 * 360, 0] for ring in rings]
            flat = [np.column_stack([ring[:, 0], mercator(ring[:, 1])]) for ring in turned]
            whole = shapely.make_valid(shapely.Polygon(flat[0], flat[1:]))
            for turn, frame in zip((-360, 0, 360), frames, strict=True):
                part = shapely.intersection(whole, frame)
                yield shapely.transform(part, lambda corner, turn=turn: corner - [turn, 0])


def _ring(arcs: list[NDArray], numbers: list[int]) -> NDArray:
    parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _unrolled(ring: NDArray) -> NDArray:
    """The ring without jumps from one edge of the map to the other."""
    return np.column_stack([np.unwrap(ring[:, 0], period=360), ring[:, 1]])


def _steps(ring: Any) -> list[int]:
    across, upwards = np.array(ring.coords)[:-1].T
    latitude = np.degrees(np.arcsin(np.tanh(np.radians(upwards))))
    corners = np.rint(np.column_stack([across, latitude]) * PER_DEGREE).astype(int)
    return np.diff(corners, axis=0, prepend=[[0, 0]]).ravel().tolist()


if __name__ == "__main__":
    from tools.places import npm_asset

    found = npm_asset(SOURCE)
    if found is None:
        raise SystemExit("world-atlas is not installed: run `course assets`")
    print(make(found))
