import numpy as np
import pandas as pd
import pytest

from tools.modelling import explain_forest, run_rf_classifier
from tools.provenance import footnote


@pytest.fixture(scope="module")
def result(town):
    return run_rf_classifier(town, "decile", ["health", "noise"], n_estimators=20, verbose=False)


def test_values_and_base_add_up_to_the_forests_probabilities(result):
    explanation = explain_forest(result, n=15, n_trees=None)
    probabilities = result["model"].predict_proba(explanation.features)
    np.testing.assert_allclose(explanation.values.sum(axis=1) + explanation.base, probabilities, atol=1e-9)


def test_the_expected_class_moves_by_the_sum_of_its_features(result):
    explanation = explain_forest(result, n=15, n_trees=None)
    places = np.arange(5)
    expected = result["model"].predict_proba(explanation.features) @ places - explanation.base @ places
    np.testing.assert_allclose(explanation.expected_class.sum(axis=1), expected, atol=1e-9)


def test_better_health_moves_the_expected_class_up(result):
    explanation = explain_forest(result, n=40)
    up = explanation.expected_class["health"]
    assert np.corrcoef(up, explanation.features["health"])[0, 1] > 0.8


def test_what_matters_is_ranked_first(result):
    explanation = explain_forest(result, n=20)
    assert explanation.importances.index.tolist() == ["health", "noise"]
    by_hand = np.abs(explanation.values).mean(axis=(0, 2))
    assert explanation.importances["noise"] == pytest.approx(by_hand[1])


def test_areas_are_drawn_from_the_test_set_and_the_same_for_a_seed(result):
    first, again, other = (explain_forest(result, n=10, random_state=s) for s in (1, 1, 2))
    assert len(first.features) == 10
    assert set(first.features.index) <= set(result["X_test"].index)
    assert first.features.index.equals(again.features.index)
    np.testing.assert_array_equal(first.values, again.values)
    assert not first.features.index.equals(other.features.index)


def test_asking_for_more_areas_than_were_tested_explains_all(result):
    assert explain_forest(result, n=10_000, n_trees=2).values.shape == (80, 2, 5)


def test_classes_are_in_their_own_order_and_not_in_that_of_their_names(town):
    names = ["worst", "bad", "fair", "good", "best"]
    levels = pd.Categorical.from_codes(town["decile"] - 1, names, ordered=True)
    named = run_rf_classifier(town.assign(level=levels), "level", ["health"], n_estimators=20, verbose=False)
    explanation = explain_forest(named, n=40, n_trees=None)
    assert explanation.categories == names
    probabilities = pd.DataFrame(
        named["model"].predict_proba(explanation.features), columns=named["model"].classes_
    )
    np.testing.assert_allclose(
        explanation.values.sum(axis=1) + explanation.base, probabilities[names], atol=1e-9
    )
    assert np.corrcoef(explanation.expected_class["health"], explanation.features["health"])[0, 1] > 0.8


def test_the_forest_itself_keeps_all_its_trees(result):
    explain_forest(result, n=2, n_trees=3)
    assert len(result["model"].estimators_) == result["model"].n_estimators == 20


def test_marks_of_provenance_travel(result):
    explanation = explain_forest(result, n=2, n_trees=2)
    assert footnote(explanation) == footnote(explanation.importances) == "Synthetic sample"
    assert footnote(explanation.expected_class) == "Synthetic sample"


def test_a_model_without_its_result_is_refused(result):
    with pytest.raises(ValueError, match="the whole result, not the model alone"):
        explain_forest(result["model"])


@pytest.mark.parametrize(("n", "n_trees"), [(0, 5), (5, 0), (2.5, 5)])
def test_numbers_below_one_are_errors(result, n, n_trees):
    with pytest.raises(ValueError, match="at least one area with at least one tree"):
        explain_forest(result, n=n, n_trees=n_trees)
