"""What is written is what the public bucket holds: blocks, overviews, orientation, index."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine

from tools.alphaearth import geotiff
from tools.alphaearth.geotiff import pyramid
from tools.alphaearth.layout import COLUMNS, locate, read_index, tile_path, write_index, write_tile
from tools.embeddings import NODATA, dequantise, quantise, unit

NORTH_UP = Affine(10, 0, 500_000, 0, -10, 5_700_000)


@pytest.fixture
def noise():
    vectors = unit(np.random.default_rng(2).normal(size=(64, 37, 50)), axis=0)
    vectors[:, :5, :9] = np.nan
    return quantise(vectors, axis=0)


@pytest.fixture
def real_tile(shared_data):
    (path,) = (shared_data / "alphaearth").rglob("*.tiff")
    return path


def _offset(tile, band):
    """Where in the file a band's first block begins, in bytes."""
    return int(tile.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=band))


def write(folder, data, transform=NORTH_UP, **tags):
    path = folder / tile_path(2024, "30N", "t")
    return write_tile(path, data, crs="EPSG:32630", transform=transform, tags=tags)


def test_a_tile_is_made_as_the_real_one_is(tmp_path, noise, real_tile):
    with rasterio.open(write(tmp_path, noise)) as ours, rasterio.open(real_tile) as real:
        alike = ("driver", "dtype", "nodata", "count", "tiled", "compress", "interleave")
        assert {key: ours.profile[key] for key in alike} == {key: real.profile[key] for key in alike}
        assert ours.descriptions == real.descriptions
        assert np.sign(ours.transform.e) == np.sign(real.transform.e) == 1


def test_a_real_tile_written_again_holds_the_same_pixels_in_the_same_place(tmp_path, real_tile):
    with rasterio.open(real_tile) as real:
        again = tmp_path / tile_path(2024, "16N", "again")
        write_tile(again, real.read(), crs=real.crs, transform=real.transform)
        with rasterio.open(again) as ours:
            assert (ours.transform, ours.crs) == (real.transform, real.crs)
            np.testing.assert_array_equal(ours.read(), real.read())


def test_rows_given_from_north_to_south_are_stored_from_south_to_north(tmp_path, noise):
    with rasterio.open(write(tmp_path, noise)) as tile:
        assert tile.transform == Affine(10, 0, 500_000, 0, 10, 5_700_000 - 370)
        np.testing.assert_array_equal(tile.read()[:, ::-1], noise)
        (corner,) = tile.sample([(500_005 + 200, 5_700_000 - 5)])
        np.testing.assert_array_equal(corner, noise[:, 0, 20])


def test_both_orientations_make_the_same_file(tmp_path, noise):
    south_up = Affine(10, 0, 500_000, 0, 10, 5_700_000 - 370)
    first = write(tmp_path / "a", noise).read_bytes()
    assert first == write(tmp_path / "b", noise[:, ::-1], south_up).read_bytes()


def test_blocks_are_1024_pixels_where_the_tile_is_that_large(tmp_path):
    with rasterio.open(write(tmp_path, np.zeros((64, 20, 1500), np.int8))) as tile:
        assert set(tile.block_shapes) == {(1024, 1024)}


def test_overviews_reach_down_to_one_pixel_and_lie_before_the_pixels(tmp_path, noise):
    path = write(tmp_path, noise)
    with rasterio.open(path) as tile:
        levels = len(tile.overviews(1))
        finest = min(_offset(tile, band) for band in range(1, 65))
    with rasterio.open(path, overview_level=levels - 1) as top:
        assert top.shape == (1, 1)
        assert max(_offset(top, band) for band in range(1, 65)) < finest


def test_an_overview_pixel_is_the_mean_of_the_four_below_it_at_unit_length(tmp_path, noise):
    with rasterio.open(write(tmp_path, noise), overview_level=0) as half:
        south_up = half.read()
    four = dequantise(noise[:, ::-1])[:, 10:12, 20:22].reshape(64, 4)
    np.testing.assert_array_equal(south_up[:, 5, 10], quantise(unit(four.mean(axis=1))))


def test_overviews_ignore_missing_pixels_and_miss_only_where_all_four_do(noise):
    half = list(pyramid(noise))[1]
    assert (half[:, :2, :4] == NODATA).all()
    three = dequantise(noise[:, [5, 5, 4], [8, 9, 9]])  # the fourth, in row 4 and column 8, is missing
    np.testing.assert_array_equal(half[:, 2, 4], quantise(unit(three.mean(axis=1))))


def test_halving_in_strips_changes_nothing(noise, monkeypatch):
    whole = [level.copy() for level in pyramid(noise)]
    monkeypatch.setattr(geotiff, "_STRIP", 4)
    for strips, level in zip(pyramid(noise), whole, strict=True):
        np.testing.assert_array_equal(strips, level)


def test_tags_are_kept(tmp_path, noise):
    with rasterio.open(write(tmp_path, noise, SYNTHETIC="made up")) as tile:
        assert tile.tags()["SYNTHETIC"] == "made up"


def test_a_failed_write_leaves_the_old_tile_and_nothing_else(tmp_path, noise, monkeypatch):
    path = write(tmp_path, noise)
    before = path.read_bytes()

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(rasterio.shutil, "copy", fail)
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path, noise)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(("shape", "dtype"), [((64, 4, 4), float), ((3, 4, 4), np.int8), ((64, 4), np.int8)])
def test_what_is_not_64_bands_of_bytes_is_refused(tmp_path, shape, dtype):
    with pytest.raises(ValueError, match=r"expected int8 of shape \(64, height, width\)"):
        write(tmp_path, np.zeros(shape, dtype))


def test_the_index_has_the_columns_and_types_of_the_real_one(mosaic, shared_data):
    real = read_index(shared_data / "alphaearth" / "v1" / "annual")
    ours = read_index(mosaic.root)
    assert list(ours) == list(real) == list(COLUMNS)
    assert (ours.dtypes.astype(str) == real.dtypes.astype(str)).all()
    assert ours.crs == real.crs


def test_an_index_made_of_the_real_tile_says_what_the_real_index_says(tmp_path, real_tile, shared_data):
    real = read_index(shared_data / "alphaearth" / "v1" / "annual").iloc[0]
    write_index(tmp_path, [real_tile])
    ours = read_index(tmp_path).iloc[0]
    words, numbers = list(COLUMNS[:4]), list(COLUMNS[4:-1])
    assert ours[words].tolist() == real[words].tolist()
    np.testing.assert_allclose(ours[numbers].astype(float), real[numbers].astype(float), atol=1e-4)


def test_a_file_without_an_indexs_columns_is_refused_by_name(tmp_path, mosaic):
    lacking = gpd.read_parquet(mosaic.root / "aef_index.parquet").drop(columns="utm_zone")
    lacking.to_parquet(tmp_path / "aef_index.parquet")
    with pytest.raises(ValueError, match="not an AlphaEarth index: it lacks utm_zone"):
        read_index(tmp_path)


def test_the_paths_of_any_mirrors_index_lead_into_the_root():
    for prefix in ("s3://bucket/tge-labs/aef/v1/annual", "v1/annual", "/v1/annual"):
        assert locate("/data/annual/", f"{prefix}/2024/30N/a-0-0.tiff") == "/data/annual/2024/30N/a-0-0.tiff"
