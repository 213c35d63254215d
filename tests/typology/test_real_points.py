"""Real embeddings of 1,124 places, cleared forest and intact: what holds of the sample holds of the world."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from tools.embeddings import BANDS
from tools.kmeans import kmeans_many_starts, name_clusters
from tools.modelling import blocked_folds, boosting_classifier, compare_models
from tools.typology import (
    cluster_summary,
    clustergram_of,
    cosine_to,
    export_buildings,
    mean_profile,
    most_similar,
    propensity,
)


@pytest.fixture(scope="module")
def places(shared_data):
    table = pd.read_parquet(shared_data / "alphaearth" / "points_forest_clearing.parquet")
    where = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    places = gpd.GeoDataFrame(table[["category", "label", *BANDS]], geometry=where)
    clusters = kmeans_many_starts(places[list(BANDS)], 5, n_starts=100, random_state=0)
    places["cluster"] = name_clusters(clusters.labels)
    places["TOID"] = [f"place {number}" for number in range(len(places))]
    places["state"] = places["label"].map({0: "intact", 1: "cleared"})
    return places


@pytest.fixture(scope="module")
def blocks(places):
    """Squares of 50 km in an equal-area projection, for the places lie on two continents."""
    return blocked_folds(places, 50_000, crs="EPSG:6933")


@pytest.mark.parametrize(
    "model",
    [RandomForestClassifier(100, random_state=0), boosting_classifier(n_rounds=20)],
    ids=["forest", "boosting"],
)
def test_clearings_are_told_in_blocks_never_seen(places, blocks, model):
    X, y = places[list(BANDS)], places["label"]
    probability = np.full(len(places), np.nan)
    for train, test in blocks.split():
        fitted = clone(model).fit(X.iloc[train], y.iloc[train])
        probability[test] = fitted.predict_proba(X.iloc[test])[:, 1]
    assert roc_auc_score(y, probability) >= 0.95


def test_the_comparison_says_the_same_beside_its_baseline(places, blocks):
    models = {"embeddings": list(BANDS), "commonest": "majority"}
    scores = compare_models(places, "label", models, {"blocks": blocks}, n_estimators=50)
    accuracy = scores.groupby("model")["accuracy"].mean()
    assert accuracy["embeddings"] > 0.88
    assert 0.55 < accuracy["commonest"] < 0.7


def test_clusters_that_knew_nothing_of_clearing_separate_it(places):
    found = propensity(places, "state")
    purity = found.counts.max(axis=1).sum() / found.counts.to_numpy().sum()
    assert purity > 0.85
    assert found.index["intact"].max() > 200
    assert found.index["intact"].min() < 20
    certain = ~found.flagged & ((found.low > 100) | (found.high < 100))
    assert certain.any(axis=1).all(), "each cluster is certainly unlike the whole"


def test_real_clusters_are_described_and_drawn_as_they_grow(places):
    vectors = places[list(BANDS)]
    table = cluster_summary(vectors, places["cluster"])
    assert table["n"].iloc[:-1].sum() == len(places)
    assert 0.1 < table.loc["all", "silhouette"] < 0.5
    inertia = pd.Series(clustergram_of(vectors, range(1, 7), n_starts=30).attrs["inertia"])
    assert inertia.is_monotonic_decreasing
    assert inertia[6] < 0.6 * inertia[1]


def test_a_profile_of_clearings_is_nearer_to_clearings(places):
    cosine = cosine_to(places, mean_profile(places, places["label"] == 1))
    assert roc_auc_score(places["label"], cosine) > 0.8


def test_what_is_most_like_a_clearing_far_away_is_a_clearing(places):
    cleared = places.loc[places["label"] == 1, "TOID"].iloc[::90]
    found = pd.concat([most_similar(places, key, 5, beyond_m=20_000) for key in cleared])
    assert found["distance_m"].min() >= 20_000
    assert found["label"].mean() > 0.8


def test_real_places_are_exported_whole(places, tmp_path):
    files = export_buildings(places, tmp_path, stem="clearings", style_by=["cluster", "state"])
    assert (
        len(gpd.read_file(files["gpkg"], layer="clearings"))
        == len(gpd.read_parquet(files["parquet"]))
        == 1124
    )
