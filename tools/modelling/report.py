"""How good a classifier is for each of its classes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tools import provenance


def classification_report_table(result: Mapping) -> pd.DataFrame:
    """Return precision, recall and F1 of each class, and their means.

    Parameters
    ----------
    result : ForestResult
        From `tools.modelling.forest.run_rf_classifier` or
        `tools.modelling.boosting.run_boosting_classifier`.

    Returns
    -------
    pandas.DataFrame
        A row a class, lowest first, then ``"macro average"`` (each class counts alike) and
        ``"weighted average"`` (each tested row counts alike; its recall is the accuracy). Columns:

        - ``precision``: of those predicted to be of the class, the share that is;
        - ``recall``: of those that are of the class, the share that was predicted so;
        - ``f1``: their harmonic mean;
        - ``support``: tested rows of the class.

        A class that was never predicted has precision and F1 0, as in scikit-learn's report; a class that
        was not tested at all is NaN, and left out of the means.

    Raises
    ------
    ValueError
        If `result` is not such a result.

    Examples
    --------
    >>> from tools.modelling.forest import run_rf_classifier
    >>> table = pd.DataFrame({"decile": [1, 2] * 20, "health": [0.0, 1.0] * 20})
    >>> result = run_rf_classifier(table, "decile", ["health"], n_estimators=10, n_jobs=1, verbose=False)
    >>> classification_report_table(result).rename_axis(None)
                      precision  recall   f1  support
    1                       1.0     1.0  1.0        4
    2                       1.0     1.0  1.0        4
    macro average           1.0     1.0  1.0        8
    weighted average        1.0     1.0  1.0        8
    """
    if not isinstance(result, Mapping) or "confusion" not in result:
        raise ValueError("Pass what run_rf_classifier returned: the whole result, not the model alone.")
    confusion = result["confusion"]
    counts = confusion.to_numpy(dtype=float)
    right, support, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    tested = support > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(predicted > 0, right / predicted, 0.0)
        recall = right / support
        f1 = 2 * right / (predicted + support)
    measures = np.where(tested[:, None], np.column_stack([precision, recall, f1]), np.nan)
    table = pd.DataFrame(
        measures, pd.Index(confusion.index, name="class", dtype=object), ["precision", "recall", "f1"]
    )
    table.loc["macro average"] = measures[tested].mean(axis=0)
    table.loc["weighted average"] = np.average(measures[tested], axis=0, weights=support[tested])
    table["support"] = [*support.astype(int), int(support.sum()), int(support.sum())]
    return provenance.carry(table, result)
