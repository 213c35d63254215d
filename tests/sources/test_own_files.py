"""A reader's own file is taken like the course's, or refused with what is wrong and what to do."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, Polygon, box

from tools import provenance, sources
from tools.sources import DataError

MEANS = [f"A{band:02d}_mean" for band in range(64)]


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    """Four squares in Berlin, with embeddings of unit length."""
    vectors = np.random.default_rng(1).normal(size=(4, 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table = pd.DataFrame(vectors, columns=MEANS)
    table.insert(0, "LSOA21CD", ["01100101", "01100102", "01100103", "01100104"])
    table.insert(1, "LSOA21NM", ["Mitte 1", "Mitte 2", "Pankow, Nord", 'Das "Eck"'])
    squares = [box(13.3 + n / 100, 52.5, 13.31 + n / 100, 52.51) for n in range(4)]
    return gpd.GeoDataFrame(table, geometry=squares, crs="EPSG:4326")


@pytest.fixture
def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "LSOA21CD": ["01100101", "01100102", "01100103"],
            "IMD_decile": [1, 5, 10],
            "Percent no qualifications 16 and over": [10.0, 20.5, 30.0],
            "Percent bad and very band health": [1.0, 2.0, 3.0],
            "Population density per km": [100.0, 2000.0, 30_000.0],
            "Percent lone family household": [0.0, 5.0, 100.0],
        }
    )


def write(table, path):
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".csv":
        table.to_csv(path)
    else:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")  # it is missing on purpose
            table.to_file(path)
    return path


def refused(table, path, like="london-lsoa") -> str:
    with pytest.raises(DataError) as caught:
        sources.open(write(table, path), like=like)
    assert path.name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet"])
def test_areas_are_read_from_each_format(areas, tmp_path, suffix):
    opened = sources.open(write(areas, tmp_path / f"berlin{suffix}"), like="london-lsoa")
    assert list(opened["LSOA21CD"]) == list(areas["LSOA21CD"])
    assert list(opened["LSOA21NM"]) == list(areas["LSOA21NM"])
    np.testing.assert_allclose(opened[MEANS], areas[MEANS])
    assert opened.geometry.geom_equals_exact(areas.geometry, 1e-9).all()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_is_read_from_each_format_without_its_row_numbers(people, tmp_path, suffix):
    opened = sources.open(write(people, tmp_path / f"people{suffix}"), like="london-socioeconomic")
    pd.testing.assert_frame_equal(pd.DataFrame(opened), people, check_dtype=False)
    assert opened["IMD_decile"].dtype == "int64"


def test_codes_keep_their_leading_noughts(people, tmp_path):
    opened = sources.open(write(people, tmp_path / "people.csv"), like="london-socioeconomic")
    assert opened["LSOA21CD"][0] == "01100101"


def test_a_spreadsheets_byte_order_mark_is_no_part_of_the_first_name(people, tmp_path):
    path = tmp_path / "people.csv"
    people.to_csv(path, index=False, encoding="utf-8-sig")
    assert sources.open(path, like="london-socioeconomic").columns[0] == "LSOA21CD"


def test_areas_in_another_crs_come_in_the_course_s(areas, tmp_path):
    path = write(areas.to_crs("EPSG:25833"), tmp_path / "berlin.gpkg")
    opened = sources.open(path, like="london-lsoa")
    assert opened.crs == "EPSG:4326"
    assert opened.geometry.geom_equals_exact(areas.geometry, 1e-7).all()


def test_further_columns_are_kept(areas, tmp_path):
    path = write(areas.assign(rent=[9, 10, 11, 12]), tmp_path / "berlin.gpkg")
    assert list(sources.open(path, like="london-lsoa")["rent"]) == [9, 10, 11, 12]


def test_an_own_file_is_marked_with_its_name_and_is_not_called_synthetic(areas, tmp_path):
    opened = sources.open(write(areas, tmp_path / "berlin.gpkg"), like="london-lsoa")
    mark = provenance.of(opened)
    assert (mark.origin, mark.title) == ("file", "berlin.gpkg")
    assert not provenance.is_synthetic(opened)


def test_the_path_may_be_text(areas, tmp_path, monkeypatch):
    write(areas, tmp_path / "berlin.gpkg")
    monkeypatch.chdir(tmp_path)
    assert len(sources.open("berlin.gpkg", like="london-lsoa")) == 4
    assert len(sources.open(str(tmp_path / "berlin.gpkg"), like="london-lsoa")) == 4


def test_areas_without_any_valid_pixel_may_lack_embeddings(areas, tmp_path):
    areas.loc[2, MEANS] = np.nan
    opened = sources.open(write(areas, tmp_path / "berlin.gpkg"), like="london-lsoa")
    assert opened.loc[2, MEANS].isna().all()


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet"])
def test_a_file_without_crs_is_refused(areas, tmp_path, suffix):
    said = refused(areas.set_crs(None, allow_override=True), tmp_path / f"berlin{suffix}")
    assert "no coordinate reference system" in said
    assert "set_crs" in said


def test_a_geojson_in_metres_that_names_no_crs_is_refused(areas, tmp_path):
    metres = areas.to_crs("EPSG:25833").set_crs(None, allow_override=True)
    said = refused(metres, tmp_path / "berlin.geojson")
    assert "its coordinates cannot be degrees" in said


def test_missing_columns_are_named_and_a_near_one_is_pointed_at(areas, tmp_path):
    renamed = areas.rename(columns={"LSOA21NM": "LSOA11NM"}).drop(columns="A63_mean")
    said = refused(renamed, tmp_path / "berlin.gpkg")
    assert "lacks 2 columns: LSOA21NM, A63_mean" in said
    assert "is it the column 'LSOA11NM'?" in said


def test_a_schema_that_is_quite_another_is_refused(people, tmp_path):
    said = refused(people[["LSOA21CD", "IMD_decile"]], tmp_path / "people.csv", like="london-socioeconomic")
    assert "lacks 4 columns" in said


def test_duplicate_codes_are_named(areas, tmp_path):
    areas.loc[3, "LSOA21CD"] = areas.loc[0, "LSOA21CD"]
    said = refused(areas, tmp_path / "berlin.gpkg")
    assert "01100101 (2×)" in said
    assert "dissolve" in said


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_missing_codes_are_counted_by_row(areas, tmp_path, nothing):
    areas.loc[2, "LSOA21CD"] = nothing
    said = refused(areas, tmp_path / "berlin.gpkg")
    assert "the code 'LSOA21CD' is missing in 1 row (row 3" in said


def test_areas_without_geometry_are_named(areas, tmp_path):
    areas.loc[1, "geometry"] = None
    assert "1 area without geometry: 01100102" in refused(areas, tmp_path / "berlin.gpkg")


def test_lines_are_no_areas(areas, tmp_path):
    areas.loc[1, "geometry"] = LineString([(13, 52), (14, 53)])
    assert "1 of 4 rows are LineString: 01100102" in refused(areas, tmp_path / "berlin.geojson")


def test_areas_of_several_parts_are_areas(areas, tmp_path):
    areas.loc[1, "geometry"] = MultiPolygon([areas.geometry[1], Polygon([(14, 53), (14, 54), (15, 53)])])
    assert len(sources.open(write(areas, tmp_path / "berlin.geojson"), like="london-lsoa")) == 4


@pytest.mark.parametrize(
    ("column", "wrong", "said"),
    [
        ("IMD_decile", [1, 5, 11], "whole numbers from 1 to 10, but 1 of 3 values are not: 11 at 01100103"),
        ("IMD_decile", [1.5, 5, 10], "1.5 at 01100101"),
        ("IMD_decile", ["one", 5, 10], "one at 01100101"),
        ("IMD_decile", [1, None, 10], "lacks a value in 1 row (LSOA21CD 01100102)"),
        ("Population density per km", [1, 2, -3], "numbers of 0 or more"),
        ("Percent lone family household", [1, 2, 300], "numbers from 0 to 100"),
    ],
)
def test_values_that_do_not_fit_are_named_with_their_codes(people, tmp_path, column, wrong, said):
    people[column] = pd.Series(wrong, dtype=object)
    assert said in refused(people, tmp_path / "people.csv", like="london-socioeconomic")


def test_embeddings_that_were_never_dequantised_are_noticed(areas, tmp_path):
    areas[MEANS] = (areas[MEANS] * 127).round()
    assert "numbers from -1 to 1" in refused(areas, tmp_path / "berlin.gpkg")


def test_an_empty_table_is_refused(people, tmp_path):
    assert "holds no rows" in refused(people.iloc[:0], tmp_path / "people.csv", "london-socioeconomic")


def test_a_csv_cannot_hold_areas(areas, tmp_path):
    said = refused(areas.drop(columns="geometry"), tmp_path / "berlin.csv")
    assert "a CSV holds no geometry" in said
    assert ".geojson, .gpkg, .parquet" in said


def test_a_parquet_without_geometry_cannot_hold_areas(areas, tmp_path):
    said = refused(pd.DataFrame(areas.drop(columns="geometry")), tmp_path / "berlin.parquet")
    assert "holds no geometry" in said


def test_a_geopackage_without_geometry_cannot_hold_areas(people, tmp_path):
    import pyogrio

    pyogrio.write_dataframe(people, tmp_path / "people.gpkg")
    with pytest.raises(DataError, match=r"people\.gpkg holds a table without geometry"):
        sources.open(tmp_path / "people.gpkg", like="london-lsoa")


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet"])
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, suffix):
    path = tmp_path / f"berlin{suffix}"
    path.write_text("this is no data")
    with pytest.raises(DataError, match=f"berlin{suffix} cannot be read as {suffix}"):
        sources.open(path, like="london-lsoa")


def test_another_format_is_refused_with_those_that_are_read(tmp_path):
    path = tmp_path / "berlin.xlsx"
    path.touch()
    with pytest.raises(DataError, match=r"berlin\.xlsx must be one of \.geojson"):
        sources.open(path, like="london-lsoa")


def test_a_file_that_is_not_there_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(DataError, match=f"there is no file {tmp_path}"):
        sources.open(tmp_path / "berlin.gpkg", like="london-lsoa")


def test_a_word_that_is_neither_name_nor_file_lists_the_names():
    with pytest.raises(DataError, match="did you mean 'london-lsoa'"):
        sources.open("london-lsoas")


def test_an_own_file_must_say_what_it_stands_in_for(areas, tmp_path):
    with pytest.raises(DataError, match=r"like='london-lsoa'"):
        sources.open(write(areas, tmp_path / "berlin.gpkg"))


def test_an_own_file_cannot_stand_in_for_pixels(areas, tmp_path):
    with pytest.raises(DataError, match="holds pixels, not a table"):
        sources.open(write(areas, tmp_path / "berlin.gpkg"), like="london-alphaearth")


def test_a_named_data_set_of_another_shape_is_refused():
    with pytest.raises(DataError, match="does not have the columns of 'london-lsoa'"):
        sources.open("london-socioeconomic", like="london-lsoa")


def test_a_window_is_for_pixels_only(areas, tmp_path):
    with pytest.raises(TypeError, match="bounds"):
        sources.open(write(areas, tmp_path / "berlin.gpkg"), like="london-lsoa", bounds=(0, 0, 1, 1))
