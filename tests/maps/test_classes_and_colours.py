"""Values become classes, and classes become colours, by name and type and never by position."""

from __future__ import annotations

import geopandas as gpd
import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import provenance
from tools.maps.classes import classify_for_mapping
from tools.maps.colours import class_palette, colour_classes, colour_map, colour_ramp

numbers = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=12, max_size=60, unique=True)


def table(values) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"x": values}, geometry=[None] * len(values))


@settings(max_examples=40, deadline=None)
@given(numbers, st.sampled_from(["quantile", "equal", "natural"]), st.integers(2, 10))
def test_every_number_gets_a_class_and_larger_numbers_never_a_lower_one(values, scheme, k):
    classified, column, categorical = classify_for_mapping(table(values), "x", scheme, k)
    if column == "x":
        assert len(set(values)) <= 10
        return
    codes = classified.sort_values("x")[column].cat.codes.to_numpy()
    assert categorical
    assert codes.min() == 0
    assert codes.max() < k
    assert (np.diff(codes) >= 0).all()
    labels = classified[column].cat.categories
    assert len(set(labels)) == len(labels) <= k


def test_quantiles_hold_equally_many_rows():
    classified, column, _ = classify_for_mapping(
        table(np.random.default_rng(0).normal(size=1000) ** 3), "x", k=5
    )
    assert classified[column].value_counts().tolist() == [200] * 5


def test_equal_intervals_are_equally_wide():
    classified, column, _ = classify_for_mapping(
        table(np.r_[0.0, 1, np.linspace(2, 10, 18)]), "x", "equal", k=5
    )
    assert classified[column].cat.categories.tolist() == [
        "0.00–2.00", "2.00–4.00", "4.00–6.00", "6.00–8.00", "8.00–10.00",
    ]  # fmt: skip


def test_natural_breaks_make_values_within_a_class_more_alike_than_any_other_scheme(london):
    column = "Percent no qualifications 16 and over"

    def spread_within(scheme: str) -> float:
        classified, mapped, _ = classify_for_mapping(london, column, scheme, k=6)
        return (
            classified.groupby(mapped, observed=True)[column].agg(lambda v: ((v - v.mean()) ** 2).sum()).sum()
        )

    def spread_of(rival) -> float:
        return sum(((v - v.mean()) ** 2).sum() for _, v in london[column].groupby(rival.yb))

    natural = spread_within("natural")
    assert natural < 0.9 * spread_within("quantile")
    assert natural < 0.9 * spread_within("equal")
    assert natural <= spread_of(mapclassify.NaturalBreaks(london[column], k=6)) * 1.0001


def test_deciles_and_names_are_classes_already(areas):
    for column in ("IMD_decile", "LSOA21NM"):
        same, mapped, categorical = classify_for_mapping(areas, column)
        assert (mapped, categorical) == (column, True)
        assert list(same.columns) == list(areas.columns)


def test_narrow_classes_get_as_many_digits_as_tell_them_apart():
    classified, column, _ = classify_for_mapping(table(np.linspace(0.1, 0.101, 50)), "x", k=10)
    assert classified[column].cat.categories.nunique() == 10


def test_missing_values_stay_missing_and_provenance_travels(areas):
    areas.loc[3, "density"] = np.nan
    classified, column, _ = classify_for_mapping(areas, "density", k=4)
    assert classified[column].isna().sum() == 1
    assert provenance.is_synthetic(classified)
    assert column not in areas.columns


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"col": "densty"}, "densty.*Did you mean 'density'"),
        ({"col": "density", "scheme": "jenks"}, "expected one of quantile, equal, natural"),
        ({"col": "density", "k": 1}, "at least 2 classes"),
    ],
)
def test_a_wrong_call_says_what_is_right(areas, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        classify_for_mapping(areas, **options)


def test_a_column_without_values_cannot_be_classified():
    with pytest.raises(ValueError, match="every row is missing"):
        classify_for_mapping(table([np.nan, np.nan]), "x")


def test_classes_stand_in_their_own_order():
    assert colour_classes(pd.Series([10.0, 9.0, np.nan, 1.0])).labels == ("1", "9", "10")
    assert colour_classes(pd.Series(["Zone 10", "Zone 9"])).labels == ("Zone 9", "Zone 10")
    ordered = pd.Series(pd.Categorical(["low", "high"], categories=["low", "middle", "high"], ordered=True))
    assert colour_classes(ordered).labels == ("low", "high")


def test_every_class_has_a_colour_of_its_own():
    for cmap in ("course", "Set1", "YlOrRd_r", "viridis"):
        assert len(set(colour_classes(pd.Series(range(30)), cmap).colours)) == 30


def test_a_ramp_runs_from_the_smallest_to_the_largest():
    ramp = colour_ramp(pd.Series([5.0, np.nan, -5.0, 0.0]))
    assert ramp.codes.tolist() == [99, -1, 0, 50]
    assert ramp.labels == ("-5", "0", "5")
    assert colour_ramp(pd.Series([2.0, 2.0])).codes.tolist() == [50, 50]


@pytest.mark.parametrize(
    ("draw", "complaint"),
    [
        (lambda: colour_classes(pd.Series(range(41), name="x")), "41 different values.*classify_for_mapping"),
        (lambda: colour_classes(pd.Series([None, None], name="x")), "every row is missing"),
        (lambda: colour_ramp(pd.Series(["a"], name="x")), "needs numbers.*focus_categorical=True"),
        (lambda: colour_ramp(pd.Series([np.nan], name="x")), "every row is missing"),
        (lambda: colour_map("viridid"), "Did you mean viridis"),
    ],
)
def test_what_cannot_be_coloured_is_refused_with_the_remedy(draw, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw()


@given(st.sets(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), min_size=1), st.randoms())
def test_a_letter_has_one_colour_whoever_else_is_there(letters, random):
    every = class_palette("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert len(set(every.values())) == 26
    shuffled = random.sample(sorted(letters), len(letters))
    assert class_palette(shuffled) == {letter: every[letter] for letter in sorted(letters)}


def test_names_that_are_no_letters_are_coloured_in_the_order_in_which_they_come():
    assert list(class_palette(pd.Series(["House", "Flat", None, "House"]))) == ["House", "Flat"]
    assert class_palette([1, 0])[1] == class_palette("A")["A"]


@pytest.mark.parametrize(("classes", "complaint"), [([], "at least one"), (range(99), "tell apart")])
def test_too_few_or_too_many_classes_have_no_palette(classes, complaint):
    with pytest.raises(ValueError, match=complaint):
        class_palette(classes)


def test_a_ramp_through_nought_says_nought():
    assert colour_ramp(pd.Series([-1.0, 0.3, 1.0 - 1e-9])).labels == ("-1", "0", "1")
