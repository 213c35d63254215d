"""Water told by its spectrum, and its loss measured with a doubt: on made-up, invented and real scenes."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pytest
import rasterio.features
import rioxarray
import shapely
import xarray as xr

from tools import provenance, sample
from tools.rasters.grids import Grid
from tools.sources.landsat import open_scene
from tools.spectral.bands import match_bands
from tools.spectral.estimator import NystromSpectralClustering
from tools.spectral.loss import lost_area, mask_agreement
from tools.spectral.pixels import standardise, to_image, to_samples
from tools.spectral.regridding import grid_around, regrid
from tools.spectral.water import (
    class_spectra,
    index_mask,
    otsu_threshold,
    water_class,
    water_index,
    water_mask,
)

CRS = "EPSG:32611"
LAKE = (-118.7081, 38.6942)
SPECTRA = {  # green, nir, swir16
    "water": (0.04, 0.01, 0.005),
    "shallows": (0.10, 0.04, 0.012),
    "desert": (0.14, 0.22, 0.27),
    "shade": (0.05, 0.08, 0.10),
    "cloud": (0.62, 0.65, 0.48),
    "snow": (0.85, 0.75, 0.10),
}


def scene_of(*rows: str) -> xr.DataArray:
    values = np.array([[SPECTRA[name] for name in row.split()] for row in rows])
    place = {"y": -30.0 * np.arange(len(rows)) - 15, "x": 30.0 * np.arange(values.shape[1]) + 15}
    coords = {"band": ["green", "nir", "swir16"], **place}
    return xr.DataArray(values.transpose(2, 0, 1), coords, ("band", "y", "x")).rio.write_crs(CRS)


def labels_on(scene: xr.DataArray, n_clusters: int, random_state: int = 0) -> xr.DataArray:
    (scaled,) = standardise(scene)
    model = NystromSpectralClustering(n_clusters, random_state=random_state)
    return to_image(model.fit_predict(to_samples(scaled).values), scene)


def found_on(scene: xr.DataArray, n_clusters: int, random_state: int = 0) -> xr.DataArray:
    labels = labels_on(scene, n_clusters, random_state)
    return water_mask(labels, water_class(labels, scene))


def two_dates(folder, half_side: float, resolution: float) -> tuple[xr.DataArray, xr.DataArray]:
    grid = grid_around(*LAKE, half_side, resolution, CRS)
    scenes = [regrid(open_scene(folder, scene=stem), grid).compute() for stem in ("LT05", "LC08")]
    return match_bands(*scenes)


@pytest.fixture(scope="module")
def walker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walker")
    sample.make("walker", folder)
    return folder


@pytest.fixture(scope="module")
def dates(walker):
    return two_dates(walker / "landsat", 15_000, 200)


@pytest.fixture(scope="module")
def masks(dates):
    scaled = standardise(*dates)
    found = []
    for scene, values in zip(dates, scaled, strict=True):
        labels = to_image(
            NystromSpectralClustering(4, random_state=0).fit_predict(to_samples(values).values), scene
        )
        found.append(water_mask(labels, water_class(labels, scene)))
    return found


@pytest.fixture(scope="module")
def truth(walker):
    return gpd.read_file(walker / "walker-truth.geojson").to_crs(CRS).set_index("name")


# Which class is water


def test_shallows_of_a_class_of_their_own_are_water_too():
    scene = scene_of("water shallows desert shade")
    labels = xr.DataArray([[7, 3, 0, 1]], {"y": scene.y, "x": scene.x}, ("y", "x"))
    assert water_class(labels, scene) == (3, 7)


@pytest.mark.parametrize("white", ["cloud", "snow"])
def test_clouds_and_snow_have_an_index_above_nought_and_are_not_water(white):
    scene = scene_of(f"water desert {white}")
    labels = xr.DataArray([[0, 1, 2]], {"y": scene.y, "x": scene.x}, ("y", "x"))
    table = class_spectra(labels, scene)
    assert table["mndwi"][2] > 0
    assert table["water"].tolist() == [True, False, False]


def test_a_scene_that_is_all_lake_is_water_at_every_depth():
    scene = scene_of("water shallows")
    assert water_class(xr.DataArray([[0, 1]], {"y": scene.y, "x": scene.x}, ("y", "x")), scene) == (0, 1)


def test_where_no_class_is_water_the_error_says_how_near_each_came():
    scene = scene_of("desert shade")
    labels = xr.DataArray([[0, 1]], {"y": scene.y, "x": scene.x}, ("y", "x"))
    with pytest.raises(ValueError, match=r"no class is water.*-0.32 of class 0, -0.33 of class 1"):
        water_class(labels, scene)


def test_pixels_without_class_or_data_are_left_out():
    scene = scene_of("water desert desert")
    scene[:, 0, 2] = np.nan
    labels = xr.DataArray([[1, 0, 0]], {"y": scene.y, "x": scene.x}, ("y", "x"))
    assert class_spectra(labels, scene)["n_pixels"].tolist() == [1, 1]
    with pytest.raises(ValueError, match="no pixel has both a class and data"):
        class_spectra(labels * 0 - 1, scene)


def test_a_scene_without_the_infrared_is_refused_by_name():
    scene = scene_of("water").sel(band=["green", "nir"])
    with pytest.raises(ValueError, match="lacks swir16; its bands are green, nir"):
        water_index(scene)


def test_labels_from_elsewhere_are_refused():
    scene = scene_of("water desert")
    with pytest.raises(ValueError, match="their x differ"):
        class_spectra(xr.DataArray([[0, 1]], {"y": scene.y, "x": scene.x + 30}, ("y", "x")), scene)


def test_one_value_has_no_threshold():
    with pytest.raises(ValueError, match="two different values"):
        otsu_threshold(np.array([0.3, 0.3, np.nan]))


def test_a_threshold_between_two_humps_lies_between_them():
    rng = np.random.default_rng(0)
    assert otsu_threshold(np.r_[rng.normal(-0.4, 0.05, 9000), rng.normal(0.5, 0.1, 1000)]) == pytest.approx(
        0.05, abs=0.2
    )


def test_the_mark_of_the_scene_stays_on_its_mask():
    scene = provenance.mark(
        scene_of("water desert"), provenance.Provenance("demo", "sample", "", "Synthetic")
    )
    assert provenance.is_synthetic(index_mask(scene))


# Agreement and loss


def test_masks_that_are_the_same_agree_fully_and_unknown_pixels_do_not_count():
    mask = xr.DataArray([[1.0, 0.0, np.nan]], dims=("y", "x"))
    agreement = mask_agreement(mask, mask)
    assert (agreement.iou, agreement.kappa, agreement.n_pixels) == (1, 1, 2)


def test_kappa_is_scikit_learns():
    from sklearn.metrics import cohen_kappa_score, jaccard_score

    rng = np.random.default_rng(3)
    a, b = (xr.DataArray(rng.random((30, 40)) < share, dims=("y", "x")) for share in (0.3, 0.4))
    ours = mask_agreement(a, b)
    assert ours.kappa == pytest.approx(cohen_kappa_score(a.values.ravel(), b.values.ravel()))
    assert ours.iou == pytest.approx(jaccard_score(a.values.ravel(), b.values.ravel()))


def test_masks_that_no_pixel_joins_are_refused():
    mask = xr.DataArray([[1.0, np.nan]], dims=("y", "x"))
    with pytest.raises(ValueError, match="no pixel that both masks know"):
        mask_agreement(mask, mask[:, ::-1])


def test_areas_in_degrees_are_refused():
    mask = scene_of("water desert", "desert desert").isel(band=0, drop=True) > 0.1
    with pytest.raises(ValueError, match="pixels in metres"):
        lost_area(mask.rio.write_crs("EPSG:4326"), mask.rio.write_crs("EPSG:4326"))


def test_what_one_date_does_not_know_is_neither_lost_nor_gained():
    place = {"y": [-500.0, -1500.0], "x": [500.0, 1500.0]}
    before = xr.DataArray([[1.0, 1.0], [0.0, 1.0]], place, ("y", "x")).rio.write_crs(CRS)
    after = before.copy(data=[[1.0, np.nan], [1.0, 0.0]])
    loss = lost_area(before, after)
    assert (loss.lost, loss.gained, loss.net, loss.unseen) == (1, 1, 0, 1)


@pytest.mark.parametrize("share", [0.5, 0.35, 0.65])
def test_the_true_loss_lies_within_two_standard_deviations_for_nearly_all_lakes(share):
    """Lakes whose pixels are called water above one half, or by a classifier that is out by one deviation."""
    from exactextract import exact_extract  # noqa: F401  what `cover` measures by

    from tools.sample.fields import Grid as Plain
    from tools.sample.walker_lake import cover

    rng = np.random.default_rng(5)
    grid, within = Plain(0, 6000, 100, 60, 60, None), []
    for _ in range(60):
        middle, half = rng.uniform(2900, 3100, 2), rng.uniform(1200, 2300, 2)
        lake = shapely.affinity.scale(shapely.Point(0, 0).buffer(1, 64), *half)
        before = shapely.affinity.translate(shapely.affinity.rotate(lake, rng.uniform(0, 90)), *middle)
        after = shapely.affinity.scale(before, *rng.uniform(0.75, 0.95, 2))
        called = [
            xr.DataArray(cover(shape, grid) > share, {"y": grid.y, "x": grid.x}, ("y", "x")).rio.write_crs(
                CRS
            )
            for shape in (before, after)
        ]
        loss = lost_area(*called)
        spread = loss.random if share == 0.5 else loss.sd
        within.append(abs(loss.net - (before.area - after.area) / 1e6) <= 2 * spread)
    assert np.mean(within) >= 0.9


# The invented Walker Lake, whose shores are known


@pytest.mark.parametrize("date", [0, 1], ids=["1988", "2017"])
def test_water_of_the_sample_is_found_where_it_is(masks, truth, date):
    where = {"out_shape": masks[date].shape, "transform": masks[date].rio.transform()}
    year = (1988, 2017)[date]
    shore = rasterio.features.rasterize([truth.geometry[f"water-{year}"]], **where)
    assert mask_agreement(masks[date], masks[date].copy(data=shore)).iou >= 0.95


@pytest.mark.parametrize("date", [0, 1], ids=["1988", "2017"])
def test_and_agrees_with_the_threshold_of_an_index(dates, masks, date):
    agreement = mask_agreement(masks[date], index_mask(dates[date], threshold="otsu"))
    assert agreement.iou >= 0.95
    assert agreement.kappa >= 0.95


def test_the_loss_of_the_sample_is_the_true_one_within_3_percent(masks, truth):
    loss = lost_area(*masks)
    true = truth["area_km2"]["lost"]
    assert loss.net == pytest.approx(true, rel=0.03)
    assert abs(loss.net - true) < 2 * loss.sd
    assert loss.unseen == 0


# Real scenes


@pytest.mark.parametrize(("half_side", "resolution"), [(20_000, 1_500), (15_000, 1_000)])
def test_the_real_walker_lake_at_3_km_has_water_at_both_dates_and_a_loss(shared_data, half_side, resolution):
    before, after = two_dates(shared_data / "landsat" / "walker_lake_3km", half_side, resolution)
    loss = lost_area(found_on(before, 6), found_on(after, 6))
    assert 80 < loss.after < loss.before < 180
    assert loss.net > loss.sd  # of pixels so large hardly more can be said


@pytest.mark.parametrize("year", [1985, 2020])
def test_water_at_pucallpa_agrees_with_the_index_of_near_infrared(shared_data, year):
    path = shared_data / "landsat" / "pucallpa" / f"{year}.tif"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scene = rioxarray.open_rasterio(path, masked=True).astype(np.float32)
    # Each band was stretched to 8 bits by itself, so the index is 0 elsewhere than in reflectance:
    # the hump of the river in its histogram begins at about -0.1 at both dates.
    scene = scene.assign_coords(band=["swir16", "nir", "red", "green"])
    reference = index_mask(scene, "ndwi", threshold=-0.1)
    agreement = mask_agreement(found_on(scene, 5), reference)
    assert 0.02 < float(reference.mean()) < 0.1
    assert agreement.iou >= 0.8


def test_grids_of_real_scenes_differ_and_agree_after_regridding(shared_data):
    folder = shared_data / "landsat" / "walker_lake_3km"
    raw = [open_scene(folder, scene=stem) for stem in ("LT05", "LC08")]
    assert Grid.of(raw[0]) != Grid.of(raw[1])
    before, after = two_dates(folder, 20_000, 1_500)
    assert Grid.of(before) == Grid.of(after)
    assert before["band"].values.tolist() == after["band"].values.tolist()
