"""What the API says and takes, in types."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

MOST_RESULTS = 100
"""Results that one answer holds at most, and that a reader is shown at most."""
DEEPEST = 1_000
"""How far down a ranking can be asked for; a search costs more the deeper it goes."""
LARGEST_ID = 2**53 - 1
"""The largest whole number that JavaScript counts to."""


def _as_written(shape: str, expected: str) -> BeforeValidator:
    """Refuse what Pydantic would take for a number though OpenAPI's reader would not: "１", "1_0", " 1"."""
    written = re.compile(shape, re.ASCII)

    def check(value: Any) -> Any:
        if isinstance(value, str) and not written.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return value

    return BeforeValidator(check)


_WHOLE = _as_written(r"[+-]?[0-9]{1,40}", "a whole number")
_NUMBER = _as_written(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", "a number")

# Limits stand before the look at what was written, or they would be missing from the description.
Id = Annotated[int, Field(ge=0, le=LARGEST_ID), _WHOLE]
"""A number of a tile or a city."""
Offset = Annotated[int, Field(ge=0, le=DEEPEST), _WHOLE]
Limit = Annotated[int, Field(ge=1, le=MOST_RESULTS), _WHOLE]
PerCity = Annotated[int, Field(ge=1, le=DEEPEST), _WHOLE]
Score = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False), _NUMBER]
YesNo = Annotated[bool, _as_written("true|false", "true or false")]
"""In those words."""


class Model(BaseModel):
    """What all answers share: nothing that is not described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IndexPlace(Model):
    """Where look-alikes are searched for."""

    kind: str = Field(description="edge, exact or server; unknown where no index was opened yet.")
    where: str = Field(description="A folder or an address.")


class Status(Model):
    """What runs here, on which data."""

    name: str
    version: str
    synthetic: bool = Field(description="Whether the data were made up.")
    notice: str = Field(description="What must be said wherever the data are shown.")
    tiles: int
    cities: int
    countries: int
    index: IndexPlace
    uptime_seconds: float


class Part(Model):
    """A part of the explorer, and whether it works."""

    name: Literal["tiles", "layout", "index", "thumbnails"]
    ok: bool
    problem: str = Field(description="What is wrong and what to do; empty where nothing is.")


class Health(Model):
    """Whether everything works."""

    ok: bool
    parts: list[Part]


class Basemap(Model):
    """A satellite picture under the map, which a reader can switch on."""

    kind: Literal["none", "raster"]
    title: str = ""
    tiles: list[str] = Field([], description="Addresses with {z}, {x} and {y}.")
    attribution: str = ""
    max_zoom: int = 0


class Config(Model):
    """What a page needs to know before it asks for more."""

    title: str
    default_method: str
    page_size: int
    most_results: int
    basemap: Basemap
    can_filter_search: bool
    has_thumbnails: bool
    thumbnail_note: str = Field(description="What the small pictures show; empty where there are none.")


class Method(Model):
    """A way to make one vector of a tile, by which tiles are compared."""

    name: str
    title: str
    describes: str
    available: bool = Field(description="Whether the index holds its vectors.")
    tiles: int = Field(description="Tiles with such a vector.")
    dimensions: int


class Methods(Model):
    """All ways to compare, and the usual one."""

    default: str
    methods: list[Method]


class Count(Model):
    """How much of something there is."""

    name: str
    tiles: int
    cities: int


class CountryCount(Count):
    """How much of a country there is."""

    code: str
    continent: str


class Quantiles(Model):
    """How a number spreads."""

    least: float
    quarter: float
    half: float
    three_quarters: float
    most: float


class Statistics(Model):
    """What the tiles are, in figures."""

    tiles: int
    cities: int
    countries: int
    tile_metres: int
    area_km2: float
    continents: list[Count]
    by_country: list[CountryCount]
    tiles_per_city: Quantiles
    dominant_share: Quantiles | None = Field(description="Share of a tile's patches of its commonest kind.")
    valid_share: Quantiles | None = Field(description="Share of a tile's pixels without cloud.")


class Bounds(Model):
    """Edges in metres of a UTM zone."""

    west: float
    south: float
    east: float
    north: float


class Tile(Model):
    """A tile, and where it is."""

    tile_id: int
    city_id: int
    city: str
    country: str
    country_code: str
    continent: str
    lon: float
    lat: float
    utm_epsg: int
    bounds: Bounds
    outline: list[tuple[float, float]] = Field(
        description="Longitude and latitude of the corners, closed; beyond ±180 where it crosses that line."
    )
    dominant_share: float | None
    valid_share: float | None
    thumbnail: str | None = Field(description="Address of its picture, from the server's root.")


class Hit(Model):
    """A tile that looks alike."""

    tile_id: int
    score: float = Field(description="Cosine of the angle between the vectors, 1 for the same.")
    city: str
    country: str
    continent: str
    lon: float
    lat: float


class Pagination(Model):
    """Which part of the ranking this is."""

    offset: int
    limit: int
    returned: int
    more: bool
    next_offset: int | None = Field(description="Where to go on; null where nothing is left.")


class Similar(Model):
    """The tiles most like one, the most alike first, without itself."""

    tile_id: int
    method: str
    hits: list[Hit]
    pagination: Pagination


Absent = SkipJsonSchema[None]
"""Nothing given; in an address there is no null."""


class Asked(BaseModel):
    """Which look-alikes are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,47}$")] | Absent = Field(
        None, description="One of /methods; by default the usual one."
    )
    offset: Offset = Field(0, description="How many to pass over.")
    limit: Limit = Field(24, description="How many to return.")
    other_cities_only: YesNo = Field(True, description="Leave out the tile's own city.")
    per_city: PerCity | Absent = Field(None, description="At most so many of each city.")
    min_score: Score | Absent = Field(None, description="Leave out what is less alike.")
    continent: Annotated[str, Field(min_length=1, max_length=60)] | Absent = Field(
        None, description="Keep to a continent, by its name."
    )
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | Absent = Field(
        None, description="Keep to a country, by its two letters in ISO 3166."
    )
    city: Id | Absent = Field(None, description="Keep to a city, by its number.")
