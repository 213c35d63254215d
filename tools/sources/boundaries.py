"""Boundaries of small areas from the Office for National Statistics' open feature service, page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.sources.errors import DataError
from tools.sources.http import Patience, TryAgainError, answer, persist
from tools.sources.progress import Meter, Silent

if TYPE_CHECKING:
    import geopandas as gpd

PAGE = 1000


def fetch_boundaries(
    url: str,
    *,
    key: str,
    name_column: str,
    name_begins_with: Sequence[str],
    page: int = PAGE,
    patience: Patience | None = None,
    shown: Meter | None = None,
) -> gpd.GeoDataFrame:
    """Fetch the areas whose names begin with one of some words.

    Parameters
    ----------
    url : str
        The ``…/FeatureServer/0/query`` of an ArcGIS feature service.
    key, name_column : str
        Columns that hold an area's code and name.
    name_begins_with : sequence of str
        Such as boroughs' names; a space must follow in the area's name.
    page : int
        Areas asked for at a time.
    patience : Patience, optional
        How hard to try.
    shown : Meter, optional
        Is told the number of areas that have arrived.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns `key`, `name_column` and geometry, in EPSG:4326, ordered by code.

    Raises
    ------
    DataError
        If the service cannot be reached, refuses, or sends other areas than it counted.

    Examples
    --------
    >>> where("LSOA21NM", ["Camden", "King's Lynn"])
    "LSOA21NM LIKE 'Camden %' OR LSOA21NM LIKE 'King''s Lynn %'"
    """
    import geopandas as gpd

    patience, shown = patience or Patience(), shown or Silent()
    asked = {"where": where(name_column, name_begins_with), "f": "json"}
    expected = _ask(url, {**asked, "returnCountOnly": "true"}, patience).get("count")
    if not expected:
        raise DataError(f"{url} knows no area for {', '.join(name_begins_with)}; check data/catalog.yml")
    form = {
        **asked,
        "f": "geojson",
        "outFields": f"{key},{name_column}",
        "outSR": "4326",
        "orderByFields": key,
        "resultRecordCount": str(page),
    }
    features: list[dict] = []
    while len(features) < expected:
        answered = _ask(url, {**form, "resultOffset": str(len(features))}, patience)
        if not answered.get("features"):
            break
        features += answered["features"]
        shown.update(len(features), expected)
    codes = {feature["properties"].get(key) for feature in features}
    if len(codes) != expected or len(features) != expected:
        raise DataError(
            f"{url} counted {expected:,} areas but sent {len(features):,} with {len(codes):,} codes; "
            "its paging has changed: try again later, or use another origin"
        )
    return gpd.GeoDataFrame.from_features(features, crs="EPSG:4326")[[key, name_column, "geometry"]]


def where(column: str, beginnings: Sequence[str]) -> str:
    """Return the service's condition for names that begin with one of some words.

    Parameters
    ----------
    column : str
        The column that holds the names.
    beginnings : sequence of str
        The words.

    Returns
    -------
    str
        In the service's dialect of SQL.

    Examples
    --------
    >>> where("name", ["Barnet"])
    "name LIKE 'Barnet %'"
    """
    quoted = (word.replace("'", "''") for word in beginnings)
    return " OR ".join(f"{column} LIKE '{word} %'" for word in quoted)


def _ask(url: str, form: dict[str, object], patience: Patience) -> dict:
    def once() -> dict:
        with answer(url, patience, method="POST", data=form) as response:
            try:
                answered = json.loads(response.content)
            except ValueError as error:
                raise TryAgainError("the service sent no JSON") from error
        # The service reports its own errors under status 200.
        if "error" in answered:
            problem = answered["error"]
            message = f"{problem.get('code')} {problem.get('message', '')}".strip()
            if problem.get("code") in (429, 500, 502, 503, 504):
                raise TryAgainError(f"the service answered {message}")
            raise DataError(f"{url}: the service answered {message}; report it to the course")
        return answered

    return persist(once, f"the boundaries ({url})", patience, lambda: 0)
