"""The kernel against the definition in double precision, for every byte that there is."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tools.change import change_kernel
from tools.embeddings import BANDS, NODATA, dequantise, quantise

TOLERANCE = 1e-5
ANY_BYTE = st.integers(-128, 127)


def definition(a, b, normalise=True):
    """1 − cosine, or 1 − dot product, of dequantised vectors, in float64."""
    a, b = (np.sign(q) * (np.abs(q.astype(float)) / 127.5) ** 2 for q in map(hide, (a, b)))
    dot = (a * b).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return 1 - (dot / np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0)) if normalise else dot)


def hide(stored):
    """Stored bytes as float, with NaN for no data."""
    return np.where(stored == NODATA, np.nan, stored.astype(float))


def noise(*pixels, seed=0, low=-127):
    return np.random.default_rng(seed).integers(low, 128, (64, *pixels), dtype=np.int8)


def alike(stored, seed=1, by=6):
    """The same place a year later: every byte a little off."""
    shift = np.random.default_rng(seed).integers(-by, by + 1, stored.shape)
    return np.clip(stored + shift, -127, 127).astype(np.int8)


@given(
    arrays(np.int8, (64, 7), elements=ANY_BYTE), arrays(np.int8, (64, 7), elements=ANY_BYTE), st.booleans()
)
def test_any_bytes_give_what_the_definition_gives(a, b, normalise):
    ours = change_kernel(a, b, normalise=normalise)
    np.testing.assert_allclose(ours, definition(a, b, normalise), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("normalise", [True, False])
def test_every_pair_of_bytes_gives_what_the_definition_gives(normalise):
    every = np.arange(-128, 128)
    a, b = (pairs.ravel().astype(np.int8) for pairs in np.meshgrid(every, every))
    # The pair in one band among 63 ordinary ones, each band in its turn.
    first, second = noise(len(a), seed=1), noise(len(a), seed=2)
    band = np.arange(len(a)) % 64
    first[band, np.arange(len(a))], second[band, np.arange(len(a))] = a, b
    ours = change_kernel(first, second, normalise=normalise)
    np.testing.assert_allclose(ours, definition(first, second, normalise), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("a", "b", "change"), [(127, 127, 0), (127, -127, 2), (-127, -127, 0), (1, -1, 2)])
def test_the_largest_and_the_smallest_sums_do_not_overflow(a, b, change):
    a, b = np.full((64, 5000), a, np.int8), np.full((64, 5000), b, np.int8)
    np.testing.assert_allclose(change_kernel(a, b), change, atol=TOLERANCE)
    unscaled = change_kernel(a, b, normalise=False)
    np.testing.assert_allclose(unscaled, definition(a, b, normalise=False), rtol=1e-6)


@pytest.mark.parametrize("normalise", [True, False])
def test_vectors_that_hardly_differ_are_as_exact(normalise):
    a = noise(30_000)
    b = alike(a, by=1)
    ours = change_kernel(a, b, normalise=normalise)
    np.testing.assert_allclose(ours, definition(a, b, normalise), rtol=0, atol=TOLERANCE)


@given(arrays(np.int8, (64, 40), elements=st.integers(-127, 127)))
def test_a_year_has_not_changed_from_itself_at_all(stored):
    change = change_kernel(stored, stored)
    assert (change[(stored != 0).any(axis=0)] == 0).all()


def test_without_lengths_a_year_has_changed_from_itself_by_what_storing_did():
    vectors = np.random.default_rng(3).normal(size=(64, 20_000))
    stored = quantise(vectors / np.linalg.norm(vectors, axis=0), axis=0)
    unscaled = np.abs(change_kernel(stored, stored, normalise=False))
    assert 1e-4 < unscaled.max() < 0.03
    assert (change_kernel(stored, stored) == 0).all()


@given(arrays(np.int8, (64, 20), elements=ANY_BYTE), arrays(np.int8, (64, 20), elements=ANY_BYTE))
def test_change_forth_is_change_back_and_lies_between_none_and_opposite(a, b):
    change = change_kernel(a, b)
    np.testing.assert_array_equal(change, change_kernel(b, a))
    known = change[~np.isnan(change)]
    assert ((known >= 0) & (known <= 2 + TOLERANCE)).all()


def test_nodata_in_one_band_of_either_year_is_nodata():
    a, b = noise(64, seed=4), noise(64, seed=5)
    every = np.arange(64)
    for first, second in ((a.copy(), b), (a, b.copy())):
        spoilt = first if first is not a else second
        spoilt[every, every] = NODATA
        assert np.isnan(change_kernel(first, second)).all()
        assert np.isnan(change_kernel(first, second, normalise=False)).all()
    assert not np.isnan(change_kernel(a, b)).any()


def test_nodata_spreads_to_no_neighbour():
    a, b = noise(5000, seed=4), noise(5000, seed=5)
    whole = change_kernel(a, b)
    lost = np.random.default_rng(6).random(5000) < 0.2
    a[:, lost] = NODATA
    np.testing.assert_array_equal(change_kernel(a, b), np.where(lost, np.nan, whole))


def test_a_vector_of_zeros_has_no_direction():
    a = noise(3)
    zeros = np.zeros_like(a)
    assert np.isnan(change_kernel(a, zeros)).all()
    assert np.isnan(change_kernel(zeros, zeros)).all()
    assert (change_kernel(a, zeros, normalise=False) == 1).all()


@pytest.mark.parametrize(
    "pixels", [(), (0,), (1,), (2047,), (2049,), (3, 0), (17, 301), (2, 3, 5), (3, 300_000)]
)
def test_the_shape_is_that_of_the_pixels(pixels):
    a, b = noise(*pixels, seed=1), noise(*pixels, seed=2)
    change = change_kernel(a, b)
    assert change.shape == pixels
    assert change.dtype == np.float32
    np.testing.assert_allclose(change, definition(a, b), rtol=0, atol=TOLERANCE)


def test_views_are_worked_on_as_they_are():
    a, b = noise(150, 210, seed=1), noise(150, 210, seed=2)
    whole = change_kernel(a, b)
    for part in (np.s_[:, 3:140, 7:-5], np.s_[:, ::-1], np.s_[:, ::2, ::3], np.s_[:, 9], np.s_[:, :, 9]):
        np.testing.assert_array_equal(change_kernel(a[part], b[part]), whole[part[1:]])
    pixels_first = np.ascontiguousarray(np.moveaxis(a, 0, -1)), np.ascontiguousarray(np.moveaxis(b, 0, -1))
    np.testing.assert_array_equal(change_kernel(*(np.moveaxis(i, -1, 0) for i in pixels_first)), whole)


def test_the_number_of_threads_changes_nothing():
    a, b = noise(700, 900, seed=1), noise(700, 900, seed=2)
    one = change_kernel(a, b, threads=1)
    for threads in (None, 2, 5):
        np.testing.assert_array_equal(change_kernel(a, b, threads=threads), one)


@pytest.mark.parametrize("normalise", [True, False])
def test_dequantised_vectors_give_the_same(normalise):
    a = noise(40, 50, seed=1)
    b = alike(a)
    a[:, :3], b[:, 5] = NODATA, NODATA
    of_bytes = change_kernel(a, b, normalise=normalise)
    of_floats = change_kernel(dequantise(a), dequantise(b), normalise=normalise)
    np.testing.assert_allclose(of_floats, of_bytes, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        (noise(3), noise(4), ValueError, r"one shape .* \(64, 3\) and \(64, 4\)"),
        (noise(3)[:9], noise(3)[:9], ValueError, r"\(64, \.\.\.\), got \(9, 3\)"),
        (noise(3), dequantise(noise(3)), TypeError, "twice, got int8 and float32"),
        (noise(3).astype(int), noise(3).astype(int), TypeError, "int64"),
    ],
)
def test_what_is_not_two_images_of_one_kind_is_refused(a, b, error, message):
    with pytest.raises(error, match=message):
        change_kernel(a, b)


class TestRealEmbeddings:
    """AlphaEarth itself."""

    def test_a_square_kilometre_equals_the_definition_and_has_not_changed_from_itself(self, shared_data):
        (path,) = (shared_data / "alphaearth" / "v1" / "annual").rglob("*.tiff")
        with rasterio.open(path) as tile:
            here = tile.read()
        beside = np.roll(here, 1, axis=2)  # other places for another year, real ones
        change = change_kernel(here, beside)
        np.testing.assert_allclose(change, definition(here, beside), rtol=0, atol=TOLERANCE)
        itself = change_kernel(here, here)
        valid = (here != NODATA).all(axis=0)
        assert valid.sum() == 9980
        assert (itself[valid] == 0).all()
        assert np.isnan(itself[~valid]).all()
        # Storing moves the lengths by up to 0.008, and so the dot product with itself by twice that.
        assert np.abs(change_kernel(here, here, normalise=False)[valid]).max() < 0.016

    def test_forest_and_clearing_equal_the_definition(self, shared_data):
        table = pd.read_parquet(shared_data / "alphaearth" / "points_forest_clearing.parquet")
        stored = quantise(table[list(BANDS)].to_numpy()).T
        pairs = np.random.default_rng(0).permutation(stored.shape[1])
        ours = change_kernel(stored, stored[:, pairs])
        np.testing.assert_allclose(ours, definition(stored, stored[:, pairs]), rtol=0, atol=TOLERANCE)
        cleared = table["label"].to_numpy() == 1
        crossing = cleared != cleared[pairs]
        assert np.median(ours[crossing]) > np.median(ours[~crossing])
