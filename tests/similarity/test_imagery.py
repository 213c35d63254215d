"""Pictures of tiles: from files or an API, cloud let in step by step, a reason for each rejection."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import rasterio

from tests.sources.stac_server import StacServer, serving_stac
from tools import provenance
from tools.sample import world
from tools.sample.world_scenes import CLOUDED, seen_tiles
from tools.similarity import compose_tiles, read_composite
from tools.sources import DataError
from tools.sources.sentinel2 import HAZARDS
from tools.sources.stac import scenes_between

ASKED = {"until": "2024-09-30", "months": 6}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    world.write(folder, seed=42, size="small", progress=lambda line: None)
    (path,) = (folder / "sentinel-2").rglob("catalog.json")
    (collection,) = [json.loads(p.read_text())["id"] for p in path.parent.rglob("collection.json")]
    return path, collection


@pytest.fixture(scope="module")
def tiles():
    here = seen_tiles(world.make_tiles("small"))
    return here[here["city"] == CLOUDED[0]]


@pytest.fixture(scope="module")
def made(tiles, catalogue, tmp_path_factory):
    folder = tmp_path_factory.mktemp("composed")
    return folder, compose_tiles(tiles, folder, catalogue=catalogue, **ASKED)


def test_clear_tiles_are_made_and_the_one_that_a_cloud_stands_over_is_rejected_with_the_reason(made):
    _, report = made
    assert (report["status"] == "made").sum() == len(report) - 1
    (rejected,) = report[report["status"] == "rejected"].itertuples()
    assert "of its pixels are clear, 95% are needed" in rejected.reason
    assert rejected.valid_share < 0.95
    assert rejected.max_cloud == 60


def test_cloud_is_let_in_step_by_step_and_no_further_than_needed(made, tiles, catalogue, tmp_path):
    _, report = made
    good = report[report["status"] == "made"]
    assert good["max_cloud"].nunique() > 1
    late = good["max_cloud"].idxmax()
    tile = tiles[tiles["tile_id"] == late]
    below = [step for step in (10, 20, 40, 60) if step < good["max_cloud"].max()]
    strict = compose_tiles(tile, tmp_path, catalogue=catalogue, cloud_steps=below, **ASKED)
    assert strict["status"].tolist() == ["rejected"], "the step before did not suffice"


def test_a_picture_has_twelve_bands_on_the_tiles_own_pixels(made, tiles):
    folder, report = made
    tile = tiles.set_index("tile_id").loc[report.index[report["status"] == "made"][0]]
    picture = read_composite(folder, tile.name)
    assert picture.shape == (12, 224, 224)
    assert picture.dtype == np.int16
    assert picture.rio.crs.to_epsg() == tile["utm_epsg"]
    assert picture.rio.bounds() == (tile["left"], tile["top"] - 2240, tile["left"] + 2240, tile["top"])
    assert picture["band"].values.tolist()[:3] == ["B01", "B02", "B03"]
    assert picture.rio.nodata == -9_999
    share = float((picture > -9_999).all("band").mean())
    assert share == pytest.approx(report.loc[tile.name, "valid_share"])
    with rasterio.open(folder / "imagery" / str(tile["city_id"]) / f"{tile.name}.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_no_pixel_near_a_flagged_cloud_goes_in_and_the_rest_is_the_median(made, tiles, catalogue):
    folder, report = made
    single = report.index[(report["status"] == "made") & (report["scenes"] == 1)]
    tile = tiles.set_index("tile_id").loc[single[0]]
    from datetime import UTC, datetime

    path, collection = catalogue
    (item,) = scenes_between(
        path, tile.geometry.bounds, datetime(2024, 3, 31, tzinfo=UTC), datetime(2024, 9, 30, tzinfo=UTC),
        max_cloud=10, collection=collection,
    )  # fmt: skip
    picture = read_composite(folder, tile.name)
    with rasterio.open(item.assets["red"].get_absolute_href()) as red:
        window = red.window(*picture.rio.bounds()).round_offsets().round_lengths()
        stored = red.read(1, window=window)
    with rasterio.open(item.assets["scl"].get_absolute_href()) as scl:
        window = scl.window(*picture.rio.bounds()).round_offsets().round_lengths()
        classes = scl.read(1, window=window).repeat(2, 0).repeat(2, 1)
    known = picture.sel(band="B04").to_numpy() > -9_999
    np.testing.assert_array_equal(picture.sel(band="B04").to_numpy()[known], stored[known])
    from scipy.ndimage import distance_transform_edt

    hazard = np.isin(classes, HAZARDS)
    if hazard.any():
        assert distance_transform_edt(~hazard)[known].min() > 6


def test_what_was_decided_is_not_read_again(made, tiles, monkeypatch):
    folder, before = made
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*.tif")}
    nowhere = (folder / "nowhere.json", "none")
    again = compose_tiles(tiles, folder, catalogue=nowhere, **ASKED)
    assert again["status"].replace("kept", "made").tolist() == before["status"].tolist()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.tif")} == stamps


def test_a_broken_off_run_goes_on_with_what_is_missing(made, tiles, catalogue):
    folder, before = made
    lost = before.index[before["status"] == "made"][0]
    path = folder / "imagery" / str(lost // 10_000) / f"{lost}.tif"
    whole = path.read_bytes()
    os.remove(path)
    again = compose_tiles(tiles, folder, catalogue=catalogue, **ASKED)
    assert again["status"].value_counts().to_dict() == {"kept": len(tiles) - 2, "made": 1, "rejected": 1}
    assert path.read_bytes() == whole


def test_other_conditions_are_a_new_question(made, tiles, catalogue):
    folder, _ = made
    lenient = compose_tiles(tiles, folder, catalogue=catalogue, least_valid=0.3, **ASKED)
    assert (lenient["status"] == "made").all()


def test_an_api_with_range_requests_gives_the_same_pictures(tiles, catalogue, tmp_path):
    tile = tiles.head(1)
    path, collection = catalogue
    from_files = compose_tiles(tile, tmp_path / "files", catalogue=catalogue, **ASKED)
    with serving_stac(StacServer(path)) as api:
        from_api = compose_tiles(tile, tmp_path / "api", catalogue=(api.url, collection), **ASKED)
        assert api.ranges > 0
    assert from_api.equals(from_files)
    tile_id = tile["tile_id"].iloc[0]
    if from_files["status"].iloc[0] == "made":
        assert read_composite(tmp_path / "api", tile_id).equals(read_composite(tmp_path / "files", tile_id))


def test_a_picture_of_the_sample_says_that_it_is_invented(tmp_path):
    from tools import sources

    tile = seen_tiles(sources.open("world-tiles", origin="sample")).head(1)
    report = compose_tiles(tile, tmp_path, origin="sample", **ASKED)
    assert report["status"].tolist() == ["made"]
    assert provenance.is_synthetic(read_composite(tmp_path, report.index[0]))


def test_what_cannot_be_is_said(tiles, catalogue, tmp_path):
    with pytest.raises(ValueError, match="must rise"):
        compose_tiles(tiles, tmp_path, catalogue=catalogue, cloud_steps=(40, 10), **ASKED)
    with pytest.raises(FileNotFoundError, match="no picture of tile 10001"):
        read_composite(tmp_path, 10_001)
    with pytest.raises(DataError, match="cannot be read"):
        compose_tiles(tiles.head(1), tmp_path, catalogue=(tmp_path / "none.json", "x"), **ASKED)
    early = compose_tiles(tiles.head(1), tmp_path, catalogue=catalogue, until="2020-01-01")
    assert early["reason"].tolist() == ["no scene with less than 60 % cloud"]
