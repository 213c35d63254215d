"""Over HTTP: the same pixels, by asking for no more bytes than they need."""

import os

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine

from tools.alphaearth import layout, open_cube, sample_points
from tools.alphaearth.layout import read_index, tile_path, write_index, write_tile
from tools.alphaearth.tiles import USER_AGENT


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    """Loopback is reached without a proxy; an index read before is read again."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    layout._fetch.cache_clear()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A tile of four blocks a band that compresses badly: 64 × 1,300² noisy bytes, 108 MB."""
    root = tmp_path_factory.mktemp("large") / "v1" / "annual"
    path = root / tile_path(2024, "30N", "large")
    data = np.random.default_rng(6).integers(-127, 128, (64, 1300, 1300), dtype=np.int8)
    place = Affine(10, 0, 500_000, 0, 10, 5_700_000)
    write_index(root, [write_tile(path, data, crs="EPSG:32630", transform=place)])
    return root, data


def test_the_real_square_kilometre_is_the_same_over_http(shared_data, serve):
    root = shared_data / "alphaearth"
    server = serve(root)
    url, folder = f"{server.url}/v1/annual", root / "v1" / "annual"
    bounds = tuple(read_index(folder).total_bounds)
    remote, local = open_cube(url, bounds, 2024), open_cube(folder, bounds, 2024)
    np.testing.assert_array_equal(remote.compute(), local.compute())


def test_a_patch_costs_its_own_blocks_and_little_more(large, serve):
    root, data = large
    server = serve(root.parents[1])
    url = f"{server.url}/v1/annual"
    bounds = (500_100, 5_700_100, 501_380, 5_701_380)
    cube = open_cube(url, bounds, 2024, bounds_crs="EPSG:32630", dequantised=False)
    pixels = cube.sel(band=["A05"]).compute()
    np.testing.assert_array_equal(pixels[0], data[5, 10:138, 10:138][::-1])
    bytes_of_tile = sum(size for path, size in server.sent if path.endswith(".tiff"))
    assert bytes_of_tile < 20 * 2**20  # 16 bands' blocks of 1 MB, of a file of 140 MB
    assert server.agents == {USER_AGENT}


def test_points_on_one_block_cost_that_block_alone(large, serve):
    root, _ = large
    server = serve(root.parents[1])
    x, y = np.random.default_rng(0).uniform((510_300, 5_710_300), (512_900, 5_712_900), (1000, 2)).T
    points = gpd.GeoSeries.from_xy(x, y, crs="EPSG:32630")
    remote = sample_points(f"{server.url}/v1/annual", points, 2024)
    np.testing.assert_array_equal(remote, sample_points(root, points, 2024))
    sent = sum(size for path, size in server.sent if path.endswith(".tiff"))
    assert sent < os.path.getsize(next(root.rglob("*.tiff"))) / 8  # the north-east block is a thirteenth


def test_a_busy_server_is_asked_again(mosaic, serve):
    server = serve(mosaic.root.parents[1], busy=2)
    points = ([-0.05, -0.04], [51.35, 51.36])
    remote = sample_points(f"{server.url}/v1/annual", points, 2024)
    np.testing.assert_array_equal(remote, sample_points(mosaic.root, points, 2024))
    assert server.busy == 0


def test_the_index_is_fetched_once_a_process(mosaic, serve):
    server = serve(mosaic.root.parents[1])
    for _ in range(3):
        read_index(f"{server.url}/v1/annual")
    assert len(server.sent) == 1


def test_a_copy_of_the_index_may_be_changed_without_harm(mosaic, serve):
    url = f"{serve(mosaic.root.parents[1]).url}/v1/annual"
    read_index(url)["year"] = 0
    assert set(read_index(url)["year"]) == {2023, 2024}


def test_an_index_that_is_not_there_is_named(serve, tmp_path):
    server = serve(tmp_path)
    with pytest.raises(OSError, match=r"index could not be read from http.*404"):
        read_index(f"{server.url}/v1/annual")


def test_a_tile_that_is_not_there_is_named_with_the_remedy(mosaic, serve):
    server = serve(mosaic.root.parents[1])
    index = read_index(mosaic.root)
    index["path"] = index["path"].str.replace(".tiff", "-gone.tiff")
    with pytest.raises(OSError, match=r"gone\.tiff cannot be read.*check the network"):
        sample_points(f"{server.url}/v1/annual", ([-0.05], [51.35]), 2024, index=index)
