import numpy as np
import pandas as pd
import pytest

from tools.modelling.prepare import prepare, read_target


@pytest.fixture
def table():
    return pd.DataFrame(
        {"decile": [1, 2, 3, 2], "health": [0.1, 0.2, 0.3, 0.4], "flag": [True, False, True, False]},
        index=list("abcd"),
    )


def test_predictors_become_floats_and_keep_their_rows(table):
    prepared = prepare(table, "decile", ["health", "flag"])
    assert prepared.X.dtypes.tolist() == [np.dtype("float64")] * 2
    assert list(prepared.X.index) == list("abcd")
    assert prepared.categories == [1, 2, 3]
    assert prepared.n_dropped == 0


def test_incomplete_rows_are_dropped_and_counted(table):
    table.loc["b", "health"] = np.nan
    prepared = prepare(table.assign(decile=[1, 2, 3, None]), "decile", ["health"])
    assert list(prepared.X.index) == ["a", "c"]
    assert prepared.n_dropped == 2
    assert prepared.complete.tolist() == [True, False, True, False]
    assert prepared.y.dtype == "int64"


def test_a_gap_in_a_column_that_is_not_used_drops_nothing(table):
    table["flag"] = [np.nan, 1, 1, 1]
    assert prepare(table, "decile", ["health"]).n_dropped == 0


def test_nullable_columns_count_their_gaps_too(table):
    table["health"] = pd.array([1, None, 3, 4], dtype="Int64")
    assert prepare(table, "decile", ["health"]).n_dropped == 1


def test_missing_values_are_named_where_they_must_not_be_dropped(table):
    table.loc["b", "health"] = np.nan
    with pytest.raises(ValueError, match=r"Missing values: 1 in 'health'.*dropna=True"):
        prepare(table, "decile", ["health"], dropna=False)


def test_a_table_without_one_complete_row_is_an_error(table):
    with pytest.raises(ValueError, match=r"No row is complete.*4 in 'health'"):
        prepare(table.assign(health=np.nan), "decile", ["health"])


def test_the_target_must_not_be_a_predictor(table):
    with pytest.raises(ValueError, match="the answer is in the question"):
        prepare(table, "decile", ["health", "decile"])


def test_a_predictor_named_twice_is_an_error(table):
    with pytest.raises(ValueError, match="more than once: health"):
        prepare(table, "decile", ["health", "flag", "health"])


def test_texts_are_no_predictors(table):
    with pytest.raises(ValueError, match=r"Not numbers: 'name' is"):
        prepare(table.assign(name=list("wxyz")), "decile", ["health", "name"])


def test_infinite_predictors_are_named(table):
    with pytest.raises(ValueError, match=r"Infinite values in health"):
        prepare(table.assign(health=[1, 2, np.inf, 3]), "decile", ["health"])


def test_a_constant_target_is_an_error(table):
    with pytest.raises(ValueError, match=r"'decile' is 7 in every row"):
        prepare(table.assign(decile=7), "decile", ["health"])


def test_a_continuous_target_is_to_be_cut_into_classes_first():
    with pytest.raises(ValueError, match=r"holds 0\.5; .*qcut"):
        read_target(pd.Series([1.0, 0.5], name="score"))
    with pytest.raises(ValueError, match=r"100 different values.*qcut"):
        read_target(pd.Series(range(100), name="rank"))


def test_dates_are_no_classes():
    with pytest.raises(ValueError, match="not classes"):
        read_target(pd.Series(pd.to_datetime(["2024-01-01", "2025-01-01"]), name="when"))


def test_texts_that_are_numbers_are_ordered_as_numbers():
    assert read_target(pd.Series(["10", "2", "1"]))[1] == ["1", "2", "10"]


def test_texts_of_unknown_order_are_an_error_unless_order_is_not_wanted():
    levels = pd.Series(["low", "high", "middle"], name="level")
    with pytest.raises(ValueError, match=r"of unknown order.*ordered=True.*treat_y_as_ordered=False"):
        read_target(levels)
    assert read_target(levels, ordered=False)[1] == ["high", "low", "middle"]


def test_an_ordered_categorical_says_the_order_and_which_classes_there_could_be():
    levels = pd.Series(pd.Categorical(["low", "high"], ["low", "middle", "high"], ordered=True))
    labels, categories = read_target(levels)
    assert categories == ["low", "middle", "high"]
    assert labels.tolist() == ["low", "high"]


def test_an_unordered_categorical_of_numbers_is_ordered_as_numbers():
    assert read_target(pd.Series(pd.Categorical([10, 2, 1])))[1] == [1, 2, 10]
