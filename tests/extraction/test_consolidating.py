"""Exports put together: all rows, in order, counted, in bounded memory, or a plain refusal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import psutil
import pytest

from tools.embeddings import BANDS
from tools.extraction import consolidate
from tools.sources import DataError

PLACE = '{{"type":"Point","coordinates":[{},{}]}}'
NOWHERE = '{"type":"MultiPoint","coordinates":[]}'


def export(path, vectors, geo=None):
    """A file as Earth Engine writes it to a drive."""
    table = pd.DataFrame(vectors, columns=list(BANDS))
    table.insert(0, "system:index", range(len(table)))
    table[".geo"] = geo if geo is not None else NOWHERE
    table.to_csv(path, index=False)
    return path


def vectors(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 64)).astype("float32")


@pytest.fixture
def two(tmp_path):
    """Two exports that share three pixels; one row of the second lacks a number."""
    first, second = vectors(20), vectors(10, seed=1)
    second[4:7] = first[[3, 9, 9]]
    second[8, 5] = np.nan
    return [export(tmp_path / "a.csv", first), export(tmp_path / "b.csv", second)]


def test_all_rows_are_kept_in_order_and_what_is_odd_is_counted(two, tmp_path):
    made = consolidate(two, tmp_path / "new" / "all.parquet")
    table = pd.read_parquet(made)
    whole = np.concatenate([pd.read_csv(file)[list(BANDS)] for file in two]).astype("float32")
    np.testing.assert_array_equal(table, whole)
    assert list(table) == list(BANDS)
    assert table.dtypes.eq("float32").all()
    assert made.files.to_dict("index") == {
        "a.csv": {"rows": 20, "repeated": 0, "incomplete": 0},
        "b.csv": {"rows": 10, "repeated": 3, "incomplete": 1},
    }
    assert made.kept == 30
    assert str(made) == "all.parquet: 30 of 30 rows of 2 files, of which 3 repeated, 1 incomplete"


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"on_repeated": "drop"}, 27),
        ({"on_incomplete": "drop"}, 29),
        ({"on_repeated": "drop", "on_incomplete": "drop"}, 26),
    ],
)
def test_odd_rows_are_dropped_only_where_that_is_asked_and_still_counted(two, tmp_path, options, left):
    made = consolidate(two, tmp_path / "all.parquet", **options)
    assert made.kept == len(pd.read_parquet(made)) == left
    assert made.files["repeated"].sum() == 3


def test_two_pixels_of_one_value_are_not_one_pixel_where_their_places_are_known(tmp_path):
    same = np.repeat(vectors(1), 3, axis=0)
    places = [PLACE.format(-3.0, 53.4), PLACE.format(-3.0, 53.5), PLACE.format(-3.0, 53.4)]
    made = consolidate([export(tmp_path / "a.csv", same, places)], tmp_path / "all.parquet")
    assert made.files.loc["a.csv", "repeated"] == 1
    table = pd.read_parquet(made)
    assert table[["lon", "lat"]].to_numpy().tolist() == [[-3.0, 53.4], [-3.0, 53.5], [-3.0, 53.4]]


def test_the_order_of_a_long_file_is_kept_and_memory_is_bounded(tmp_path):
    n, rest = 50_000, ",0.12345678901234567" * 63  # 65 MB a file, which DuckDB divides among threads
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in files:
        file.write_text("\n".join([",".join(BANDS), *(f"{number}{rest}" for number in range(n))]))
    process = psutil.Process()
    before = process.memory_info().rss
    made = consolidate(files, tmp_path / "all.parquet", memory="150MB")
    grown = process.memory_info().rss - before
    assert made.files["repeated"].tolist() == [0, n]
    assert (pd.read_parquet(made)["A00"].to_numpy() == np.tile(np.arange(n), 2)).all()
    assert grown < 400e6
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_file_of_an_export_is_a_path(two, tmp_path):
    made = consolidate(two, tmp_path / "all.parquet")
    with open(made, "rb") as file:
        assert file.read(4) == b"PAR1"


class TestRefusals:
    def test_other_tables_are_refused_by_name(self, two, tmp_path):
        other = tmp_path / "people.csv"
        other.write_text("id,name\n1,Ann\n")
        with pytest.raises(
            DataError, match=r"people.csv is no export of embeddings: it lacks the columns A00"
        ):
            consolidate([*two, other], tmp_path / "all.parquet")

    def test_exports_of_two_kinds_are_refused(self, two, tmp_path):
        other = tmp_path / "c.csv"
        pd.read_csv(two[0]).drop(columns=".geo").to_csv(other, index=False)
        with pytest.raises(DataError, match=r"c.csv has other columns than a.csv"):
            consolidate([*two, other], tmp_path / "all.parquet")

    def test_a_value_that_is_no_number_is_told_with_its_file_and_an_older_table_stays(self, two, tmp_path):
        consolidate(two, tmp_path / "all.parquet")
        before = (tmp_path / "all.parquet").read_bytes()
        lines = two[1].read_text().splitlines()
        lines[3] = lines[3].replace(lines[3].split(",")[7], "high", 1)
        two[1].write_text("\n".join(lines))
        with pytest.raises(DataError, match=r"b.csv cannot be read as an export of embeddings.*high") as told:
            consolidate(two, tmp_path / "all.parquet")
        assert "A06" in str(told.value)
        assert (tmp_path / "all.parquet").read_bytes() == before
        assert not list(tmp_path.glob(".*"))

    def test_no_file_and_a_missing_one_are_told(self, tmp_path):
        with pytest.raises(DataError, match="no CSV file"):
            consolidate([], tmp_path / "all.parquet")
        with pytest.raises(DataError, match=r"no file .*gone.csv"):
            consolidate([tmp_path / "gone.csv"], tmp_path / "all.parquet")

    def test_a_policy_that_is_none_is_told(self, two, tmp_path):
        with pytest.raises(ValueError, match="on_repeated='forget'"):
            consolidate(two, tmp_path / "all.parquet", on_repeated="forget")
