"""Which cities: a rule that anybody can apply again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tools import provenance
from tools.similarity.pairs import EARTH_RADIUS_KM, on_sphere

COLUMNS = ("city_id", "city", "country", "country_code", "continent", "population", "lon", "lat")
"""What is kept of a city."""

NOT_CITIES = ("PPLX", "PPLQ", "PPLH", "PPLW", "PPLCH")
"""GeoNames's codes of what is not a city of today: a part of one, abandoned, historical, destroyed."""


def choose_cities(
    places: pd.DataFrame,
    *,
    least_population: int = 100_000,
    most_per_country: int = 5,
    at_most: int | None = None,
    least_apart_km: float = 25.0,
) -> pd.DataFrame:
    """Choose cities of the world, the most populous first.

    Places are taken in order of population, and of ``city_id`` where that is equal. Each is chosen that is a
    city of today, has enough people, lies far enough from all that were chosen before it, and in whose
    country fewer than `most_per_country` have been chosen.

    Parameters
    ----------
    places : pandas.DataFrame
        With the columns `COLUMNS`, as ``sources.open("world-cities")`` gives it. Where there is a column
        ``feature_code``, places with one of `NOT_CITIES` are left out.
    least_population : int, optional
        How many people a city has at least.
    most_per_country : int, optional
        How many cities of a country are chosen at most, by ``country_code``.
    at_most : int, optional
        How many cities are chosen at most; all that fit by default.
    least_apart_km : float, optional
        How far apart cities are at least. A suburb that counts as a city of its own has the same streets
        under its tiles as the city beside it, and would be its look-alike in *another* city.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, in the order in which cities were chosen, with a new index.

    Raises
    ------
    ValueError
        If a column is missing or an argument out of range, or no place fits.

    Examples
    --------
    >>> places = pd.DataFrame({"city_id": [1, 2, 3], "city": ["Big", "Suburb", "Small"], "lat": 45.0,
    ...                        "country": "Here", "country_code": "HE", "continent": "Europe",
    ...                        "lon": [5.0, 5.1, 6.0], "population": [900_000, 200_000, 120_000]})
    >>> choose_cities(places)["city"].tolist()
    ['Big', 'Small']
    """
    missing = [name for name in COLUMNS if name not in places]
    if missing:
        raise ValueError(f"the places have no column {', '.join(missing)}; there are {', '.join(places)}")
    if most_per_country < 1 or (at_most is not None and at_most < 1) or least_apart_km < 0:
        raise ValueError(
            f"most_per_country={most_per_country} and at_most={at_most} must be 1 or more, and "
            f"least_apart_km={least_apart_km} not below 0"
        )
    fitting = places[places["population"] >= least_population]
    if "feature_code" in places:
        fitting = fitting[~fitting["feature_code"].isin(NOT_CITIES)]
    if fitting.empty:
        most = f"{int(places['population'].max()):,}" if len(places) else "none"
        raise ValueError(
            f"no city of today among {len(places):,} places has {least_population:,} people (the most: "
            f"{most}); lower least_population"
        )
    ordered = fitting.sort_values(["population", "city_id"], ascending=[False, True], kind="stable")
    chosen = _far_apart(ordered, most_per_country, at_most, least_apart_km)
    return provenance.carry(ordered.iloc[chosen][list(COLUMNS)].reset_index(drop=True), places)


def _far_apart(ordered: pd.DataFrame, most: int, at_most: int | None, least_km: float) -> list[int]:
    """The places that are chosen, by their positions, where the order decides between two."""
    directions = on_sphere(ordered[["lon", "lat"]].to_numpy(float))
    # The straight way through the earth grows with the way over it, and needs no inverse sine.
    least = 2 * np.sin(min(least_km / EARTH_RADIUS_KM, np.pi) / 2)
    chosen: list[int] = []
    counts: dict[str, int] = {}
    for number, country in enumerate(ordered["country_code"]):
        if counts.get(country, 0) >= most:
            continue
        if chosen and np.linalg.norm(directions[chosen] - directions[number], axis=1).min() < least:
            continue
        chosen.append(number)
        counts[country] = counts.get(country, 0) + 1
        if len(chosen) == at_most:
            break
    return chosen
