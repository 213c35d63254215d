"""What the sample has to teach: the finding of London's real data must be visible in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import silhouette_score
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_score
from sklearn.neighbors import NearestNeighbors

EMBEDDINGS = [f"A{band:02d}_mean" for band in range(64)]
CENSUS = [
    "Percent no qualifications 16 and over",
    "Percent bad and very band health",
    "Population density per km",
    "Percent lone family household",
]


@pytest.fixture(scope="module")
def joined(areas, people):
    table = areas.merge(people, on="LSOA21CD")
    centres = table.geometry.to_crs(32630).centroid
    return table.assign(x=centres.x, y=centres.y, borough=table["LSOA21NM"].str.rsplit(n=1).str[0])


@pytest.fixture(scope="module")
def accuracy(joined) -> pd.DataFrame:
    """Mean accuracy of a forest, by what it knows and by how it is judged."""
    schemes = {
        "random": (StratifiedKFold(5, shuffle=True, random_state=42), None),
        "borough": (GroupKFold(5), joined["borough"]),
    }
    known = {"census": CENSUS, "coordinates": ["x", "y"], "embeddings": EMBEDDINGS}
    return pd.DataFrame(
        {
            scheme: {
                name: cross_val_score(
                    RandomForestClassifier(60, class_weight="balanced", random_state=42, n_jobs=-1),
                    joined[columns],
                    joined["IMD_decile"],
                    groups=groups,
                    cv=folds,
                ).mean()
                for name, columns in known.items()
            }
            for scheme, (folds, groups) in schemes.items()
        }
    )


@pytest.fixture(scope="module")
def majority(joined) -> float:
    return joined["IMD_decile"].value_counts(normalize=True).max()


def test_under_a_random_split_coordinates_alone_beat_the_census(accuracy):
    assert accuracy.loc["coordinates", "random"] > accuracy.loc["census", "random"] + 0.01


def test_in_boroughs_never_seen_coordinates_are_worth_nothing(accuracy, majority):
    assert accuracy.loc["coordinates", "borough"] < majority + 0.015


def test_in_boroughs_never_seen_the_census_is_worth_what_it_was(accuracy):
    assert accuracy.loc["census", "borough"] == pytest.approx(accuracy.loc["census", "random"], abs=0.03)
    assert accuracy.loc["census", "random"] == pytest.approx(0.24, abs=0.03)


def test_embeddings_lose_much_in_boroughs_never_seen_but_not_all(accuracy, majority):
    assert accuracy.loc["embeddings", "random"] > accuracy.loc["embeddings", "borough"] + 0.03
    assert accuracy.loc["embeddings", "borough"] > majority + 0.01


def test_deprivation_goes_with_the_census_as_in_the_real_table(joined):
    rank = joined[["IMD_decile", *CENSUS]].corr(method="spearman")
    assert rank.loc["IMD_decile", CENSUS[0]] == pytest.approx(-0.71, abs=0.08)
    assert rank.loc["IMD_decile", CENSUS[1]] == pytest.approx(-0.70, abs=0.08)
    assert rank.loc[CENSUS[0], CENSUS[1]] == pytest.approx(0.67, abs=0.08)


def test_deciles_are_as_frequent_as_in_the_real_table(joined):
    shares = joined["IMD_decile"].value_counts(normalize=True).sort_index()
    assert shares.index.tolist() == list(range(1, 11))
    assert shares.to_numpy() == pytest.approx(
        [0.04, 0.14, 0.17, 0.14, 0.115, 0.095, 0.085, 0.075, 0.07, 0.065], abs=0.02
    )


def test_neighbours_resemble_each_other_as_in_the_real_table(joined):
    """Moran's I over the six nearest areas is 0.62 for the real deciles."""
    near = NearestNeighbors(n_neighbors=7).fit(joined[["x", "y"]])
    beside = near.kneighbors(joined[["x", "y"]], return_distance=False)[:, 1:]
    z = joined["IMD_decile"].to_numpy(float)
    z = (z - z.mean()) / z.std()
    assert np.mean(z * z[beside].mean(axis=1)) == pytest.approx(0.65, abs=0.08)


def test_density_is_residents_over_area(joined):
    residents = joined["Population density per km"] * joined.to_crs(32630).area / 1e6
    assert residents.between(950, 3300).all()


@pytest.mark.parametrize("k", [3, 5, 8])
def test_clusters_are_about_as_distinct_as_those_of_real_embeddings(areas, k):
    labels = KMeans(k, n_init=5, random_state=42).fit_predict(areas[EMBEDDINGS])
    silhouette = silhouette_score(areas[EMBEDDINGS], labels, sample_size=2500, random_state=1)
    assert 0.18 < silhouette < 0.35
