"""The exact normalised cut, and clusters of two dates told by each other."""

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import rbf_kernel

from tools.spectral import least_normalised_cut, match_labels, normalised_cut, relabel


def test_the_cut_is_the_share_of_similarity_that_leaves_each_cluster():
    random = np.random.default_rng(0)
    rows, labels = random.normal(size=(300, 4)), random.integers(3, size=300)
    affinity = rbf_kernel(rows, gamma=0.4)
    leaving = [affinity[labels == c][:, labels != c].sum() / affinity[labels == c].sum() for c in range(3)]
    assert normalised_cut(rows, labels, 0.4) == pytest.approx(sum(leaving), rel=1e-9)


def test_rows_without_data_or_label_do_not_count():
    random = np.random.default_rng(1)
    rows, labels = random.normal(size=(100, 2)), random.integers(2, size=100)
    kept = slice(10, 90)
    expected = normalised_cut(rows[kept], labels[kept])
    rows[:10], labels[90:] = np.nan, -1
    assert normalised_cut(rows, labels) == pytest.approx(expected, rel=1e-9)


def test_a_subset_tells_nearly_the_same_as_all_rows():
    random = np.random.default_rng(2)
    rows = random.normal(size=(4_000, 3))
    labels = (rows[:, 0] > 0).astype(int)
    whole = normalised_cut(rows, labels, sample_size=4_000)
    assert normalised_cut(rows, labels, sample_size=1_000) == pytest.approx(whole, abs=0.03)


@given(st.integers(0, 1_000), st.integers(1, 4))
def test_no_partition_cuts_less_than_the_bound(seed, n_clusters):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(60, 2)) + random.integers(3, size=(60, 1)) * 3
    bound = least_normalised_cut(rows, n_clusters)
    for labels in (
        random.integers(n_clusters, size=60),
        np.argsort(np.argsort(rows[:, 0])) * n_clusters // 60,
    ):
        assert bound <= normalised_cut(rows, labels) + 1e-9


def test_the_bound_is_met_where_nothing_need_be_cut():
    rows = np.repeat([[0.0], [100.0], [200.0]], 5, axis=0)
    rows = np.concatenate([rows, [[np.nan]]])
    assert least_normalised_cut(rows, 3) == pytest.approx(0, abs=1e-9)


def test_a_bound_without_enough_rows_is_refused():
    with pytest.raises(ValueError, match="only 2 rows are without missing values"):
        least_normalised_cut(np.array([[0.0], [1.0], [np.nan]]), 2)
    with pytest.raises(ValueError, match="expected rows"):
        least_normalised_cut(np.zeros(4), 2)


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        (np.ones((4, 2)), np.zeros(3), "a label each"),
        (np.full((4, 2), np.nan), np.zeros(4, int), "nothing to measure"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_words(rows, labels, message):
    with pytest.raises(ValueError, match=message):
        normalised_cut(rows, labels)


@given(st.permutations(range(5)), st.integers(0, 99))
def test_clusters_that_were_only_renumbered_find_their_numbers_again(order, seed):
    centres = np.random.default_rng(seed).normal(size=(5, 3))
    assert match_labels(centres[order], centres).tolist() == list(order)


def test_the_pairing_is_the_best_as_a_whole_not_the_nearest_first():
    # Nearest first would pair 0 with 0.9, and leave 10 for 1.9 and a distance of 8.1.
    assert match_labels([[1.0], [1.9]], [[1.8], [10.0]]).tolist() == [0, 1]
    assert match_labels([[1.9], [1.0]], [[0.0], [1.4]]).tolist() == [1, 0]


def test_more_clusters_than_the_reference_get_new_numbers_and_fewer_take_some():
    assert match_labels([[0.0], [9.0], [4.0]], [[4.1]]).tolist() == [1, 2, 0]
    assert match_labels([[4.0]], [[0.0], [4.1]]).tolist() == [1]


@pytest.mark.parametrize(
    ("centres", "message"), [([[1.0, 2.0]], "same features"), ([[np.nan]], "not finite")]
)
def test_centres_that_cannot_be_compared_are_refused(centres, message):
    with pytest.raises(ValueError, match=message):
        match_labels(centres, [[1.0]])


@pytest.mark.parametrize("lazy", [False, True])
def test_relabelled_images_keep_coordinates_attributes_and_unlabelled_pixels(lazy):
    values = np.array([[0, 1], [-1, 2]], np.int32)
    image = xr.DataArray(
        da.from_array(values, chunks=1) if lazy else values,
        dims=("y", "x"), coords={"y": [2.0, 1.0], "x": [5.0, 6.0]}, attrs={"crs": "EPSG:32611"},
    )  # fmt: skip
    renumbered = relabel(image, [2, 0, 1])
    assert (renumbered.chunks is not None) == lazy
    xr.testing.assert_identical(renumbered.compute(), image.copy(data=[[2, 0], [-1, 1]]).astype(np.int32))


def test_a_label_without_a_new_number_is_refused():
    with pytest.raises(ValueError, match="label 3 has no new number"):
        relabel(np.array([3]), [1, 0])
