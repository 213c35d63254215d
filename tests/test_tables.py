import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.provenance import Provenance, every, mark
from tools.tables import check_numeric, filter_table, get_embedding_cols, join_tables, require_columns


@pytest.fixture
def areas():
    table = gpd.GeoDataFrame(
        {
            "LSOA21CD": ["SYN1", "SYN2", "SYN3"],
            "A01_mean": [0.1, 0.2, 0.3],
            "dzcode": ["d1", "d2", "d3"],
            "A00_mean": [0.4, 0.5, 0.6],
            "LSOA21NM": ["Sample 001A", "Sample 001B", "Sample 001C"],
            "Population_mean": [10, 20, 30],
        },
        geometry=gpd.points_from_xy([0, 1, 2], [51, 51, 51]),
        crs="EPSG:4326",
        index=[7, 8, 9],
    )
    return mark(table, Provenance("areas", "sample", "Areas", "Synthetic sample"))


def test_filtering_keeps_identifiers_embeddings_and_geometry(areas):
    kept = filter_table(areas)
    assert list(kept.columns) == ["LSOA21CD", "LSOA21NM", "A00_mean", "A01_mean", "geometry"]
    assert isinstance(kept, gpd.GeoDataFrame)
    assert kept.crs == areas.crs
    assert list(kept.index) == [7, 8, 9]
    assert [p.name for p in every(kept)] == ["areas"]


def test_filtering_returns_a_copy(areas):
    kept = filter_table(areas)
    kept.loc[7, "A00_mean"] = 99
    assert areas.loc[7, "A00_mean"] == 0.4


def test_a_geometry_column_of_another_name_is_kept(areas):
    renamed = areas.rename_geometry("outline")
    kept = filter_table(renamed)
    assert kept.active_geometry_name == "outline"
    assert kept.crs == areas.crs


def test_other_identifiers_can_be_named(areas):
    assert list(filter_table(areas, id_cols=["dzcode"]).columns) == [
        "dzcode",
        "A00_mean",
        "A01_mean",
        "geometry",
    ]


def test_a_table_without_identifiers_says_how_to_name_them(areas):
    with pytest.raises(ValueError, match=r"No identifier columns.*id_cols=\["):
        filter_table(areas.drop(columns=["LSOA21CD", "LSOA21NM"]))


def test_embedding_columns_are_in_band_order_wherever_they_stand():
    shuffled = [f"A{band:02d}_mean" for band in (10, 2, 63, 0)]
    assert get_embedding_cols(pd.DataFrame(0.0, index=[0], columns=shuffled)) == [
        "A00_mean",
        "A02_mean",
        "A10_mean",
        "A63_mean",
    ]


def test_a_table_without_embeddings_says_what_was_expected():
    with pytest.raises(ValueError, match=r"No embedding columns.*country.*A00_mean"):
        get_embedding_cols(pd.DataFrame({"country": ["E"]}))


def test_an_embedding_column_of_texts_is_named():
    with pytest.raises(ValueError, match=r"Not numbers: 'A00_mean' is"):
        get_embedding_cols(pd.DataFrame({"A00_mean": ["0.1"]}))


def test_something_that_is_no_table_is_refused():
    with pytest.raises(ValueError, match=r"Expected a pandas or geopandas table, got list"):
        get_embedding_cols([1, 2, 3])


def test_an_empty_table_is_refused(areas):
    with pytest.raises(ValueError, match=r"no rows"):
        filter_table(areas.iloc[:0])


def test_a_misspelt_column_gets_a_suggestion_whatever_its_case(areas):
    with pytest.raises(ValueError, match=r"Did you mean 'LSOA21NM'\?|Did you mean 'LSOA21NM' or"):
        require_columns(areas, ["lsoa21nm"])


def test_a_column_like_none_lists_what_there_is(areas):
    with pytest.raises(
        ValueError, match=r"No column 'zzzz' \(and 1 more are missing\)\. The table has LSOA21CD"
    ):
        require_columns(areas, ["zzzz", "yyyy"])


def test_one_name_instead_of_a_list_is_explained(areas):
    with pytest.raises(ValueError, match=r"Write \['A00_mean'\]"):
        require_columns(areas, "A00_mean")


def test_booleans_count_as_numbers():
    check_numeric(pd.DataFrame({"flag": pd.array([True, None], dtype="boolean")}), ["flag"])


@pytest.fixture
def people():
    table = pd.DataFrame({"LSOA21CD": ["SYN3", "SYN1", "SYN9"], "IMD_decile": [3, 1, 9]})
    return mark(table, Provenance("people", "open", "People", "OGL v3"))


def test_a_left_join_keeps_rows_order_index_geometry_and_marks(areas, people):
    joined, report = join_tables(areas, people, on="LSOA21CD")
    assert isinstance(joined, gpd.GeoDataFrame)
    assert joined.crs == areas.crs
    assert list(joined.index) == [7, 8, 9]
    assert joined["IMD_decile"].tolist()[::2] == [1, 3]
    assert np.isnan(joined.loc[8, "IMD_decile"])
    assert [p.name for p in every(joined)] == ["areas", "people"]
    assert (report.n_left, report.n_right, report.n_joined) == (3, 3, 2)
    assert report.left_only == ("SYN2",)
    assert report.right_only == ("SYN9",)
    assert not report.complete


def test_an_inner_join_drops_what_did_not_join_and_keeps_integers(areas, people):
    joined, report = join_tables(areas, people, on="LSOA21CD", how="inner")
    assert list(joined.index) == [7, 9]
    assert joined["IMD_decile"].dtype == "int64"
    assert report.left_only == ("SYN2",)


def test_the_report_reads_as_a_sentence(areas, people):
    _, report = join_tables(areas, people, on="LSOA21CD")
    assert str(report) == (
        "2 of 3 rows joined on LSOA21CD; without a partner: 1 on the left (SYN2), 1 on the right (SYN9)."
    )
    assert repr(report) == str(report)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_key_that_is_there_twice_is_an_error(areas, people, side):
    tables = {"left": areas, "right": people}
    tables[side] = pd.concat([tables[side], tables[side].iloc[:1]])
    with pytest.raises(ValueError, match=rf"LSOA21CD is there twice in the {side} table for 1 keys"):
        join_tables(tables["left"], tables["right"], on="LSOA21CD")


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_empty_key_is_an_error(areas, people, side):
    tables = {"left": areas, "right": people}
    tables[side] = tables[side].assign(LSOA21CD=[None, "SYN1", "SYN3"])
    with pytest.raises(ValueError, match=rf"1 rows of the {side} table have no LSOA21CD"):
        join_tables(tables["left"], tables["right"], on="LSOA21CD")


def test_tables_of_which_nothing_joins_are_an_error(areas, people):
    with pytest.raises(ValueError, match=r"Nothing joins.*'SYN1'.*'SYN3 '"):
        join_tables(areas, people.assign(LSOA21CD=people["LSOA21CD"] + " "), on="LSOA21CD")


def test_columns_in_both_tables_are_an_error_and_not_renamed(areas, people):
    with pytest.raises(ValueError, match=r"Both tables have the columns dzcode"):
        join_tables(areas, people.assign(dzcode="x"), on="LSOA21CD")


def test_an_unknown_kind_of_join_is_an_error(areas, people):
    with pytest.raises(ValueError, match=r"choose 'left'.*or 'inner'"):
        join_tables(areas, people, on="LSOA21CD", how="outer")


@given(
    left=st.lists(st.integers(0, 30), min_size=1, unique=True),
    right=st.lists(st.integers(0, 30), min_size=1, unique=True),
)
@settings(deadline=None)
def test_a_join_accounts_for_every_row_of_both_tables(left, right):
    tables = (pd.DataFrame({"code": left}), pd.DataFrame({"code": right, "value": right}))
    if not set(left) & set(right):
        with pytest.raises(ValueError, match="Nothing joins"):
            join_tables(*tables, on="code")
        return
    joined, report = join_tables(*tables, on="code")
    assert joined["code"].tolist() == left
    found = joined["value"].notna()
    assert (joined.loc[found, "value"] == joined.loc[found, "code"]).all()
    assert report.n_joined + len(report.left_only) == len(left)
    assert report.n_joined + len(report.right_only) == len(right)
    assert set(report.left_only) | set(report.right_only) == set(left) ^ set(right)


def test_real_london_joins_every_area(shared_data):
    areas = gpd.read_parquet(shared_data / "london" / "lsoa21_gen20.parquet")
    people = pd.read_csv(shared_data / "london" / "Socioeconomic.csv", index_col=0)
    joined, report = join_tables(areas, people, on="LSOA21CD")
    assert len(joined) == report.n_joined == 4994
    assert report.complete
    assert len(report.right_only) == 33_755 - 4994
    assert joined.crs.to_epsg() == 27700
    assert joined["IMD_decile"].dtype == "int64"
