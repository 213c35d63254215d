"""What pictures of tiles must not fall for: days, edges, meridians, broken files, numbers out of range."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import rasterio

from tests.similarity.scene_examples import GRASS, band_of, list_scenes, scene_over, tiles_at
from tests.sources.stac_server import StacServer, serving_stac
from tools import scale
from tools.similarity import compose_tiles, read_composite
from tools.sources import DataError

UNTIL = "2024-09-30"
CLOUD, NO_DATA_CLASS, WATER = 9, 0, 6


@pytest.fixture(scope="module")
def tile():
    return tiles_at(4.85, 45.75)


def picture_of(tile, folder, *scenes, **asked):
    catalogue = list_scenes(folder / "scenes", *scenes)
    report = compose_tiles(tile, folder, until=UNTIL, catalogue=catalogue, **asked)
    return report.iloc[0], read_composite(folder, report.index[0])


def test_scenes_of_the_last_day_count_and_those_of_the_next_do_not(tile, tmp_path):
    last = scene_over(tile, "2024-09-30T23:30:00", value=2_000)
    after = scene_over(tile, "2024-10-01T00:10:00", value=9_000)
    said, picture = picture_of(tile, tmp_path, last, after)
    assert said["scenes"] == 1
    assert np.unique(picture) == [2_000]


@pytest.mark.parametrize("until", ["2024-09-30T08:00", "2024-09-30T23:59:59+00:00"])
def test_the_last_day_is_a_whole_day_also_where_an_hour_is_named(tile, tmp_path, until):
    catalogue = list_scenes(tmp_path / "scenes", scene_over(tile, "2024-09-30T10:30:00"))
    with serving_stac(StacServer(catalogue[0])) as api:
        report = compose_tiles(tile, tmp_path, until=until, catalogue=(api.url, catalogue[1]))
    assert report["status"].tolist() == ["made"]


def test_a_cloud_beside_a_tile_is_widened_into_it(tile, tmp_path):
    beside = lambda east, south: np.where((east < 0) & (east > -40), CLOUD, GRASS)  # noqa: E731
    said, picture = picture_of(tile, tmp_path, scene_over(tile, "2024-08-01T10:30:00", classes=beside))
    known = (picture > -9_999).all("band").to_numpy()
    assert not known[:, :6].any(), "60 m from the cloud's edge are six pixels"
    assert known[:, 6:].all()
    assert said["valid_share"] == pytest.approx(218 / 224)


def test_a_city_is_searched_for_once(tmp_path):
    tiles = tiles_at(4.85, 45.75, count=6)
    catalogue = list_scenes(tmp_path / "scenes", scene_over(tiles, "2024-08-01T10:30:00"))
    with serving_stac(StacServer(catalogue[0])) as api:
        report = compose_tiles(tiles, tmp_path, until=UNTIL, catalogue=(api.url, catalogue[1]))
        assert len(api.searches) == 1
    assert report["status"].tolist() == ["made"] * 6


def test_of_a_citys_scenes_each_tile_takes_those_that_touch_it(tmp_path):
    tiles = tiles_at(4.85, 45.75, count=4)
    east = tiles[tiles["col"] == 1]
    everywhere = scene_over(tiles, "2024-08-01T10:30:00", value=1_000)
    corner = scene_over(east, "2024-08-02T10:30:00", value=2_000, bbox=inside(east))
    catalogue = list_scenes(tmp_path / "scenes", everywhere, corner)
    report = compose_tiles(tiles, tmp_path, until=UNTIL, catalogue=catalogue)
    assert report["scenes"].tolist() == [1, 2, 1, 2]


def inside(tiles):
    west, south, east, north = tiles.total_bounds
    return west + 0.01, south + 0.002, east - 0.002, north - 0.002


@pytest.fixture
def two_scenes(tile):
    mixed = lambda east, south: np.random.default_rng(1).integers(4, 7, east.shape)  # noqa: E731
    noise = lambda east, south: np.random.default_rng(1).integers(1, 9_000, east.shape)  # noqa: E731
    first = scene_over(tile, "2024-08-01T10:30:00", classes=mixed, numbers={"B05": noise})
    return first, scene_over(tile, "2024-08-02T10:30:00", value=3_000)


@pytest.mark.parametrize("band", ["SCL", "B05"])
@pytest.mark.parametrize("harm", ["cut short", "without a place", "gone", "no picture"])
def test_a_scene_that_cannot_be_read_is_left_out_and_named(tile, tmp_path, two_scenes, band, harm):
    broken, sound = two_scenes
    catalogue = list_scenes(tmp_path / "scenes", broken, sound)
    spoil(band_of(catalogue, broken, band), harm)
    report = compose_tiles(tile, tmp_path, until=UNTIL, catalogue=catalogue)
    assert report["status"].tolist() == ["made"]
    assert report["scenes"].tolist() == [1]
    assert f"scene {broken.name} cannot be read" in report["reason"].iloc[0]
    assert sound.name not in report["reason"].iloc[0]
    assert np.unique(read_composite(tmp_path, report.index[0])) == [3_000]
    again = compose_tiles(tile, tmp_path, until=UNTIL, catalogue=catalogue)
    assert again["status"].tolist() == ["kept"]
    assert again["reason"].tolist() == report["reason"].tolist()


def spoil(path, harm):
    if harm == "gone":
        path.unlink()
    elif harm == "no picture":
        path.write_bytes(b"<html>503</html>")
    elif harm == "without a place":
        with rasterio.open(path) as file:
            pixels = file.read()
        with rasterio.open(path, "w", "GTiff", *pixels.shape[:0:-1], 1, dtype=pixels.dtype) as file:
            file.write(pixels)
    else:
        # Its head stays whole: it opens, and fails where pixels are read.
        whole = path.read_bytes()
        assert len(whole) > 4_000
        path.write_bytes(whole[: len(whole) // 2])


def test_a_scene_that_lacks_a_band_is_left_out_and_named(tile, tmp_path, two_scenes):
    broken, sound = two_scenes
    catalogue = list_scenes(tmp_path / "scenes", broken, sound)
    path = band_of(catalogue, broken, broken.name).with_suffix(".json")
    item = json.loads(path.read_text())
    del item["assets"]["nir09"]
    path.write_text(json.dumps(item))
    report = compose_tiles(tile, tmp_path, until=UNTIL, catalogue=catalogue)
    assert report["status"].tolist() == ["made"]
    assert f"{broken.name} lacks nir09" in report["reason"].iloc[0]


def test_where_no_scene_can_be_read_the_error_names_scenes_and_tile_and_what_to_do(
    tile, tmp_path, two_scenes
):
    catalogue = list_scenes(tmp_path / "scenes", *two_scenes)
    for scene in two_scenes:
        spoil(band_of(catalogue, scene, "SCL"), "no picture")
    with pytest.raises(DataError) as caught:
        compose_tiles(tile, tmp_path, until=UNTIL, catalogue=catalogue)
    said = str(caught.value)
    assert str(tile["tile_id"].iloc[0]) in said
    assert all(scene.name in said for scene in two_scenes)
    assert "run again" in said


def test_a_tile_refused_for_want_of_a_broken_scene_is_tried_again(tile, tmp_path, two_scenes):
    clouded = scene_over(tile, "2024-08-03T10:30:00", classes=lambda east, south: np.full(east.shape, CLOUD))
    broken = two_scenes[0]
    catalogue = list_scenes(tmp_path / "scenes", broken, clouded)
    path = band_of(catalogue, broken, "B05")
    whole = path.read_bytes()
    spoil(path, "no picture")
    report = compose_tiles(tile, tmp_path, until=UNTIL, catalogue=catalogue)
    assert report["status"].tolist() == ["rejected"]
    assert broken.name in report["reason"].iloc[0]
    assert "are needed" in report["reason"].iloc[0]
    path.write_bytes(whole)
    again = compose_tiles(tile, tmp_path, until=UNTIL, catalogue=catalogue)
    assert again["status"].tolist() == ["made"]
    assert again["reason"].tolist() == [""]


def beyond_180(ring_too):
    """A tile across the meridian, and scenes: one on either side of it, and one that reaches over it."""
    tile = tiles_at(179.9995, -16.5)
    west, south, east, north = 179.98, -16.52, -179.98, -16.48
    scenes = [
        scene_over(tile, "2024-08-01T22:30:00", value=1_000, bbox=(west, south, 180.0, north)),
        scene_over(tile, "2024-08-11T22:30:00", value=2_000, bbox=(-180.0, south, east, north)),
        scene_over(tile, "2024-08-21T22:30:00", value=6_000, bbox=(west, south, 180.0, north)),
    ]
    left, right = (
        [[w, south], [e, south], [e, north], [w, north], [w, south]]
        for w, e in [(west, 180.0), (-180.0, east)]
    )
    over = {"type": "MultiPolygon", "coordinates": [[left], [right]]}
    if ring_too:
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        over = {"type": "Polygon", "coordinates": [ring]}
    return tile, scenes, over


@pytest.mark.parametrize("as_ring", [False, True])
def test_a_tile_across_the_180th_meridian_is_searched_for_on_both_sides_and_nowhere_else(tmp_path, as_ring):
    tile, scenes, over = beyond_180(as_ring)
    catalogue = list_scenes(tmp_path / "scenes", *scenes)
    path = band_of(catalogue, scenes[2], scenes[2].name).with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"geometry": over}))
    with serving_stac(StacServer(catalogue[0])) as api:
        report = compose_tiles(tile, tmp_path / "api", until=UNTIL, catalogue=(api.url, catalogue[1]))
        boxes = {tuple(asked["bbox"]) for asked in api.searches}
    assert len(boxes) == 2
    assert all(east - west < 0.1 for west, _, east, _ in boxes)
    from_files = compose_tiles(tile, tmp_path / "files", until=UNTIL, catalogue=catalogue)
    assert report["status"].tolist() == from_files["status"].tolist() == ["made"]
    assert from_files["scenes"].tolist() == [3]
    if not as_ring:  # a ring the wrong way round the world misleads the server's own search
        assert report.equals(from_files)
        assert np.unique(read_composite(tmp_path / "api", report.index[0])) == [2_000]


def test_a_stored_zero_is_dark_ground_where_the_class_says_ground_and_no_data_where_it_says_so(
    tile, tmp_path
):
    dark = lambda east, south: np.where((east > 400) & (east < 600), 0, 1_000)  # noqa: E731
    lost = lambda east, south: np.where(east > 2_180, NO_DATA_CLASS, WATER)  # noqa: E731
    scene = scene_over(tile, "2024-08-01T10:30:00", classes=lost, numbers={"B11": dark})
    said, picture = picture_of(tile, tmp_path, scene, least_valid=0.9)
    shown = picture.sel(band="B11").to_numpy()
    assert (shown[:, 40:60] == 0).all()
    assert (shown[:, :40] == 1_000).all()
    assert (shown[:, 218:] == -9_999).all(), "the class knows of no data there"
    assert (shown[:, 212:218] == -9_999).all(), (
        "bands end at other lines than the class, so nor is its edge taken"
    )
    assert said["valid_share"] == pytest.approx(212 / 224)


def test_what_is_brighter_than_a_picture_can_hold_is_as_bright_as_it_can_hold(tile, tmp_path):
    _, picture = picture_of(tile, tmp_path, scene_over(tile, "2024-08-01T10:30:00", value=65_000))
    assert np.unique(picture) == [32_767]


def test_a_cluster_does_the_reading_where_there_is_one(tile, tmp_path, monkeypatch):
    from distributed import LocalCluster

    catalogue = list_scenes(tmp_path / "scenes", scene_over(tile, "2024-08-01T10:30:00"))
    alone = compose_tiles(tile, tmp_path / "alone", until=UNTIL, catalogue=catalogue)
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.scheduler_address)
        with scale.client() as client:
            assert set(client.run(os.getpid).values()) != {os.getpid()}
            done = lambda dask_scheduler: len(dask_scheduler.task_prefixes)  # noqa: E731
            before = client.run_on_scheduler(done)
            together = compose_tiles(tile, tmp_path / "together", until=UNTIL, catalogue=catalogue)
            assert client.run_on_scheduler(done) > before
    assert together.equals(alone)
    tile_id = alone.index[0]
    assert read_composite(tmp_path / "together", tile_id).equals(read_composite(tmp_path / "alone", tile_id))
