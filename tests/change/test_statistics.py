"""Statistics of a map: as NumPy gives them, whatever the blocks."""

import dask.array as da
import numpy as np
import pytest
import rioxarray  # noqa: F401  registers ``.rio``
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tools import provenance
from tools.change import change_statistics
from tools.change.statistics import PERCENTILES

BIN = 1.7e-5


def as_map(values, **attrs):
    height, width = values.shape
    where = {"y": 10.0 * np.arange(height)[::-1], "x": 10.0 * np.arange(width)}
    return xr.DataArray(values, where, ("y", "x"), attrs=attrs).rio.write_crs("EPSG:32633")


def check(told, values):
    known = values[np.isfinite(values)].astype(float)
    assert told["count"] == len(known)
    assert told["share without data"] == pytest.approx(1 - len(known) / values.size)
    assert (told["min"], told["max"]) == (known.min(), known.max())
    assert told["mean"] == pytest.approx(known.mean(), abs=1e-9)
    assert told["std"] == pytest.approx(known.std(ddof=1) if len(known) > 1 else 0, abs=1e-7)
    for percent in PERCENTILES:
        assert told[f"{percent}%"] == pytest.approx(np.percentile(known, percent), abs=BIN)


VALUES = st.one_of(st.just(np.float32("nan")), st.floats(0, 2, width=32))


@given(arrays(np.float32, st.tuples(st.integers(2, 9), st.integers(2, 9)), elements=VALUES))
def test_statistics_are_those_of_numpy(values):
    if np.isnan(values).all():
        values[0, 0] = 1
    check(change_statistics(as_map(values)), values)


@pytest.fixture
def city():
    random = np.random.default_rng(0)
    values = random.gamma(2, 0.02, (300, 400)).astype(np.float32)
    values[random.random(values.shape) < 0.1] = np.nan
    return values


def test_statistics_of_a_city_are_those_of_numpy(city):
    check(change_statistics(as_map(city)), city)


@pytest.mark.parametrize("chunks", [(300, 400), (64, 64), (7, 400), (13, 11)])
def test_blocks_change_nothing(city, chunks):
    whole = change_statistics(as_map(city))
    in_blocks = change_statistics(as_map(da.from_array(city, chunks=chunks)))
    np.testing.assert_allclose(in_blocks, whole, rtol=1e-9)


def test_the_smallest_rounding_below_nothing_is_taken(city):
    city[:5] -= 0.02  # what a dot product gives that is not divided by lengths
    check(change_statistics(as_map(city)), city)


def test_the_notice_is_carried(city):
    notice = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
    told = change_statistics(provenance.mark(as_map(city), notice))
    assert provenance.every(told) == [notice]


def test_no_data_at_all_is_an_error_that_says_so():
    nothing = as_map(np.full((3, 4), np.nan, np.float32), year_from=2017, year_to=2024)
    with pytest.raises(
        ValueError, match="no pixel of 12 has data in both 2017 and 2024: choose other bounds"
    ):
        change_statistics(nothing)


@pytest.mark.parametrize("value", [-0.5, 3, np.inf])
def test_what_is_no_change_is_refused(city, value):
    city[3, 3] = value
    with pytest.raises(ValueError, match="change lies between 0 and 2, but"):
        change_statistics(as_map(city))


def test_a_cube_is_no_map():
    with pytest.raises(ValueError, match=r"a map \(y, x\)"):
        change_statistics(xr.DataArray(np.zeros((2, 2, 2)), dims=("time", "y", "x")))
