"""Random forests for classes with an order: one honest split, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split

from tools import provenance
from tools.modelling.ordinal import class_positions, ordinal_scores
from tools.modelling.prepare import Prepared, prepare


class ForestResult(dict):
    """What `run_rf_classifier` and `run_boosting_classifier` return: a dictionary that prints as its scores.

    Attributes
    ----------
    attrs : dict
        Where marks of provenance travel.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.attrs: dict = {}

    def __repr__(self) -> str:
        return score_text(self)


def run_rf_classifier(
    data: pd.DataFrame,
    y_col: str,
    x_cols: Sequence[str],
    test_size: float = 0.2,
    random_state: int = 42,
    n_estimators: int = 500,
    n_jobs: int = -1,
    class_weight: str | dict | None = "balanced",
    dropna: bool = True,
    treat_y_as_ordered: bool = True,
    verbose: bool = True,
    what: str = "areas",
) -> ForestResult:
    """Train a random forest on a random part of the areas, and test it on the rest.

    The split is stratified: the test set has the same share of each class. It answers *how well for a new
    area next to known ones?*, once; `tools.modelling.compare.compare_models` asks harder questions, and
    repeatedly.

    Parameters
    ----------
    data : pandas.DataFrame or geopandas.GeoDataFrame
        One row an area.
    y_col : str
        The target: a column of classes, such as deciles.
    x_cols : sequence of str
        The predictors: numeric columns.
    test_size : float, default 0.2
        Share of the areas to test on.
    random_state : int, default 42
        Seed of the split and of the forest.
    n_estimators : int, default 500
        Number of trees.
    n_jobs : int, default -1
        Processor cores to use; -1 is all.
    class_weight : "balanced", dict or None, default "balanced"
        "balanced" lets rare classes count as much as common ones.
    dropna : bool, default True
        Leave out rows with a missing target or predictor; otherwise these are an error.
    treat_y_as_ordered : bool, default True
        Whether the classes have an order; without one, `adjacent_accuracy`, `mae_ordinal` and
        `quadratic_kappa` are NaN.
    verbose : bool, default True
        Print the scores, beside those of always naming the commonest class.
    what : str, default "areas"
        What the rows are, for the text.

    Returns
    -------
    ForestResult
        A dictionary with

        - ``model``: the fitted ``RandomForestClassifier``;
        - ``X_train``, ``X_test`` (DataFrames) and ``y_train``, ``y_test``, ``y_pred`` (Series of class
          labels), with the index of `data`;
        - ``pred_probs``: DataFrame of the test areas' class probabilities, a column a class;
        - ``accuracy``: share that is exactly right; ``adjacent_accuracy``: right or next to it;
          ``mae_ordinal``: classes off on average; ``quadratic_kappa``: agreement beyond chance;
        - ``majority_accuracy``, ``majority_adjacent_accuracy``, ``majority_mae``: the same for always naming
          the commonest class;
        - ``confusion``: DataFrame of counts, true classes in rows, predicted in columns;
        - ``importances``: Series of the mean decrease in impurity, largest first, sum 1;
        - ``y_categories``: the classes, lowest first; ``y_col``; ``n_dropped``: rows left out; ``what``.

    Raises
    ------
    ValueError
        For unknown, non-numeric or incomplete columns, a constant or continuous target, a class with one
        member, or a test set too small to hold every class.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning, 45(1), 5–32.

    Examples
    --------
    >>> table = pd.DataFrame({"decile": [1, 2] * 20, "health": [0.0, 1.0] * 20})
    >>> result = run_rf_classifier(table, "decile", ["health"], n_estimators=10, n_jobs=1, verbose=False)
    >>> result["accuracy"], result["mae_ordinal"]
    (1.0, 0.0)
    """
    model = RandomForestClassifier(
        n_estimators=n_estimators, random_state=random_state, n_jobs=n_jobs, class_weight=class_weight
    )
    result = train_and_test(
        model,
        data,
        y_col,
        x_cols,
        test_size=test_size,
        random_state=random_state,
        dropna=dropna,
        treat_y_as_ordered=treat_y_as_ordered,
        what=what,
    )
    importances = pd.Series(model.feature_importances_, index=list(result["X_train"]), name="importance")
    result["importances"] = provenance.carry(importances.sort_values(ascending=False, kind="stable"), data)
    if verbose:
        print(score_text(result))
    return result


def train_and_test(
    model: ClassifierMixin,
    data: pd.DataFrame,
    y_col: str,
    x_cols: Sequence[str],
    *,
    test_size: float,
    random_state: int,
    dropna: bool,
    treat_y_as_ordered: bool,
    what: str,
) -> ForestResult:
    """Split the complete rows, stratified by class; fit a classifier to one part and score it on the other.

    Parameters
    ----------
    model : scikit-learn classifier
        Not fitted yet; fitted in place.
    data, y_col, x_cols, test_size, random_state, dropna, treat_y_as_ordered, what
        As in `run_rf_classifier`.

    Returns
    -------
    ForestResult
        As of `run_rf_classifier`, without ``importances``.

    Raises
    ------
    ValueError
        As `run_rf_classifier`.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> table = pd.DataFrame({"decile": [1, 2] * 20, "health": [0.0, 1.0] * 20})
    >>> options = {"test_size": 0.2, "random_state": 0, "dropna": True, "treat_y_as_ordered": True}
    >>> tree = DecisionTreeClassifier()
    >>> train_and_test(tree, table, "decile", ["health"], what="areas", **options)["accuracy"]
    1.0
    """
    x_cols = [x_cols] if isinstance(x_cols, str) else list(x_cols)
    if not x_cols:
        raise ValueError("x_cols is empty: name at least one predictor.")
    prepared = prepare(data, y_col, x_cols, dropna=dropna, ordered=treat_y_as_ordered)
    _check_split(prepared, test_size)
    X_train, X_test, y_train, y_test = train_test_split(
        prepared.X, prepared.y, test_size=test_size, random_state=random_state, stratify=prepared.y
    )
    model.fit(X_train, y_train)
    probabilities = pd.DataFrame(model.predict_proba(X_test), index=X_test.index, columns=model.classes_)
    y_pred = pd.Series(model.classes_[probabilities.to_numpy().argmax(axis=1)], X_test.index, name="y_pred")
    scores = _scores(y_test, y_pred, prepared.categories, treat_y_as_ordered)
    commonest = pd.Series(y_train.value_counts().idxmax(), y_test.index)
    baseline = _scores(y_test, commonest, prepared.categories, treat_y_as_ordered)
    categories = prepared.categories
    counts = confusion_matrix(
        class_positions(y_test, categories),
        class_positions(y_pred, categories),
        labels=range(len(categories)),
    )
    result = ForestResult(
        model=model,
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        y_pred=y_pred,
        pred_probs=probabilities,
        accuracy=scores["accuracy"],
        adjacent_accuracy=scores["adjacent_accuracy"],
        mae_ordinal=scores["mae"],
        quadratic_kappa=scores["quadratic_kappa"],
        majority_accuracy=baseline["accuracy"],
        majority_adjacent_accuracy=baseline["adjacent_accuracy"],
        majority_mae=baseline["mae"],
        confusion=pd.DataFrame(
            counts, pd.Index(categories, name="true"), pd.Index(categories, name="predicted")
        ),
        y_categories=categories,
        y_col=y_col,
        n_dropped=prepared.n_dropped,
        what=what,
    )
    for part in (result, X_train, X_test, y_train, y_test, y_pred, probabilities, result["confusion"]):
        provenance.carry(part, data)
    return result


def score_text(result: ForestResult) -> str:
    """Return a model's scores as a few lines of text, beside those of the majority baseline.

    Parameters
    ----------
    result : ForestResult
        From `run_rf_classifier` or `tools.modelling.boosting.run_boosting_classifier`.

    Returns
    -------
    str

    Examples
    --------
    >>> table = pd.DataFrame({"decile": [1, 2] * 20, "health": [0.0, 1.0] * 20})
    >>> result = run_rf_classifier(table, "decile", ["health"], n_estimators=10, n_jobs=1, verbose=False)
    >>> print(score_text(result).splitlines()[0])
    Random forest for decile from 1 feature: learnt from 32 areas, tested on 8
    """
    n_features = result["X_train"].shape[1]
    what = result["what"]
    kind = "Random forest" if isinstance(result["model"], RandomForestClassifier) else "Boosted trees"
    lines = [
        f"{kind} for {result['y_col']} from {n_features} feature{'s' if n_features != 1 else ''}: "
        f"learnt from {len(result['y_train']):,} {what}, tested on {len(result['y_test']):,}",
        f"  exactly right              {result['accuracy']:.3f}   "
        f"(always the commonest class: {result['majority_accuracy']:.3f})",
    ]
    if not math.isnan(result["mae_ordinal"]):
        lines += [
            f"  right or next to it        {result['adjacent_accuracy']:.3f}   "
            f"(always the commonest class: {result['majority_adjacent_accuracy']:.3f})",
            f"  classes off on average     {result['mae_ordinal']:.2f}    "
            f"(always the commonest class: {result['majority_mae']:.2f})",
            f"  quadratic weighted kappa   {result['quadratic_kappa']:.3f}   (0 is chance, 1 is perfect)",
        ]
    if result["n_dropped"]:
        lines.append(f"  {result['n_dropped']:,} {what} left out, for a value was missing")
    return "\n".join(lines)


def _check_split(prepared: Prepared, test_size: float) -> None:
    sizes = prepared.y.value_counts()
    if sizes.min() < 2:
        raise ValueError(
            f"The class {sizes.idxmin()} of {prepared.y.name!r} has one member, which cannot be both "
            "learnt from and tested on. Merge it with a neighbouring class, or drop it."
        )
    if isinstance(test_size, bool) or not 0 < test_size < 1:
        raise ValueError(f"test_size={test_size!r}: give a share of the areas, between 0 and 1, such as 0.2.")
    n_test = math.ceil(test_size * len(prepared.y))
    if min(n_test, len(prepared.y) - n_test) < len(sizes):
        raise ValueError(
            f"With test_size={test_size} one side of the split has fewer rows than the {len(sizes)} "
            f"classes: {len(prepared.y):,} rows are too few, or the share is too extreme."
        )


def _scores(y_true: pd.Series, y_pred: pd.Series, categories: list, ordered: bool) -> dict[str, float]:
    scores = ordinal_scores(y_true, y_pred, categories)
    if ordered:
        return scores
    return {"accuracy": scores["accuracy"], **dict.fromkeys(set(scores) - {"accuracy"}, math.nan)}
