"""Areas grown from small cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tools.sample.areas import dissolve, grow, name_areas, tessellate, tolls, touching
from tools.sample.districts import make_areas
from tools.sample.fields import Grid, local_crs, stream

GRID = Grid(-8000, 8000, 100, 160, 160, local_crs(0, 50))
OUTLINE = shapely.Point(0, 0).buffer(4500)
RIVER = np.column_stack([np.linspace(-8000, 8000, 1600), 600 * np.sin(np.linspace(0, 6, 1600))])


def in_one_piece(region: np.ndarray, neighbours: np.ndarray) -> bool:
    """Whether the links within regions join each region whole."""
    within = neighbours[region[neighbours[:, 0]] == region[neighbours[:, 1]]]
    n = len(region)
    graph = coo_array((np.ones(len(within)), (within[:, 0], within[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[0] == len(np.unique(region))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), n_regions=st.integers(2, 60))
def test_any_number_of_regions_tiles_the_place_without_gap_or_overlap(seed, n_regions):
    rng = stream(seed, "cells")
    cells = tessellate(GRID, OUTLINE, np.ones(GRID.shape), 900, rng, RIVER)
    points = cells.points[: cells.n_inside]
    toll = tolls(points, cells.neighbours, np.ones(len(points)), rng, barrier=RIVER)
    region = grow(points, cells.neighbours, np.ones(len(points)), n_regions, toll=toll)
    outlines = dissolve(cells, region)
    assert len(outlines) == n_regions
    assert shapely.coverage_is_valid(outlines)
    assert in_one_piece(region, cells.neighbours)
    assert shapely.area(outlines).sum() == pytest.approx(shapely.union_all(outlines).area, rel=1e-9)
    assert shapely.area(outlines).sum() == pytest.approx(OUTLINE.area, rel=0.03)


def test_cells_do_not_cross_the_river():
    cells = tessellate(GRID, OUTLINE, np.ones(GRID.shape), 900, stream(1, "cells"), RIVER)
    shapes = [shapely.Polygon(cells.corners[ring]) for ring in cells.rings]
    line = shapely.LineString(RIVER)
    beside = [shape for shape in shapes if shape.distance(line) < 30]
    beyond = np.array([shape.intersection(line.buffer(25)).area / shape.area for shape in beside])
    crossed = [
        min(part.area for part in shapely.ops.split(shape, line).geoms) / shape.area
        for shape in beside
        if len(shapely.ops.split(shape, line).geoms) > 1
    ]
    assert len(beyond) > 100
    assert np.median(crossed) < 0.1


def test_points_are_in_the_cell_that_owns_them():
    cells = tessellate(GRID, OUTLINE, np.ones(GRID.shape), 500, stream(2, "cells"))
    x, y = np.random.default_rng(1).uniform(-6000, 6000, (2, 300))
    for owner, point in zip(cells.owner(x, y), shapely.points(x, y), strict=True):
        if owner >= 0:
            assert shapely.Polygon(cells.corners[cells.rings[owner]]).distance(point) < 1e-6
        else:
            assert OUTLINE.distance(point) > 0 or OUTLINE.exterior.distance(point) < 600


def test_areas_are_smaller_where_more_people_live():
    rng = stream(3, "cells")
    dense = np.where(GRID.x[None, :] < 0, 9.0, 1.0) * np.ones(GRID.shape)
    cells = tessellate(GRID, OUTLINE, dense, 1500, rng)
    points = cells.points[: cells.n_inside]
    density = GRID.read(dense, *points.T)
    weight = density * np.array([shapely.Polygon(cells.corners[ring]).area for ring in cells.rings])
    toll = tolls(points, cells.neighbours, density, rng)
    region = grow(points, cells.neighbours, weight, 80, toll=toll)
    outlines = dissolve(cells, region)
    west = shapely.get_x(shapely.centroid(outlines)) < 0
    ratio = np.median(shapely.area(outlines)[~west]) / np.median(shapely.area(outlines)[west])
    assert ratio == pytest.approx(9, rel=0.35)
    per_region = np.bincount(region, weight)
    assert per_region.std() / per_region.mean() < 0.4


def test_more_regions_than_pieces_is_refused():
    with pytest.raises(ValueError, match="3 pieces cannot make 4 regions"):
        grow(np.eye(3, 2), np.array([[0, 1], [1, 2]]), np.ones(3), 4, toll=np.ones(2))


def test_a_place_in_two_parts_is_refused():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 0.0], [10.0, 0.0]])
    with pytest.raises(ValueError, match="not in one piece"):
        grow(points, np.array([[0, 1], [2, 3]]), np.ones(4), 1, toll=np.ones(2))


def test_boroughs_are_in_one_piece_and_one_is_tiny_and_central(small_ground):
    areas = make_areas(small_ground, 42, 420, 33)
    assert in_one_piece(areas.borough, areas.neighbours)
    sizes = np.bincount(areas.borough)
    assert len(sizes) == 33
    assert sizes.argmin() == 0
    assert np.hypot(*areas.centres[areas.borough == 0].mean(axis=0)) < 3000


def test_neighbours_are_listed_once_whichever_way_they_touch():
    region = np.array([0, 0, 1, 2])
    assert touching(region, np.array([[0, 2], [2, 1], [3, 2], [0, 1]])).tolist() == [[0, 1], [1, 2]]


def test_codes_and_names_are_unique_and_a_borough_is_a_name_without_its_last_word():
    rng = np.random.default_rng(1)
    borough = rng.integers(0, 12, 600)
    names = name_areas(rng.normal(size=(600, 2)), borough)
    assert names["LSOA21CD"].is_unique
    assert names["LSOA21NM"].is_unique
    assert names["LSOA21CD"].str.fullmatch(r"SYN\d{6}").all()
    stems = names["LSOA21NM"].str.rsplit(n=1).str[0]
    assert pd.factorize(stems)[0].tolist() == pd.factorize(borough)[0].tolist()
