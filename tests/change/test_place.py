import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from tests.change.series import CRS, NORTH, SIDE, WEST, YEARS, cube_of, directions, series
from tools import provenance
from tools.change.place import place_vectors, similarity_matrix, trajectory
from tools.embeddings import dequantise, quantise


def pixel(row, column, crs="EPSG:4326"):
    """The middle of a pixel, as one row of a table."""
    middle = Point(WEST + (column + 0.5) * SIDE, NORTH - (row + 0.5) * SIDE)
    return gpd.GeoSeries([middle], crs=CRS).to_crs(crs)


@pytest.fixture(scope="module")
def cube():
    """Three by four pixels; the one in row 1, column 2 becomes another place in 2021."""
    steps = np.full((3, 4), 2100)
    steps[1, 2] = 2021
    return cube_of(series(np.random.default_rng(3), steps))


def test_a_stable_place_is_alike_in_all_years(cube):
    matrix = similarity_matrix(cube, pixel(0, 0))
    assert (matrix.to_numpy() > 0.95).all()


def test_a_change_falls_into_two_squares_of_alike_years(cube):
    matrix = similarity_matrix(cube, pixel(1, 2)).to_numpy()
    before = np.array(YEARS) < 2021
    same = before[:, None] == before[None]
    assert matrix[same].min() > 0.95
    assert matrix[~same].max() < 0.85


@settings(max_examples=20)
@given(st.integers(0, 2), st.integers(0, 3))
def test_the_matrix_is_symmetric_with_one_on_its_diagonal_and_rows_for_years(cube, row, column):
    matrix = similarity_matrix(cube, pixel(row, column))
    assert list(matrix.index) == list(matrix.columns) == list(YEARS)
    np.testing.assert_allclose(matrix, matrix.T)
    assert (np.diag(matrix) == 1).all()


def test_similarities_are_cosines_of_the_dequantised_vectors(cube):
    values = dequantise(cube.to_numpy()[:, :, 1, 2]).astype(float)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    np.testing.assert_allclose(similarity_matrix(cube, pixel(1, 2)), values @ values.T, atol=1e-6)


def test_a_place_may_be_given_as_a_pair_a_point_or_a_row_in_any_crs(cube):
    degrees = pixel(1, 2).iloc[0]
    metres = pixel(1, 2, CRS)
    reference = similarity_matrix(cube, (degrees.x, degrees.y))
    for place in (degrees, metres, gpd.GeoDataFrame(geometry=metres)):
        np.testing.assert_array_equal(similarity_matrix(cube, place), reference)


def test_stored_and_dequantised_lazy_and_loaded_cubes_tell_the_same(cube):
    reference = similarity_matrix(cube, pixel(1, 2))
    for other in (cube.chunk({"time": 1, "band": 16, "y": 2}), cube.copy(data=dequantise(cube.to_numpy()))):
        np.testing.assert_allclose(similarity_matrix(other, pixel(1, 2)), reference, atol=1e-6)


def test_years_come_in_rising_order_whatever_the_cubes(cube):
    table = trajectory(cube.isel(time=[3, 0, 7]), pixel(1, 2))
    assert table.index.tolist() == [2017, 2020, 2024]


def test_the_trajectory_jumps_in_the_year_of_change_and_stays_away_from_the_first(cube):
    table = trajectory(cube, pixel(1, 2))
    assert table["change_from_previous"].idxmax() == 2021
    assert (table.loc[2021:, "change_from_first"] > 0.15).all()
    assert (table.loc[:2020, "change_from_first"] < 0.05).all()
    assert np.isnan(table.loc[2017, "similarity_to_previous"])


def test_a_year_without_data_is_a_gap_and_the_next_is_compared_to_the_one_before_it(cube):
    values = cube.to_numpy().copy()
    values[0], values[4] = -128, -128
    gappy = cube_of(values)
    table, matrix = trajectory(gappy, pixel(1, 2)), similarity_matrix(gappy, pixel(1, 2))
    assert table.index[table["similarity_to_first"].isna()].tolist() == [2017, 2021]
    assert table.loc[2018, "similarity_to_first"] == 1
    assert table.loc[2022, "similarity_to_previous"] == matrix.loc[2022, 2020]
    assert matrix[2021].isna().all()


def test_a_radius_averages_the_pixels_within_it():
    rng = np.random.default_rng(5)
    stored = quantise(directions(rng, 5, 5), axis=0)
    cube = cube_of(np.stack([stored, stored]), (2017, 2018))
    place = pixel(2, 2)
    within = [(2, 2), (1, 2), (3, 2), (2, 1), (2, 3)]
    values = np.stack([dequantise(stored[:, r, c]).astype(float) for r, c in within])
    mean = (values / np.linalg.norm(values, axis=1, keepdims=True)).sum(axis=0)
    found = place_vectors(cube, place, radius_m=SIDE)
    np.testing.assert_allclose(found.loc[2017], mean / np.linalg.norm(mean), atol=1e-6)
    assert not np.allclose(found, place_vectors(cube, place))


def test_pixels_without_data_add_nothing_to_an_average():
    rng = np.random.default_rng(5)
    stored = quantise(directions(rng, 3, 3), axis=0)
    alone = stored.copy()
    alone[:, [0, 1, 1, 2], [1, 0, 2, 1]] = -128
    cubes = [cube_of(np.stack([values] * 2), (2017, 2018)) for values in (stored, alone)]
    near = place_vectors(cubes[1], pixel(1, 1), radius_m=SIDE)
    np.testing.assert_allclose(near, place_vectors(cubes[0], pixel(1, 1)), atol=1e-6)


def test_where_the_cube_came_from_goes_with_the_tables(cube):
    made = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
    marked = provenance.mark(cube.copy(), made)
    for ask in (similarity_matrix, trajectory):
        assert provenance.every(ask(marked, pixel(0, 0))) == [made]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((52.5, 13.4), "longitude, latitude"),
        ((390_050.0, 5_819_950.0), "in degrees"),
        (gpd.GeoSeries([Point(1, 1)]), "with a CRS"),
        (gpd.GeoSeries([Point(1, 1), Point(2, 2)], crs=CRS), "one row"),
    ],
)
def test_a_place_that_is_none_is_refused_with_a_way_out(cube, place, words):
    with pytest.raises(ValueError, match=words):
        trajectory(cube, place)


def test_a_place_without_data_and_a_cube_without_years_are_refused(cube):
    empty = cube_of(np.full(cube.shape, -128, "int8"))
    with pytest.raises(ValueError, match="no data in any of the years"):
        similarity_matrix(empty, pixel(0, 0))
    with pytest.raises(ValueError, match="open it with a list of years"):
        similarity_matrix(cube.isel(time=0), pixel(0, 0))
