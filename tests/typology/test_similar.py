import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tools.embeddings import BANDS, cosine_similarity, unit
from tools.provenance import footnote
from tools.typology import cosine_to, mean_profile, most_similar

VECTORS = list(BANDS)


def test_the_profile_is_the_mean_direction_of_those_chosen(town):
    chosen = town["cluster"] == "B"
    profile = mean_profile(town, chosen)
    mean = town.loc[chosen, VECTORS].to_numpy(dtype=float).mean(axis=0)
    np.testing.assert_allclose(profile.to_numpy(), unit(mean), atol=1e-7)
    assert profile.index.tolist() == VECTORS
    assert profile.attrs["n"] == 100
    assert footnote(profile) == footnote(town)


def test_agreement_is_the_mean_cosine_of_those_chosen_to_their_profile(town):
    profile = mean_profile(town, town["cluster"] == "A")
    cosine = cosine_to(town[town["cluster"] == "A"], profile)
    assert profile.attrs["agreement"] == pytest.approx(cosine.mean(), abs=1e-6)
    assert profile.attrs["agreement"] > mean_profile(town).attrs["agreement"]


def test_missing_truths_count_as_no_and_missing_embeddings_in_no_mean(town):
    holed = town.copy()
    holed.iloc[:10, holed.columns.get_loc("A05")] = np.nan
    mask = pd.Series([True] * 20 + [pd.NA] * 280, index=town.index, dtype="boolean")
    assert mean_profile(holed, mask).attrs["n"] == 10


def test_cosines_are_those_of_the_definition_at_any_length(town):
    profile = mean_profile(town, town["cluster"] == "C")
    stretched = town.copy()
    stretched[VECTORS] = stretched[VECTORS] * 3
    expected = cosine_similarity(town[VECTORS].to_numpy(), profile.to_numpy())
    for table in (town, stretched):
        found = cosine_to(table, profile * 7)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert found.index.equals(town.index)
        assert found.name == "cosine"
    assert footnote(cosine_to(town, profile)) == footnote(town)


def test_blocks_join_without_a_seam(town, monkeypatch):
    profile = mean_profile(town)
    whole = cosine_to(town, profile)
    monkeypatch.setattr("tools.typology.similar.BLOCK", 7)
    np.testing.assert_allclose(cosine_to(town, profile), whole, atol=1e-6)


def test_a_building_without_an_embedding_has_no_cosine(town):
    holed = town.copy()
    holed.iloc[3, holed.columns.get_loc("A00")] = np.nan
    holed.loc[holed.index[5], VECTORS] = 0
    cosine = cosine_to(holed, mean_profile(town))
    assert cosine.isna().to_numpy().nonzero()[0].tolist() == [3, 5]


def test_the_most_similar_are_the_most_similar_of_all(town):
    key = town["TOID"].iloc[120]
    found = most_similar(town, key, 12)
    vectors = town[VECTORS].to_numpy(dtype=float)
    cosine = cosine_similarity(vectors, vectors[120])
    expected = [n for n in np.argsort(-cosine, kind="stable") if n != 120][:12]
    assert set(found.index) == set(town.index[expected])
    assert (found["cosine"].diff().dropna() <= 0).all()
    assert found["cosine"].to_numpy() == pytest.approx(np.sort(cosine[expected])[::-1], abs=1e-6)
    assert (found["cluster"] == "B").all()


def test_similar_buildings_keep_what_is_known_of_them_but_their_numbers(town):
    found = most_similar(town, town["TOID"].iloc[0], 3)
    assert list(found.columns[:3]) == ["TOID", "cosine", "distance_m"]
    assert "BUILT_FORM" in found
    assert not set(VECTORS) & set(found.columns)
    assert found.crs == town.crs
    assert footnote(found) == footnote(town)


def test_looking_farther_off_leaves_neighbours_out(town):
    found = most_similar(town, town["TOID"].iloc[50], 20, beyond_m=1000)
    assert found["distance_m"].min() >= 1000
    near = most_similar(town, town["TOID"].iloc[50], 299)
    assert len(near) == 299
    assert near["distance_m"].min() == pytest.approx(40)


def test_batches_of_candidates_change_nothing(town, monkeypatch):
    key = town["TOID"].iloc[150]
    whole = most_similar(town, key, 40, beyond_m=3_000)
    monkeypatch.setattr("tools.typology.similar.BATCH", 7)
    pd.testing.assert_frame_equal(most_similar(town, key, 40, beyond_m=3_000), whole)


def test_metres_are_metres_in_degrees_too(town):
    key = town["TOID"].iloc[10]
    metric, degrees = most_similar(town, key, 5), most_similar(town.to_crs("EPSG:4326"), key, 5)
    assert degrees["TOID"].tolist() == metric["TOID"].tolist()
    assert degrees["distance_m"].to_numpy() == pytest.approx(metric["distance_m"].to_numpy(), rel=2e-3)


def test_equals_come_in_the_order_of_the_table():
    bands = {band: np.zeros(4) for band in BANDS} | {"A00": np.ones(4)}
    where = gpd.points_from_xy([0, 1, 2, 3], [0] * 4, crs="EPSG:27700")
    table = gpd.GeoDataFrame({"TOID": list("dacb"), **bands}, geometry=where)
    assert most_similar(table, "c", 3)["TOID"].tolist() == ["d", "a", "b"]


def test_what_cannot_be_compared_is_said(town):
    key = town["TOID"].iloc[0]
    holed = town.copy()
    holed.iloc[0, holed.columns.get_loc("A00")] = np.nan
    with pytest.raises(ValueError, match="No building has the TOID 'x'; those of the table look like 'osgb9"):
        most_similar(town, "x")
    with pytest.raises(ValueError, match=f"Building '{key}' cannot be compared: .*missing values"):
        most_similar(holed, key)
    with pytest.raises(ValueError, match="there 2 times"):
        most_similar(pd.concat([town, town.iloc[:1]]), key)
    with pytest.raises(ValueError, match=r"at least 1e\+06 m .* the farthest is 11,960 m off"):
        most_similar(town, key, beyond_m=1_000_000)
    with pytest.raises(ValueError, match="has no geometry"):
        most_similar(pd.DataFrame(town.drop(columns="geometry")), key)
    with pytest.raises(ValueError, match="whole number of buildings"):
        most_similar(town, key, 0)
    with pytest.raises(ValueError, match="expected metres"):
        most_similar(town, key, beyond_m="far")
    with pytest.raises(ValueError, match="No building to average: 0 of 300"):
        mean_profile(town, town["cluster"] == "Z")
    with pytest.raises(ValueError, match="another index"):
        mean_profile(town, (town["cluster"] == "A").reset_index(drop=True))
    with pytest.raises(ValueError, match="expected True or False for each of 300"):
        mean_profile(town, np.arange(300))
    with pytest.raises(ValueError, match="lacks 63 bands, the first A01"):
        cosine_to(town, pd.Series({"A00": 1.0}))
    with pytest.raises(ValueError, match="Series with the index A00"):
        cosine_to(town, np.ones(64))


def test_directions_that_cancel_out_have_no_mean(town):
    both = pd.DataFrame(np.vstack([town[VECTORS].iloc[:1], -town[VECTORS].iloc[:1]]), columns=VECTORS)
    with pytest.raises(ValueError, match="cancel each other out"):
        mean_profile(both)
