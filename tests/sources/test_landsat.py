"""Scenes of one file a band: opened by name or from a reader's own folder, or refused with a reason."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import rasterio

from tools import provenance, sources
from tools.sources import DataError
from tools.sources.landsat import open_scene

FIVE, EIGHT = "LT05", "LC08"


@pytest.fixture
def real(shared_data):
    return shared_data / "landsat" / "walker_lake_3km"


@pytest.fixture
def copies(real, tmp_path):
    """A folder with the six files of the Landsat 5 scene, to spoil."""
    for path in real.glob("LT05*"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_the_sample_opens_by_name_as_lazy_reflectance_with_its_mark(own_cache):
    scene = sources.open("landsat-5-small", origin="sample")
    assert scene.dims == ("band", "y", "x")
    assert scene.shape == (6, 300, 300)
    assert scene.chunks is not None
    assert scene.dtype == np.float32
    assert scene.rio.crs == "EPSG:32611"
    assert provenance.is_synthetic(scene)
    assert float(scene.max()) < 1.7
    assert 0.02 < float(scene.isnull().mean()) < 0.2
    assert sources.open("landsat-8-small", origin="sample").sizes["band"] == 7
    truth = sources.open("walker-truth", origin="sample").set_index("name")
    assert truth["area_km2"]["lost"] > 20


def test_a_scene_takes_no_window(own_cache):
    with pytest.raises(TypeError, match="one scene, opened whole"):
        sources.open("landsat-5-small", origin="sample", bounds=(0, 0, 1, 1))


def test_reflectance_is_what_the_files_hold_times_the_scale(real):
    scene = open_scene(real, scene=EIGHT)
    with rasterio.open(real / "LC08_L1TP_042033_20171022_20171107_01_T1_sr_band5.tif") as file:
        stored = file.read(1, masked=True)
    nir = scene.sel(band="nir").values
    assert np.array_equal(np.isnan(nir), stored.mask)
    assert np.allclose(nir[~stored.mask], stored.compressed() * 1e-4)
    assert scene.attrs["date"] == "2017-10-22"
    assert (scene.attrs["sensor"], scene.attrs["scale"], scene.attrs["nodata"]) == ("LC08", 1e-4, -9999)


def test_bands_are_named_by_what_they_see(real):
    assert open_scene(real, scene=FIVE).sel(band="swir22").number == 7
    assert open_scene(real, scene=EIGHT).sel(band="swir22").number == 7
    assert open_scene(real, scene=FIVE).sel(band="nir").number == 4
    assert open_scene(real, scene=EIGHT).sel(band="nir").number == 5


def test_a_readers_own_folder_opens_through_the_same_door(copies):
    scene = sources.open(copies)
    assert scene.sizes["band"] == 6
    assert provenance.of(scene).origin == "file"


def test_collection_2_has_its_own_scale(tmp_path):
    path = tmp_path / "LC09_L2SP_042033_20231015_20231016_02_T1_SR_B3.TIF"
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint16", count=1, height=1, width=2, nodata=0, crs="EPSG:32611",
        transform=rasterio.Affine(30, 0, 0, 0, -30, 0),
    ) as file:  # fmt: skip
        file.write(np.array([[10_000, 0]], np.uint16), 1)
    green = open_scene(tmp_path).sel(band="green").values
    assert green[0, 0] == pytest.approx(10_000 * 2.75e-5 - 0.2)
    assert np.isnan(green[0, 1])


def test_two_scenes_in_one_folder_have_to_be_told_apart(real):
    with pytest.raises(DataError, match=r"2 scenes lie there; say which by scene=.*LC08.*LT05"):
        open_scene(real)


def test_files_of_other_names_are_refused(tmp_path):
    (tmp_path / "photo.tif").touch()
    with pytest.raises(DataError, match=r"no file is named as a band.*found photo.tif"):
        open_scene(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no folder .*absent"):
        open_scene(tmp_path / "absent")


def test_bands_on_different_grids_are_refused(real, copies):
    (copies / "LT05_L1TP_042033_19881022_20161001_01_T1_sr_band7.tif").unlink()
    shutil.copy(
        real / "LC08_L1TP_042033_20171022_20171107_01_T1_sr_band7.tif",
        copies / "LT05_L1TP_042033_19881022_20161001_01_T1_sr_band7.tif",
    )
    with pytest.raises(DataError, match=r"sr_band7\.tif lies on another grid than .*sr_band1\.tif"):
        open_scene(copies)


def test_one_band_twice_is_refused(copies):
    files = sorted(copies.glob("*.tif"))
    with pytest.raises(DataError, match="two files are the same band"):
        open_scene([*files, files[0]])


def test_the_full_scene_is_the_generators_alone():
    assert set(sources.find("landsat-5-full").origins) == {"sample"}
    assert sources.find("landsat-5-full").size() == "full"


def test_a_scene_lies_where_its_files_do(copies):
    assert open_scene(copies).rio.transform() == rasterio.Affine(3000, 0, 240_900, 0, -3000, 4_415_700)
