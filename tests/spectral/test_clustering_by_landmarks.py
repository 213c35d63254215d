"""Spectral clustering through landmarks: near the exact one, and the same everywhere."""

from itertools import pairwise

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from tools.spectral import NystromSpectralClustering, kernels, normalised_cut
from tools.spectral.nystrom import partition


@pytest.fixture(scope="module")
def scene():
    """Rows like pixels: three crowds that shade into each other, and a small one aside; all on one scale."""
    random = np.random.default_rng(3)
    crowds = np.array([[-1.2, -1, -1, -0.8], [0, 0.1, 0.2, 0], [1, 1.2, 0.9, 1], [2.5, 1.2, -1, -1.8]])
    which = random.choice(4, 9_000, p=[0.3, 0.4, 0.26, 0.04])
    return (crowds[which] + random.normal(scale=0.45, size=(9_000, 4))).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(scene):
    return NystromSpectralClustering(4, random_state=0).fit(scene)


@parametrize_with_checks([NystromSpectralClustering(n_clusters=3, n_starts=4, sample_size=500)])
def test_it_keeps_every_promise_of_a_scikit_learn_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("landmarks", ["kmeans", "uniform"])
def test_its_cut_is_no_worse_than_that_of_k_means_nor_of_the_exact_method(scene, landmarks):
    rows = scene[:1_500]
    with threadpool_limits(1):
        exact = SpectralClustering(4, gamma=0.25, random_state=0).fit_predict(rows)
        plain = KMeans(4, n_init=5, random_state=0).fit_predict(rows)
    ours = NystromSpectralClustering(4, landmarks=landmarks, random_state=0).fit_predict(rows)
    cuts = [normalised_cut(rows, labels) for labels in (ours, exact, plain)]
    assert cuts[0] <= cuts[1] + 5e-3
    assert cuts[0] <= cuts[2] + 1e-3


def test_what_it_says_of_the_cut_is_near_the_exact_one(scene, fitted):
    assert fitted.normalised_cut_ == pytest.approx(
        normalised_cut(scene, fitted.labels_, sample_size=9_000), abs=0.01
    )


def test_rings_that_k_means_halves_are_told_apart():
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 1_200)
    radius = np.repeat([1.0, 3.0], 600)
    rows = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    labels = NystromSpectralClustering(2, gamma=15, n_landmarks=150, random_state=0).fit_predict(rows)
    assert adjusted_rand_score(labels, radius) == 1
    with threadpool_limits(1):
        assert adjusted_rand_score(KMeans(2, n_init=3, random_state=0).fit_predict(rows), radius) < 0.1


def test_its_own_first_eigenvalue_is_one_and_the_rest_are_near_the_exact_ones(scene):
    rows = scene[:1_000]
    found = NystromSpectralClustering(4, n_landmarks=400, random_state=0).fit(rows).eigenvalues_
    affinity = rbf_kernel(rows, gamma=0.25).astype(float)
    degrees = affinity.sum(axis=1)
    exact = np.linalg.eigvalsh(affinity / np.sqrt(np.outer(degrees, degrees)))[::-1]
    assert found[0] == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(found, exact[:5], atol=0.01)


def test_seeds_agree(scene, fitted):
    others = [NystromSpectralClustering(4, random_state=seed).fit_predict(scene) for seed in range(1, 4)]
    assert min(adjusted_rand_score(fitted.labels_, other) for other in others) >= 0.95
    # Numbers too, not clusters alone: they follow the centres.
    assert min((fitted.labels_ == other).mean() for other in others) >= 0.95


def test_the_same_on_one_core_and_on_many(scene, fitted, monkeypatch):
    monkeypatch.setattr("tools.spectral.estimator.BLOCK", 1_000)
    for cores in (1, 4):
        monkeypatch.setattr("tools.spectral.estimator.cpu_count", lambda cores=cores: cores)
        monkeypatch.setattr("tools.spectral.nystrom.cpu_count", lambda cores=cores: cores)
        again = NystromSpectralClustering(4, random_state=0).fit(scene)
        assert np.array_equal(again.labels_, fitted.labels_)
        assert again.normalised_cut_ == fitted.normalised_cut_


@pytest.mark.parametrize("chunks", [(700, 2), (9_000, 4), ((1, 4_000, 4_999), 4)])
def test_a_lazy_array_gets_the_same_labels_whatever_its_blocks_and_stays_lazy(scene, fitted, chunks):
    model = NystromSpectralClustering(4, random_state=0)
    with dask.config.set(scheduler="threads"):
        labels = model.fit(da.from_array(scene, chunks=chunks)).labels_
        assert isinstance(labels, da.Array)
        assert (labels.shape, labels.dtype) == ((9_000,), np.int32)
        assert np.array_equal(labels.compute(), fitted.labels_)
    assert np.array_equal(model.predict(scene), fitted.labels_)


def test_two_worker_processes_give_the_same_labels_as_one(scene, fitted):
    lazy = da.from_array(scene, chunks=(2_000, 4))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        labels = NystromSpectralClustering(4, random_state=0).fit_predict(lazy).compute()
    assert np.array_equal(labels, fitted.labels_)


@pytest.mark.parametrize("share", [0.3, 0.995])
def test_rows_with_a_missing_value_are_left_unlabelled_and_do_not_count(scene, share):
    rows = scene.copy()
    missing = np.random.default_rng(1).random(len(rows)) < share
    rows[missing, 2] = np.nan
    model = NystromSpectralClustering(3, sample_size=1_000, random_state=0)
    labels = model.fit_predict(rows)
    assert np.array_equal(labels == -1, missing)
    assert set(labels[~missing]) == {0, 1, 2}
    with dask.config.set(scheduler="threads"):
        assert np.array_equal(model.fit_predict(da.from_array(rows, chunks=(1_000, 4))).compute(), labels)


def test_rows_not_seen_before_join_the_cluster_around_them(scene):
    model = NystromSpectralClustering(4, random_state=0).fit(scene[:6_000])
    whole = NystromSpectralClustering(4, random_state=0).fit(scene)
    assert adjusted_rand_score(model.predict(scene[6_000:]), whole.labels_[6_000:]) > 0.93


def test_a_row_far_from_everything_takes_the_nearest_landmarks_label(fitted):
    far = np.array([[40.0, 19.2, -16.0, -28.8], [-900.0, -900.0, -900.0, -900.0]])
    near = [np.linalg.norm(fitted.landmarks_ - row, axis=1).argmin() for row in far]
    assert np.array_equal(fitted.predict(far), fitted.predict(fitted.landmarks_[near]))


def test_whole_numbers_and_floats_of_either_precision_are_labelled_alike(scene):
    whole = np.rint(scene * 1_000).astype(np.int16)
    labels = [
        NystromSpectralClustering(4, gamma=0.25e-6, random_state=0).fit_predict(whole.astype(dtype))
        for dtype in (np.int16, np.float32, np.float64)
    ]
    assert np.array_equal(labels[0], labels[2])
    assert (labels[0] == labels[1]).mean() > 0.999


def test_an_image_of_one_value_is_one_cluster_and_said_to_be():
    with pytest.warns(ConvergenceWarning, match="Only 1 of 4 clusters hold any rows"):
        labels = NystromSpectralClustering(4, random_state=0).fit_predict(np.ones((50, 3)))
    assert set(labels) == {0}


def test_one_cluster_is_all_rows_that_have_values():
    rows = np.array([[0.0, 1.0], [np.nan, 1.0], [5.0, 2.0]])
    assert NystromSpectralClustering(1, random_state=0).fit_predict(rows).tolist() == [0, -1, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_clusters": 0}, "n_clusters=0: expected a whole number"),
        ({"n_landmarks": 2.5}, "n_landmarks=2.5: expected a whole number"),
        ({"n_clusters": 101}, "n_landmarks=100 cannot tell n_clusters=101 apart"),
        ({"sample_size": 3}, "sample_size=3 cannot tell n_clusters=4 apart"),
        ({"n_clusters": 9_001}, "n_clusters=9001 needs at least that many rows, but n_samples=9000"),
        ({"gamma": 0}, "gamma=0: expected a number above 0"),
        ({"landmarks": "corners"}, "expected 'kmeans' or 'uniform'"),
        ({"gamma": 1e9}, "resemble no landmark"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(scene, options, message):
    with pytest.raises(ValueError, match=message):
        NystromSpectralClustering(**{"random_state": 0, **options}).fit(scene)


def test_an_image_without_any_data_is_refused_in_words():
    with pytest.raises(ValueError, match="only 0 of n_samples=20 rows are without missing values"):
        NystromSpectralClustering(2).fit(np.full((20, 3), np.nan))


def test_infinity_is_refused_in_a_block_that_is_read_later(scene, fitted):
    rows = da.from_array(np.where(np.arange(9_000)[:, None] == 8_999, np.inf, scene), chunks=(3_000, 4))
    with pytest.raises(ValueError, match="contains infinity"), dask.config.set(scheduler="threads"):
        fitted.predict(rows).compute()


@pytest.mark.parametrize("lazy", [False, True])
def test_other_bands_than_were_fitted_are_refused(scene, fitted, lazy):
    other = scene[:, :3]
    with pytest.raises(ValueError, match="expecting 4 features"):
        fitted.predict(da.from_array(other) if lazy else other)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_refinement_never_raises_the_cut(seed):
    random = np.random.default_rng(seed)
    features = np.abs(random.normal(size=(80, 5))).astype(np.float32)
    degrees = features @ features.sum(axis=0)
    labels = random.integers(3, size=80).astype(np.int32)
    cuts = []
    for rounds in (0, 1, 2, 50):
        after = labels.copy()
        cuts.append(kernels.refine(features, degrees, after, 3, rounds, 0.0)[0])
    assert all(later <= earlier + 1e-5 for earlier, later in pairwise(cuts))
    affinity = features.astype(float) @ features.T
    between = np.array([[affinity[np.ix_(after == a, after == b)].sum() for b in range(3)] for a in range(3)])
    share = between.diagonal() / np.maximum(between.sum(axis=1), 1e-9)
    assert cuts[-1] == pytest.approx((between.sum(axis=1) > 0).sum() - share.sum(), abs=1e-4)


def test_similarities_are_those_of_the_library(scene):
    rows, landmarks = scene[:200], np.ascontiguousarray(scene[200:260])
    ours = np.empty((200, 60), np.float32)
    kernels.affinities(rows, np.ascontiguousarray(landmarks.T), np.float32(0.7), ours)
    np.testing.assert_allclose(
        ours, rbf_kernel(rows.astype(float), landmarks, gamma=0.7), rtol=3e-6, atol=1e-9
    )


def test_what_labels_rows_is_what_the_sample_was_cut_by(scene):
    part = partition(scene, 4, 0.25, 100, "kmeans", 6, 100, np.random.default_rng(0))
    assert normalised_cut(scene, part.label(scene), sample_size=9_000) == pytest.approx(part.cut, abs=0.01)


def test_a_search_that_lost_a_cluster_on_its_way_does_not_win_by_having_less_to_cut():
    random = np.random.default_rng(3)
    crowd = random.normal(size=(30_000, 3)) * [1.0, 0.3, 0.1]
    aside = np.full(3, 6.0) + random.normal(0.0, 0.05, (120, 3))
    rows = np.concatenate([crowd, aside])
    for seed in range(3):
        model = NystromSpectralClustering(5, n_starts=3, random_state=seed).fit(rows)
        assert set(model.labels_) == set(range(5))
