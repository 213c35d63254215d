"""K-means by many starts: as good as starting on all rows, and the same from run to run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from tests.benchmarks.vectors import embedding_like
from tools.kmeans import ManyStartsKMeans, kmeans_many_starts, name_clusters, order_centres


@pytest.fixture(scope="module")
def rows():
    return embedding_like(6_000, seed=4)


def inertia_of(rows, centres, labels):
    return ((rows.astype(float) - centres[labels]) ** 2).sum()


@parametrize_with_checks([ManyStartsKMeans(n_clusters=3, n_starts=10, sample_size=25)])
def test_it_keeps_every_promise_of_a_scikit_learn_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("n_clusters", [2, 5, 8])
def test_starts_on_a_sample_end_no_worse_than_starts_on_all_rows(rows, n_clusters):
    with threadpool_limits(1):
        all_rows = KMeans(n_clusters, init="random", n_init=20, tol=0, random_state=0).fit(rows)
    sampled = kmeans_many_starts(rows, n_clusters, n_starts=200, sample_size=2_000, random_state=0)
    # A few rows on a border may lie either side of it: different optima, but only just.
    assert sampled.inertia <= inertia_of(rows, all_rows.cluster_centers_, all_rows.labels_) * (1 + 2e-5)


def test_the_outcome_is_a_fixed_point_of_lloyds_algorithm(rows):
    found = kmeans_many_starts(rows.astype(float), 5, n_starts=20, sample_size=1_000, random_state=1)
    distances = np.linalg.norm(rows[:, None].astype(float) - found.centres, axis=2)
    assert np.array_equal(distances.argmin(axis=1), found.labels)
    means = [rows[found.labels == label].mean(axis=0, dtype=float) for label in range(5)]
    np.testing.assert_allclose(found.centres, means, atol=1e-12)
    assert found.inertia == pytest.approx(inertia_of(rows, found.centres, found.labels), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(
        float, st.tuples(st.integers(8, 60), st.integers(1, 4)), elements=st.floats(-50, 50, width=16)
    ),
    st.integers(1, 6),
    st.integers(0, 99),
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_skipping_rows_by_bounds_never_changes_which_centre_is_nearest(data, n_clusters, seed):
    model = ManyStartsKMeans(n_clusters, n_starts=5, random_state=seed).fit(data)
    squared = ((data[:, None] - model.cluster_centers_) ** 2).sum(axis=2)
    chosen = np.take_along_axis(squared, model.labels_[:, None].astype(int), axis=1)[:, 0]
    np.testing.assert_allclose(chosen, squared.min(axis=1), atol=1e-9)
    for label in np.unique(model.labels_):
        np.testing.assert_allclose(
            model.cluster_centers_[label], data[model.labels_ == label].mean(axis=0), atol=1e-9
        )


def test_a_seed_gives_the_same_outcome_on_one_core_and_on_many(rows, monkeypatch):
    both = []
    monkeypatch.setattr("tools.kmeans.estimator.BLOCK", 1_000)
    for cores in (1, 4):
        monkeypatch.setattr("tools.kmeans.estimator.cpu_count", lambda cores=cores: cores)
        both.append(kmeans_many_starts(rows, 5, n_starts=50, sample_size=2_000, random_state=7))
    assert np.array_equal(both[0].labels, both[1].labels)
    assert np.array_equal(both[0].centres, both[1].centres)
    assert both[0].inertia == both[1].inertia


def test_letters_are_the_same_whatever_the_seed(rows):
    named = [
        name_clusters(kmeans_many_starts(rows, 5, n_starts=200, sample_size=3_000, random_state=seed).labels)
        for seed in range(4)
    ]
    assert min((named[0] == other).mean() for other in named[1:]) > 0.99


def test_half_the_precision_does_not_change_the_clusters(rows):
    short, long = (
        kmeans_many_starts(rows.astype(dtype), 5, n_starts=100, random_state=3)
        for dtype in (np.float32, np.float64)
    )
    assert short.centres.dtype == np.float32
    assert adjusted_rand_score(short.labels, long.labels) > 0.999
    assert short.inertia == pytest.approx(long.inertia, rel=1e-6)


def test_every_start_says_what_it_reached(rows):
    model = ManyStartsKMeans(5, n_starts=60, random_state=0).fit(rows)
    assert model.start_inertias_.shape == (60,)
    assert model.start_inertias_.min() / 600 == pytest.approx(model.inertia_ / len(rows), rel=0.05)
    assert model.start_inertias_.max() > model.start_inertias_.min() * 1.01


def test_a_rare_cluster_that_a_small_sample_misses_is_found_in_a_large_one():
    random = np.random.default_rng(0)
    centres = np.repeat([[0.0, 0.0], [50.0, 0.0], [0.0, 12.0]], [10_000, 9_900, 100], axis=0)
    data = centres + random.normal(size=centres.shape)
    inertias = {
        size: [
            kmeans_many_starts(data, 3, n_starts=400, sample_size=size, random_state=seed).inertia
            for seed in range(5)
        ]
        for size in (100, None)
    }
    isolated = sum(part.var(axis=0).sum() * len(part) for part in np.split(data, [10_000, 19_900]))
    assert inertias[None] == pytest.approx([isolated] * 5, rel=1e-3)
    assert max(inertias[100]) > isolated * 1.05


def test_several_outcomes_are_refined_since_the_sample_may_rank_them_wrongly():
    random = np.random.default_rng(0)
    blobs = np.repeat([[0, 0], [1, 0], [10, 0], [11, 0]], [40, 40, 40, 160], axis=0)
    data = blobs + random.normal(scale=0.05, size=blobs.shape)
    found = [
        kmeans_many_starts(data, 3, n_starts=200, sample_size=12, n_refined=n, random_state=5).inertia
        for n in (1, 4)
    ]
    assert found[1] <= found[0]


def test_fewer_different_rows_than_clusters_are_said_to_be_so():
    with pytest.warns(ConvergenceWarning, match="Only 2 of 3 clusters hold any rows"):
        ManyStartsKMeans(3, n_starts=5, random_state=0).fit(np.repeat([[0.0], [1.0]], 5, axis=0))


def test_stopping_before_the_end_is_said_to_be_so(rows):
    with pytest.warns(ConvergenceWarning, match="still changing cluster after max_iter=1"):
        ManyStartsKMeans(5, n_starts=2, max_iter=1, random_state=0).fit(rows)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_clusters": 0}, "n_clusters=0: expected a whole number"),
        ({"n_starts": 2.5}, "n_starts=2.5: expected a whole number"),
        ({"sample_size": 4}, "sample_size=4 cannot hold n_clusters=8"),
        ({"n_clusters": 7_000}, "n_clusters=7000 needs at least that many rows, but n_samples=6000"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(rows, options, message):
    with pytest.raises(ValueError, match=message):
        ManyStartsKMeans(**options).fit(rows)


distinct_centres = hnp.arrays(
    float, st.tuples(st.integers(1, 7), st.integers(1, 5)), elements=st.floats(-9, 9)
)


@given(distinct_centres, st.randoms(use_true_random=False))
def test_the_order_of_clusters_does_not_depend_on_how_they_were_numbered(centres, random):
    shuffled = list(range(len(centres)))
    random.shuffle(shuffled)
    ordered = centres[order_centres(centres)]
    singular = np.linalg.svd(centres - centres.mean(axis=0), compute_uv=False)
    if len(singular) > 1 and singular[0] - singular[1] < 1e-3:
        return  # two lines do equally well, as the docstring warns
    np.testing.assert_allclose(centres[shuffled][order_centres(centres[shuffled])], ordered, atol=1e-6)


def test_neighbours_in_the_alphabet_are_alike_and_the_line_points_where_its_largest_loading_is_positive():
    centres = np.array([[3.0, 1.0], [0.0, 0.0], [9.0, 2.0], [6.0, 1.5]])
    assert order_centres(centres).tolist() == [1, 0, 3, 2]
    assert order_centres(-centres).tolist() == [2, 3, 0, 1]


@given(hnp.arrays(np.int32, st.integers(0, 30), elements=st.integers(0, 800)))
def test_letters_stand_for_numbers_one_to_one(labels):
    names = name_clusters(labels)
    assert len(set(names)) == len(set(labels))
    number = [sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(name))) - 1 for name in names]
    assert number == labels.tolist()


@pytest.mark.parametrize("labels", [np.array([0, -1]), np.array([0.0, np.nan])])
def test_rows_without_a_cluster_have_no_letter(labels):
    with pytest.raises(ValueError, match="have no letter"):
        name_clusters(labels)
