import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from tests.change.series import CRS, map_of, where
from tools import provenance
from tools.change.comparing import agreement, optical_change, optical_difference

seeds = st.integers(0, 10_000)


def two_maps(seed, shape=(30, 40), alike=0.5, missing=0.1):
    """Two maps that share a part of their change, with pixels missing in either."""
    rng = np.random.default_rng(seed)
    both, *own = rng.normal(size=(3, *shape))
    maps = [alike * both + (1 - alike) * each for each in own]
    for values in maps:
        values[rng.random(shape) < missing] = np.nan
    return [map_of(values) for values in maps]


@settings(max_examples=20)
@given(seeds)
def test_rank_correlation_is_spearmans_over_pixels_with_data_in_both(seed):
    a, b = two_maps(seed)
    valid = np.isfinite(a.values) & np.isfinite(b.values)
    found = agreement(a, b)
    assert found.pixels == valid.sum()
    assert found.rank_correlation == pytest.approx(spearmanr(a.values[valid], b.values[valid])[0])


@settings(max_examples=20)
@given(seeds)
def test_overlap_is_the_share_of_the_strongest_that_both_maps_name(seed):
    a, b = two_maps(seed)
    valid = np.isfinite(a.values) & np.isfinite(b.values)
    row = agreement(a, b, top=[10]).overlap.loc[10]
    count = round(valid.sum() / 10)
    tops = [set(np.argsort(-image.values[valid])[:count].tolist()) for image in (a, b)]
    assert row["shared"] == len(tops[0] & tops[1])
    assert row["jaccard"] == pytest.approx(len(tops[0] & tops[1]) / len(tops[0] | tops[1]))


@settings(max_examples=15)
@given(seeds)
def test_the_measure_is_symmetric_and_blind_to_the_units_of_either_map(seed):
    a, b = two_maps(seed)
    reference = agreement(a, b)
    for other in (agreement(b, a), agreement(np.exp(a), 100 * b - 7)):
        assert other.rank_correlation == pytest.approx(reference.rank_correlation)
        np.testing.assert_allclose(other.overlap, reference.overlap)


def test_a_map_agrees_wholly_with_itself_and_unrelated_maps_by_chance():
    a, _ = two_maps(1, (200, 200), missing=0)
    _, b = two_maps(2, (200, 200), missing=0)
    itself, unrelated = agreement(a, a), agreement(a, b)
    assert itself.rank_correlation == pytest.approx(1)
    assert (itself.overlap["share_shared"] == 1).all()
    np.testing.assert_allclose(unrelated.overlap["share_shared"], unrelated.overlap["by_chance"], atol=0.02)
    assert abs(unrelated.rank_correlation) < 0.02


def test_shared_hotspots_under_unlike_noise_show_in_the_overlap_not_in_the_ranks():
    rng = np.random.default_rng(3)
    a, b = rng.random((2, 100, 100)).astype("float32")
    a[:10, :10] += 1
    b[:10, :10] += 1
    found = agreement(map_of(a), map_of(b), top=[1])
    assert found.overlap.loc[1, "share_shared"] == 1
    assert found.rank_correlation < 0.1


def test_a_large_map_is_compared_on_pixels_spread_over_it():
    a, b = two_maps(5, (300, 300))
    found = agreement(a, b, n_pixels=10_000)
    assert 5_000 < found.pixels < 12_000
    assert found.rank_correlation == pytest.approx(agreement(a, b).rank_correlation, abs=0.03)


def test_lazy_maps_agree_as_loaded_ones_do():
    a, b = two_maps(6)
    lazy = agreement(a.chunk(7), b.chunk(11))
    np.testing.assert_array_equal(lazy.overlap, agreement(a, b).overlap)


def test_a_constant_map_has_no_order():
    a, _ = two_maps(1)
    assert np.isnan(agreement(a, a * 0 + 1).rank_correlation)


def test_agreement_says_itself_in_words_and_keeps_where_the_maps_came_from():
    a, b = two_maps(1, (100, 100), missing=0)
    marks = [provenance.Provenance(name, "sample", name, "Synthetic sample") for name in "ab"]
    found = agreement(provenance.mark(a, marks[0]), provenance.mark(b, marks[1]))
    assert repr(found).startswith("<agreement over 10,000 pixels: rank correlation 0.50")
    assert "of the top 5%" in repr(found)
    assert provenance.every(found) == provenance.every(found.overlap) == marks


@pytest.fixture
def medians():
    """Reflectance of two years in three bands, with a pixel missing in one band of the first."""
    rng = np.random.default_rng(9)
    values = rng.uniform(0, 0.4, (2, 3, 5, 6)).astype("float32")
    values[0, 1, 2, 3] = np.nan
    places = {"time": [2017, 2024], "band": ["B02", "B04", "B08"], **where(5, 6)}
    return xr.DataArray(values, places, ("time", "band", "y", "x")).rio.write_crs(CRS)


def test_optical_difference_is_later_minus_earlier_band_by_band(medians):
    found = optical_difference(medians, 2017, 2024)
    np.testing.assert_array_equal(found, medians.values[1] - medians.values[0])
    assert found["band"].values.tolist() == ["B02", "B04", "B08"]
    assert found.dtype == "float32"


def test_optical_change_is_the_root_mean_square_over_bands_and_misses_where_any_band_does(medians):
    found = optical_change(medians, 2017, 2024)
    expected = np.sqrt(((medians.values[1] - medians.values[0]) ** 2).mean(axis=0))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.argwhere(np.isnan(found.values)).tolist() == [[2, 3]]


def test_the_number_of_bands_does_not_set_the_size_of_optical_change(medians):
    twice = xr.concat([medians, medians], "band")
    np.testing.assert_allclose(
        optical_change(twice, 2017, 2024), optical_change(medians, 2017, 2024), rtol=1e-6
    )


def test_optical_change_is_lazy_where_the_medians_are_and_is_one_map_among_others(medians):
    lazy = optical_change(medians.chunk({"time": 1, "y": 2}), 2017, 2024)
    assert lazy.chunks is not None
    loaded = optical_change(medians, 2017, 2024)
    np.testing.assert_allclose(lazy, loaded)
    assert loaded.rio.crs == CRS
    assert np.isnan(loaded.rio.nodata)
    assert (loaded.attrs["year_from"], loaded.attrs["year_to"]) == (2017, 2024)
    assert "2024 minus that of 2017" in loaded.attrs["meaning"]


def test_where_the_medians_came_from_goes_with_their_change(medians):
    made = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
    provenance.mark(medians, made)
    for found in (optical_difference(medians, 2017, 2024), optical_change(medians, 2017, 2024)):
        assert provenance.every(found) == [made]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda m: optical_change(m, 2017, 2020), "the years there are: 2017, 2024"),
        (lambda m: optical_change(m, 2024, 2017), "comes before"),
        (lambda m: optical_change(m[0], 2017, 2024), "expected medians"),
        (lambda m: optical_change(m.fillna(0).astype("int16"), 2017, 2024), "reflectance as floats"),
        (lambda m: agreement(m[0, 0], m[0, 0].assign_coords(x=m["x"] + 50)), "different grids"),
        (lambda m: agreement(m[0, 0], m[1, 0]), "only 30 pixels"),
        (lambda m: agreement(m[0, 0], m[1, 0], top=[0]), "percentages"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(medians, ask, words):
    with pytest.raises(ValueError, match=words):
        ask(medians)
