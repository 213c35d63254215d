"""The same models under several ways of holding data back, beside baselines that a model must beat."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier

from tools import provenance
from tools.modelling.centres import centre_coordinates
from tools.modelling.folds import Folds
from tools.modelling.ordinal import ordinal_scores
from tools.modelling.prepare import prepare

BASELINES = {
    "majority": "always the class that is commonest among the areas learnt from",
    "coordinates": "a forest that is given nothing but the centroid's easting and northing",
}
"""Feature sets that are named rather than listed."""


def compare_models(
    data: pd.DataFrame | gpd.GeoDataFrame,
    y_col: str,
    feature_sets: Mapping[str, Sequence[str] | str],
    schemes: Mapping[str, Folds],
    *,
    n_estimators: int = 100,
    max_features: str | float | int | None = "sqrt",
    min_samples_leaf: int = 1,
    class_weight: str | dict | None = "balanced",
    random_state: int = 42,
    n_jobs: int = -1,
    estimators: Mapping[str, ClassifierMixin] | None = None,
) -> pd.DataFrame:
    """Score random forests on several feature sets, under several ways of holding areas back.

    All models see the same areas in the same folds: a row with a missing value in any of the columns used is
    left out for all. So their scores may be compared fold by fold, as
    `tools.modelling.summaries.paired_differences` does.

    Parameters
    ----------
    data : pandas.DataFrame or geopandas.GeoDataFrame
        One row an area; with geometry and CRS for the "coordinates" baseline.
    y_col : str
        The target: a column of ordered classes, such as deciles.
    feature_sets : mapping of str to (sequence of str, "coordinates" or "majority")
        The models: for each name the predictors, or a baseline. "majority" always names the class that is
        commonest among the areas learnt from; "coordinates" is a forest that knows only the centroid.
    schemes : mapping of str to Folds
        For each name the folds, made from the same `data` by `random_folds`, `grouped_folds` or
        `blocked_folds`.
    n_estimators : int, default 100
        Trees in each forest: a fifth of `run_rf_classifier`'s, for a fifth of the time. On 5,000 areas and
        ten deciles, five times as many changed the accuracy by 0.002 with four predictors and by 0.016 with
        64, about as much as it differs between folds; take 500 where such a difference matters.
    max_features, min_samples_leaf, class_weight, random_state, n_jobs
        As in ``sklearn.ensemble.RandomForestClassifier``.
    estimators : mapping of str to scikit-learn classifier, optional
        For models of `feature_sets` that are to be no forests, another classifier, such as
        `tools.modelling.boosting.boosting_classifier`; a copy is fitted in each fold.

    Returns
    -------
    pandas.DataFrame
        Tidy: one row a scheme, model and fold, with ``scheme``, ``model``, ``fold``, ``accuracy`` (share
        exactly right), ``adjacent_accuracy`` (right or next to it), ``mae`` (classes off on average),
        ``quadratic_kappa``, ``n_train``, ``n_test`` and ``n_features``. ``attrs["n_dropped"]`` is the number
        of rows left out. To be read, pass it to `tools.modelling.summaries.comparison_table`.

    Raises
    ------
    ValueError
        For unknown columns or baselines, folds made from another table, a target that is constant,
        continuous or of unknown order, coordinates without geometry or CRS, or an estimator for no model.

    Examples
    --------
    >>> from tools.modelling.folds import random_folds
    >>> table = pd.DataFrame({"decile": [1, 2, 3] * 10, "health": [0.0, 1.0, 2.0] * 10})
    >>> schemes = {"random": random_folds(table, "decile", n_splits=2)}
    >>> models = {"health": ["health"], "commonest": "majority"}
    >>> scores = compare_models(table, "decile", models, schemes, n_estimators=5, n_jobs=1)
    >>> scores.groupby("model", sort=False)["accuracy"].mean().round(2).to_dict()
    {'health': 1.0, 'commonest': 0.33}
    """
    if not feature_sets or not schemes:
        raise ValueError("Name at least one feature set and one scheme of folds to compare.")
    estimators = _checked_estimators(estimators, feature_sets)
    table, columns = _with_features(data, y_col, feature_sets)
    used = list(dict.fromkeys(c for names in columns.values() for c in names))
    prepared = prepare(table, y_col, used)
    rows = []
    for scheme, folds in schemes.items():
        if not isinstance(folds, Folds):
            raise ValueError(
                f"The scheme {scheme!r} is a {type(folds).__name__}, not Folds: make it with random_folds, "
                "grouped_folds or blocked_folds."
            )
        pairs = _on_complete_rows(scheme, folds, data.index, prepared.complete)
        for model, names in columns.items():
            for fold, (train, test) in enumerate(pairs):
                if model in estimators:
                    estimator = clone(estimators[model])
                elif names:
                    estimator = RandomForestClassifier(
                        n_estimators=n_estimators,
                        max_features=max_features,
                        min_samples_leaf=min_samples_leaf,
                        class_weight=class_weight,
                        random_state=random_state,
                        n_jobs=n_jobs,
                    )
                else:
                    estimator = DummyClassifier(strategy="most_frequent")
                X = prepared.X[names] if names else prepared.X.iloc[:, :0].assign(nothing=0.0)
                estimator.fit(X.iloc[train], prepared.y.iloc[train])
                predicted = estimator.predict(X.iloc[test])
                scores = ordinal_scores(prepared.y.iloc[test], predicted, prepared.categories)
                sizes = {"n_train": len(train), "n_test": len(test), "n_features": len(names)}
                rows.append({"scheme": scheme, "model": model, "fold": fold, **scores, **sizes})
    result = provenance.carry(pd.DataFrame(rows), data)
    result.attrs["n_dropped"] = prepared.n_dropped
    return result


def _checked_estimators(estimators: Mapping | None, feature_sets: Mapping) -> dict:
    estimators = dict(estimators or {})
    for name, estimator in estimators.items():
        if name not in feature_sets:
            raise ValueError(
                f"There is an estimator for {name!r}, which is none of the models: "
                f"{', '.join(map(repr, feature_sets))}. Name it there too, with its predictors."
            )
        if feature_sets[name] == "majority":
            raise ValueError(f"The model {name!r} is the majority baseline, which takes no estimator.")
        if not isinstance(estimator, BaseEstimator) or not is_classifier(estimator):
            raise ValueError(
                f"The estimator of {name!r} is a {type(estimator).__name__}, not a scikit-learn classifier."
            )
    return estimators


def _with_features(data, y_col: str, feature_sets: Mapping) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    columns: dict[str, list[str]] = {}
    table = data
    for name, features in feature_sets.items():
        if not isinstance(features, str):
            columns[name] = list(features)
            if not columns[name]:
                raise ValueError(f"The feature set {name!r} is empty: name columns, or 'majority'.")
        elif features == "majority":
            columns[name] = []
        elif features == "coordinates":
            # The prefix keeps them apart from columns of the reader's own.
            centres = centre_coordinates(data).add_prefix("coordinates: ")
            columns[name] = list(centres.columns)
            table = pd.DataFrame(data).assign(**centres)
        else:
            close = difflib.get_close_matches(features, BASELINES, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"For one column, write [{features!r}]."
            raise ValueError(
                f"The feature set {name!r} is the text {features!r}, which is no baseline. {hint}"
            )
    return table, columns


def _on_complete_rows(scheme: str, folds: Folds, index: pd.Index, complete: np.ndarray) -> list:
    if len(folds.fold) != len(index) or (len(index) and not folds.fold.index.equals(index)):
        raise ValueError(
            f"The folds {scheme!r} were made for {len(folds.fold):,} other rows than the {len(index):,} of "
            "the data. Make them from the same table, after all filtering."
        )
    position = np.cumsum(complete) - 1
    pairs = [tuple(position[part[complete[part]]] for part in pair) for pair in folds.split()]
    empty = [n for n, (train, test) in enumerate(pairs) if not len(train) or not len(test)]
    if empty:
        raise ValueError(
            f"Once rows with missing values are left out, fold {empty[0]} of {scheme!r} is empty. "
            "Drop incomplete rows before making the folds."
        )
    return pairs
