"""The invented scenes: clouds that are flagged, a shadow that is not, and change that is hardly optical."""

from __future__ import annotations

import numpy as np
import pystac
import pytest
import rasterio
import rasterio.features
from pyproj import Transformer

from tools.sample import berlin
from tools.sample.berlin_scenes import HALF_BANDS, SCENES, TREPTOW, Sensor
from tools.sources.sentinel2 import open_medians


@pytest.fixture(scope="module")
def catalogue(full_berlin) -> pystac.Catalog:
    return pystac.Catalog.from_file(str(full_berlin / "sentinel-2" / "catalog.json"))


@pytest.fixture(scope="module")
def items(catalogue) -> dict[str, pystac.Item]:
    return {item.datetime.date().isoformat(): item for item in catalogue.get_items(recursive=True)}


@pytest.fixture(scope="module")
def medians(full_berlin):
    path = full_berlin / "sentinel-2" / "catalog.json"
    return open_medians(path, berlin.BOUNDS, [2017, 2024], resolution=100).compute()


@pytest.fixture(scope="module")
def optical(medians):
    """Length of the difference of two years over the bands."""
    return np.sqrt(((medians.sel(time=2024) - medians.sel(time=2017)) ** 2).sum("band"))


@pytest.fixture(scope="module")
def planted(medians):
    """For each event's name, where it is on the medians' grid; and where nothing is."""
    truth = berlin.plant(berlin.make_land(42, 300.0), 42).truth().to_crs(medians.rio.crs)
    where = {"out_shape": medians.shape[-2:], "transform": medians.rio.transform()}
    found = {
        name: rasterio.features.rasterize([shape.buffer(-60)], **where) > 0
        for name, shape in zip(truth["name"], truth.geometry, strict=True)
    }
    nothing = rasterio.features.rasterize(truth.geometry.buffer(300), **where) == 0
    return found, nothing & (around_treptow(medians) > 4000)


def around_treptow(image) -> np.ndarray:
    """Distance from Treptow, metres."""
    x, y = Transformer.from_crs("EPSG:4326", image.rio.crs, always_xy=True).transform(*TREPTOW)
    return np.hypot(*np.meshgrid(image["x"] - x, image["y"] - y))


def read(item: pystac.Item, key: str) -> np.ndarray:
    with rasterio.open(item.assets[key].get_absolute_href()) as source:
        return source.read(1)


def test_there_are_several_scenes_a_year_in_the_words_of_earth_search(items):
    assert set(items) == {scene.day for scene in SCENES}
    for item in items.values():
        assert item.collection_id == "sentinel-2-l2a"
        assert set(item.assets) == {"blue", "green", "red", "nir", "swir16", "scl"}
        assert item.properties["proj:code"] == "EPSG:32633"
        for key, asset in item.assets.items():
            with rasterio.open(asset.get_absolute_href()) as source:
                assert list(source.shape) == asset.extra_fields["proj:shape"]
                assert list(source.transform) == asset.extra_fields["proj:transform"]
                assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert source.dtypes[0] == ("uint8" if key == "scl" else "uint16")
                assert source.nodata == 0


def test_some_bands_have_pixels_twice_as_large(items):
    item = items["2024-06-28"]
    fine = item.assets["red"].extra_fields["proj:transform"][0]
    coarse = {
        asset.href[2:-4] for asset in item.assets.values() if asset.extra_fields["proj:transform"][0] > fine
    }
    assert coarse == set(HALF_BANDS)
    assert {asset.extra_fields["proj:transform"][0] / fine for asset in item.assets.values()} == {1, 2}


def test_the_cloud_cover_that_is_told_is_the_share_that_is_flagged(items):
    shares = {}
    for day, item in items.items():
        scl = read(item, "scl")
        shares[day] = 100 * np.isin(scl, (8, 9, 10)).sum() / (scl > 0).sum()
        assert item.properties["eo:cloud_cover"] == pytest.approx(shares[day], abs=0.01)
    assert [day for day, share in shares.items() if share > 20] == ["2017-09-17", "2024-03-17"]


def test_clouds_are_bright_and_their_veil_reaches_beyond_the_flag(items):
    from scipy import ndimage

    item = items["2024-05-19"]
    blue, scl = read(item, "blue") / 10_000, read(item, "scl").repeat(2, 0).repeat(2, 1)
    cloud, land = np.isin(scl, (8, 9)), np.isin(scl, (4, 5))
    away = ndimage.distance_transform_edt(~cloud)
    clear = blue[land & (away > 5)].mean()
    assert blue[scl == 9].mean() > 4 * clear
    assert blue[land & (away <= 1)].mean() > 1.5 * clear
    nir = read(item, "nir")
    assert np.median(nir[scl == 3]) < 0.85 * np.median(nir[land & (away > 5)])


def test_the_edge_of_the_swath_is_no_data_in_all_bands(items):
    item = items["2024-07-18"]
    scl = read(item, "scl")
    lacking = scl == 0
    assert 0.02 < lacking.mean() < 0.1
    assert np.array_equal(read(item, "swir16") == 0, lacking)
    assert np.array_equal(read(item, "red") == 0, lacking.repeat(2, 0).repeat(2, 1))


def test_seasons_differ(items):
    def greenness(day: str) -> float:
        red, nir, scl = (read(items[day], key).astype(float) for key in ("red", "nir", "scl"))
        usable = (scl.repeat(2, 0).repeat(2, 1) == 4) & (nir > 0)
        return ((nir - red) / (nir + red))[usable].mean()

    assert greenness("2024-06-28") > greenness("2024-04-29") + 0.02
    assert greenness("2024-06-28") > greenness("2024-10-21") + 0.02


def test_no_flag_tells_of_the_shadow_over_treptow(items, medians):
    for scene in SCENES:
        if scene.treptow != "shadow":
            continue
        with rasterio.open(items[scene.day].assets["scl"].get_absolute_href()) as source:
            x, y = Transformer.from_crs("EPSG:4326", source.crs, always_xy=True).transform(*TREPTOW)
            ((value,),) = source.sample([(x - 900, y + 500)])
        assert value in (4, 5, 6)


def test_the_median_of_2017_keeps_the_shadow_and_that_of_2024_has_none(medians, optical):
    dark = (medians.sel(time=2017, band="B08") / medians.sel(time=2024, band="B08")).values
    shadow = dark[around_treptow(medians) < 700]
    assert np.median(shadow) < 0.65
    far = optical.values[around_treptow(medians) > 6000]
    assert np.median(optical.values[around_treptow(medians) < 700]) > np.quantile(far, 0.99)


def test_everywhere_else_two_years_hardly_differ(medians, planted):
    _, nothing = planted
    ratio = (medians.sel(time=2017, band="B04") / medians.sel(time=2024, band="B04")).values[nothing]
    assert np.quantile(ratio, 0.05) > 0.75
    assert np.quantile(ratio, 0.95) < 1.35
    assert float(medians.isnull().mean()) < 0.001


def test_tegel_is_clear_to_the_eye_adlershof_weak_and_the_grunewald_hidden(optical, planted):
    where, nothing = planted
    still = np.sort(optical.values[nothing])

    def rank(name: str) -> float:
        return np.searchsorted(still, optical.values[where[name]].mean()) / len(still)

    assert rank("Tegel, airfield") > 0.99
    assert rank("Tegel, terminal") > 0.98
    assert all(0.3 < rank(name) < 0.97 for name in where if name.startswith("Adlershof"))
    assert rank("Grunewald, burnt forest") < 0.7


def test_medians_and_embeddings_lie_on_one_grid(full_berlin, medians):
    from tools.alphaearth import open_cube

    cube = open_cube(full_berlin / "alphaearth/v1/annual", berlin.BOUNDS, 2017)
    assert np.array_equal(cube["x"], medians["x"])
    assert np.array_equal(cube["y"], medians["y"])


def test_a_sensor_sees_the_same_scene_whatever_it_saw_before():
    land = berlin.make_land(42, 600.0)
    sensor = Sensor.over(berlin.BOUNDS, land, berlin.plant(land, 42), 600.0, 42)
    first, _ = sensor.see(SCENES[3])
    sensor.see(SCENES[0])
    again, _ = sensor.see(SCENES[3])
    assert all(np.array_equal(first[name], again[name]) for name in first)
