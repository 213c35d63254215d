"""Neighbours found exactly, and measures of neighbours held to their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.similarity import (
    chance_precision,
    exact_neighbours,
    groups_reached,
    hits_at_k,
    precision_at_k,
    precision_table,
    recall_at_k,
    same_group_share,
)


@given(st.integers(6, 40), st.integers(1, 5), st.booleans(), st.sampled_from([1, 7, 512]), st.integers(0, 99))
def test_neighbours_are_those_of_a_full_sort_whatever_the_block(n_rows, k, in_groups, block, seed):
    random = np.random.default_rng(seed)
    vectors, groups = random.normal(size=(n_rows, 5)), np.arange(n_rows) % n_rows // 2
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = unit @ unit.T
    likeness[groups[:, None] == groups if in_groups else np.eye(n_rows, dtype=bool)] = -2
    k = min(k, n_rows - 2)
    neighbours, scores = exact_neighbours(vectors, k=k, groups=groups if in_groups else None, block=block)
    assert neighbours.dtype == np.int32
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, -np.sort(-likeness, axis=1)[:, :k], atol=1e-6)
    np.testing.assert_allclose(np.take_along_axis(likeness, neighbours.astype(int), 1), scores, atol=1e-6)


def test_equal_rows_are_neighbours_in_the_order_of_their_numbers():
    neighbours, scores = exact_neighbours(np.ones((5, 3)), k=4)
    assert neighbours[0].tolist() == [1, 2, 3, 4]
    assert neighbours[2].tolist() == [0, 1, 3, 4]
    np.testing.assert_allclose(scores, 1)


def test_length_does_not_count():
    vectors = np.random.default_rng(0).normal(size=(30, 4))
    longer = vectors * np.linspace(0.1, 900, 30)[:, None]
    assert (exact_neighbours(vectors, k=5)[0] == exact_neighbours(longer, k=5)[0]).all()


def test_the_vectors_given_are_left_as_they_are():
    vectors = np.full((4, 3), 2, np.float32)
    exact_neighbours(vectors, k=1)
    assert (vectors == 2).all()


@pytest.mark.parametrize(
    ("vectors", "wanted", "said"),
    [
        (np.ones((4, 2)), {"k": 4}, "only 3 others"),
        (np.ones((4, 2)), {"k": 2, "groups": [1, 1, 1, 2]}, "only 1 others outside the largest group"),
        (np.ones((4, 2)), {"k": 0}, "1 or more"),
        (np.ones((4, 2)), {"k": 1, "block": 0}, "block=0"),
        (np.ones((4, 2)), {"k": 1, "groups": [1, 2]}, "expected one a row"),
        (np.array([[1.0, 0], [0, 0], [1, 1]]), {"k": 1}, "first number 1,.*all zeros"),
        (np.array([[1.0, 0], [np.nan, 0], [1, 1]]), {"k": 1}, "missing values"),
        (np.ones(4), {"k": 1}, "rows by dimensions"),
    ],
)
def test_what_has_no_neighbours_is_refused_with_a_reason(vectors, wanted, said):
    with pytest.raises(ValueError, match=said):
        exact_neighbours(vectors, **wanted)


NEIGHBOURS = np.array([[1, 2, 3], [0, 3, -1], [3, 0, 1], [2, -1, -1]])
FORMS = np.array(["park", "park", "port", "port"])


def test_hits_count_those_of_the_rows_own_label_and_none_where_nothing_was_found():
    np.testing.assert_allclose(hits_at_k(NEIGHBOURS, FORMS), [1 / 3, 1 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(hits_at_k(NEIGHBOURS, FORMS, k=1), 1)
    assert precision_at_k(NEIGHBOURS, FORMS, k=2) == pytest.approx(0.5)


def test_the_share_of_the_own_group_and_the_groups_reached_agree_with_a_count_by_hand():
    groups = np.array([8, 8, 5, 9])
    assert same_group_share(NEIGHBOURS, groups) == pytest.approx(2 / 12)
    assert groups_reached(NEIGHBOURS, groups).tolist() == [3, 2, 2, 1]


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30))
def test_chance_precision_is_that_of_taking_all_others_as_neighbours(labels):
    labels = np.array(labels)
    others = np.array([np.delete(np.arange(len(labels)), row) for row in range(len(labels))])
    assert chance_precision(labels) == pytest.approx(precision_at_k(others, labels))


def test_a_table_of_precisions_has_a_row_for_each_method_and_number():
    table = precision_table({"mean": NEIGHBOURS, "max": NEIGHBOURS[:, ::-1]}, FORMS, ks=(1, 3))
    assert table[["method", "k"]].values.tolist() == [["mean", 1], ["mean", 3], ["max", 1], ["max", 3]]
    assert table["precision"].tolist() == pytest.approx([1, 1 / 3, 0, 1 / 3])


def test_recall_does_not_mind_the_order_and_counts_what_was_not_found():
    exact = np.array([[1, 2], [0, 2], [0, 1]])
    assert recall_at_k(exact[:, ::-1], exact) == 1
    assert recall_at_k(np.array([[1, -1], [2, 0], [5, 6]]), exact) == pytest.approx(0.5)


def test_measures_refuse_neighbours_that_are_no_row_numbers():
    for wrong in (NEIGHBOURS + 1, NEIGHBOURS - 1, NEIGHBOURS.astype(float), NEIGHBOURS[0]):
        with pytest.raises(ValueError, match="row numbers"):
            precision_at_k(wrong, FORMS)
    with pytest.raises(ValueError, match="there are 3 neighbours"):
        precision_at_k(NEIGHBOURS, FORMS, k=4)
    with pytest.raises(ValueError, match="one a row"):
        groups_reached(NEIGHBOURS, FORMS[:3])
    with pytest.raises(ValueError, match="same two"):
        recall_at_k(NEIGHBOURS, NEIGHBOURS[:, :2])
