import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from tools.modelling import adjacent_accuracy, classification_report_table, run_rf_classifier
from tools.modelling.forest import ForestResult
from tools.provenance import footnote

BANDS = ["old", "middle", "new", "newest"]


def result_of(true, predicted):
    """What a classifier with these predictions would return."""
    confusion = pd.crosstab(pd.Series(true), pd.Series(predicted)).reindex(
        index=BANDS, columns=BANDS, fill_value=0
    )
    return ForestResult(confusion=confusion)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(BANDS), st.sampled_from(BANDS)), min_size=1, max_size=60))
def test_the_report_agrees_with_scikit_learn(pairs):
    true, predicted = zip(*pairs, strict=True)
    table = classification_report_table(result_of(true, predicted))
    tested = [band for band in BANDS if band in true]
    expected = precision_recall_fscore_support(true, predicted, labels=tested, zero_division=0)
    for column, values in zip(["precision", "recall", "f1", "support"], expected, strict=True):
        assert table.loc[tested, column].tolist() == pytest.approx(values)
    for row, average in (("macro average", "macro"), ("weighted average", "weighted")):
        means = precision_recall_fscore_support(
            true, predicted, labels=tested, average=average, zero_division=0
        )
        assert table.loc[row, ["precision", "recall", "f1"]].tolist() == pytest.approx(means[:3])


def test_the_weighted_recall_is_the_accuracy(town):
    result = run_rf_classifier(town, "decile", ["health"], n_estimators=5, verbose=False)
    table = classification_report_table(result)
    assert table.loc["weighted average", "recall"] == pytest.approx(result["accuracy"])
    assert table["support"].iloc[:-2].sum() == len(result["y_test"]) == table["support"].iloc[-1]
    assert table.index[:-2].tolist() == result["y_categories"]
    assert footnote(table) == "Synthetic sample"


def test_a_class_that_was_not_tested_counts_in_no_mean():
    table = classification_report_table(result_of(["old", "new"], ["old", "new"]))
    assert table.loc[["middle", "newest"], "recall"].isna().all()
    assert table.loc["macro average", "recall"] == 1


def test_a_model_alone_is_refused():
    with pytest.raises(ValueError, match="the whole result, not the model alone"):
        classification_report_table({"model": None})


def test_a_band_off_is_adjacent_and_two_are_not():
    assert adjacent_accuracy(["old", "old", "new"], ["middle", "new", "new"], BANDS) == pytest.approx(2 / 3)


def test_an_absent_class_between_two_keeps_them_apart():
    assert adjacent_accuracy([1, 3], [3, 1], categories=[1, 2, 3]) == 0
    assert adjacent_accuracy([1, 3], [3, 1]) == 1


@given(st.lists(st.tuples(st.sampled_from(BANDS), st.sampled_from(BANDS)), min_size=1, max_size=40))
def test_a_wider_net_never_catches_less_and_the_widest_catches_all(pairs):
    true, predicted = zip(*pairs, strict=True)
    caught = [adjacent_accuracy(true, predicted, BANDS, within=within) for within in range(len(BANDS))]
    assert caught == sorted(caught)
    assert caught[0] == pytest.approx(np.mean([t == p for t, p in pairs]))
    assert caught[-1] == 1


@pytest.mark.parametrize("within", [-1, 0.5, True])
def test_a_net_of_no_whole_width_is_an_error(within):
    with pytest.raises(ValueError, match="whole number of classes"):
        adjacent_accuracy([1, 2], [1, 2], within=within)
