"""Polygons on their way into a page: smaller, never apart, and the same when unpacked."""

from __future__ import annotations

import base64
from itertools import islice

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from tools.maps.geometry import STEPS_PER_DEGREE, drawable, packed, simplified


def numbers_of(text: str) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value)
            value, shift = 0, 0
    return values


def unpacked(parcel: dict) -> list[MultiPolygon]:
    """Read a parcel as the page's program does."""
    steps = [(v >> 1) ^ -(v & 1) for v in numbers_of(parcel["steps"])]
    places = np.cumsum(np.reshape(steps, (-1, 2)), axis=0) / parcel["scale"]
    places, rings, polygons = (
        iter(places.tolist()),
        iter(numbers_of(parcel["rings"])),
        iter(numbers_of(parcel["polygons"])),
    )
    areas = []
    for count in numbers_of(parcel["areas"]):
        parts = []
        for _ in range(count):
            loops = [list(islice(places, next(rings))) for _ in range(next(polygons))]
            parts.append(Polygon(loops[0], loops[1:]))
        areas.append(MultiPolygon(parts))
    return areas


shapes = st.builds(
    lambda x, y, w, h, hole: Polygon(
        box(x, y, x + w, y + h).exterior.coords,
        [box(x + w / 4, y + h / 4, x + w / 2, y + h / 2).exterior.coords] if hole else [],
    ),
    st.floats(-170, 170), st.floats(-80, 80), st.floats(0.001, 5), st.floats(0.001, 5), st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(shapes, st.lists(shapes, min_size=1, max_size=3).map(MultiPolygon)), min_size=1, max_size=5
    )
)
def test_what_is_packed_comes_out_within_half_a_step(geometries):
    series = gpd.GeoSeries(geometries, crs="EPSG:4326")
    for before, after in zip(geometries, unpacked(packed(series)), strict=True):
        assert shapely.get_num_geometries(before) == len(after.geoms)
        was, now = shapely.get_coordinates(before), shapely.get_coordinates(after)
        assert np.abs(was - now).max() <= 0.5 / STEPS_PER_DEGREE + 1e-9


def test_neighbours_still_share_their_border_after_simplifying():
    wiggle = [(0.1 + 0.0003 * (-1) ** i, 51 + i * 0.0005) for i in range(200)]
    west = Polygon([(0, 51), *wiggle, (0, wiggle[-1][1])])
    east = Polygon([(0.2, 51), *wiggle, (0.2, wiggle[-1][1])])
    fewer = simplified(gpd.GeoDataFrame(geometry=[west, east], crs="EPSG:4326"), cells=50)
    assert fewer.count_coordinates().sum() < 60
    assert fewer.iloc[0].intersection(fewer.iloc[1]).area == pytest.approx(0, abs=1e-12)
    flat = fewer.to_crs("EPSG:32631")
    assert flat.union_all().area == pytest.approx(flat.area.sum(), rel=1e-6)


def test_overlapping_areas_are_simplified_one_by_one():
    discs = gpd.GeoDataFrame(
        geometry=[Point(x, 51).buffer(0.1, quad_segs=200) for x in (0, 0.05)], crs="EPSG:4326"
    )
    fewer = simplified(discs)
    assert (fewer.count_coordinates() < 400).all()
    before, after = (d.to_crs("EPSG:32631").area.to_numpy() for d in (discs, fewer))
    assert after == pytest.approx(before, rel=1e-3)


def test_london_loses_no_area_and_keeps_its_shape(london):
    fewer = simplified(london)
    assert fewer.is_valid.all()
    change = np.abs(fewer.to_crs(london.crs).area / london.area - 1)
    assert change.median() < 0.005
    assert change.max() < 0.2


def test_areas_without_a_crs_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"focus_gdf has no coordinate.*set_crs\(\"EPSG:4326\"\)"):
        drawable(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)]), "focus_gdf")


@pytest.mark.parametrize(
    ("geometries", "complaint"),
    [([None], "no area with a geometry"), ([Point(0, 0)], "holds Point"), ([], "no area with a geometry")],
)
def test_what_cannot_be_drawn_is_refused(geometries, complaint):
    with pytest.raises(ValueError, match=complaint):
        drawable(gpd.GeoDataFrame(geometry=geometries, crs="EPSG:4326"), "focus_gdf")
