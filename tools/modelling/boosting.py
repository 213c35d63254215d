"""Boosted trees beside the forest: trees that are grown one after the other, each on what is still wrong."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from tools.modelling.forest import ForestResult, score_text, train_and_test


class OneThreadBoosting(HistGradientBoostingClassifier):
    """Scikit-learn's boosted trees, on one thread.

    Its threads wait for each other at each step, of which there are many and short ones. On a machine with
    two cores that were busy otherwise too, 60 rounds on 12,000 rows, 64 features and 9 classes took 115 s on
    two threads and 8 s on one.
    """

    def fit(self, X, y, sample_weight=None, **options):
        """Fit as ``HistGradientBoostingClassifier.fit`` does."""
        with threadpool_limits(limits=1):
            return super().fit(X, y, sample_weight, **options)

    def _raw_predict(self, X, n_threads=None):
        return super()._raw_predict(X, n_threads=1)


def boosting_classifier(
    n_rounds: int = 100, random_state: int = 42, class_weight: str | dict | None = "balanced"
) -> OneThreadBoosting:
    """Return boosted trees with the course's settings, not fitted yet.

    Small trees (15 leaves), a learning rate of 0.1, a quarter of the features tried at each split and values
    cut into 63 bins: settings that take some seconds on 12,000 rows, 64 features and 9 classes. They are not
    tuned; tuning them on the test set would spoil it.

    Parameters
    ----------
    n_rounds : int, default 100
        How many trees for each class.
    random_state : int, default 42
        Seed of the features tried.
    class_weight : "balanced", dict or None, default "balanced"
        "balanced" lets rare classes count as much as common ones.

    Returns
    -------
    OneThreadBoosting
        A scikit-learn classifier.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. The Annals of
    Statistics, 29(5), 1189–1232.

    Examples
    --------
    >>> boosting_classifier(n_rounds=5).fit([[0.0], [1.0]] * 40, ["a", "b"] * 40).predict([[1.0]]).tolist()
    ['b']
    """
    return OneThreadBoosting(
        max_iter=n_rounds,
        learning_rate=0.1,
        max_leaf_nodes=15,
        max_features=0.25,
        max_bins=63,
        early_stopping=False,
        class_weight=class_weight,
        random_state=random_state,
    )


def run_boosting_classifier(
    data: pd.DataFrame,
    y_col: str,
    x_cols: Sequence[str],
    test_size: float = 0.2,
    random_state: int = 42,
    n_rounds: int = 100,
    class_weight: str | dict | None = "balanced",
    dropna: bool = True,
    treat_y_as_ordered: bool = True,
    verbose: bool = True,
    what: str = "areas",
) -> ForestResult:
    """Train boosted trees on the very rows that `run_rf_classifier` trains a forest on, and test on the rest.

    With the same data, `test_size` and `random_state` both split alike, so that their scores may be compared.

    Parameters
    ----------
    data, y_col, x_cols, test_size, random_state, class_weight, dropna, treat_y_as_ordered, verbose, what
        As in `tools.modelling.forest.run_rf_classifier`.
    n_rounds : int, default 100
        How many trees for each class; see `boosting_classifier`.

    Returns
    -------
    ForestResult
        As of `run_rf_classifier`, without ``importances``: boosted trees of this kind keep none.

    Raises
    ------
    ValueError
        As `run_rf_classifier`.

    Examples
    --------
    >>> table = pd.DataFrame({"decile": [1, 2] * 50, "health": [0.0, 1.0] * 50})
    >>> run_boosting_classifier(table, "decile", ["health"], n_rounds=5, verbose=False)["accuracy"]
    1.0
    """
    model = boosting_classifier(n_rounds, random_state, class_weight)
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
    if verbose:
        print(score_text(result))
    return result
