"""The invented world's tables: cities by a rule, tiles over them, and the forms that they truly show."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tools import sample
from tools.sample import world
from tools.sample.world_cities import FIRST_ID, list_cities
from tools.sample.world_forms import FORMS, form_truth, patch_forms
from tools.similarity.cities import choose_cities
from tools.sources.geonames import read_places
from tools.tiling import CONTINENTS, lay_tiles


@pytest.fixture(scope="module")
def places(small_world) -> pd.DataFrame:
    return read_places(small_world / "cities15000.txt", small_world / "countryInfo.txt")


@pytest.fixture(scope="module")
def truth(world_tiles) -> pd.DataFrame:
    return form_truth(world_tiles)


@pytest.fixture(scope="module")
def forms(world_tiles) -> np.ndarray:
    return patch_forms(world_tiles)


def test_cities_are_written_as_geonames_publishes_them(small_world, places):
    lines = (small_world / "cities15000.txt").read_text(encoding="utf-8").splitlines()
    assert {line.count("\t") for line in lines} == {18}
    assert all("Synthetic sample" in line for line in lines)
    assert (small_world / "countryInfo.txt").read_text().startswith(f"# {sample.NOTICE}\n")
    columns = ["city_id", "city", "country", "country_code", "population", "lon", "lat"]
    pd.testing.assert_frame_equal(places[columns], list_cities()[columns], check_dtype=False)


def test_the_rule_takes_sixty_cities_in_forty_countries_on_six_continents(places):
    chosen = choose_cities(places)
    assert (len(chosen), chosen["country_code"].nunique(), chosen["continent"].nunique()) == (60, 40, 6)
    assert set(chosen["city_id"]) == set(places.loc[list_cities()["chosen"], "city_id"])


def test_for_each_reason_to_refuse_a_city_there_is_one(places):
    rest = places[~places["city_id"].isin(choose_cities(places)["city_id"])].set_index("city")
    assert rest.loc["Near Siena", "population"] < 100_000
    assert "Near Croydon" in choose_cities(places, least_apart_km=0)["city"].tolist()
    assert "Near Denver" in choose_cities(places, most_per_country=6)["city"].tolist()
    tied = places[places["population"] == rest.loc["Near Nagpur", "population"]]
    assert {"Near Jaipur", "Near Nagpur"} <= set(tied["city"])
    assert "Near Nagpur" not in choose_cities(places)["city"].tolist()


def test_no_city_can_be_taken_for_a_real_one(places):
    assert (places["city_id"] >= FIRST_ID).all()
    assert places["city"].str.startswith("Near ").all()
    for degrees in (places["lon"], places["lat"]):
        assert np.allclose(10 * degrees, np.round(10 * degrees))


def test_the_tiles_are_those_that_the_pipeline_lays(places, world_tiles):
    laid = lay_tiles(choose_cities(places))
    assert (world_tiles.groupby("city_id").size() == 24).all()
    pd.testing.assert_frame_equal(laid, world_tiles, check_dtype=False)


def test_tiles_survive_their_file(small_world):
    read = gpd.read_parquet(small_world / "world-tiles.parquet")
    pd.testing.assert_frame_equal(
        pd.DataFrame(read), pd.DataFrame(world.make_tiles("small")), check_dtype=False
    )


def test_the_full_world_has_as_many_tiles_as_were_published_over_cities_of_the_rule():
    tiles, cities = world.make_tiles("full"), list_cities("full")
    assert len(tiles) == 48_881
    assert tiles["tile_id"].is_unique
    assert tiles["tile_id"].max() < 2**53
    assert tiles["city_id"].nunique() > 200
    assert set(tiles["continent"]) == set(CONTINENTS.values()) - {"Antarctica"}
    assert set(choose_cities(cities)["city_id"]) == set(tiles["city_id"])


def test_all_forms_occur_and_about_a_third_of_the_tiles_mixes_them(truth):
    assert set(truth["form"]) == set(FORMS)
    assert truth["form"].value_counts(normalize=True).between(0.05, 0.25).all()
    assert truth["mixed"].mean() == pytest.approx(1 / 3, abs=0.05)


def test_the_truth_counts_the_patches(truth, forms):
    for row, patches in zip(truth.iloc[::97].itertuples(), forms[::97], strict=True):
        counts = pd.Series(np.array(FORMS)[patches.ravel()]).value_counts()
        assert counts[row.form] == counts.max()
        assert row.share == pytest.approx(counts.max() / 196)
        assert row.mixed == (row.share < 0.75)
        assert len(counts) == 1 or counts[row.second_form] == counts.drop(row.form).max()


def test_forms_lie_in_coherent_pieces_that_go_on_across_the_edges_of_tiles(world_tiles, forms):
    within = (forms[:, :, 1:] == forms[:, :, :-1]).mean()
    beside = np.flatnonzero(
        (world_tiles["city_id"].diff().shift(-1) == 0) & (world_tiles["col"].diff().shift(-1) == 1)
    )
    across = (forms[beside, :, -1] == forms[beside + 1, :, 0]).mean()
    assert within > 0.95
    assert across == pytest.approx(within, abs=0.02)
    assert (forms[:-24, :, 0] == forms[24:, :, 0]).mean() < 0.4


def test_continents_differ_in_the_forms_that_are_common(world_tiles, truth):
    share = truth["form"].eq("informal").groupby(world_tiles["continent"].to_numpy()).mean()
    assert share["Europe"] < 0.05
    assert share["Africa"] > 0.15


def test_the_same_seed_makes_the_same_bytes_and_each_step_is_told(small_world, tmp_path):
    told = []
    made = sample.make("world", tmp_path, size="small", progress=told.append)
    assert told == ["cities", "tiles", "urban forms", "scenes of near dar es salaam"]
    assert sorted(made) == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for path in made:
        assert path.read_bytes() == (small_world / path.relative_to(tmp_path)).read_bytes()


def test_an_unknown_size_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="no size 'huge'; there are: class, full, small"):
        sample.make("world", tmp_path / "x", size="huge")
    assert not (tmp_path / "x").exists()


def test_tiles_without_a_column_and_unknown_continents_are_refused(world_tiles):
    with pytest.raises(ValueError, match=r"no column left; lay them with tools\.tiling"):
        patch_forms(world_tiles.drop(columns="left"))
    with pytest.raises(ValueError, match="no continent 'Atlantis'; there are: Africa"):
        patch_forms(world_tiles.head(1).assign(continent="Atlantis"))


def test_the_way_in_which_tiles_are_laid_tells_one_world_from_another(monkeypatch, tmp_path):
    import shutil

    import tools

    copy = tmp_path / "tools"
    shutil.copytree(tools.__path__[0], copy, ignore=shutil.ignore_patterns("__pycache__", "web"))
    monkeypatch.setattr(sample, "__file__", str(copy / "sample" / "__init__.py"))
    before = {place: sample.generator_version(place) for place in ("world", "berlin")}
    with open(copy / "tiling.py", "a") as file:
        file.write("# changed\n")
    assert sample.generator_version("world") != before["world"]
    assert sample.generator_version("berlin") == before["berlin"]
