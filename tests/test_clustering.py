import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from tools.clustering import closest_lsoas_to_cluster, kmeans_clustering, show_cluster_labels
from tools.provenance import Provenance, every, mark

SIZES = (30, 20, 10)


@pytest.fixture
def areas():
    """Three tight groups of unit vectors of known size, shuffled."""
    rng = np.random.default_rng(1)
    group = np.repeat(range(3), SIZES)
    vectors = np.eye(3)[group] + 0.05 * rng.normal(size=(60, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table = gpd.GeoDataFrame(
        {f"A{band:02d}_mean": vectors[:, band] for band in range(3)}
        | {"LSOA21CD": [f"SYN{n}" for n in range(60)], "LSOA21NM": "Sample", "group": group},
        geometry=gpd.points_from_xy(range(60), [51.0] * 60),
        crs="EPSG:4326",
    ).sample(frac=1, random_state=3)
    return mark(table, Provenance("areas", "sample", "Areas", "Synthetic sample"))


def test_clusters_find_the_groups_and_are_numbered_by_size(areas):
    clustered = kmeans_clustering(areas, k=3)
    assert adjusted_rand_score(clustered["group"], clustered["cluster"]) == 1
    assert clustered["cluster"].value_counts().sort_index().tolist() == list(SIZES)


def test_clustering_returns_a_marked_copy_and_keeps_the_rest(areas):
    clustered = kmeans_clustering(areas, k=3)
    assert "cluster" not in areas
    assert isinstance(clustered, gpd.GeoDataFrame)
    assert clustered.crs == areas.crs
    assert list(clustered.index) == list(areas.index)
    assert [p.name for p in every(clustered)] == ["areas"]


def test_clustering_does_not_depend_on_other_numeric_columns(areas):
    noisy = areas.assign(population_mean=np.random.default_rng(0).normal(size=60) * 1e6)
    assert kmeans_clustering(noisy, k=3)["cluster"].equals(kmeans_clustering(areas, k=3)["cluster"])


def test_another_suffix_names_other_embeddings(areas):
    renamed = areas.rename(columns={f"A{band:02d}_mean": f"A{band:02d}" for band in range(3)})
    assert kmeans_clustering(renamed, k=3, feature_suffix="")["cluster"].equals(
        kmeans_clustering(areas, k=3)["cluster"]
    )


@given(k=st.integers(1, 8), seed=st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_every_cluster_has_areas_and_no_larger_number_has_more(k, seed):
    vectors = np.random.default_rng(seed).normal(size=(40, 4))
    table = pd.DataFrame(vectors, columns=[f"A{band:02d}_mean" for band in range(4)])
    sizes = kmeans_clustering(table, k, random_state=seed)["cluster"].value_counts().sort_index()
    assert sizes.index.tolist() == list(range(k))
    assert (sizes.diff().dropna() <= 0).all()


@pytest.mark.parametrize("k", [0, -1, 2.5, "3", True])
def test_a_number_of_clusters_that_is_none_is_an_error(areas, k):
    with pytest.raises(ValueError, match="whole number, 1 or more"):
        kmeans_clustering(areas, k)


def test_more_clusters_than_areas_are_an_error(areas):
    with pytest.raises(ValueError, match=r"k=61 clusters need at least 61 areas, but the table has 60"):
        kmeans_clustering(areas, k=61)


def test_more_clusters_than_different_embeddings_are_an_error():
    alike = pd.DataFrame({"A00_mean": [0.1, 0.1, 0.2]})
    with pytest.raises(ValueError, match=r"only 2 different embeddings"):
        kmeans_clustering(alike, k=3)


def test_missing_embeddings_are_counted_and_the_remedy_named(areas):
    holed = areas.copy()
    holed.iloc[[3, 5], 0] = np.nan
    with pytest.raises(ValueError, match=r"2 of 60 areas have no embedding.*dropna"):
        kmeans_clustering(holed, k=3)


def test_the_labels_are_printed_with_their_sizes(areas, capsys):
    show_cluster_labels(kmeans_clustering(areas, k=3))
    printed = capsys.readouterr().out
    assert printed.startswith("Your clusters are: 0, 1, 2\n")
    assert "0 holds 30 areas (50.0 %)" in printed


def test_areas_without_a_label_are_mentioned(areas, capsys):
    clustered = kmeans_clustering(areas, k=3).astype({"cluster": "Int64"})
    clustered.iloc[:4, clustered.columns.get_loc("cluster")] = pd.NA
    show_cluster_labels(clustered)
    assert "4 without a label" in capsys.readouterr().out


def test_the_closest_areas_are_nearest_first_and_carry_what_a_map_needs(areas):
    clustered = kmeans_clustering(areas, k=3)
    closest = closest_lsoas_to_cluster(clustered, cluster_number=1, n_closest=5)
    assert list(closest.columns) == ["LSOA21CD", "LSOA21NM", "cluster", "distance", "geometry"]
    assert closest["distance"].is_monotonic_increasing
    assert (closest["cluster"] == 1).all()
    assert closest.crs == areas.crs
    assert [p.name for p in every(closest)] == ["areas"]
    assert clustered.loc[closest.index, "LSOA21CD"].tolist() == closest["LSOA21CD"].tolist()


def test_distances_are_those_to_the_mean_embedding_of_the_cluster(areas):
    clustered = kmeans_clustering(areas, k=3)
    columns = ["A00_mean", "A01_mean", "A02_mean"]
    centre = clustered.loc[clustered["cluster"] == 2, columns].mean()
    by_hand = np.sqrt(((clustered[columns] - centre) ** 2).sum(axis=1))
    everything = closest_lsoas_to_cluster(clustered, 2, n_closest=60, among="all")
    np.testing.assert_allclose(everything["distance"], by_hand.loc[everything.index])


def test_the_rest_are_areas_outside_the_cluster(areas):
    clustered = kmeans_clustering(areas, k=3)
    inside = closest_lsoas_to_cluster(clustered, 0, n_closest=30)
    outside = closest_lsoas_to_cluster(clustered, 0, n_closest=30, among="rest")
    assert (outside["cluster"] != 0).all()
    assert inside["distance"].max() < outside["distance"].min()


def test_a_table_without_geometry_works_too(areas):
    plain = pd.DataFrame(kmeans_clustering(areas, k=3).drop(columns="geometry"))
    assert list(closest_lsoas_to_cluster(plain, 0).columns) == ["LSOA21CD", "LSOA21NM", "cluster", "distance"]


def test_an_unknown_cluster_lists_those_there_are(areas):
    with pytest.raises(ValueError, match=r"no cluster 7 in 'cluster'; its labels are 0, 1, 2"):
        closest_lsoas_to_cluster(kmeans_clustering(areas, k=3), 7)


def test_asking_for_more_areas_than_a_cluster_has_is_an_error(areas):
    with pytest.raises(ValueError, match=r"whole number from 1 to 10, the number of areas among 'cluster'"):
        closest_lsoas_to_cluster(kmeans_clustering(areas, k=3), 2, n_closest=11)


def test_an_unknown_place_to_look_is_an_error(areas):
    with pytest.raises(ValueError, match=r"choose 'cluster', 'rest' or 'all'"):
        closest_lsoas_to_cluster(kmeans_clustering(areas, k=3), 2, among="outside")
