"""What Liverpool's sample has to teach: the findings of the published pack must be visible in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import silhouette_score
from sklearn.model_selection import GroupKFold, train_test_split

from tools import sources
from tools.embeddings import BANDS
from tools.sample import liverpool

VECTORS = list(BANDS)
BANDS_OF_AGE = {
    "before 1900": 0, "1900": 0, "1900-1929": 1, "1930-1949": 2, "1950-1966": 3, "1967-1975": 4,
    "1976-1982": 5, "1983-1990": 6, "1991-1995": 6, "1996-2002": 7, "2003-2006": 8, "2007-2011": 8,
    "2007 onwards": 8, "2012 onwards": 8, **{str(year): 8 for year in range(2007, 2026)},
}  # fmt: skip
RAW = {
    "BUILT_FORM": {
        "Detached", "Semi-Detached", "Mid-Terrace", "End-Terrace", "Enclosed Mid-Terrace",
        "Enclosed End-Terrace", "NO DATA!",
    },
    "PROPERTY_TYPE": {"House", "Flat", "Bungalow", "Maisonette", "Park home"},
    "CONSTRUCTION_AGE_BAND": {*BANDS_OF_AGE, "NO DATA!", "INVALID!"},
    "NON_DOMESTIC": {"Y", "N"},
}  # fmt: skip


@pytest.fixture(scope="module")
def buildings() -> pd.DataFrame:
    """The buildings of a class with their certificates; from the cache that lessons use, if it is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_ORIGIN", raising=False)
        found = sources.open("liverpool-buildings", origin="sample")
        certificates = sources.open("liverpool-characteristics", origin="sample")
    metres = found.geometry.to_crs(32630)
    table = pd.DataFrame(found.drop(columns="geometry")).assign(x=metres.x, y=metres.y)
    return table.merge(certificates, on="TOID", how="left", validate="one_to_one")


@pytest.fixture(scope="module")
def certificates() -> pd.DataFrame:
    return sources.open("liverpool-characteristics", origin="sample")


@pytest.fixture(scope="module")
def aged(buildings) -> pd.DataFrame:
    """Those with an age band, as its number."""
    band = buildings["CONSTRUCTION_AGE_BAND"].map(BANDS_OF_AGE)
    return buildings.assign(band=band).dropna(subset="band").astype({"band": int})


@pytest.fixture(scope="module")
def predicted(aged) -> pd.DataFrame:
    """Bands that a forest predicts, by what it knows and how it is judged; NaN where not tested."""
    parts = [train_test_split(np.arange(len(aged)), test_size=0.2, stratify=aged["band"], random_state=42)]
    blocks = (aged["x"] // 3000).astype(int) * 1000 + (aged["y"] // 3000).astype(int)
    schemes = {"random": parts, "blocks": list(GroupKFold(3).split(aged, groups=blocks))}
    known = {"embeddings": VECTORS, "coordinates": ["x", "y"]}
    columns = {}
    for scheme, folds in schemes.items():
        for name, features in known.items():
            found = np.full(len(aged), np.nan)
            for train, test in folds:
                forest = RandomForestClassifier(80, class_weight="balanced", random_state=42, n_jobs=-1)
                forest.fit(aged[features].iloc[train], aged["band"].iloc[train])
                found[test] = forest.predict(aged[features].iloc[test])
            columns[name, scheme] = found
    return pd.DataFrame(columns, index=aged.index)


@pytest.fixture(scope="module")
def accuracy(aged, predicted) -> pd.Series:
    return predicted.apply(lambda column: (column == aged["band"])[column.notna()].mean())


@pytest.fixture(scope="module")
def clustered(buildings) -> pd.DataFrame:
    model = KMeans(5, n_init=3, random_state=42).fit(buildings[VECTORS])
    return buildings.assign(cluster=model.labels_)


def propensity(table: pd.DataFrame, column: str) -> pd.DataFrame:
    shares = pd.crosstab(table["cluster"], table[column], normalize="index")
    return 100 * shares / table[column].value_counts(normalize=True)


def test_a_forest_is_right_for_about_half_under_a_random_split(accuracy):
    assert 0.45 < accuracy["embeddings", "random"] < 0.53


def test_in_blocks_never_seen_it_loses_much_but_not_all(accuracy, aged):
    majority = aged["band"].value_counts(normalize=True).max()
    lost = accuracy["embeddings", "random"] - accuracy["embeddings", "blocks"]
    assert 0.05 < lost < 0.17
    assert accuracy["embeddings", "blocks"] > majority + 0.08


def test_coordinates_alone_do_well_at_random_and_are_worth_little_in_blocks(accuracy):
    assert accuracy["coordinates", "random"] > 0.42
    assert accuracy["coordinates", "blocks"] < accuracy["embeddings", "blocks"] - 0.05


def test_most_errors_are_by_one_band(aged, predicted):
    guess = predicted["embeddings", "random"].dropna()
    off = (guess - aged.loc[guess.index, "band"]).abs()
    assert (off[off > 0] == 1).mean() > 0.6
    assert (off <= 1).mean() > 0.78


def test_about_39_per_cent_have_no_age_band(buildings, aged):
    assert 1 - len(aged) / len(buildings) == pytest.approx(0.394, abs=0.03)


def test_all_nine_bands_are_there_and_two_are_large(aged):
    shares = aged["band"].value_counts(normalize=True).sort_index()
    assert shares.index.tolist() == list(range(9))
    assert shares.min() > 0.03
    assert shares[1] == pytest.approx(0.22, abs=0.03)


@pytest.mark.parametrize("column", RAW)
def test_what_is_written_is_in_the_words_of_the_published_pack(certificates, column):
    assert set(certificates[column].dropna()) <= RAW[column]


@pytest.mark.parametrize("words", ["NO DATA!", "INVALID!", "before 1900", "2012 onwards"])
def test_what_must_be_recoded_is_there_to_recode(certificates, words):
    assert (certificates["CONSTRUCTION_AGE_BAND"] == words).sum() > 50
    assert (certificates["BUILT_FORM"] == "NO DATA!").sum() > 100


def test_some_buildings_have_no_certificate_and_some_certificates_no_building(buildings, certificates):
    assert 0.08 < buildings["NON_DOMESTIC"].isna().mean() < 0.25
    strangers = ~certificates["TOID"].isin(buildings["TOID"])
    assert 0.01 < strangers.mean() < 0.05


@pytest.mark.parametrize("k", [3, 5, 8])
def test_clusters_are_about_as_distinct_as_those_of_real_embeddings(buildings, k):
    vectors = buildings[VECTORS]
    labels = KMeans(k, n_init=3, random_state=42).fit_predict(vectors)
    assert 0.15 < silhouette_score(vectors, labels, sample_size=2500, random_state=1) < 0.32


@pytest.mark.parametrize(
    ("column", "value", "above"),
    [
        ("BUILT_FORM", "Detached", 130),
        ("BUILT_FORM", "Semi-Detached", 125),
        ("BUILT_FORM", "Mid-Terrace", 130),
        ("PROPERTY_TYPE", "Flat", 120),
        ("CONSTRUCTION_AGE_BAND", "1900-1929", 170),
        ("CONSTRUCTION_AGE_BAND", "1996-2002", 180),
        ("NON_DOMESTIC", "Y", 115),
    ],
)
def test_clusters_differ_in_who_they_are(clustered, column, value, above):
    index = propensity(clustered, column)[value]
    assert index.max() > above
    assert index.min() < 90


def test_flats_and_works_are_in_the_middle_of_town(buildings):
    centre = np.hypot(buildings["x"] - 501_330, buildings["y"] - 5_917_850) < 1200
    assert (buildings["PROPERTY_TYPE"][centre] == "Flat").mean() > 2 * (
        buildings["PROPERTY_TYPE"] == "Flat"
    ).mean()
    assert (buildings["NON_DOMESTIC"][centre] == "Y").mean() > 2 * (buildings["NON_DOMESTIC"] == "Y").mean()


def test_as_many_buildings_as_the_size_says(buildings):
    assert len(buildings) == pytest.approx(liverpool.SIZES["class"].buildings, abs=500)
