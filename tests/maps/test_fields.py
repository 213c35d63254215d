"""Maps of change: the numbers in their colours, places where they are, nothing where nothing is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from shapely import Point, box

from tools import maps, provenance

from .conftest import SAMPLE


@pytest.fixture
def change() -> xr.DataArray:
    """60 × 80 pixels of 100 m near Berlin: much change in the north-west, none known in the last column."""
    values = np.full((60, 80), 0.03, dtype="float32")
    values[:10, :10] = 0.4
    values[:, -1] = np.nan
    where = {"y": 5_820_000 - 100.0 * np.arange(60), "x": 380_000 + 100.0 * np.arange(80)}
    made = xr.DataArray(values, where, ("y", "x")).rio.write_crs("EPSG:32633")
    made.attrs |= {"year_from": 2017, "year_to": 2024}
    return provenance.mark(made, SAMPLE)


def lonlat(x: float, y: float) -> tuple[float, float]:
    spot = gpd.GeoSeries([Point(x, y)], crs=32633).to_crs(4326)[0]
    return spot.x, spot.y


def shown(axes) -> np.ndarray:
    return np.ma.filled(axes.images[0].get_array(), np.nan)


def test_the_map_holds_the_numbers_north_up_and_says_the_years_and_what_the_data_are(change):
    axes = maps.plot_change(change)
    np.testing.assert_array_equal(shown(axes), change.to_numpy())
    assert axes.get_title(loc="left") == "Change, 2017 to 2024"
    assert SAMPLE.notice in axes.figure.get_supxlabel()


def test_a_south_up_raster_is_drawn_north_up(change):
    axes = maps.plot_change(change[::-1])
    np.testing.assert_array_equal(shown(axes), change.to_numpy())


def test_both_ramps_end_where_they_are_told_to_and_show_missing_data_in_a_colour_of_their_own(change):
    for colours in ("course", "published"):
        drawn = maps.plot_change(change, colours=colours, most=0.5).images[0]
        assert drawn.get_clim() == (0, 0.5)
        assert tuple(drawn.cmap.get_bad()) not in {
            tuple(drawn.cmap(share)) for share in np.linspace(0, 1, 256)
        }


def test_the_courses_ramp_grows_darker_all_the_way_and_the_published_one_does_not(change):
    def steps(colours):
        cmap = maps.plot_change(change, colours=colours).images[0].cmap
        light = cmap(np.linspace(0, 1, 50))[:, :3] @ [0.2126, 0.7152, 0.0722]
        return np.diff(light)

    assert (steps("course") < 0).all()
    assert (steps("published") > 0).any()
    assert (steps("published") < 0).any()


def test_an_unknown_ramp_is_refused_with_those_there_are(change):
    with pytest.raises(ValueError, match="'course' or 'published'"):
        maps.plot_change(change, colours="rainbow")


def test_places_are_marked_where_they_are(change):
    axes = maps.plot_change(change, places={"Tegel": lonlat(381_000, 5_818_000)})
    marked = [line for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(marked[0].get_xydata()[0], [381_000, 5_818_000], atol=0.5)
    assert "Tegel" in [text.get_text() for text in axes.texts]


def test_a_place_outside_is_named_in_the_error(change):
    for draw in (maps.plot_change, lambda c, places: maps.plot_change_panels(c, places)):
        with pytest.raises(ValueError, match="Paris lies outside"):
            draw(change, places={"Paris": (2.35, 48.85)})


def test_hotspots_are_outlined_in_the_maps_own_projection_with_their_ranks(change):
    spots = gpd.GeoDataFrame(geometry=[box(380_000, 5_819_000, 381_000, 5_820_000)], index=[1], crs=32633)
    axes = maps.plot_change(change, hotspots=spots.to_crs(4326))
    drawn = axes.collections[0].get_paths()[0].vertices
    np.testing.assert_allclose([drawn[:, 0].min(), drawn[:, 0].max()], [380_000, 381_000], atol=1)
    assert "1" in [text.get_text() for text in axes.texts]


def test_panels_show_squares_around_their_places_in_one_scale(change):
    places = {"a": lonlat(383_000, 5_817_000), "b": lonlat(385_000, 5_816_000)}
    axes = maps.plot_change_panels(change, places, radius_m=1_000).figure.axes[:2]
    assert [each.get_title(loc="left") for each in axes] == ["a", "b"]
    for each, (x, y) in zip(axes, [(383_000, 5_817_000), (385_000, 5_816_000)], strict=True):
        left, right, bottom, top = each.images[0].get_extent()
        np.testing.assert_allclose([left, right, bottom, top], [x - 1e3, x + 1e3, y - 1e3, y + 1e3], atol=101)
        assert each.images[0].get_clim() == (0, 0.5)


def test_panels_want_metres(change):
    with pytest.raises(ValueError, match="metres"):
        maps.plot_change_panels(change.rio.reproject("EPSG:4326"), {"a": (13.2, 52.5)})


def test_maps_beside_one_another_have_scales_of_their_own_without_the_odd_ends(change):
    other = change * 1000
    other[0, 0] = 1e6
    axes = maps.plot_maps_beside({"one": change, "other": other}, labels=["a", "b"]).figure.axes
    assert axes[0].images[0].get_clim() == pytest.approx((0.03, 0.4))
    assert axes[1].images[0].get_clim() == pytest.approx((30, 400))
    assert [each.get_title(loc="left") for each in axes[:2]] == ["one", "other"]


def test_the_year_of_change_has_a_colour_a_year_and_none_where_nothing_changed(change):
    year = xr.where(change > 0.2, 2021.0, np.nan)
    year[0, 0] = 2019.0
    drawn = maps.plot_change_years(xr.Dataset({"year": year})).images[0]
    colours = {tuple(drawn.cmap(drawn.norm(value))) for value in (2019, 2020, 2021)}
    assert len(colours) == 3
    assert np.isnan(shown(drawn.axes)[-1, 0])


def test_a_raster_without_a_number_is_refused_in_words(change):
    with pytest.raises(ValueError, match="every pixel is without data"):
        maps.plot_change(change * np.nan)
    with pytest.raises(ValueError, match="Choose one year or band"):
        maps.plot_change(change.expand_dims("time"))


def test_a_large_map_is_thinned_to_what_a_page_shows_and_keeps_its_extent():
    large = xr.DataArray(np.zeros((4_000, 5_000), "float32"), dims=("y", "x"))
    drawn = maps.plot_change(large).images[0]
    assert max(drawn.get_array().shape) <= 1_800
    assert drawn.get_extent() == [0, 5_000, 0, 4_000]
