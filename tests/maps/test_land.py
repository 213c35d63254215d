"""The outlines of land that pages carry: true to the atlas they come from, cut where the map ends."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from tools import places
from tools.maps import land

DRY = {"Nairobi": (36.8, -1.3), "Denver": (-105.0, 39.7), "Delhi": (77.2, 28.7), "Chukotka": (-175.0, 67.0),
       "Almaty": (76.9, 43.2), "Alice Springs": (133.9, -23.7), "Tasmania": (146.6, -42.0)}  # fmt: skip
WET = {
    "Atlantic": (-30.0, 20.0),
    "Caspian Sea": (51.0, 42.0),
    "Pacific": (-170.0, 10.0),
    "south": (0.0, -55.0),
}


@pytest.fixture(scope="module")
def rings():
    return shapely.polygons([shapely.linearrings(ring) for ring in land.land_rings()])


def is_land(rings, place) -> bool:
    return shapely.contains(rings, shapely.Point(place)).sum() % 2 == 1  # a ring in a ring is a lake


@pytest.mark.parametrize("place", DRY)
def test_what_is_dry_is_land(rings, place):
    assert is_land(rings, DRY[place])


@pytest.mark.parametrize("place", WET)
def test_what_is_wet_is_none(rings, place):
    assert not is_land(rings, WET[place])


def test_nothing_reaches_across_the_edge_of_the_map(rings):
    west, south, east, north = shapely.total_bounds(rings)
    assert -180 <= west < -179
    assert 179 < east <= 180
    assert south >= land.SOUTH
    assert north < 85
    widest = max(np.ptp(ring[:, 0]) for ring in land.land_rings())
    assert widest < 210  # from Portugal to the Bering Strait


def test_the_stored_file_is_what_the_atlas_gives(tmp_path):
    atlas = places.npm_asset(land.SOURCE)
    if atlas is None:
        pytest.skip("world-atlas is not installed: run `course assets`")
    made = land.make(atlas, tmp_path / "land.json")
    assert made.read_bytes() == land.STORED.read_bytes()


def test_it_weighs_little_in_a_page():
    assert land.STORED.stat().st_size < 100_000
