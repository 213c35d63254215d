"""Tiles over cities: squares of 224 pixels in each city's own UTM zone, with names that never change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, isqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tools import provenance

if TYPE_CHECKING:
    import geopandas as gpd

    from tools.rasters.grids import Bounds, Grid

TILE_PIXELS = 224
"""Pixels along a tile's side: what TerraMind takes at a time."""

RESOLUTION = 10
"""Side of a pixel, metres."""

TILE_METRES = TILE_PIXELS * RESOLUTION

CITY_COLUMNS = ("city_id", "city", "country", "country_code", "continent")
"""What a tile says of its city."""

CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
    "AN": "Antarctica",
}
"""What a city's continent is called, by GeoNames's letters for it."""

TILE_COLUMNS = (
    *("tile_id", *CITY_COLUMNS, "row", "col", "utm_epsg"),
    *("left", "top", "lon", "lat", "geometry"),
)
"""The columns of a table of tiles, in order."""

LARGEST_CITY_ID = (2**53 - 1) // 10_000 - 1
"""Above it a tile's number would no longer be exact in JavaScript."""

_ANCHOR = 20  # metres: Sentinel-2's pixels of 10 and of 20 m have edges at multiples of it in every zone
_EDGE_PARTS = 4  # so a footprint in degrees is true to centimetres, also near the poles
_LARGEST_BLOCK = 99 * 99


def lay_tiles(cities: pd.DataFrame, *, per_city: int | pd.Series = 24) -> gpd.GeoDataFrame:
    """Lay a block of tiles over each city.

    Parameters
    ----------
    cities : pandas.DataFrame
        With ``city_id`` (whole numbers, each once), ``city``, ``country``, ``country_code``, ``continent``,
        and ``lon`` and ``lat`` in degrees.
    per_city : int or pandas.Series of int, optional
        How many tiles: the same for all, or by the index of `cities`. The block is as near to a square as may
        be, wider than high, with the city's coordinates in its middle; where the number does not fill a
        rectangle, the last row is shorter. At most 9,801.

    Returns
    -------
    geopandas.GeoDataFrame
        A row a tile, city by city, each from the north-west row by row; EPSG:4326; columns `TILE_COLUMNS`:
        ``tile_id`` int64 = ``city_id`` · 10,000 + ``row`` · 100 + ``col``; ``row`` and ``col`` int16, from 0;
        ``utm_epsg`` int32; ``left`` and ``top`` float64, metres in that zone, multiples of 20; ``lon`` and
        ``lat`` of the centre; ``geometry`` the footprint, with five corners a side so that straight edges of
        the zone stay so in degrees. A footprint across the 180th meridian comes in two parts.

    Raises
    ------
    ValueError
        If a column is missing, ids are not whole, doubled, or too large for JavaScript, coordinates are
        missing or beyond UTM (80° S to 84° N), or `per_city` is out of range.

    Notes
    -----
    All tiles of a city lie in the zone of its centre, also where the block reaches over the zone's edge, so
    that none overlap. Zones are those of Sentinel-2's grid, with the wider ones of Norway and Svalbard.

    Examples
    --------
    >>> lyon = pd.DataFrame({"city_id": [2996944], "city": "Lyon", "country": "France", "country_code": "FR",
    ...                      "continent": "Europe", "lon": 4.85, "lat": 45.75})
    >>> tiles = lay_tiles(lyon, per_city=6)
    >>> tiles["tile_id"].tolist()[::5], tiles["utm_epsg"].unique().tolist()
    ([29969440000, 29969440102], [32631])
    """
    import geopandas as gpd

    _check(cities)
    counts = _counts(cities, per_city)
    which = np.repeat(np.arange(len(cities)), counts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    height, width = np.array([_block(count) for count in counts], np.int64).reshape(-1, 2)[which].T
    row, col = within // width, within % width

    zones = np.array([utm_zone(lon, lat) for lon, lat in zip(cities["lon"], cities["lat"], strict=True)], int)
    x, y = _through(zones, cities["lon"].to_numpy(float), cities["lat"].to_numpy(float), to_zone=True)
    left = _snapped(x[which] - width * TILE_METRES / 2) + col * TILE_METRES
    top = _snapped(y[which] + height * TILE_METRES / 2) - row * TILE_METRES
    lon, lat = _through(zones[which], left + TILE_METRES / 2, top - TILE_METRES / 2)
    tiles = cities.loc[:, list(CITY_COLUMNS)].iloc[which].reset_index(drop=True)
    tiles.insert(0, "tile_id", tiles["city_id"].astype(np.int64) * 10_000 + row * 100 + col)
    tiles = tiles.assign(
        city_id=tiles["city_id"].astype(np.int64),
        row=row.astype(np.int16),
        col=col.astype(np.int16),
        utm_epsg=zones[which].astype(np.int32),
        left=left.astype(float),
        top=top.astype(float),
        lon=lon,
        lat=lat,
    )
    tiles = gpd.GeoDataFrame(tiles, geometry=_footprints(zones[which], left, top), crs="EPSG:4326")
    return provenance.carry(tiles[list(TILE_COLUMNS)], cities)


def tile_bounds(tile: Mapping[str, Any] | pd.Series | tuple) -> Bounds:
    """Return a tile's edges, exact, in metres of its zone.

    Parameters
    ----------
    tile : mapping, pandas.Series or named tuple
        A row of a table of tiles: anything with ``left`` and ``top``.

    Returns
    -------
    tuple of float
        West, south, east and north.

    Examples
    --------
    >>> tile_bounds({"left": 500_000, "top": 4_000_000})
    (500000.0, 3997760.0, 502240.0, 4000000.0)
    """
    left, top = float(_field(tile, "left")), float(_field(tile, "top"))
    return left, top - TILE_METRES, left + TILE_METRES, top


def tile_grid(tile: Mapping[str, Any] | pd.Series | tuple) -> Grid:
    """Return a tile's pixels as a grid.

    Parameters
    ----------
    tile : mapping, pandas.Series or named tuple
        A row of a table of tiles: anything with ``left``, ``top`` and ``utm_epsg``.

    Returns
    -------
    tools.rasters.grids.Grid
        224 × 224 pixels of 10 m, in the tile's zone.

    Examples
    --------
    >>> tile_grid({"left": 500_000, "top": 4_000_000, "utm_epsg": 32631}).shape
    (224, 224)
    """
    from tools.rasters.grids import Grid

    west, south, east, north = tile_bounds(tile)
    zone = f"EPSG:{int(_field(tile, 'utm_epsg'))}"
    return Grid.covering((west, south, east, north), zone, RESOLUTION, anchor=(west, north))


def utm_zone(lon: float, lat: float) -> int:
    """Return the EPSG code of the UTM zone in which Sentinel-2's tiles hold a point.

    Parameters
    ----------
    lon, lat : float
        Degrees.

    Returns
    -------
    int
        326xx north of the equator and on it, 327xx south of it.

    Raises
    ------
    ValueError
        If the point is not between 80° S and 84° N.

    Examples
    --------
    >>> utm_zone(-0.1, 51.5), utm_zone(18.4, -33.9), utm_zone(5.3, 60.4)
    (32630, 32734, 32632)
    """
    if not (-180 <= lon <= 180 and -80 <= lat <= 84):
        raise ValueError(
            f"lon={lon}, lat={lat}: UTM reaches from 80° S to 84° N; give degrees, lon before lat"
        )
    number = int((lon + 180) // 6) % 60 + 1
    if 56 <= lat < 64 and 3 <= lon < 12:
        number = 32  # the coast of south-west Norway in one zone
    elif lat >= 72 and 0 <= lon < 42:
        number = 31 + 2 * int((lon + 3) // 12)  # Svalbard in four zones instead of seven
    return (32600 if lat >= 0 else 32700) + number


def _field(tile: Any, name: str) -> Any:
    return getattr(tile, name) if hasattr(tile, "_fields") else tile[name]


def _check(cities: pd.DataFrame) -> None:
    missing = [name for name in (*CITY_COLUMNS, "lon", "lat") if name not in cities]
    if missing:
        raise ValueError(f"the cities have no column {', '.join(missing)}; there are {', '.join(cities)}")
    ids = cities["city_id"]
    if not pd.api.types.is_integer_dtype(ids):
        raise ValueError(f"city_id must hold whole numbers, and is {ids.dtype}: use `astype('int64')`")
    if ids.duplicated().any():
        again = ids[ids.duplicated()].unique()[:3].tolist()
        raise ValueError(f"city_id must name each city once; more than once there are {again}")
    wrong = ids[(ids < 1) | (ids > LARGEST_CITY_ID)]
    if len(wrong):
        raise ValueError(f"city_id {wrong.iloc[0]} is not within 1 … {LARGEST_CITY_ID:,}")
    for name in ("lon", "lat"):
        lost = cities.loc[~np.isfinite(cities[name].astype(float)), "city"]
        if len(lost):
            raise ValueError(
                f"{name} is missing for {len(lost)} cities, first {lost.iloc[0]!r}: leave them out"
            )


def _counts(cities: pd.DataFrame, per_city: int | pd.Series) -> np.ndarray:
    if isinstance(per_city, pd.Series):
        counts = per_city.reindex(cities.index)
        if counts.isna().any():
            raise ValueError(f"per_city says nothing of {int(counts.isna().sum())} of the cities")
    else:
        counts = pd.Series(per_city, cities.index)
    wrong = counts[(counts < 1) | (counts > _LARGEST_BLOCK) | (counts % 1 != 0)]
    if len(wrong):
        raise ValueError(f"per_city={wrong.iloc[0]}: expected a whole number from 1 to {_LARGEST_BLOCK:,}")
    return counts.to_numpy(np.int64)


def _block(count: int) -> tuple[int, int]:
    """Rows and columns of a block that holds `count` tiles."""
    rows = isqrt(int(count))
    return rows, ceil(count / rows)


def _snapped(metres: np.ndarray) -> np.ndarray:
    return np.round(metres / _ANCHOR) * _ANCHOR


def _through(
    zones: np.ndarray, x: np.ndarray, y: np.ndarray, *, to_zone: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates in other words: degrees of metres, or the other way round; the last axis is the tiles'."""
    from pyproj import Transformer

    across, along = np.empty(x.shape), np.empty(x.shape)
    for zone in np.unique(zones):
        here = (..., zones == zone)
        ends = ("EPSG:4326", f"EPSG:{zone}") if to_zone else (f"EPSG:{zone}", "EPSG:4326")
        across[here], along[here] = Transformer.from_crs(*ends, always_xy=True).transform(x[here], y[here])
    return across, along


def _footprints(zones: np.ndarray, left: np.ndarray, top: np.ndarray) -> np.ndarray:
    import shapely

    x, y = (corner[:, None] * TILE_METRES for corner in np.array(list(_ring())).T)
    lon, lat = _through(zones, left + x, top - y)
    shapes = shapely.polygons(np.stack([lon, lat], axis=-1).swapaxes(0, 1))
    for number in np.flatnonzero(np.ptp(lon, axis=0) > 180):
        shapes[number] = _parted(np.stack([lon[:, number] % 360, lat[:, number]], axis=-1))
    return shapes


def _ring() -> Iterator[tuple[float, float]]:
    """Anticlockwise from the north-west, in sides of a tile to the east and the south."""
    steps = np.arange(_EDGE_PARTS) / _EDGE_PARTS
    yield from ((0.0, step) for step in steps)
    yield from ((step, 1.0) for step in steps)
    yield from ((1.0, 1 - step) for step in steps)
    yield from ((1 - step, 0.0) for step in steps)


def _parted(ring: np.ndarray) -> Any:
    """A footprint across the 180th meridian, as GeoJSON wants it: one part on either side."""
    import shapely

    whole = shapely.Polygon(ring)
    east = shapely.intersection(whole, shapely.box(0, -90, 180, 90))
    west = shapely.intersection(whole, shapely.box(180, -90, 360, 90))
    return shapely.MultiPolygon([east, shapely.transform(west, lambda corner: corner - [360, 0])])
