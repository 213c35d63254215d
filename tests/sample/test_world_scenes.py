"""Scenes over the invented world: Sentinel-2's layout, clouds that move and one that stays, true content."""

from __future__ import annotations

import numpy as np
import pystac
import pytest
import rasterio
from shapely.geometry import shape

from tools import sample
from tools.sample import world
from tools.sample.stac import ASSETS
from tools.sample.world_forms import FORMS, patch_forms
from tools.sample.world_scenes import CLOUDED, DAYS, seen_tiles
from tools.sources.sentinel2 import usable_pixels

SIDES = {10: ("B02", "B03", "B04", "B08"), 60: ("B01", "B09")}


@pytest.fixture(scope="module")
def items(small_world) -> list[pystac.Item]:
    catalogue = pystac.Catalog.from_file(str(small_world / "sentinel-2" / "catalog.json"))
    return sorted(catalogue.get_items(recursive=True), key=lambda item: item.datetime)


@pytest.fixture(scope="module")
def tiles():
    seen = seen_tiles(world.make_tiles("small"))
    return seen[seen["city"] == CLOUDED[0]].reset_index(drop=True)


def read(item: pystac.Item, band: str, tile) -> np.ndarray:
    """A band over a tile."""
    with rasterio.open(item.assets[ASSETS[band]].get_absolute_href()) as source:
        window = source.window(tile.left, tile.top - 2240, tile.left + 2240, tile.top)
        return source.read(1, window=window.round_offsets().round_lengths())


def clear(item: pystac.Item, tile) -> np.ndarray:
    """Where nothing is flagged within 60 m."""
    return usable_pixels(read(item, "SCL", tile)[None], 3)[0]


def test_scenes_are_listed_in_the_words_of_earth_search_with_pixels_of_sentinel_2(items, tiles):
    assert [item.datetime.date().isoformat() for item in items] == list(DAYS)
    for item in items:
        assert item.collection_id == "sentinel-2-l2a"
        assert set(item.assets) == set(ASSETS.values())
        assert item.properties["proj:code"] == f"EPSG:{tiles['utm_epsg'][0]}"
        for band, key in ASSETS.items():
            asset = item.assets[key]
            with rasterio.open(asset.get_absolute_href()) as source:
                side = next((side for side, names in SIDES.items() if band in names), 20)
                assert source.res == (side, side)
                assert source.bounds.left % 60 == source.bounds.top % 60 == 0
                assert list(source.shape) == asset.extra_fields["proj:shape"]
                assert list(source.transform) == asset.extra_fields["proj:transform"]
                assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert source.dtypes[0] == ("uint8" if band == "SCL" else "uint16")
                assert source.nodata == 0
                assert source.tags()["SYNTHETIC"] == sample.NOTICE


def test_three_cities_on_two_hemispheres_have_scenes_and_four_tiles_each(world_tiles):
    seen = seen_tiles(world_tiles)
    assert seen.groupby("city_id").size().tolist() == [4, 4, 4]
    assert set(seen["utm_epsg"] // 100) == {326, 327}
    assert set(seen["row"]) == {1, 2}
    assert set(seen["col"]) == {2, 3}


def test_every_scene_covers_the_four_tiles(items, tiles):
    for item in items:
        assert tiles.within(shape(item.geometry)).all()
        assert all((read(item, "B02", tile) > 0).sum() == 224**2 for tile in tiles.itertuples())


def test_scenes_differ_in_cloud_as_they_say(items):
    said = [item.properties["eo:cloud_cover"] for item in items]
    assert said == sorted(said)
    assert said[0] < 10 < said[1] < 20 < said[2] < 40 < said[3] < 60
    for item in items:
        with rasterio.open(item.assets["scl"].get_absolute_href()) as source:
            assert 100 * np.isin(source.read(1), (8, 9)).mean() == pytest.approx(
                item.properties["eo:cloud_cover"], abs=0.01
            )


def test_over_one_tile_a_cloud_stands_in_every_scene_and_the_others_are_seen_whole_in_turn(items, tiles):
    ever = {
        (tile.row, tile.col): np.any([clear(item, tile) for item in items], axis=0).mean()
        for tile in tiles.itertuples()
    }
    clouded = ever.pop(CLOUDED[1:])
    assert clouded < 0.9
    assert min(ever.values()) > 0.96


def test_images_show_the_forms_that_the_truth_names(items, tiles):
    """Near infrared against red by patch: gardens and fields are green, dense quarters are not."""
    forms, green, classes = patch_forms(tiles), [], []
    for tile in tiles.itertuples():
        red, infrared = (read(items[0], band, tile).astype(float) for band in ("B04", "B08"))
        index = (infrared - red) / (infrared + red)
        green.append(index.reshape(14, 16, 14, 16).mean(axis=(1, 3)))
        scl = read(items[0], "SCL", tile).reshape(14, 8, 14, 8).transpose(0, 2, 1, 3).reshape(14, 14, 64)
        classes.append(np.where(np.isin(scl, (3, 8, 9)).any(axis=2), -1, np.median(scl, axis=2)))
    green, classes = np.stack(green), np.stack(classes)
    seen = classes >= 0
    found = {name: green[seen & (forms == number)] for number, name in enumerate(FORMS)}
    assert np.median(found["fields"]) > np.median(found["slabs"]) > np.median(found["industry"]) > 0
    assert np.median(found["informal"]) < 0.2
    assert (classes[seen & (forms == FORMS.index("fields"))] == 4).mean() > 0.6
    assert (classes[seen & (forms == FORMS.index("informal"))] == 5).mean() > 0.9
