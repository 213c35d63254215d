"""Bands matched by wavelength, pixels reshaped and put back, scales, and scenes brought onto one grid."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import rioxarray  # noqa: F401  registers ``.rio``
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tools import provenance
from tools.rasters.grids import Grid
from tools.spectral.bands import match_bands
from tools.spectral.pixels import standardise, to_image, to_samples
from tools.spectral.regridding import grid_around, regrid

CRS = "EPSG:32611"
SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=6)
NUMBERS = hnp.arrays(np.float32, SHAPES, elements=st.floats(-1, 2, width=32) | st.just(float("nan")))


def image_of(values, west=0.0, north=0.0, side=10.0, crs=CRS) -> xr.DataArray:
    values = values if isinstance(values, da.Array) else np.asarray(values)
    n_bands, height, width = values.shape
    coords = {
        "band": [f"b{number}" for number in range(n_bands)],
        "wavelength": ("band", np.linspace(0.4, 2.2, n_bands)),
        "y": north - side * (np.arange(height) + 0.5),
        "x": west + side * (np.arange(width) + 0.5),
    }
    image = xr.DataArray(values, coords, ("band", "y", "x"), "reflectance", {"sensor": "LT05"})
    image = image.rio.write_crs(crs)
    return provenance.mark(image, provenance.Provenance("demo", "sample", "A demo", "Synthetic"))


@given(NUMBERS)
def test_reshaping_and_back_loses_nothing(values):
    image = image_of(values)
    samples = to_samples(image)
    assert samples.shape == (values.shape[1] * values.shape[2], values.shape[0])
    assert to_image(samples, image).identical(image)


def test_lazy_images_stay_lazy_and_give_the_same():
    values = np.random.default_rng(0).random((3, 20, 30), dtype=np.float32)
    lazy = image_of(da.from_array(values, chunks=(1, 7, 11)))
    samples = to_samples(lazy)
    assert samples.chunks is not None
    assert samples.chunksizes["band"] == (3,)
    assert np.array_equal(samples, to_samples(image_of(values)))
    back = to_image(samples, lazy)
    assert back.chunks is not None
    assert np.array_equal(back, values)


def test_xarrays_own_stacking_orders_the_pixels_alike():
    image = image_of(np.arange(24.0).reshape(2, 3, 4))
    stacked = image.stack(pixel=("y", "x")).transpose("pixel", "band")
    assert np.array_equal(to_samples(image), stacked)


def test_labels_lie_where_the_image_does_and_keep_its_mark():
    image = image_of(np.zeros((2, 3, 4)))
    labels = to_image(np.arange(12), image)
    assert labels.dims == ("y", "x")
    assert labels.rio.crs == CRS
    assert np.array_equal(labels["x"], image["x"])
    assert "wavelength" not in labels.coords
    assert provenance.is_synthetic(labels)


def test_labels_of_another_image_are_refused():
    with pytest.raises(ValueError, match=r"shape \(5,\) do not fit an image of 3 × 4 pixels and 2 bands"):
        to_image(np.zeros(5), image_of(np.zeros((2, 3, 4))))


def test_a_map_without_bands_is_no_image():
    with pytest.raises(ValueError, match="expected an image"):
        to_samples(image_of(np.zeros((1, 2, 2))).isel(band=0))


def test_standardising_by_band_makes_every_band_weigh_the_same():
    values = np.random.default_rng(1).normal([[[1.0]], [[50.0]]], [[[2.0]], [[0.5]]], (2, 40, 40))
    values[:, 0, 0] = np.nan
    (scaled,) = standardise(image_of(values))
    assert np.allclose(scaled.mean(("y", "x")), 0, atol=1e-9)
    assert np.allclose(scaled.std(("y", "x")), 1)
    assert np.isnan(scaled[:, 0, 0]).all()
    assert provenance.is_synthetic(scaled)


def test_standardising_over_all_keeps_a_bright_band_apart_as_published():
    values = np.random.default_rng(1).normal([[[1.0]], [[50.0]]], 1.0, (2, 40, 40))
    (scaled,) = standardise(image_of(values), over="all")
    assert np.allclose(scaled, (values - values.mean()) / values.std())
    assert float(scaled[1].mean() - scaled[0].mean()) > 1.9


def test_two_dates_together_keep_what_differs_between_them():
    dark, bright = image_of(np.zeros((1, 4, 4))), image_of(np.ones((1, 4, 4)))
    first, second = standardise(dark, bright)
    assert np.allclose(first, -1)
    assert np.allclose(second, 1)


def test_a_band_of_one_value_becomes_nought_and_a_band_of_none_is_refused():
    assert np.array_equal(standardise(image_of(np.full((1, 2, 2), 7.0)))[0], np.zeros((1, 2, 2)))
    with pytest.raises(ValueError, match="nothing to standardise"):
        standardise(image_of(np.full((1, 2, 2), np.nan)))


def test_scenes_of_different_bands_are_not_standardised_together():
    with pytest.raises(ValueError, match="match_bands"):
        standardise(image_of(np.ones((1, 2, 2))), image_of(np.ones((2, 2, 2))))


@given(NUMBERS)
def test_regridding_to_its_own_grid_returns_the_image_gaps_and_all(values):
    image = image_of(values)
    assert np.array_equal(regrid(image, Grid.of(image)), values, equal_nan=True)


@given(st.floats(0.5, 25.0), st.floats(-40, 40), st.floats(-40, 40))
def test_a_plane_is_interpolated_exactly_and_nothing_is_extrapolated(side, shift_x, shift_y):
    centres = 10 * (np.arange(12) + 0.5)
    plane = 3 + 0.5 * centres[None, :] - 0.25 * centres[:, None]
    image = image_of(plane[None])
    grid = Grid.covering(
        (20 + shift_x, -100 + shift_y, 100 + shift_x, -20 + shift_y), CRS, side, (shift_x, shift_y)
    )
    result = regrid(image, grid)[0]
    x, y = np.meshgrid(grid.centres["x"], grid.centres["y"])
    within = (x >= 5 - 1e-4) & (x <= 115 + 1e-4) & (y <= -5 + 1e-4) & (y >= -115 - 1e-4)
    surely = (x > 5.001) & (x < 114.999) & (y < -5.001) & (y > -114.999)
    assert np.isfinite(result.values[surely]).all()
    assert np.isnan(result.values[~within]).all()
    assert np.allclose(result.values[surely], (3 + 0.5 * x + 0.25 * y)[surely])


def test_no_data_stays_no_data_and_spreads_no_further_than_the_next_centre():
    values = np.ones((1, 9, 9))
    values[0, 4, 4] = np.nan
    result = regrid(image_of(values), Grid.covering((20, -70, 70, -20), CRS, 2.5))[0]
    x, y = np.meshgrid(result["x"], result["y"])
    near = (np.abs(x - 45) < 10) & (np.abs(y + 45) < 10)
    assert np.array_equal(np.isnan(result), near)


def test_xarrays_own_interpolation_loses_pixels_beside_a_gap():
    values = np.ones((1, 3, 3))
    values[0, 1, 1] = np.nan
    image = image_of(values)
    theirs = image.interp(x=image["x"], y=image["y"])
    assert int(theirs.isnull().sum()) > 1 == int(regrid(image, Grid.of(image)).isnull().sum())


def test_another_crs_is_followed():
    image = image_of(np.tile(np.arange(400.0), (1, 400, 1)), 350_000, 4_284_000, 30)
    grid = grid_around(-118.70, 38.66, 0.01, 0.0005, "EPSG:4326")
    result = regrid(image, grid)[0]
    assert np.isfinite(result).all()
    assert (np.diff(result.values, axis=1) > 0).all()
    assert result.rio.crs == "EPSG:4326"


def test_a_lazy_image_gives_the_same_lazily():
    values = np.random.default_rng(2).random((2, 50, 60)).astype(np.float32)
    grid = Grid.covering((105, -390, 395, -100), CRS, 7)
    ours = regrid(image_of(da.from_array(values, chunks=(1, 16, 16))), grid)
    assert ours.chunks is not None
    assert ours.dtype == np.float32
    assert np.array_equal(ours, regrid(image_of(values), grid), equal_nan=True)


def test_what_was_said_of_the_scene_is_said_of_the_regridded_one():
    image = image_of(np.ones((2, 5, 5)))
    result = regrid(image, Grid.covering((10, -40, 40, -10), CRS, 5))
    assert result.attrs["sensor"] == "LT05"
    assert np.array_equal(result["wavelength"], image["wavelength"])
    assert provenance.is_synthetic(result)
    assert Grid.of(result).bounds == (10, -40, 40, -10)


def test_a_grid_elsewhere_is_refused_and_both_places_are_named():
    with pytest.raises(
        ValueError, match=r"do not overlap: the image, in EPSG:32611, covers \(0, -50, 50, 0\)"
    ):
        regrid(image_of(np.ones((1, 5, 5))), Grid.covering((900, 900, 950, 950), CRS, 10))


def test_whole_numbers_are_refused_because_they_cannot_say_no_data():
    with pytest.raises(ValueError, match="masked=True"):
        regrid(image_of(np.ones((1, 5, 5), np.int16)), Grid.covering((0, -50, 50, 0), CRS, 10))


def test_a_box_lies_around_its_point():
    grid = grid_around(-118.7081, 38.6942, 15_000, 200, CRS)
    west, south, east, north = grid.bounds
    assert west <= 351_440 - 15_000
    assert east >= 351_400 + 15_000
    assert north - south == pytest.approx(30_000, abs=400)
    assert west % 200 == 0


def test_bands_without_a_partner_are_left_out_on_either_side():
    few = image_of(np.zeros((2, 1, 1))).assign_coords(wavelength=("band", [0.56, 1.65]))
    many = image_of(np.zeros((3, 1, 1))).assign_coords(wavelength=("band", [0.44, 0.56, 1.61]))
    first, second = match_bands(few, many)
    assert second["wavelength"].values.tolist() == [0.56, 1.61]
    assert np.array_equal(first["band"], second["band"])
    second, first = match_bands(many, few)
    assert second["wavelength"].values.tolist() == [0.56, 1.61]


def test_scenes_with_no_band_in_common_are_refused():
    red = image_of(np.zeros((1, 1, 1))).assign_coords(wavelength=("band", [0.66]))
    infrared = image_of(np.zeros((1, 1, 1))).assign_coords(wavelength=("band", [2.2]))
    with pytest.raises(ValueError, match="no band is common"):
        match_bands(red, infrared)
    with pytest.raises(ValueError, match="does not say what its bands see"):
        match_bands(red, infrared.drop_vars("wavelength"))
