import clustergram
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples

from tools.embeddings import BANDS
from tools.kmeans import kmeans_many_starts, name_clusters
from tools.provenance import every
from tools.typology import cluster_summary, clustergram_of


@pytest.fixture(scope="module")
def vectors(town):
    return town[list(BANDS)]


@pytest.fixture(scope="module")
def gram(vectors):
    return clustergram_of(vectors, range(1, 6), n_starts=20)


def test_sizes_and_distances_are_those_of_all_rows(vectors, town):
    table = cluster_summary(vectors, town["cluster"])
    X, labels = vectors.to_numpy(dtype=float), town["cluster"].to_numpy()
    centres = {name: X[labels == name].mean(axis=0) for name in "ABC"}
    for name in "ABC":
        others = {o: np.linalg.norm(centres[o] - centres[name]) for o in "ABC" if o != name}
        row = table.loc[name]
        assert (row["n"], row["share"]) == (100, pytest.approx(1 / 3))
        assert row["mean_distance"] == pytest.approx(
            np.linalg.norm(X[labels == name] - centres[name], axis=1).mean()
        )
        assert row["nearest"] == min(others, key=others.get)
        assert row["nearest_distance"] == pytest.approx(min(others.values()))
    assert table.loc["all", "n"] == 300
    assert table.index.tolist() == ["A", "B", "C", "all"]
    assert every(table) == every(town)


def test_silhouettes_in_vectors_and_in_the_view_stand_beside_each_other(vectors, town):
    labels = town["cluster"].to_numpy()
    view = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 2)), index=town.index)
    table = cluster_summary(vectors, labels, view, sample=None)
    for column, rows in (("silhouette", vectors), ("silhouette_in_view", view)):
        each = silhouette_samples(rows.to_numpy(dtype=float), labels)
        assert table.loc["all", column] == pytest.approx(each.mean(), abs=1e-5)
        assert table.loc["B", column] == pytest.approx(each[labels == "B"].mean(), abs=1e-5)
    assert "silhouette_in_view" not in cluster_summary(vectors, labels)


def test_a_class_that_the_sample_misses_has_no_silhouette_but_all_else(vectors, town):
    labels = town["cluster"].where(np.arange(300) > 0, "D")
    table = cluster_summary(vectors, labels, sample=60, seed=0)
    assert np.isnan(table.loc["D", "silhouette"])
    assert table.loc["D", "n"] == 1
    assert table.loc["D", "nearest"] == "A"
    assert table.drop(index="D")["silhouette"].notna().all()


def test_whole_numbers_and_ordered_categories_name_classes_too(vectors, town):
    numbers = town["cluster"].map({"A": 10, "B": 2, "C": 3})
    assert cluster_summary(vectors, numbers).index.tolist() == [2, 3, 10, "all"]
    letters = pd.Categorical(town["cluster"], ["C", "A", "B"], ordered=True)
    assert cluster_summary(vectors, letters).loc["A", "n"] == 100


def test_what_cannot_be_described_is_said(vectors, town):
    with pytest.raises(ValueError, match="300 rows but 299 labels"):
        cluster_summary(vectors, town["cluster"].iloc[1:])
    with pytest.raises(ValueError, match="1 rows have no class"):
        cluster_summary(vectors, town["cluster"].where(np.arange(300) > 0))
    with pytest.raises(ValueError, match="All rows are of the class 'A'"):
        cluster_summary(vectors, ["A"] * 300)
    with pytest.raises(ValueError, match="not numbers: pass the embedding columns only"):
        cluster_summary(town[["TOID", "A00"]], town["cluster"])
    with pytest.raises(ValueError, match="1 of 300 rows have missing"):
        cluster_summary(vectors.assign(A00=vectors["A00"].where(np.arange(300) > 0)), town["cluster"])
    with pytest.raises(ValueError, match="view has 10"):
        cluster_summary(vectors, town["cluster"], np.zeros((10, 2)))


def test_a_clustergram_is_the_package_s_own_and_holds_our_clusters(gram, vectors):
    assert isinstance(gram, clustergram.Clustergram)
    ours = kmeans_many_starts(vectors.to_numpy(), 3, n_starts=20, random_state=42)
    np.testing.assert_allclose(gram.cluster_centers_[3], ours.centres)
    assert gram.labels_[3].tolist() == ours.labels.tolist()
    np.testing.assert_allclose(gram.cluster_centers_[1][0], vectors.mean(), atol=1e-6)


def test_more_clusters_never_fit_worse_and_no_worse_than_scikit_learn(gram, vectors):
    inertia = pd.Series(gram.attrs["inertia"])
    assert inertia.is_monotonic_decreasing
    for k in (2, 3):
        theirs = KMeans(k, init="random", n_init=10, random_state=0).fit(vectors.to_numpy(dtype=float))
        assert inertia[k] <= theirs.inertia_ * (1 + 1e-4)


def test_the_package_draws_and_scores_it(gram):
    figure, axes = plt.subplots()
    gram.plot(ax=axes)
    assert axes.lines
    assert axes.collections
    plt.close(figure)
    assert gram.silhouette_score().idxmax() == 3
    assert gram.calinski_harabasz_score().idxmax() == 3


def test_many_rows_are_sampled_the_same_way_each_time(vectors, town):
    one, two = (clustergram_of(vectors, [2, 3], n_starts=5, sample=50) for _ in range(2))
    assert len(one.labels_) == len(one.data) == 50
    np.testing.assert_array_equal(one.data, two.data)
    assert one.labels_.equals(two.labels_)
    assert every(one) == every(town)


def test_letters_of_clusters_fit_the_clustergram(gram):
    assert name_clusters(gram.labels_[5].to_numpy()).tolist() == ["ABCDE"[label] for label in gram.labels_[5]]


@pytest.mark.parametrize("ks", [[], [0, 1], [3, 2], [2, 2], [1.5]])
def test_numbers_of_clusters_that_make_no_sense_are_an_error(vectors, ks):
    with pytest.raises(ValueError, match=r"ks=.*each once and increasing"):
        clustergram_of(vectors, ks)


def test_more_clusters_than_rows_are_an_error(vectors):
    with pytest.raises(ValueError, match="11 clusters need at least that many rows, but there are 8"):
        clustergram_of(vectors.iloc[:8])
    with pytest.raises(ValueError, match="sample=0"):
        clustergram_of(vectors, sample=0)
