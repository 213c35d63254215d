"""Landsat scenes by STAC: the same array as from the files, on the scene's own grid."""

from __future__ import annotations

import copy

import numpy as np
import pystac
import pytest
import rasterio
import xarray as xr

from tools.sources import DataError, landsat_items, open_item
from tools.sources.landsat import open_scene


@pytest.fixture(scope="module")
def real(shared_data):
    return shared_data / "landsat" / "walker_lake_3km"


@pytest.fixture(scope="module")
def items(real):
    return landsat_items(real)


def test_there_is_an_item_a_scene_that_says_what_its_bands_see(items):
    assert [(item.id[:4], item.datetime.date().isoformat()) for item in items] == [
        ("LT05", "1988-10-22"),
        ("LC08", "2017-10-22"),
    ]
    assert list(items[0].assets) == ["blue", "green", "red", "nir08", "swir16", "swir22"]
    nir = items[1].assets["nir08"]
    assert nir.extra_fields["eo:bands"][0]["center_wavelength"] == 0.865
    assert nir.extra_fields["raster:bands"][0]["scale"] == 1e-4
    west, south, east, north = items[0].bbox
    assert west < -118.7 < east
    assert south < 38.7 < north


def test_items_survive_being_written_and_read(items, real, tmp_path):
    path = tmp_path / "item.json"
    items[0].save_object(dest_href=str(path), include_self_link=False)
    read = pystac.Item.from_file(path)
    xr.testing.assert_equal(open_item(read), open_item(items[0]))


@pytest.mark.parametrize(("number", "sensor"), [(0, "LT05"), (1, "LC08")])
def test_stac_and_the_files_give_the_same_array(items, real, number, sensor):
    by_stac, by_files = open_item(items[number]), open_scene(real, scene=sensor)
    assert by_stac.chunks is not None
    assert by_stac.attrs == by_files.attrs
    assert by_stac.rio.crs == by_files.rio.crs
    assert by_stac.rio.transform() == by_files.rio.transform()
    assert np.isnan(by_files.values).any()
    xr.testing.assert_equal(by_stac.drop_vars("spatial_ref"), by_files.drop_vars("spatial_ref"))


def test_bounds_keep_a_part_of_the_very_same_pixels(items):
    whole = open_item(items[0])
    part = open_item(items[0], bounds=(-119.0, 38.5, -118.5, 38.9))
    assert 0 < part.size < whole.size / 10
    assert part.equals(whole.sel(y=part.y, x=part.x))


def test_collection_2_is_read_by_its_own_scale_and_offset(tmp_path):
    path = tmp_path / "LC09_L2SP_042033_20231015_20231016_02_T1_SR_B3.TIF"
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint16", count=1, height=1, width=2, nodata=0, crs="EPSG:32611",
        transform=rasterio.Affine(30, 0, 300_015, 0, -30, 4_300_005),
    ) as file:  # fmt: skip
        file.write(np.array([[10_000, 0]], np.uint16), 1)
    (item,) = landsat_items(tmp_path)
    scene = open_item(item)
    assert float(scene[0, 0, 0]) == pytest.approx(10_000 * 2.75e-5 - 0.2)
    assert np.isnan(scene[0, 0, 1])
    # As the public catalogues of STAC 1.0 say it, and as those of 1.1 do.
    item.properties["proj:epsg"] = 32611
    del item.properties["proj:code"]
    asset = item.assets["green"]
    about = asset.extra_fields.pop("raster:bands")[0]
    asset.extra_fields |= {"raster:scale": about["scale"], "raster:offset": about["offset"]}
    asset.extra_fields |= {"nodata": about["nodata"], "data_type": about["data_type"]}
    xr.testing.assert_equal(open_item(item), scene)


def test_addresses_can_be_signed_before_they_are_read(items):
    item = copy.deepcopy(items[0])
    for asset in item.assets.values():
        asset.href = f"https://unsigned.invalid{asset.href}"
    signed = open_item(item, patch_url=lambda url: url.removeprefix("https://unsigned.invalid"))
    xr.testing.assert_equal(signed, open_item(items[0]))


def test_an_item_that_does_not_say_what_its_numbers_mean_is_refused(items):
    item = copy.deepcopy(items[0])
    del item.assets["red"].extra_fields["raster:bands"][0]["offset"]
    with pytest.raises(DataError, match=r"'red' of item LT05.* does not say its offset"):
        open_item(item)


def test_an_item_that_does_not_say_where_it_lies_is_refused(items):
    item = copy.deepcopy(items[0])
    del item.assets["blue"].extra_fields["proj:transform"]
    with pytest.raises(DataError, match="does not say its proj:transform"):
        open_item(item)


def test_bands_that_differ_in_meaning_are_refused(items):
    item = copy.deepcopy(items[0])
    item.assets["red"].extra_fields["raster:bands"][0]["scale"] = 2.75e-5
    with pytest.raises(DataError, match="differ in scale"):
        open_item(item)


def test_an_item_without_reflectance_is_refused(items):
    item = copy.deepcopy(items[0])
    item.assets = {"lwir": next(iter(item.assets.values()))}
    with pytest.raises(DataError, match=r"no band of surface reflectance.*found lwir"):
        open_item(item)
