"""Figures of one tile: real Sentinel-2 chips, and colours that mean the same from tile to tile."""

from __future__ import annotations

import numpy as np
import pytest
import rioxarray
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from tools import maps, provenance
from tools.maps.tiles import SENTINEL_2

from .conftest import SAMPLE


@pytest.fixture
def chip(shared_data) -> xr.DataArray:
    file = sorted((shared_data / "sentinel2").glob("*.tif"))[0]
    return provenance.mark(rioxarray.open_rasterio(file), SAMPLE)


@pytest.fixture
def halves() -> np.ndarray:
    """Patches whose north differs from their south in one direction of 32, with a little noise."""
    random = np.random.default_rng(0)
    patches = 0.05 * random.normal(size=(196, 32))
    patches[:98] += random.normal(size=32)
    return patches.astype(np.float32)


def test_a_real_tile_is_drawn_with_each_band_named_by_what_it_sees(chip):
    axes = maps.plot_tile_bands(chip)
    titles = [other.get_title(loc="left") for other in axes.figure.axes]
    assert len(titles) == 13
    assert "B8A" in titles[9]
    assert "0.86 µm · 20 m" in titles[9]
    assert SAMPLE.notice in axes.figure.get_supxlabel()


def test_bands_are_told_by_their_names_where_they_have_them(chip):
    names = list(SENTINEL_2)
    named = chip.assign_coords(band=names)
    shuffled = named.sel(band=names[::-1])
    pictures = [maps.plot_tile_bands(one).images[0].get_array() for one in (named, shuffled)]
    np.testing.assert_array_equal(*pictures)


def test_pixels_without_data_are_white(chip):
    holed = chip.astype("float32")
    holed[:, :50, :50] = np.nan
    picture = maps.plot_tile_bands(holed).images[0].get_array()
    assert (picture[:50, :50] == 1).all()
    assert (picture[60:, 60:] < 1).any()


def test_other_than_twelve_bands_are_refused(chip):
    with pytest.raises(ValueError, match="twelve bands"):
        maps.plot_tile_bands(chip[:3])
    with pytest.raises(ValueError, match="no data"):
        maps.plot_tile_bands(chip.astype("float32") * np.nan)


def test_patches_stand_beside_the_tile_and_their_classes(chip, halves):
    labels = np.repeat([1, 0], 98).reshape(14, 14)
    axes = maps.plot_patch_map(halves, chip=chip, labels=labels, names=["fields", "water"])
    assert len(axes.figure.axes) == 3
    legend = axes.figure.axes[2].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["fields", "water"]
    assert SAMPLE.notice in axes.figure.get_supxlabel()


def test_what_differs_in_vectors_differs_in_colour(halves):
    picture = maps.patch_colours(halves).paint(halves).astype(int)
    north, south = picture[:7, :, 0], picture[7:, :, 0]
    assert abs(north.mean() - south.mean()) > 200
    assert max(north.std(), south.std()) < 30


def test_colours_made_from_some_tiles_paint_all_of_them(halves):
    tiles = np.stack([halves, halves[::-1], 2 * halves])
    colours = maps.patch_colours(tiles[:2])
    np.testing.assert_array_equal(colours.paint(tiles)[1], colours.paint(tiles[1]))
    assert colours.paint(tiles).shape == (3, 14, 14, 3)


@given(st.integers(0, 2**32 - 1))
def test_directions_are_the_principal_components(seed):
    random = np.random.default_rng(seed)
    patches = random.normal(size=(196, 10)) @ random.normal(size=(10, 10))
    colours = maps.patch_colours(patches)
    centred = patches - patches.mean(axis=0)
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    along = np.abs(np.sum(axes[:3] * colours.directions.T, axis=1))
    gaps = np.minimum(np.r_[np.inf, spread[:2]] - spread[:3], spread[:3] - spread[1:4]) / spread[0]
    assert (along[gaps > 0.02] > 0.99).all()
    assert colours.share == pytest.approx((spread[:3] ** 2).sum() / (spread**2).sum(), abs=1e-3)


def test_alike_patches_get_one_colour_and_not_noise():
    same = np.full((196, 16), 0.3, "float32")
    assert len(np.unique(maps.patch_colours(same).paint(same).reshape(-1, 3), axis=0)) == 1


def test_patches_of_another_shape_are_refused(halves):
    with pytest.raises(ValueError, match=r"\(196, dimensions\)"):
        maps.plot_patch_map(halves[:100])
    with pytest.raises(ValueError, match="16 dimensions"):
        maps.patch_colours(halves).paint(halves[:, :16])
    with pytest.raises(ValueError, match="5 labels"):
        maps.plot_patch_map(halves, labels=np.arange(5))
