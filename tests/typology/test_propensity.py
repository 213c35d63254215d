import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.provenance import footnote
from tools.typology import propensities, propensity, recode_characteristics

cells = st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=4).filter(
    lambda rows: np.sum(rows) > 0
)


def of_counts(counts):
    """Rows of a table whose classes and categories occur as often as that."""
    pairs = [
        ("ABCD"[i], "xyz"[j]) for i, row in enumerate(counts) for j, n in enumerate(row) for _ in range(n)
    ]
    return pd.DataFrame(pairs, columns=["cluster", "kind"])


@settings(max_examples=40)
@given(cells)
def test_the_index_is_the_share_in_the_class_over_the_share_of_all(counts):
    data = of_counts(counts)
    found = propensity(data, "kind")
    for name, rows in data.groupby("cluster"):
        for kind in data["kind"].unique():
            expected = 100 * (rows["kind"] == kind).mean() / (data["kind"] == kind).mean()
            assert found.index.loc[name, kind] == pytest.approx(expected)


@settings(max_examples=40)
@given(cells)
def test_indices_weighted_by_class_size_average_to_a_hundred(counts):
    found = propensity(of_counts(counts), "kind")
    weights = found.known / found.known.sum()
    assert found.index.mul(weights, axis=0).sum().to_numpy() == pytest.approx(100)
    assert found.expected.sum().to_numpy() == pytest.approx(found.counts.sum().to_numpy())


@settings(max_examples=40)
@given(cells)
def test_the_interval_holds_the_index_and_narrows_with_more_of_the_same(counts):
    data = of_counts(counts)
    once, tenfold = propensity(data, "kind"), propensity(pd.concat([data] * 10), "kind")
    slack = 1e-9
    assert (once.low <= once.index + slack).all(axis=None)
    assert (once.high >= once.index - slack).all(axis=None)
    assert (tenfold.low >= once.low - slack).all(axis=None)
    assert (tenfold.high <= once.high + slack).all(axis=None)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    shares = np.array([[0.06, 0.14], [0.24, 0.56 - 0.1], [0.02, 0.08]])
    shares /= shares.sum()
    truth = 100 * shares[0, 0] / (shares[0].sum() * shares[:, 0].sum())
    covered = 0
    for _ in range(250):
        counts = rng.multinomial(900, shares.ravel()).reshape(shares.shape)
        found = propensity(of_counts(counts), "kind")
        covered += found.low.loc["A", "x"] <= truth <= found.high.loc["A", "x"]
    assert 0.91 < covered / 250 < 0.985


def test_a_class_that_is_the_whole_has_no_uncertainty():
    found = propensity(of_counts([[30, 10, 0]]), "kind")
    assert found.index.loc["A"].tolist() == [100, 100]
    assert found.low.loc["A"].tolist() == pytest.approx([100, 100])
    assert found.high.loc["A"].tolist() == pytest.approx([100, 100])


def test_an_empty_cell_may_still_hold_a_few():
    found = propensity(of_counts([[0, 50, 0], [50, 100, 0]]), "kind")
    assert found.index.loc["A", "x"] == found.low.loc["A", "x"] == 0
    assert found.expected.loc["A", "x"] == 12.5
    assert found.high.loc["A", "x"] == pytest.approx(100 * 3.689 / 12.5, rel=1e-3)


def test_cells_are_flagged_where_few_were_found_or_expected():
    found = propensity(of_counts([[19, 200, 1], [20, 400, 25]]), "kind", min_count=20)
    assert found.flagged.loc["A"].tolist() == [True, False, True]
    assert found.flagged.loc["B"].tolist() == [False, False, True], (
        "25 were found, but 17 were to be expected"
    )
    assert not propensity(of_counts([[1, 2, 3], [3, 2, 1]]), "kind", min_count=0).flagged.any(axis=None)


def test_what_is_missing_is_left_out_and_counted(town):
    table = recode_characteristics(town)
    found = propensity(table, "CONSTRUCTION_AGE_BAND")
    assert found.total.tolist() == [100, 100, 100]
    assert found.known.tolist() == [75, 75, 75]
    assert found.counts.to_numpy().sum() == 225
    assert "known for 225 of 300 rows (75 %)" in repr(found)


def test_a_class_of_which_nothing_is_known_has_no_index():
    data = of_counts([[10, 10, 0], [10, 20, 0]])
    data = pd.concat([data, pd.DataFrame({"cluster": ["C"] * 5, "kind": [None] * 5})])
    found = propensity(data, "kind")
    assert found.index.loc["C"].isna().all()
    assert found.high.loc["C"].isna().all()
    assert found.flagged.loc["C"].all()
    assert (found.known["C"], found.total["C"]) == (0, 5)
    assert "–*" in repr(found)


def test_rows_without_a_class_count_nowhere():
    data = of_counts([[10, 10, 0], [10, 20, 0]])
    stray = pd.DataFrame({"cluster": [None] * 50, "kind": ["x"] * 50})
    with_stray, without = propensity(pd.concat([data, stray]), "kind"), propensity(data, "kind")
    pd.testing.assert_frame_equal(with_stray.index, without.index)
    assert with_stray.total.sum() == 50


def test_categories_keep_their_order_and_those_that_do_not_occur_are_left_out(town):
    found = propensity(recode_characteristics(town), "CONSTRUCTION_AGE_BAND")
    assert found.index.columns.tolist() == ["1900 or earlier", "1930-1949", "2003 onwards"]
    assert found.index.columns.name == "CONSTRUCTION_AGE_BAND"
    assert found.index.index.name == "cluster"


def test_classes_may_be_a_categorical_of_letters(town):
    table = recode_characteristics(town)
    lettered = table.assign(cluster=pd.Categorical(table["cluster"], ["C", "B", "A", "D"], ordered=True))
    found = propensity(lettered, "BUILT_FORM")
    assert found.index.index.tolist() == ["C", "B", "A"]
    assert found.index.loc["A", "Terrace"] == 300


def test_all_tables_have_one_shape_and_the_long_one_a_row_a_cell(town):
    found = propensity(recode_characteristics(town), "BUILT_FORM")
    parts = [found.index, found.counts, found.expected, found.low, found.high, found.flagged]
    assert all(part.index.equals(found.index.index) for part in parts)
    assert all(part.columns.equals(found.index.columns) for part in parts)
    long = found.to_frame()
    assert list(long.columns[:2]) == ["cluster", "BUILT_FORM"]
    assert len(long) == found.index.size
    assert long["n"].sum() == found.known.sum()


def test_a_propensity_prints_as_a_table_with_its_warning(town):
    printed = repr(propensity(recode_characteristics(town), "NON_DOMESTIC")).splitlines()
    assert printed[0] == "Propensity of NON_DOMESTIC by cluster: 100 is the average of all classes"
    assert printed[1].split() == ["Domestic", "Non-domestic", "rows"]
    assert printed[2].split() == ["A", "100", "100*", "100"]
    assert printed[-1] == "* fewer than 20 rows found or expected: too few to read"


def test_marks_of_provenance_travel_with_the_indices(town):
    found = propensity(recode_characteristics(town), "BUILT_FORM")
    for part in (found, found.index, found.counts, found.expected, found.to_frame()):
        assert footnote(part) == footnote(town)


def test_several_columns_come_in_the_order_asked(town):
    table = recode_characteristics(town)
    found = propensities(table, ["PROPERTY_TYPE", "BUILT_FORM"], min_count=5)
    assert list(found) == ["PROPERTY_TYPE", "BUILT_FORM"]
    assert found["BUILT_FORM"].min_count == 5
    pd.testing.assert_frame_equal(found["BUILT_FORM"].index, propensity(table, "BUILT_FORM").index)


def test_what_makes_no_sense_is_said(town):
    with pytest.raises(ValueError, match="column and by are both 'cluster'"):
        propensity(town, "cluster")
    with pytest.raises(ValueError, match="'TOID' has 300 different values, too many for categories"):
        propensity(town, "TOID")
    with pytest.raises(ValueError, match="Did the join work"):
        propensity(town.assign(BUILT_FORM=None), "BUILT_FORM")
    with pytest.raises(ValueError, match="Did you mean 'BUILT_FORM'"):
        propensity(town, "BUILT_FROM")
    with pytest.raises(ValueError, match="min_count"):
        propensity(town, "BUILT_FORM", min_count=-1)
    with pytest.raises(ValueError, match="confidence"):
        propensity(town, "BUILT_FORM", confidence=95)
    with pytest.raises(ValueError, match="list of column names"):
        propensities(town, "BUILT_FORM")
