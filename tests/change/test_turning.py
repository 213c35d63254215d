import tracemalloc

import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.change.series import YEARS, cube_of, series
from tools import provenance
from tools.change.turning import change_year
from tools.embeddings import dequantise, quantise, unit

NEVER = 2100


def by_hand(values):
    """The best split of every pixel, tried one by one in double precision."""
    vectors = dequantise(values).astype(float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    losses = []
    for split in range(1, len(vectors)):
        parts = vectors[:split], vectors[split:]
        means = [part.mean(axis=0, keepdims=True) for part in parts]
        means = [mean / np.linalg.norm(mean, axis=1, keepdims=True) for mean in means]
        scatter = sum((1 - (part * m).sum(axis=1)).sum(axis=0) for part, m in zip(parts, means, strict=True))
        losses.append((scatter, 1 - (means[0] * means[1]).sum(axis=1)[0]))
    scatter, distance = (np.stack(each) for each in zip(*losses, strict=True))
    best = scatter.argmin(axis=0)
    mean = vectors.mean(axis=0)
    unsplit = len(vectors) * (1 - np.linalg.norm(mean, axis=0))
    pick = np.take_along_axis
    strength = pick(distance, best[None], 0)[0]
    explained = 1 - pick(scatter, best[None], 0)[0] / unsplit
    return best + 1, strength, explained, np.sort(scatter, axis=0)


@pytest.fixture(scope="module")
def planted():
    """Twelve by fifteen pixels that change in all years or never, and when they do."""
    rng = np.random.default_rng(11)
    steps = rng.choice([*YEARS[1:], NEVER], (12, 15))
    return series(rng, steps), steps


def test_planted_years_are_found_and_stable_pixels_have_none(planted):
    values, steps = planted
    found = change_year(cube_of(values), threshold=0.08)
    np.testing.assert_array_equal(found["year"], np.where(steps == NEVER, np.nan, steps))
    assert (found["strength"].to_numpy()[steps != NEVER] > 0.15).all()
    assert (found["explained"].to_numpy()[steps != NEVER] > 0.5).all()


@settings(max_examples=10)
@given(st.integers(0, 1000), st.integers(3, 8))
def test_the_split_is_the_best_of_all_splits_tried_by_hand(seed, count):
    rng = np.random.default_rng(seed)
    values = series(rng, rng.choice([*YEARS[1:], NEVER], (5, 6)), noise=0.3)[:count]
    found = change_year(cube_of(values, YEARS[:count]), threshold=0)
    best, strength, explained, scatter = by_hand(values)
    # Two splits can be as good as each other, to single precision.
    clear = scatter[1] - scatter[0] > 1e-5
    np.testing.assert_array_equal(found["year"].to_numpy()[clear], 2017 + best[clear])
    np.testing.assert_allclose(found["strength"].to_numpy()[clear], strength[clear], atol=1e-5)
    np.testing.assert_allclose(found["explained"], explained, atol=1e-4)


@settings(max_examples=8)
@given(st.integers(1, 8), st.integers(1, 64), st.integers(1, 12), st.integers(1, 15))
def test_how_the_cube_is_cut_into_blocks_does_not_show(planted, times, bands, rows, columns):
    cube = cube_of(planted[0])
    chunks = {"time": times, "band": max(bands, 16), "y": max(rows, 4), "x": max(columns, 5)}
    lazy = change_year(cube.chunk(chunks), threshold=0.05)
    for name, layer in change_year(cube, threshold=0.05).items():
        np.testing.assert_array_equal(lazy[name], layer)


def test_a_lazy_cube_stays_lazy(planted):
    lazy = change_year(cube_of(planted[0]).chunk({"time": 1}), threshold=0.05)
    assert all(dask.is_dask_collection(layer.data) for layer in lazy.values())


def test_dequantised_cubes_give_what_stored_ones_give(planted):
    cube = cube_of(planted[0])
    floats = change_year(cube.copy(data=dequantise(planted[0])), threshold=0.08)
    np.testing.assert_array_equal(floats["year"], change_year(cube, threshold=0.08)["year"])


def test_the_order_of_years_in_the_cube_does_not_matter(planted):
    cube = cube_of(planted[0])
    backwards = change_year(cube.isel(time=slice(None, None, -1)), threshold=0.05)
    np.testing.assert_array_equal(backwards["year"], change_year(cube, threshold=0.05)["year"])


def test_running_time_backwards_mirrors_the_year(planted):
    values, steps = planted
    mirrored = change_year(cube_of(values[::-1]), threshold=0.08)["year"]
    np.testing.assert_array_equal(mirrored, np.where(steps == NEVER, np.nan, 2017 + 2025 - steps))


def test_a_year_without_data_leaves_the_series_and_the_change_is_dated_to_the_next():
    steps = np.array([[2020, 2021], [2022, NEVER]])
    values = series(np.random.default_rng(2), steps)
    values[3] = -128
    values[1, 5] = -128  # one band is enough
    found = change_year(cube_of(values), threshold=0.08)
    assert np.nan_to_num(found["year"]).tolist() == [[2021, 2021], [2022, 0]]


def test_fewer_than_two_years_with_data_are_no_data_and_no_change_is_not():
    values = series(np.random.default_rng(2), np.full((1 + 1, 3), NEVER))
    values[:, :, :, 0] = -128
    values[1:, :, :, 1] = -128
    found = change_year(cube_of(values), threshold=0.1)
    assert found["year"].isnull().all()
    assert found["strength"].isnull().values.tolist() == [[True, True, False]] * 2


def test_a_sudden_step_is_explained_by_one_year_and_a_slow_turn_is_not():
    rng = np.random.default_rng(4)
    step = series(rng, np.full((2, 2), 2021), noise=0.05, distance=0.3)
    ends = [dequantise(step[0]), dequantise(step[-1])]
    slow = np.stack(
        [quantise(unit(ends[0] * (1 - s) + ends[1] * s, axis=0), axis=0) for s in np.linspace(0, 1, 8)]
    )
    sudden, gradual = (change_year(cube_of(v), threshold=0.05)["explained"] for v in (step, slow))
    assert float(sudden.min()) > 0.9
    assert float(gradual.max()) < float(sudden.min()) - 0.1


def test_identical_years_have_no_change_and_nothing_to_explain():
    stored = series(np.random.default_rng(6), np.full((2, 2), NEVER))[:1]
    found = change_year(cube_of(np.repeat(stored, 4, axis=0), YEARS[:4]), threshold=0.001)
    assert found["year"].isnull().all()
    assert float(found["strength"].max()) < 1e-5
    assert found["explained"].values.tolist() == [[0, 0], [0, 0]]


def test_maps_say_the_years_the_meaning_and_where_they_came_from(planted):
    made = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
    found = change_year(provenance.mark(cube_of(planted[0]), made), threshold=0.08)
    for layer in (found, *found.values()):
        assert provenance.every(layer) == [made]
        assert (layer.attrs["year_from"], layer.attrs["year_to"]) == (2017, 2024)
    assert "first year of the new state" in found["year"].attrs["meaning"]
    assert found.rio.crs == found["year"].rio.crs == "EPSG:32633"


def test_a_lazy_cube_is_never_in_memory_whole():
    """250 MB of cube pass through less than a third of that: a row of blocks and its sums."""
    chunks = ((1,) * 8, (16,) * 4, (128,) * 4, (480,) * 2)

    def make(block_info=None):
        return np.full((1, 16, 128, 480), 16, "int8")

    data = da.map_blocks(make, chunks=chunks, dtype="int8", meta=np.empty((0,) * 4, "int8"))
    lazy = cube_of(np.broadcast_to(np.int8(0), data.shape)).copy(data=data)
    change_year(lazy[:, :, :2, :2].compute(), threshold=0.1)  # compiled before memory is watched
    tracemalloc.start()
    try:
        with dask.config.set(scheduler="synchronous"):
            found = change_year(lazy, threshold=0.1)["year"].compute()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.isnull().all()
    assert peak < data.nbytes / 3


@pytest.mark.parametrize(
    ("cut", "threshold", "words"),
    [
        ({"time": slice(0, 2)}, 0.1, "at least 3 years, got 2: 2017, 2018"),
        ({"time": [0, 1, 1]}, 0.1, "a year twice"),
        ({"time": 0}, 0.1, "list of years"),
        ({}, 3, "between 0 and 2"),
        ({}, float("nan"), "between 0 and 2"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(planted, cut, threshold, words):
    with pytest.raises(ValueError, match=words):
        change_year(cube_of(planted[0]).isel(cut), threshold=threshold)
