"""Which cities are chosen, by a rule that anybody can apply again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from tools import provenance
from tools.similarity import choose_cities
from tools.similarity.cities import COLUMNS


def places(count: int, seed: int = 0, countries: int = 7) -> pd.DataFrame:
    """Invented places all over the world, some of one size, some close together."""
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, countries, count)
    return pd.DataFrame(
        {
            "city_id": draw.permutation(count) + 1,
            "city": [f"Place {number}" for number in range(count)],
            "country": [f"Country {code}" for code in codes],
            "country_code": [f"C{code}" for code in codes],
            "continent": "Europe",
            "population": draw.choice([90_000, 100_000, 150_000, 400_000, 2_000_000], count),
            "lon": draw.choice([-180, 179.9, 0, 0.2, 90], count) + draw.uniform(0, 0.05, count),
            "lat": draw.choice([-40, 0, 65], count) + draw.uniform(0, 0.3, count),
            "feature_code": draw.choice(["PPL", "PPLC", "PPLX"], count),
        }
    )


@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from([0.0, 10.0, 25.0, 400.0]))
@settings(max_examples=25)
def test_the_rule_holds_for_what_is_chosen_and_for_what_is_not(seed, most, apart):
    """Told one place at a time, with distances by another library."""
    table = places(60, seed)
    chosen = choose_cities(table, most_per_country=most, least_apart_km=apart)
    kept: list = []
    for place in table.sort_values(["population", "city_id"], ascending=[False, True]).itertuples():
        near = any(_km(place, other) < apart for other in kept)
        full = sum(other.country_code == place.country_code for other in kept) == most
        if place.population >= 100_000 and place.feature_code != "PPLX" and not near and not full:
            kept.append(place)
    assert chosen["city_id"].tolist() == [place.city_id for place in kept]


def _km(one, other) -> float:
    return Geod(ellps="sphere").inv(one.lon, one.lat, other.lon, other.lat)[2] / 1000


@given(st.integers(0, 10_000), st.permutations(range(30)))
@settings(max_examples=15)
def test_the_order_of_the_list_does_not_matter(seed, order):
    table = places(30, seed)
    pd.testing.assert_frame_equal(choose_cities(table.iloc[list(order)]), choose_cities(table))


def test_ties_go_to_the_lower_number():
    table = places(40).assign(population=100_000, feature_code="PPL", country_code="C0")
    chosen = choose_cities(table, most_per_country=40, least_apart_km=0)
    assert chosen["city_id"].tolist() == list(range(1, 41))


def test_no_more_are_chosen_than_wanted():
    table = places(60)
    everything = choose_cities(table)
    pd.testing.assert_frame_equal(choose_cities(table, at_most=4), everything.head(4))


def test_distance_is_counted_across_the_180th_meridian():
    table = places(2).assign(
        population=[900_000, 800_000], feature_code="PPL", lon=[179.95, -179.95], lat=[0.0, 0.0]
    )
    assert len(choose_cities(table, least_apart_km=12)) == 1
    assert len(choose_cities(table, least_apart_km=11)) == 2


def test_places_without_a_feature_code_are_all_taken_for_cities():
    table = places(60)
    chosen = choose_cities(table.drop(columns="feature_code"), most_per_country=60, least_apart_km=0)
    assert len(chosen) == (table["population"] >= 100_000).sum()
    assert tuple(chosen.columns) == COLUMNS


def test_the_mark_stays_on_what_is_chosen():
    marked = provenance.mark(places(60), provenance.Provenance("world", "sample", "World", "Synthetic"))
    assert provenance.is_synthetic(choose_cities(marked))


def test_where_nothing_fits_the_largest_is_told():
    with pytest.raises(ValueError, match=r"has 3,000,000 people \(the most: 2,000,000\); lower"):
        choose_cities(places(60), least_population=3_000_000)
    with pytest.raises(ValueError, match=r"among 0 places"):
        choose_cities(places(60).iloc[:0])


@pytest.mark.parametrize("wrong", [{"most_per_country": 0}, {"at_most": 0}, {"least_apart_km": -1}])
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be 1 or more"):
        choose_cities(places(3), **wrong)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="no column population; there are city_id"):
        choose_cities(places(3).drop(columns="population"))
