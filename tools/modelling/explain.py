"""Why a forest predicts what it does: SHAP values, area by area and on the whole."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
import pandas as pd

from tools import provenance
from tools.modelling.ordinal import class_positions


@dataclass(frozen=True, eq=False)
class Explanation:
    """SHAP values of a forest on some of its test areas.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (areas, features, classes)
        How much each feature moved each class's probability away from `base`, for each area.
    base : numpy.ndarray of float64, shape (classes,)
        The probabilities before any feature is known.
    features : pandas.DataFrame
        The explained areas' features.
    categories : list
        The classes that the forest knows, lowest first: the last axis of `values`.
    places : numpy.ndarray of int64, shape (classes,)
        The place of each of these among all classes of the target.
    attrs : dict
        Where marks of provenance travel.
    """

    values: np.ndarray
    base: np.ndarray
    features: pd.DataFrame
    categories: list
    places: np.ndarray
    attrs: dict = field(default_factory=dict, repr=False)

    @property
    def importances(self) -> pd.Series:
        """Mean \\|SHAP\\| of each feature over areas and classes, largest first, in units of probability."""
        mean = np.abs(self.values).mean(axis=(0, 2))
        series = pd.Series(mean, index=self.features.columns, name="mean |SHAP value|")
        return provenance.carry(series.sort_values(ascending=False, kind="stable"), self)

    @property
    def expected_class(self) -> pd.DataFrame:
        """How many classes up or down each feature moved the expected class, area by feature.

        SHAP values add up, so those of the expected class are the sum over classes of a class's place times
        the values for its probability. For deciles the unit is deciles.
        """
        moved = self.values @ self.places.astype(float)
        return provenance.carry(
            pd.DataFrame(moved, index=self.features.index, columns=self.features.columns), self
        )

    def __repr__(self) -> str:
        areas, features, classes = self.values.shape
        return f"<SHAP values of {areas} areas, {features} features and {classes} classes>"


def explain_forest(
    result: Mapping, n: int = 100, n_trees: int | None = 50, random_state: int = 42
) -> Explanation:
    """Compute SHAP values of a forest on a sample of its test areas.

    A forest's SHAP values are the means of its trees', so a part of the trees and of the areas gives the same
    picture sooner: 100 areas and 50 trees take some seconds, 1,000 areas and 500 trees take ten minutes.

    Parameters
    ----------
    result : ForestResult
        From `tools.modelling.forest.run_rf_classifier`.
    n : int, default 100
        How many test areas to explain, drawn at random; all where there are fewer.
    n_trees : int or None, default 50
        How many of the forest's trees to use, the first ones; None is all.
    random_state : int, default 42
        Seed of the draw.

    Returns
    -------
    Explanation
        Its ``importances`` go into a bar chart; its ``expected_class`` says which way.

    Raises
    ------
    ValueError
        If `result` is not of `run_rf_classifier`, or if a number is below 1.

    References
    ----------
    Lundberg, S. M. et al. (2020). From local explanations to global understanding with explainable AI for
    trees. Nature Machine Intelligence, 2, 56–67.

    Examples
    --------
    >>> from tools.modelling.forest import run_rf_classifier
    >>> table = pd.DataFrame({"decile": [1, 2] * 20, "health": [0.0, 1.0] * 20, "noise": [0, 0, 1, 1] * 10})
    >>> result = run_rf_classifier(table, "decile", ["health", "noise"], n_estimators=10, verbose=False)
    >>> explain_forest(result, n=5, n_trees=5).importances.index[0]
    'health'
    """
    if not isinstance(result, Mapping) or not {"model", "X_test", "y_categories"} <= set(result):
        raise ValueError("Pass what run_rf_classifier returned: the whole result, not the model alone.")
    if not hasattr(result["model"], "estimators_"):
        raise ValueError(
            f"The model is a {type(result['model']).__name__}: SHAP values are computed here for the forest "
            "of run_rf_classifier only."
        )
    if not isinstance(n, Integral) or n < 1 or (n_trees is not None and n_trees < 1):
        raise ValueError(f"n={n!r}, n_trees={n_trees!r}: explain at least one area with at least one tree.")
    import shap  # here, for it is slow to import and few lessons need it

    model, X_test = result["model"], result["X_test"]
    rows = np.random.default_rng(random_state).permutation(len(X_test))[:n]
    features = X_test.iloc[np.sort(rows)]
    explainer = shap.TreeExplainer(_part_of(model, n_trees))
    values = np.asarray(explainer.shap_values(features.to_numpy(), check_additivity=True), dtype=float)
    # The forest orders its classes by name, "high" before "low"; the reader, by size.
    places = class_positions(model.classes_, result["y_categories"])
    order = np.argsort(places)
    explanation = Explanation(
        values=values[:, :, order],
        base=np.asarray(explainer.expected_value, dtype=float)[order],
        features=features,
        categories=[result["y_categories"][place] for place in places[order]],
        places=places[order],
    )
    return provenance.carry(explanation, result)


def _part_of(forest, n_trees: int | None):
    part = copy.copy(forest)
    part.estimators_ = forest.estimators_[:n_trees]
    part.n_estimators = len(part.estimators_)
    return part
