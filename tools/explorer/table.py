"""The table of tiles, laid out once for quick answers: a place by its number, and figures of all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.explorer.models import Bounds, Count, CountryCount, Quantiles, Statistics, Tile
from tools.explorer.problems import OtherTilesError, UnknownPlaceError
from tools.similarity.index import UnknownTileError
from tools.tiling import TILE_METRES, tile_bounds

_SHARES = ("dominant_share", "valid_share")


class Table:
    """Tiles by their numbers.

    Parameters
    ----------
    tiles : pandas.DataFrame
        A row a tile: the columns of `tools.tiling.TILE_COLUMNS`, and perhaps ``dominant_share`` and
        ``valid_share``.
    """

    def __init__(self, tiles: pd.DataFrame) -> None:
        self._tiles = tiles
        self._row = {tile_id: row for row, tile_id in enumerate(tiles["tile_id"].tolist())}
        columns = ("city", "country", "continent", "lon", "lat")
        self._places = list(zip(*(tiles[name].tolist() for name in columns), strict=True))
        self.countries = frozenset(tiles["country_code"])
        self.continents = frozenset(tiles["continent"])
        self.cities = frozenset(tiles["city_id"].tolist())

    def __len__(self) -> int:
        return len(self._row)

    def known(self, tile_id: int) -> int:
        """Return a tile's row.

        Parameters
        ----------
        tile_id : int
            Its number.

        Returns
        -------
        int

        Raises
        ------
        UnknownTileError
            If there is none of that number.
        """
        row = self._row.get(tile_id)
        if row is None:
            raise UnknownTileError(f"there is no tile {tile_id}: the numbers are those of /api/v1/locations")
        return row

    def hit(self, tile_id: int, score: float) -> dict[str, Any]:
        """Return what is said of a tile that looks alike: the fields of `tools.explorer.models.Hit`.

        Parameters
        ----------
        tile_id : int
            Its number.
        score : float
            How alike it looks.

        Returns
        -------
        dict

        Raises
        ------
        OtherTilesError
            If the table has no such tile.
        """
        row = self._row.get(tile_id)
        if row is None:
            raise OtherTilesError(
                f"the index knows a tile {tile_id} that the table of tiles does not: they are of different "
                "data. Build the index again by `course similarity index`"
            )
        city, country, continent, lon, lat = self._places[row]
        return {"tile_id": tile_id, "score": score, "city": city, "country": country,
                "continent": continent, "lon": lon, "lat": lat}  # fmt: skip

    def kept_to(self, continent: str | None, country: str | None, city: int | None) -> dict[str, Any]:
        """Return what an index is asked to keep to.

        Parameters
        ----------
        continent, country, city : str, str, int or None
            A continent's name, a country's two letters, a city's number.

        Returns
        -------
        dict
            For ``only=`` of `tools.similarity.TileIndex`.

        Raises
        ------
        UnknownPlaceError
            If no tile lies there.
        """
        if continent is not None and continent not in self.continents:
            there = ", ".join(sorted(self.continents))
            raise UnknownPlaceError(f"no tile lies in a continent {continent!a}; there are {there}")
        if country is not None and country not in self.countries:
            there = ", ".join(sorted(self.countries))
            raise UnknownPlaceError(f"no tile lies in a country {country!a}; there are {there}")
        if city is not None and city not in self.cities:
            raise UnknownPlaceError(
                f"no tile lies in a city {city}: the numbers are those of /api/v1/locations"
            )
        asked = {"continent": continent, "country_code": country, "city_id": city}
        return {name: value for name, value in asked.items() if value is not None}

    def tile(self, tile_id: int, thumbnail: str | None) -> Tile:
        """Return all that is known of a tile.

        Parameters
        ----------
        tile_id : int
            Its number.
        thumbnail : str or None
            Address of its picture.

        Returns
        -------
        Tile

        Raises
        ------
        UnknownTileError
            If there is none of that number.
        """
        row = self._tiles.iloc[self.known(tile_id)]
        west, south, east, north = tile_bounds(row)
        return Tile(
            tile_id=tile_id,
            city_id=int(row["city_id"]),
            **{name: str(row[name]) for name in ("city", "country", "country_code", "continent")},
            lon=float(row["lon"]),
            lat=float(row["lat"]),
            utm_epsg=int(row["utm_epsg"]),
            bounds=Bounds(west=west, south=south, east=east, north=north),
            outline=outline((west, south, east, north), int(row["utm_epsg"])),
            **{name: _number(row.get(name)) for name in _SHARES},
            thumbnail=thumbnail,
        )

    def statistics(self) -> Statistics:
        """Return figures of all tiles.

        Returns
        -------
        Statistics
        """
        tiles = self._tiles
        of_country = tiles.groupby("country_code").agg(
            name=("country", "first"), continent=("continent", "first"), **_COUNTED
        )
        of_continent = tiles.groupby("continent").agg(**_COUNTED)
        shares = {name: _quantiles(tiles[name]) if name in tiles else None for name in _SHARES}
        return Statistics(
            tiles=len(tiles),
            cities=len(self.cities),
            countries=len(self.countries),
            tile_metres=TILE_METRES,
            area_km2=len(tiles) * TILE_METRES**2 / 1e6,
            continents=[
                Count(name=row.Index, tiles=row.tiles, cities=row.cities)
                for row in of_continent.sort_values("tiles", ascending=False, kind="stable").itertuples()
            ],
            by_country=[
                CountryCount(
                    code=row.Index, name=row.name, continent=row.continent, tiles=row.tiles, cities=row.cities
                )
                for row in of_country.sort_values("tiles", ascending=False, kind="stable").itertuples()
            ],
            tiles_per_city=_quantiles(tiles.groupby("city_id").size()),
            **shares,
        )


_COUNTED = {"tiles": ("tile_id", "size"), "cities": ("city_id", "nunique")}


def outline(bounds: tuple[float, float, float, float], epsg: int) -> list[tuple[float, float]]:
    """Return a tile's corners in degrees.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east and north, metres.
    epsg : int
        Of the UTM zone that they are in.

    Returns
    -------
    list of (float, float)
        Longitude and latitude from the north-west clockwise, closed; where the tile crosses the 180th
        meridian, longitudes go on beyond it.

    Examples
    --------
    >>> ring = outline((500_000.0, 3_997_760.0, 502_240.0, 4_000_000.0), 32631)
    >>> len(ring), ring[0] == ring[-1], round(ring[0][0], 6)
    (5, True, 3.0)
    """
    west, south, east, north = bounds
    x, y = [west, east, east, west, west], [north, north, south, south, north]
    lon, lat = _to_degrees(epsg).transform(x, y)
    lon = np.unwrap(lon, period=360)
    return list(zip(np.round(lon, 7).tolist(), np.round(lat, 7).tolist(), strict=True))


@lru_cache(maxsize=130)
def _to_degrees(epsg: int) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(f"EPSG:{epsg}", "EPSG:4326", always_xy=True)


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _quantiles(values: pd.Series | NDArray) -> Quantiles | None:
    numbers = np.asarray(values, np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    least, quarter, half, three_quarters, most = np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1]).tolist()
    return Quantiles(least=least, quarter=quarter, half=half, three_quarters=three_quarters, most=most)
