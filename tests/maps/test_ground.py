"""Rasters of classes and maps of many points: true proportions, the same colours, nothing hidden."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from matplotlib.colors import to_hex, to_rgb

from tools import maps, provenance
from tools.maps import palette

from .conftest import SAMPLE


@pytest.fixture
def raster() -> xr.DataArray:
    """40 × 60 pixels of 100 m in UTM 30N: B in the west, C in the east, the uppermost rows no data."""
    codes = np.full((40, 60), 2, dtype="int8")
    codes[:, :20] = 1
    codes[:10] = -1
    y, x = 5_930_000 - 100 * np.arange(40) - 50, 500_000 + 100 * np.arange(60) + 50
    made = xr.DataArray(codes, {"y": y, "x": x}, ("y", "x")).rio.write_crs(32630).rio.write_nodata(-1)
    return provenance.mark(made, SAMPLE)


@pytest.fixture
def points() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(0)
    table = gpd.GeoDataFrame(
        {
            "cluster": rng.choice(list("ABC"), 500),
            "cosine": rng.uniform(0.8, 1.0, 500),
            "band": pd.Categorical.from_codes(rng.integers(0, 3, 500), ["old", "mid", "new"], ordered=True),
        },
        geometry=gpd.points_from_xy(rng.uniform(-3.1, -2.8, 500), rng.uniform(53.3, 53.5, 500)),
        crs="EPSG:4326",
    )
    return provenance.mark(table, SAMPLE)


def picture(axes) -> np.ndarray:
    return axes.images[0].get_array()


def test_pixels_have_the_colours_of_their_letters_and_the_ground_none(raster):
    drawn = picture(maps.plot_class_raster(raster))
    colours = maps.class_palette("BC")
    assert tuple(drawn[0, 0]) == (1, 1, 1)
    assert tuple(drawn[-1, 0]) == pytest.approx(to_rgb(colours["B"]))
    assert tuple(drawn[-1, -1]) == pytest.approx(to_rgb(colours["C"]))


def test_the_legend_names_the_classes_that_are_there_with_their_shares(raster):
    axes = maps.plot_class_raster(raster)
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["B  (33.3 %)", "C  (66.7 %)"]
    named = maps.plot_class_raster(raster, names=["sea", "grass", "town"])
    assert [t.get_text() for t in named.get_legend().get_texts()] == ["grass  (33.3 %)", "town  (66.7 %)"]
    assert maps.plot_class_raster(raster, legend=False).get_legend() is None


def test_a_south_up_raster_is_drawn_with_north_up(raster):
    assert np.array_equal(
        picture(maps.plot_class_raster(raster[::-1])), picture(maps.plot_class_raster(raster))
    )


def test_degrees_become_metres_so_that_shapes_and_the_scale_bar_are_true(raster):
    in_degrees = provenance.mark(raster.rio.reproject(4326), SAMPLE)
    axes = maps.plot_class_raster(in_degrees)
    left, right, bottom, top = axes.images[0].get_extent()
    assert (right - left) / (top - bottom) == pytest.approx(1.5, abs=0.1)
    assert axes.texts[0].get_text() == "1 km"
    assert axes.figure.get_supxlabel() == SAMPLE.notice


def test_a_large_raster_is_thinned_to_what_a_page_shows():
    large = xr.DataArray(np.zeros((5_000, 20), dtype="int8"), dims=("y", "x"))
    assert picture(maps.plot_class_raster(large)).shape[0] <= 2_400


def test_nodata_may_be_a_number_or_nan(raster):
    as_float = raster.where(raster >= 0).rio.write_nodata(np.nan)
    assert np.array_equal(picture(maps.plot_class_raster(as_float)), picture(maps.plot_class_raster(raster)))
    as_byte = raster.where(raster >= 0, 255).astype("uint8").rio.write_nodata(255)
    assert np.array_equal(picture(maps.plot_class_raster(as_byte)), picture(maps.plot_class_raster(raster)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda r: r.expand_dims("time"), "isel"),
        (lambda r: r.where(r > 5), "every pixel is nodata"),
    ],
)
def test_what_is_no_map_of_classes_is_refused(raster, change, complaint):
    with pytest.raises(ValueError, match=complaint):
        maps.plot_class_raster(change(raster))


def test_a_class_without_a_name_is_refused(raster):
    with pytest.raises(ValueError, match="only 1 names"):
        maps.plot_class_raster(raster, names=["one"])


def dots(axes):
    (collection,) = axes.collections
    return collection


def test_points_have_the_colours_of_their_classes(points):
    axes = maps.plot_points_map(points, "cluster")
    shown = pd.Series([to_hex(c) for c in dots(axes).get_facecolors()]).value_counts()
    wanted = points["cluster"].map(maps.class_palette("ABC")).value_counts()
    assert shown.to_dict() == wanted.to_dict()
    assert axes.figure.get_supxlabel() == SAMPLE.notice


def test_no_class_lies_on_top_of_the_others(points):
    faces = [to_hex(c) for c in dots(maps.plot_points_map(points, "cluster")).get_facecolors()]
    last = pd.Series(faces[-150:]).value_counts(normalize=True)
    assert last.min() > 0.2


def test_colours_may_be_given_and_must_be_complete(points):
    axes = maps.plot_points_map(points, "cluster", colours={"A": "#000000", "B": "#111111", "C": "#222222"})
    assert {to_hex(c) for c in dots(axes).get_facecolors()} == {"#000000", "#111111", "#222222"}
    with pytest.raises(ValueError, match="no colour for 'C'"):
        maps.plot_points_map(points, "cluster", colours={"A": "#000000", "B": "#111111"})


def test_ordered_classes_are_steps_of_a_ramp_in_their_order(points):
    axes = maps.plot_points_map(points, "band")
    assert [t.get_text().split()[0] for t in axes.get_legend().get_texts()] == ["old", "mid", "new"]
    handles = [h.get_color() for h in axes.get_legend().legend_handles]
    assert sorted(handles, key=lambda c: -sum(to_rgb(c))) == handles


def test_numbers_are_a_ramp_with_its_ends_named(points):
    axes = maps.plot_points_map(points, "cosine", label="Cosine to the mean")
    bar = axes.figure.axes[1]
    assert bar.get_ylabel() == "Cosine to the mean"
    low, _, high = (float(label.get_text().strip("≤≥ ")) for label in bar.get_yticklabels())
    assert (low, high) == pytest.approx(tuple(points["cosine"].quantile([0.01, 0.99])), abs=1e-3)
    lightest = dots(axes).get_facecolors()[:, :3].sum(axis=1).max()
    assert lightest < 2.6, "no dot is lost on white"


def test_one_odd_number_does_not_take_the_ramp_and_the_labels_say_what_they_stand_for(points):
    points.loc[0, "cosine"] = -1.0
    first, _, last = maps.plot_points_map(points, "cosine").figure.axes[1].get_yticklabels()
    assert first.get_text().startswith("≤ 0.8")
    assert last.get_text().startswith("≥ ")
    whole = maps.plot_points_map(points, "cosine", clip=0).figure.axes[1].get_yticklabels()
    assert whole[0].get_text() == "-1"
    with pytest.raises(ValueError, match="clip=50"):
        maps.plot_points_map(points, "cosine", clip=50)


def test_points_without_a_value_lie_below_and_are_counted(points):
    points.loc[:99, "cluster"] = None
    axes = maps.plot_points_map(points, "cluster")
    assert {to_hex(c) for c in dots(axes).get_facecolors()[:100]} == {palette.MISSING}
    assert axes.get_legend().get_texts()[-1].get_text() == "no data  (100)"


def test_points_without_a_place_are_left_out(points):
    points.loc[:9, "geometry"] = None
    assert len(dots(maps.plot_points_map(points, "cluster")).get_offsets()) == 490


def test_areas_are_not_points(areas):
    with pytest.raises(ValueError, match="Polygon"):
        maps.plot_points_map(areas, "cluster")
    with pytest.raises(ValueError, match="Did you mean 'cluster'"):
        maps.plot_points_map(areas, "clster")
