"""Columns of true and false: read from any format, and refused where they hold something else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tools.sources import DataError
from tools.sources.reading import read_table
from tools.sources.schema import Column, Schema

SCHEMA = Schema((Column("code", "text"), Column("mixed", "boolean", missing=True)), key="code")


@pytest.mark.parametrize("written", ["True,False", "true,false", "1,0", "1.0,0.0"])
def test_true_and_false_are_read_however_they_are_written(tmp_path, written):
    file = tmp_path / "own.csv"
    first, second = written.split(",")
    file.write_text(f"code,mixed\na,{first}\nb,{second}\n")
    mixed = read_table(file, SCHEMA)["mixed"]
    assert mixed.dtype == bool
    assert mixed.tolist() == [True, False]


def test_a_missing_value_stays_missing(tmp_path):
    file = tmp_path / "own.parquet"
    pd.DataFrame({"code": ["a", "b"], "mixed": pd.array([True, None], "boolean")}).to_parquet(file)
    mixed = read_table(file, SCHEMA)["mixed"]
    assert mixed.isna().tolist() == [False, True]
    assert bool(mixed[0])


@pytest.mark.parametrize("wrong", ["2", "perhaps", "0.5"])
def test_other_values_are_refused_with_their_row(tmp_path, wrong):
    file = tmp_path / "own.csv"
    file.write_text(f"code,mixed\na,1\nb,{wrong}\n")
    with pytest.raises(
        DataError, match=f"'mixed' must hold true or false, but 1 of 2 values .*: {wrong}.* at b"
    ):
        read_table(file, SCHEMA)


def test_a_column_of_truth_picks_rows(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("code,mixed\na,0\nb,1\n")
    table = read_table(file, SCHEMA)
    assert table[table["mixed"]]["code"].tolist() == ["b"]
    assert np.asarray(~table["mixed"]).tolist() == [True, False]
