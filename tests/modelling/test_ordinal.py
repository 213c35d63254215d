import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from tools.modelling.ordinal import (
    class_positions,
    mean_absolute_error_ordinal,
    ordinal_scores,
    quadratic_weighted_kappa,
)

DECILES = range(1, 11)
pairs = st.lists(st.tuples(st.integers(1, 10), st.integers(1, 10)), min_size=1, max_size=60)


@given(pairs)
@settings(deadline=None)
def test_both_measures_agree_with_scikit_learn(pairs):
    true, predicted = np.array(pairs).T
    assert mean_absolute_error_ordinal(true, predicted, DECILES) == pytest.approx(
        mean_absolute_error(true, predicted)
    )
    if len({*true, *predicted}) == 1:
        assert math.isnan(quadratic_weighted_kappa(true, predicted, DECILES))
    else:
        reference = cohen_kappa_score(true, predicted, labels=list(DECILES), weights="quadratic")
        assert quadratic_weighted_kappa(true, predicted, DECILES) == pytest.approx(reference)


@given(pairs, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_areas_and_the_direction_of_classes_do_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    backwards = [(11 - t, 11 - p) for t, p in pairs]
    reference = ordinal_scores(*zip(*pairs, strict=True), DECILES)
    for other in (shuffled, backwards):
        assert ordinal_scores(*zip(*other, strict=True), DECILES) == pytest.approx(reference, nan_ok=True)


@given(st.lists(st.integers(1, 10), min_size=2), st.integers(1, 10))
@settings(deadline=None)
def test_a_constant_prediction_has_exactly_no_agreement_beyond_chance(true, constant):
    kappa = quadratic_weighted_kappa(true, [constant] * len(true), DECILES)
    assert kappa == 0 or (math.isnan(kappa) and set(true) == {constant})


def test_errors_are_counted_in_classes_not_in_labels():
    levels = ["low", "middle", "high"]
    assert mean_absolute_error_ordinal(["low", "low"], ["high", "middle"], levels) == 1.5


def test_a_class_that_is_absent_still_keeps_its_neighbours_apart():
    assert mean_absolute_error_ordinal([1, 3], [3, 1], categories=[1, 2, 3]) == 2
    assert mean_absolute_error_ordinal([1, 3], [3, 1]) == 1


def test_a_far_error_costs_more_agreement_than_a_near_one():
    true = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    near, far = [*true[:-1], 9], [*true[:-1], 1]
    assert 1 > quadratic_weighted_kappa(true, near) > quadratic_weighted_kappa(true, far) > 0


def test_an_unknown_label_is_named():
    with pytest.raises(ValueError, match=r"The label 11 is not among the categories \[1, 2"):
        class_positions([1, 11], DECILES)


def test_a_missing_label_is_an_error():
    with pytest.raises(ValueError, match="nan"):
        class_positions([1.0, np.nan], DECILES)


def test_repeated_categories_are_an_error():
    with pytest.raises(ValueError, match="a class twice"):
        class_positions([1], [1, 1])


def test_different_lengths_and_no_labels_are_errors():
    with pytest.raises(ValueError, match="3 true labels but 2 predictions"):
        mean_absolute_error_ordinal([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="the test set is empty"):
        quadratic_weighted_kappa([], [])
