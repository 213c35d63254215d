"""Pictures of tiles: of their patches in colours that mean the same everywhere, made once."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tools.explorer.thumbnails import PictureDamagedError, Thumbnails, of_composites, of_patches
from tools.maps.patches import patch_colours
from tools.sample.world import make_tiles
from tools.sample.world_patches import WorldPatches


@pytest.fixture(scope="module")
def tiles():
    return make_tiles("small").sort_values("tile_id", ignore_index=True).iloc[:12]


def test_each_picture_is_of_its_own_tile_in_colours_shared_by_all(tiles):
    source = WorldPatches()
    patches = source.patches(tiles)
    expected = patch_colours(patches).paint(patches)
    pictures = of_patches(tiles, source)
    for row, tile_id in enumerate(tiles["tile_id"].tolist()):
        seen = np.asarray(Image.open(io.BytesIO(pictures.png(tile_id))))
        np.testing.assert_array_equal(seen, expected[row])
    assert pictures.png(1) is None


def test_what_a_search_leaves_out_gives_no_colour(tiles):
    source = WorldPatches()
    looks = ~source.location_bound
    patches = source.patches(tiles)[..., looks]
    pictures = of_patches(tiles, source, looks)
    np.testing.assert_array_equal(
        pictures.pixels(int(tiles["tile_id"].iloc[3])), patch_colours(patches).paint(patches)[3]
    )


def test_a_picture_is_made_once():
    made = []

    def paint(tile_id):
        made.append(tile_id)
        return np.zeros((14, 14, 3), np.uint8)

    pictures = Thumbnails(paint)
    assert pictures.png(7) == pictures.png(7)
    assert made == [7]


def test_where_nothing_was_composed_no_tile_has_a_picture(tmp_path):
    assert of_composites(tmp_path).png(70_000) is None
    assert not Thumbnails().available


def test_a_picture_that_cannot_be_read_is_said_to_be_damaged_and_not_to_be_missing(tmp_path, tiles):
    city, tile_id = tiles[["city_id", "tile_id"]].iloc[0].tolist()
    path = tmp_path / "imagery" / str(city) / f"{tile_id}.tif"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"II*\0 and no more")
    with pytest.raises(PictureDamagedError, match=f"(?s){tile_id}.*course similarity imagery"):
        of_composites(tmp_path).png(tile_id)
