"""Pictures of embeddings: the same stretch for every year, no colour where there are no data."""

from __future__ import annotations

import numpy as np
import pytest
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr

from tools import maps, provenance
from tools.embeddings import BANDS, NODATA, dequantise

from .conftest import SAMPLE


@pytest.fixture
def cube() -> xr.DataArray:
    """Two years of 30 × 40 stored vectors, the last row without data."""
    rng = np.random.default_rng(1)
    values = rng.integers(-90, 90, (2, 64, 30, 40)).astype("int8")
    values[:, :, -1] = NODATA
    where = {
        "time": [2017, 2024],
        "band": list(BANDS),
        "y": 5_820_000 - 100.0 * np.arange(30),
        "x": 380_000 + 100.0 * np.arange(40),
    }
    made = xr.DataArray(values, where, ("time", "band", "y", "x")).rio.write_crs("EPSG:32633")
    return provenance.mark(made, SAMPLE)


def test_stored_and_dequantised_vectors_give_the_same_picture(cube):
    floats = cube.copy(data=dequantise(cube.to_numpy()))
    np.testing.assert_array_equal(maps.composite(cube, 2017), maps.composite(floats, 2017))


def test_the_stretch_maps_its_ends_to_black_and_full_colour_and_rounds_between(cube):
    picture = maps.composite(cube, 2024, bands=("A00", "A01", "A02"), stretch=(-0.1, 0.3)).to_numpy()
    vector = dequantise(cube.sel(time=2024).to_numpy())[:3, 4, 5]
    wanted = np.rint(np.clip((vector + 0.1) / 0.4, 0, 1) * 255)
    np.testing.assert_array_equal(picture[4, 5, :3], wanted)


def test_pixels_without_data_are_seen_through(cube):
    picture = maps.composite(cube, 2017).to_numpy()
    assert (picture[-1, :, 3] == 0).all()
    assert (picture[:-1, :, 3] == 255).all()


def test_what_is_not_there_is_named(cube):
    with pytest.raises(ValueError, match="2017, 2024, not 2020"):
        maps.composite(cube, 2020)
    with pytest.raises(ValueError, match="no band B04"):
        maps.composite(cube, 2017, bands=("A01", "A02", "B04"))
    with pytest.raises(ValueError, match="three"):
        maps.composite(cube, 2017, bands=("A01",))
    with pytest.raises(ValueError, match="stretch"):
        maps.composite(cube, 2017, stretch=(0.3, -0.3))


def test_years_are_drawn_from_left_to_right_in_one_stretch(cube):
    axes = maps.plot_composites(cube, [2017, 2024]).figure.axes
    assert [each.texts[0].get_text() for each in axes] == ["2017", "2024"]
    for each, year in zip(axes, (2017, 2024), strict=True):
        np.testing.assert_array_equal(each.images[0].get_array(), maps.composite(cube, year))
    assert SAMPLE.notice in axes[0].figure.get_supxlabel()


def test_a_lazy_cube_is_read_for_three_bands_only(cube):
    lazy = cube.chunk({"band": 1})
    np.testing.assert_array_equal(maps.composite(lazy, 2017), maps.composite(cube, 2017))
