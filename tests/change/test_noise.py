from itertools import combinations

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import boxcox

from tests.change.series import YEARS, cube_of, map_of, series
from tools import provenance
from tools.change.kernel import change_kernel
from tools.change.noise import noise_floor
from tools.change.noise_curve import fit_noise
from tools.change.sampling import pick, spread_out

NEVER = 2100


def noises(kind, rng, n=60_000):
    """Changes of stable pixels, by what their noise is like."""
    plain = rng.chisquare(60, n) / 2000
    return {
        "Gaussian": plain,
        "of few dimensions": rng.chisquare(20, n) / 600,
        "of another size in each place": plain * np.exp(0.4 * rng.normal(size=n)),
        "of three sizes": plain * rng.choice([0.5, 1, 1.5], n),
    }[kind]


@pytest.mark.parametrize("changed", [0, 0.02, 0.1, 0.25, 0.4])
@pytest.mark.parametrize(
    "kind", ["Gaussian", "of few dimensions", "of another size in each place", "of three sizes"]
)
def test_the_rate_asked_for_is_the_rate_among_stable_pixels_whatever_share_beyond(kind, changed):
    rng = np.random.default_rng(0)
    stable = noises(kind, rng)
    n_changed = int(changed / (1 - changed) * len(stable))
    curve = fit_noise(np.sort(np.append(stable, rng.uniform(0.09, 0.4, n_changed))))
    for rate in (0.05, 0.01, 0.001):
        assert rate / 2 < (stable > curve.upper(rate)).mean() < rate * 2
    assert curve.share_beyond == pytest.approx(changed, abs=0.01)


def test_gaussian_noise_is_found_to_be_normal_after_about_the_cube_root():
    change = np.sort(np.random.default_rng(1).chisquare(60, 200_000) / 2000)
    assert fit_noise(change).power == pytest.approx(1 / 3, abs=0.1)


@settings(max_examples=20)
@given(st.floats(0.001, 30), st.integers(0, 100))
def test_another_unit_of_change_is_another_unit_of_the_threshold(scale, seed):
    change = np.sort(np.random.default_rng(seed).chisquare(60, 3000) / 2000)
    assert fit_noise(change * scale).upper(0.01) == pytest.approx(
        scale * fit_noise(change).upper(0.01), rel=1e-3
    )


def test_rate_undoes_threshold():
    curve = fit_noise(np.sort(np.random.default_rng(1).chisquare(60, 3000) / 2000))
    for rate in (0.5, 0.05, 1e-4):
        assert curve.rate(curve.upper(rate)) == pytest.approx(rate)
    assert curve.rate(-1) == 1
    assert curve.rate(0) == pytest.approx(1)
    assert boxcox(curve.upper(0.5), curve.power) == pytest.approx(curve.centre)


@pytest.fixture(scope="module")
def planted():
    """Sixty by seventy pixels, of which one in ten changed in some year."""
    rng = np.random.default_rng(8)
    steps = np.full((60, 70), NEVER)
    steps[:6] = rng.choice(YEARS[1:], (6, 70))
    return series(rng, steps), steps == NEVER


def test_pixels_known_to_be_stable_and_the_bulk_of_all_tell_the_same_threshold(planted):
    cube, stable = cube_of(planted[0]), map_of(planted[1])
    told, known = noise_floor(cube), noise_floor(cube, stable=stable)
    for lag in (1, 4, 7):
        assert told.threshold_for(0.01, lag) == pytest.approx(known.threshold_for(0.01, lag), rel=0.1)
    assert known.share_beyond() == 0
    assert told.share_beyond(7) == pytest.approx(0.1, abs=0.01)


def test_pixels_that_changed_lie_above_the_threshold_and_stable_ones_below(planted):
    values, stable = planted
    threshold = noise_floor(cube_of(values)).threshold_for(0.01)
    change = change_kernel(values[0], values[-1])
    assert 0.005 < (change[stable] > threshold).mean() < 0.02
    assert (change[~stable] > threshold).mean() > 0.99


def test_the_farther_apart_the_years_the_more_changed_and_the_table_says_so(planted):
    table = noise_floor(cube_of(planted[0])).table()
    assert table.index.tolist() == list(range(1, 8))
    assert table["pairs"].tolist() == [7, 6, 5, 4, 3, 2, 1]
    assert table["share_beyond"].is_monotonic_increasing
    assert (table["threshold_0.05"] < table["threshold_0.01"]).all()
    np.testing.assert_allclose(table["similarity"], 1 - table["median"])


def test_noise_that_grows_with_time_raises_the_threshold():
    rng = np.random.default_rng(3)
    walk = series(rng, np.full((40, 40), NEVER), noise=0.0001)[0].astype(float)
    drift = [walk]
    for _ in YEARS[1:]:
        drift.append(drift[-1] + rng.normal(scale=2, size=walk.shape))
    values = np.clip(np.rint(np.stack(drift)), -127, 127).astype("int8")
    table = noise_floor(cube_of(values)).table()
    assert table["threshold_0.01"].is_monotonic_increasing


def test_a_cube_and_its_maps_of_change_tell_the_same(planted):
    values = planted[0][:3]
    years = YEARS[:3]
    maps = {
        (a, b): map_of(change_kernel(values[a - 2017], values[b - 2017])) for a, b in combinations(years, 2)
    }
    cube_table = noise_floor(cube_of(values, years)).table()
    np.testing.assert_allclose(noise_floor(maps).table(), cube_table)


def test_pixels_without_data_in_a_year_are_left_out_of_its_pairs(planted):
    values = planted[0][:3].copy()
    values[1, :, :, :35] = -128
    floor = noise_floor(cube_of(values, YEARS[:3]))
    assert floor.table()["changes"].tolist() == [2 * 60 * 35, 60 * 70]


def test_each_year_of_a_lazy_cube_is_read_once(planted):
    reads = []

    def read(block, block_info=None):
        reads.append(tuple(block_info[0]["chunk-location"]))
        return block

    stored = da.from_array(planted[0], (1, 16, 30, 70))
    counted = stored.map_blocks(read, dtype="int8", meta=np.empty((0,) * 4, "int8"))
    lazy = noise_floor(cube_of(planted[0]).copy(data=counted), n_pixels=500)
    assert len(reads) == len(set(reads)) == 8 * 4 * 2
    np.testing.assert_array_equal(lazy.table(), noise_floor(cube_of(planted[0]), n_pixels=500).table())


@settings(max_examples=30)
@given(st.integers(2, 60), st.integers(2, 60), st.integers(100, 4000))
def test_the_sample_is_spread_evenly_over_the_whole_map(height, width, n_pixels):
    image = map_of(np.arange(height * width, dtype="float32").reshape(height, width))
    rows, columns = spread_out(image, n_pixels)
    assert 0 < len(rows) <= max(n_pixels * 1.5, 1)
    steps = np.diff(np.unique(rows))
    assert len(set(steps.tolist())) <= 1
    np.testing.assert_array_equal(pick(image, rows, columns), image.to_numpy()[rows, columns])


def test_a_sample_among_marked_pixels_takes_only_those():
    marked = np.zeros((50, 50), bool)
    marked[10:20, 5:45] = True
    rows, columns = spread_out(map_of(marked.astype("float32")), 100, map_of(marked))
    assert marked[rows, columns].all()
    assert 50 <= len(rows) <= 150


def test_above_a_threshold_the_share_of_noise_falls_as_it_rises(planted):
    values, stable = planted
    floor = noise_floor(cube_of(values))
    table = floor.exceedance(years_apart=7)
    assert table["share_above"].is_monotonic_decreasing
    assert table["false_positive_rate"].is_monotonic_decreasing
    threshold = floor.threshold_for(0.05)
    row = floor.exceedance([threshold]).iloc[0]
    change = change_kernel(values[0], values[-1])
    assert row["share_above"] == pytest.approx((change > threshold).mean(), abs=1e-6)
    assert row["false_discovery_rate"] == pytest.approx(stable[change > threshold].mean(), abs=0.05)


def test_the_floor_says_what_it_is_in_words(planted):
    assert repr(noise_floor(cube_of(planted[0]))).startswith(
        "<noise floor of 4,200 pixels, told from their bulk: 7 years apart the median is 0.0"
    )
    stable = np.zeros((60, 70), bool)
    stable[30:40, 30:43] = True
    small = noise_floor(cube_of(planted[0][:2], YEARS[:2]), stable=map_of(stable))
    assert "130 pixels, known to be stable: a year apart" in repr(small)
    assert small.table()["threshold_0.001"].isna().all()


def test_where_the_cube_came_from_goes_with_floor_and_tables(planted):
    made = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
    floor = noise_floor(provenance.mark(cube_of(planted[0]), made))
    for result in (floor, floor.table(), floor.exceedance()):
        assert provenance.every(result) == [made]


def test_what_cannot_be_told_is_refused_with_a_way_out(planted):
    cube = cube_of(planted[0])
    stable = np.zeros((60, 70), bool)
    stable[30:40, 30:43] = True
    small = noise_floor(cube, stable=map_of(stable))
    with pytest.raises(ValueError, match=r"130 changes of stable pixels cannot tell a rate of 0\.001"):
        small.threshold_for(0.001)
    with pytest.raises(ValueError, match="no two years 9 apart"):
        small.threshold_for(0.1, years_apart=9)
    with pytest.raises(ValueError, match=r"up to 0\.5"):
        small.threshold_for(0)
    with pytest.raises(ValueError, match="one and the same change"):
        noise_floor(cube_of(np.repeat(planted[0][:1], 3, axis=0), YEARS[:3]))
    with pytest.raises(ValueError, match="only 0 pixels have data"):
        noise_floor(cube_of(np.full((2, 64, 20, 20), -128, "int8"), YEARS[:2]))


@pytest.mark.parametrize(
    ("changes", "keywords", "words"),
    [
        ({}, {}, "give a cube of embeddings"),
        ({2017: map_of(np.ones((20, 20)))}, {}, "pairs of years"),
        (
            {(2017, 2018): map_of(np.ones((20, 20))), (2018, 2019): map_of(np.ones((9, 20)))},
            {},
            "differ in shape",
        ),
        ({(2017, 2018): map_of(np.ones((20, 20)))}, {"n_pixels": 5}, "100 pixels or more"),
        (
            {(2017, 2018): map_of(np.ones((20, 20)))},
            {"stable": map_of(np.ones((20, 20)))},
            "mask of booleans",
        ),
        (
            {(2017, 2018): map_of(np.ones((20, 20)))},
            {"stable": map_of(np.ones((9, 20), bool))},
            "different grids",
        ),
        ({(2017, 2018): map_of(np.ones((20, 20)))}, {"stable": map_of(np.zeros((20, 20), bool))}, "no pixel"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(changes, keywords, words):
    with pytest.raises(ValueError, match=words):
        noise_floor(changes, **keywords)
