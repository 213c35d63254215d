"""The invented Walker Lake: files as published, and a lake that loses a known area."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio

from tools import sample
from tools.sample import walker
from tools.sample.fields import Grid
from tools.sample.walker_lake import CENTRE, CRS, Waters, cover
from tools.sample.walker_scenes import SCENES

FIVE, EIGHT = SCENES


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("walker")
    sample.make("walker", made)
    return made


@pytest.fixture(scope="module")
def truth(folder):
    return gpd.read_file(folder / "walker-truth.geojson").set_index("name")


def read(folder, scene, band) -> np.ma.MaskedArray:
    with rasterio.open(folder / "landsat" / scene.file_name(band)) as file:
        return file.read(1, masked=True)


def test_the_files_are_laid_out_as_the_published_ones(folder):
    names = {path.name for path in (folder / "landsat").iterdir()}
    assert names == {scene.file_name(band) for scene in SCENES for band in scene.spectra}
    assert [*FIVE.spectra] == [1, 2, 3, 4, 5, 7]
    assert [*EIGHT.spectra] == [1, 2, 3, 4, 5, 6, 7]
    for path in (folder / "landsat").iterdir():
        with rasterio.open(path) as file:
            assert (file.count, file.shape, file.dtypes) == (1, (300, 300), ("int16",))
            assert (file.nodata, file.crs.to_string(), file.res) == (-9999, "EPSG:32611", (150, 150))
            assert (file.transform.c, file.transform.f) == (332_325, 4_309_275)
            assert file.tags()["SYNTHETIC"] == sample.NOTICE


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(tmp_path):
    def made(name: str, seed: int) -> dict[str, bytes]:
        paths = sample.make("walker", tmp_path / name, seed=seed, size="small")
        return {path.name: path.read_bytes() for path in paths}

    first = made("a", 42)
    assert first == made("b", 42)
    assert all(first[name] != data for name, data in made("c", 43).items())


def test_the_truth_is_a_file_that_says_that_it_is_invented(folder, truth):
    assert json.loads((folder / "walker-truth.geojson").read_text())["synthetic"] == sample.NOTICE
    assert truth["area_km2"]["water-1988"] - truth["area_km2"]["water-2017"] == pytest.approx(
        truth["area_km2"]["lost"], rel=1e-4
    )
    measured = truth.to_crs(CRS).area / 1e6
    assert np.allclose(measured, truth["area_km2"], rtol=1e-4)


@pytest.mark.parametrize("seed", [0, 1, 2, 7, 42, 2024])
def test_whatever_the_seed_the_lake_shrinks_and_its_shores_do_not_cross_themselves(seed):
    waters = Waters.made(seed)
    assert waters.before.is_valid
    assert waters.after.is_valid
    assert waters.before.covers(waters.after)
    assert 0.1 < 1 - waters.after.area / waters.before.area < 0.3


def test_the_shares_of_the_pixels_add_up_to_the_lake():
    water = Waters.made(42).before
    grid = Grid(CENTRE[0] - 22_500, CENTRE[1] + 22_500, 450, 100, 100, None)
    share = cover(water, grid)
    assert share.sum() * 450**2 == pytest.approx(water.area, rel=1e-6)
    assert ((share > 0) & (share < 1)).sum() > 100


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.stem[:4])
def test_water_is_darker_in_the_infrared_than_its_land_and_shore_pixels_lie_between(folder, truth, scene):
    numbers = list(scene.spectra)
    nir = read(folder, scene, numbers[-3])
    grid = Grid(332_325, 4_309_275, 150, 300, 300, None)
    share = cover(truth.to_crs(CRS).geometry[f"water-{scene.year}"], grid)
    deep, dry, shore = (
        nir[where].mean() for where in (share == 1, share == 0, (share > 0.4) & (share < 0.6))
    )
    assert deep < 300 < shore < 1800 < dry


def test_haze_lies_thicker_over_1988_and_mostly_in_the_blue(folder, truth):
    lake = cover(
        truth.to_crs(CRS).geometry["water-2017"].buffer(-600), Grid(332_325, 4_309_275, 150, 300, 300, None)
    )
    deep = lake == 1
    blue = read(folder, FIVE, 1)[deep].mean() - read(folder, EIGHT, 2)[deep].mean()
    infrared = read(folder, FIVE, 5)[deep].mean() - read(folder, EIGHT, 6)[deep].mean()
    assert blue > 30 > infrared


def test_clouds_stand_in_2017_only_and_off_the_lake(folder, truth):
    white_5, white_8 = read(folder, FIVE, 1) > 5000, read(folder, EIGHT, 2) > 5000
    assert white_5.sum() == 0
    assert white_8.sum() > 200
    lake = cover(truth.to_crs(CRS).geometry["water-1988"], Grid(332_325, 4_309_275, 150, 300, 300, None))
    assert not (white_8.filled(False) & (lake > 0)).any()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.stem[:4])
def test_beyond_the_swath_all_bands_lack_data_and_the_lake_does_not(folder, truth, scene):
    gaps = [np.ma.getmaskarray(read(folder, scene, band)) for band in scene.spectra]
    assert all(np.array_equal(gap, gaps[0]) for gap in gaps)
    assert 0.02 < gaps[0].mean() < 0.2
    lake = cover(truth.to_crs(CRS).geometry["water-1988"], Grid(332_325, 4_309_275, 150, 300, 300, None))
    assert not (gaps[0] & (lake > 0)).any()


def test_the_numbers_are_spread_as_in_the_real_scenes(folder, shared_data):
    for scene in SCENES:
        for band in scene.spectra:
            name = scene.file_name(band)
            with rasterio.open(shared_data / "landsat" / "walker_lake_3km" / name) as file:
                real = np.median(file.read(1, masked=True).compressed())
            assert np.ma.median(read(folder, scene, band)) == pytest.approx(real, rel=0.2)


def test_the_full_size_is_a_whole_scene_of_30_m_around_the_same_lake():
    full = walker.SIZES["full"]
    assert (full.pixel, full.n) == (30, 7000)
    west, north = full.west, full.north
    assert west < CENTRE[0] - 80_000
    assert west + full.n * full.pixel > CENTRE[0] + 80_000
    assert north > CENTRE[1] + 80_000
    assert north - full.n * full.pixel < CENTRE[1] - 80_000


def test_a_size_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no size 'huge'; there are: class, full, small"):
        sample.make("walker", tmp_path, size="huge")
