"""Embeddings: bytes and back, unit length, and the angle between two."""

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tools.embeddings import BANDS, N_BANDS, band_names, cosine_similarity, dequantise, quantise, unit

every_byte = np.arange(-128, 128).astype(np.int8)
vectors = hnp.arrays(np.float64, (5, N_BANDS), elements=st.floats(-1, 1))


def test_bands_are_numbered_with_two_digits_from_nought():
    assert (BANDS[0], BANDS[-1], len(BANDS)) == ("A00", "A63", 64)
    assert band_names("_mean")[63] == "A63_mean"


def test_every_byte_comes_back_as_the_formula_says():
    stored = every_byte[1:].astype(float)
    assert np.allclose(dequantise(every_byte[1:]), np.sign(stored) * (stored / 127.5) ** 2)
    assert np.isnan(dequantise(every_byte[:1])).all()


def test_quantising_is_the_inverse_for_every_byte():
    assert np.array_equal(quantise(dequantise(every_byte)[:, None])[:, 0], every_byte)


@given(vectors)
def test_a_value_moves_by_less_than_the_step_between_two_bytes(v):
    back = dequantise(quantise(v))
    half_a_step = (np.sqrt(np.abs(v)) * 127.5 + 0.5) / 127.5**2 + 1e-6
    assert (np.abs(back - v) <= np.where(np.abs(v) > 0.99, 0.008, half_a_step)).all()


@given(vectors)
def test_a_byte_never_reads_as_no_data_where_there_is_data(v):
    assert quantise(v).min() >= -127


def test_one_missing_number_makes_the_whole_vector_no_data():
    v = np.zeros((2, N_BANDS))
    v[1, 7] = np.nan
    stored = quantise(v)
    assert (stored[0] == 0).all()
    assert (stored[1] == -128).all()


def test_an_image_is_quantised_along_its_first_axis():
    image = np.full((N_BANDS, 2, 3), 0.125)
    image[5, 0, 1] = np.nan
    stored = quantise(image, axis=0)
    assert (stored[:, 0, 1] == -128).all()
    assert (stored == -128).sum() == N_BANDS


def test_unit_vectors_survive_storage_close_to_unit_length():
    v = unit(np.random.default_rng(0).normal(size=(500, N_BANDS)))
    assert np.allclose(np.linalg.norm(dequantise(quantise(v)), axis=1), 1, atol=0.02)


def test_dask_arrays_stay_lazy_and_agree_with_numpy():
    lazy = dequantise(da.from_array(every_byte, chunks=100))
    assert isinstance(lazy, da.Array)
    assert lazy.dtype == np.float32
    np.testing.assert_array_equal(lazy.compute(), dequantise(every_byte))


@pytest.mark.parametrize("already", [np.array([0.5], np.float32), np.array([5]), [1, 2]])
def test_what_is_not_stored_bytes_is_refused(already):
    with pytest.raises(TypeError, match="expected stored embeddings"):
        dequantise(already)


@given(vectors, st.floats(0.1, 10))
def test_cosine_does_not_depend_on_length_and_stays_within_one(v, factor):
    cosine = cosine_similarity(v, v[::-1] * factor)
    np.testing.assert_allclose(cosine, cosine_similarity(v, v[::-1]), atol=1e-9)
    assert (np.abs(cosine[~np.isnan(cosine)]) <= 1).all()


def test_a_vector_of_zeros_has_no_direction():
    assert np.isnan(cosine_similarity(np.zeros(N_BANDS), np.ones(N_BANDS)))


def test_cosine_of_two_dask_images_along_the_bands():
    a, b = np.random.default_rng(1).normal(size=(2, N_BANDS, 4, 5))
    lazy = cosine_similarity(da.from_array(a, chunks=(16, 4, 5)), da.from_array(b, chunks=(16, 4, 5)), axis=0)
    np.testing.assert_allclose(lazy.compute(), cosine_similarity(a, b, axis=0))
