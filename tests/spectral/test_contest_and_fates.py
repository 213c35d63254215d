"""Ways of clustering side by side, and what became of the water."""

from __future__ import annotations

import numpy as np
import pytest
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from hypothesis import given
from hypothesis.extra.numpy import arrays

from tools.spectral import compare_partitions, lost_area, water_fates


def halves(rows):
    return (rows[:, 0] > 2).astype(int)


def mask(values) -> xr.DataArray:
    values = np.asarray(values, float)
    place = {
        "y": 1_000.0 - 100 * np.arange(values.shape[0]),
        "x": 100.0 * np.arange(values.shape[1]),
    }
    return xr.DataArray(values, place, ("y", "x")).rio.write_crs("EPSG:32611")


def test_methods_are_compared_with_the_first_on_the_rows_that_they_were_given():
    rows = np.random.default_rng(0).choice([[0.0], [0.1], [5.0], [5.1]], 200)
    given_rows = []

    def noting(part):
        given_rows.append(len(part))
        return 1 - halves(part)

    table = compare_partitions(rows, {"ours": halves, "theirs": noting}, at_most={"theirs": 50})
    assert given_rows == [50]
    assert table["rows"].tolist() == [200, 50]
    assert table["agreement"].tolist() == [1.0, 1.0], "the same partition under other numbers"
    assert (table["seconds"] > 0).all()


def test_memory_that_a_method_takes_is_seen():
    def hungry(rows):
        held = np.ones(30_000_000)
        return halves(rows) + int(held[0]) - 1

    table = compare_partitions(np.array([[0.0], [5.0]]), {"plain": halves, "hungry": hungry})
    assert table.loc["hungry", "memory_mb"] > 100


def test_a_method_that_leaves_rows_out_and_a_first_that_does_not_take_all_are_refused():
    rows = np.array([[0.0], [5.0]])
    with pytest.raises(ValueError, match="short was given 2 rows"):
        compare_partitions(rows, {"short": lambda part: np.zeros(1, int)})
    with pytest.raises(ValueError, match="the first must take all"):
        compare_partitions(rows, {"ours": halves}, at_most={"ours": 1})


def test_patches_are_told_by_what_became_of_them_and_unknown_pixels_are_in_none():
    before = mask([[1, 1, 0, 0], [1, 1, 0, np.nan]])
    after = mask([[1, 0, 0, 1], [1, 0, 0, 1]])
    fates = water_fates(before, after)
    assert fates.groupby("fate")["area_km2"].sum().round(6).to_dict() == {
        "gained": 0.01,
        "lost": 0.02,
        "stayed": 0.02,
    }
    assert fates.crs == before.rio.crs
    assert fates["area_km2"].is_monotonic_decreasing


@given(arrays(bool, (2, 5, 7)).filter(lambda pair: pair.any()))
def test_patches_add_up_to_the_areas_that_are_reported(pair):
    before, after = (mask(values) for values in pair)
    area = water_fates(before, after).groupby("fate")["area_km2"].sum()
    loss = lost_area(before, after)
    assert area.get("lost", 0.0) == pytest.approx(loss.lost)
    assert area.get("gained", 0.0) == pytest.approx(loss.gained)
    assert area.get("stayed", 0.0) == pytest.approx(loss.before - loss.lost)


def test_two_dry_dates_are_refused():
    dry = mask(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="neither mask has any water"):
        water_fates(dry, dry)
