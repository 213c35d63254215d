"""UMAP of many rows, most of them placed among the fitted ones; and how views mislead."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.datasets import make_blobs

from tests.benchmarks.vectors import embedding_like
from tools import provenance
from tools.embeddings import unit
from tools.projection import class_separation, placing, umap_view, view_trustworthiness

QUICK = {"n_neighbors": 12, "n_epochs": 40}


@pytest.fixture(scope="module")
def rows():
    return embedding_like(1_500, seed=2)


@pytest.fixture(scope="module")
def view(rows):
    return umap_view(rows, fit_rows=500, random_state=0, **QUICK)


@pytest.fixture(scope="module")
def whole(rows):
    return umap_view(rows, fit_rows=None, random_state=0, **QUICK)


def test_every_row_has_a_place(rows, view):
    assert view.shape == (len(rows), 2)
    assert list(view.columns) == ["UMAP1", "UMAP2"]
    assert (view.dtypes == np.float32).all()
    assert np.isfinite(view.to_numpy()).all()


def test_placing_most_rows_loses_little_of_a_fit_to_all(rows, view, whole):
    placed, fitted = (view_trustworthiness(rows, drawn) for drawn in (view, whole))
    assert fitted > 0.9
    assert placed > fitted - 0.03


def test_with_a_seed_the_view_is_the_same_on_one_core_and_on_many(rows, view, monkeypatch):
    monkeypatch.setattr("tools.projection.view.cpu_count", lambda: 1)
    pd.testing.assert_frame_equal(umap_view(rows, fit_rows=500, random_state=0, **QUICK), view)


def test_another_seed_is_another_view(rows, view):
    assert not np.allclose(umap_view(rows, fit_rows=500, random_state=1, **QUICK), view)


def test_rows_are_placed_alike_in_batches_of_any_size(rows, view, monkeypatch):
    monkeypatch.setattr("tools.projection.view.BATCH", 333)
    monkeypatch.setattr("tools.projection.placing.PIECE", 50)
    pd.testing.assert_frame_equal(umap_view(rows, fit_rows=500, random_state=0, **QUICK), view, atol=1e-3)


def test_groups_far_apart_stay_apart_also_for_rows_that_were_placed():
    points, groups = make_blobs(1_200, n_features=8, centers=4, cluster_std=0.4, random_state=0)
    drawn = umap_view(points, metric="euclidean", fit_rows=300, random_state=0, **QUICK).to_numpy()
    nearest = cdist(drawn, drawn).argsort(axis=1)[:, 1:6]
    assert (groups[nearest] == groups[:, None]).mean() > 0.98


def test_cosine_does_not_see_length(rows):
    lengths = 2.0 ** np.random.default_rng(0).integers(-3, 4, size=(len(rows), 1)).astype(np.float32)
    # Powers of two, so that nothing is rounded and the neighbours are the very same.
    short, long = (
        umap_view(vectors[:300], fit_rows=200, random_state=0, **QUICK) for vectors in (rows, rows * lengths)
    )
    pd.testing.assert_frame_equal(short, long)


def test_a_table_keeps_its_index_and_what_is_known_of_its_origin(rows):
    table = pd.DataFrame(rows[:60], index=[f"osgb{number}" for number in range(60)])
    provenance.mark(table, provenance.Provenance("demo", "sample", "A demo", "Synthetic sample"))
    drawn = umap_view(table, n_neighbors=5, n_epochs=5, fit_rows=40)
    assert drawn.index.equals(table.index)
    assert provenance.footnote(drawn) == "Synthetic sample"


def test_progress_is_shown_where_it_is_asked_for(rows, capfd):
    umap_view(rows[:100], n_neighbors=5, n_epochs=5, fit_rows=50, progress=True)
    said = capfd.readouterr().err
    for step in ("Comparing fitted rows", "Laying out fitted rows", "Placing the others"):
        assert step in said
    umap_view(rows[:100], n_neighbors=5, n_epochs=5, fit_rows=50, progress=False)
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_many_rows_of_one_value_are_drawn_in_one_place():
    # As many buildings share a pixel.
    rows = np.repeat(embedding_like(40, seed=1), 30, axis=0)
    drawn = umap_view(rows, fit_rows=400, random_state=0, **QUICK).to_numpy()
    together = np.linalg.norm(
        drawn.reshape(40, 30, 2) - drawn.reshape(40, 30, 2).mean(1, keepdims=True), axis=2
    )
    assert np.median(together) < 0.2 * np.linalg.norm(drawn - drawn.mean(axis=0), axis=1).mean()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"at": (3, 0), "to": np.nan}, {}, r"1 of 40 rows have missing or infinite values"),
        ({"at": 5, "to": 0.0}, {}, "1 of 40 rows are all zeros.*choose metric='euclidean'"),
        ({}, {"metric": "manhattan"}, "metric='manhattan' is not known: choose 'cosine' or 'euclidean'"),
        ({}, {"n_neighbors": 40}, "n_neighbors=40 needs more rows than that, but there are 40"),
        ({}, {"n_neighbors": 1}, "n_neighbors=1: expected a whole number, 2 or more"),
        ({}, {"n_neighbors": 9, "fit_rows": 9}, "fit_rows=9: expected a whole number above n_neighbors=9"),
        ({}, {"n_neighbors": 9, "n_epochs": 0}, "n_epochs=0: expected a whole number, 3 or more"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(change, options, message):
    rows = embedding_like(40)
    if change:
        rows[change["at"]] = change["to"]
    with pytest.raises(ValueError, match=message):
        umap_view(rows, **options)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 40), st.integers(0, 2**32), st.floats(1e-6, 1e3))
def test_weights_add_up_as_umap_has_it_and_fall_with_distance(k, seed, scale):
    distances = np.sort(np.random.default_rng(seed).uniform(0.1, 1, (1, k)) * scale).astype(np.float32)
    weights = np.empty(k)
    placing._weigh(distances, 0, np.log2(k), weights)
    assert weights.sum() == pytest.approx(np.log2(k), abs=1e-3)
    assert (np.diff(weights) <= 0).all()


@pytest.fixture(scope="module")
def steady():
    """Rows spread evenly along an arc, cut into three classes at no gap whatever."""
    angle = np.sort(np.random.default_rng(0).uniform(0, 2.5, 900))
    arc = np.c_[np.cos(angle), np.sin(angle), np.full(900, 0.2)]
    noise = np.random.default_rng(1).normal(scale=0.02, size=arc.shape)
    return unit(arc + noise), np.repeat(["A", "B", "C"], 300)


def test_separation_in_the_embedding_does_not_depend_on_the_drawing_but_in_the_view_it_does(steady):
    rows, classes = steady
    judged = [
        class_separation(
            rows, umap_view(rows, n_neighbors=n, n_epochs=100, random_state=1, fit_rows=None), classes
        )
        for n in (4, 60)
    ]
    assert judged[0]["in_embedding"].equals(judged[1]["in_embedding"])
    assert abs(judged[0].loc["all", "in_view"] - judged[1].loc["all", "in_view"]) > 0.03


def test_separation_counts_each_class_and_all(steady):
    rows, classes = steady
    table = class_separation(rows, rows[:, :2], classes, sample_size=300, random_state=0)
    assert table.index.tolist() == ["A", "B", "C", "all"]
    assert table["rows"].iloc[:3].sum() == table.loc["all", "rows"] == 300
    weighted = np.average(table["in_embedding"].iloc[:3], weights=table["rows"].iloc[:3])
    assert table.loc["all", "in_embedding"] == pytest.approx(weighted)


def test_a_class_of_one_has_no_silhouette(steady):
    rows, _ = steady
    table = class_separation(rows[:9], rows[:9, :2], ["A"] * 4 + ["B"] * 4 + ["C"])
    assert np.isnan(table.loc["C", "in_embedding"])
    assert np.isfinite(table.loc["all", "in_embedding"])


def test_a_single_class_cannot_be_judged(steady):
    with pytest.raises(ValueError, match="at least two classes"):
        class_separation(steady[0], steady[0][:, :2], ["A"] * 900)


def test_rows_that_do_not_match_are_refused(steady):
    rows, classes = steady
    with pytest.raises(ValueError, match="X has 900, view has 899, labels has 900"):
        class_separation(rows, rows[1:, :2], classes)
    with pytest.raises(ValueError, match="X has 900, view has 899"):
        view_trustworthiness(rows, rows[1:, :2])


def test_a_shuffled_view_is_not_trusted(steady):
    rows, _ = steady
    shuffled = np.random.default_rng(0).permutation(rows)
    assert view_trustworthiness(rows, rows) == pytest.approx(1)
    assert view_trustworthiness(rows, shuffled) == pytest.approx(0.5, abs=0.05)
