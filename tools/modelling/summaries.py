"""Scores of many folds in one table: means, how sure they are, and differences between models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tools import provenance
from tools.tables import require_columns

MEASURES = {
    "accuracy": ("accuracy", "{:.3f}", +1),
    "adjacent_accuracy": ("right or next to it", "{:.3f}", +1),
    "mae": ("mean error (classes)", "{:.2f}", -1),
    "quadratic_kappa": ("quadratic kappa", "{:.2f}", +1),
}
"""For each measure its heading, its format, and whether more (+1) or less (-1) of it is better."""

_ALWAYS = ("accuracy", "mae", "quadratic_kappa")
"""What scores must hold; those kept from before neighbours were counted have no more."""


def summarise(scores: pd.DataFrame) -> pd.DataFrame:
    """Return each model's mean scores over folds, and how sure they are.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `tools.modelling.compare.compare_models`: one row a scheme, model and fold.

    Returns
    -------
    pandas.DataFrame
        One row a scheme and model, in the order in which they were compared: ``scheme``, ``model``,
        ``folds``, ``n_train`` (mean), ``n_test`` (sum), and for each measure its mean (``accuracy``), its
        standard deviation over folds (``accuracy_sd``) and its standard error (``accuracy_se``); likewise
        ``adjacent_accuracy`` (where it was scored), ``mae`` and ``quadratic_kappa``.

    Raises
    ------
    ValueError
        If a column is missing.

    Notes
    -----
    Folds share most of their training rows, so their scores are not independent, and the usual standard
    error, sd/√k, is too small. It is corrected as Nadeau and Bengio propose:

    .. math:: \\mathrm{se} = \\mathrm{sd} \\sqrt{\\frac{1}{k} + \\frac{n_\\mathrm{test}}{n_\\mathrm{train}}}

    With five folds that is 1.5 times the usual one. It still speaks only of these areas: another city is
    another question.

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error. Machine Learning, 52, 239–281.

    Examples
    --------
    >>> fold = {"scheme": "random", "model": "forest", "n_train": 80, "n_test": 20}
    >>> fold |= {"mae": 1.0, "quadratic_kappa": 0.5}
    >>> scores = pd.DataFrame([{**fold, "fold": n, "accuracy": a} for n, a in enumerate([0.2, 0.3, 0.4])])
    >>> summarise(scores)[["scheme", "model", "folds", "accuracy", "accuracy_sd"]].round(3)
       scheme   model  folds  accuracy  accuracy_sd
    0  random  forest      3       0.3          0.1
    """
    require_columns(scores, ["scheme", "model", "fold", "n_train", "n_test", *_ALWAYS])
    rows = []
    for (scheme, model), group in scores.groupby(["scheme", "model"], sort=False, observed=True):
        row = {
            "scheme": scheme,
            "model": model,
            "folds": len(group),
            "n_train": group["n_train"].mean(),
            "n_test": int(group["n_test"].sum()),
        }
        for measure in _scored(scores):
            row[measure] = group[measure].mean()
            row[f"{measure}_sd"] = group[measure].std()
            row[f"{measure}_se"] = _standard_error(group[measure], group)
        rows.append(row)
    return provenance.carry(pd.DataFrame(rows), scores)


def comparison_table(scores: pd.DataFrame, measures: Sequence[str] = ("accuracy", "mae")) -> pd.DataFrame:
    """Return the comparison as one table to read: models in rows, schemes in columns, mean ± standard error.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `tools.modelling.compare.compare_models`.
    measures : sequence of {"accuracy", "adjacent_accuracy", "mae", "quadratic_kappa"}
        Which measures to show, side by side; by default accuracy and mean error.

    Returns
    -------
    pandas.DataFrame of str
        Columns in two levels: measure, then scheme. The standard error is that of `summarise`.

    Raises
    ------
    ValueError
        If a column is missing or a measure unknown.

    Examples
    --------
    >>> fold = {"scheme": "random", "model": "forest", "n_train": 80, "n_test": 20}
    >>> fold |= {"mae": 1.0, "quadratic_kappa": 0.5}
    >>> scores = pd.DataFrame([{**fold, "fold": n, "accuracy": a} for n, a in enumerate([0.2, 0.3, 0.4])])
    >>> comparison_table(scores, ["accuracy"]).loc["forest", ("accuracy", "random")]
    '0.300 ± 0.076'
    """
    known = _scored(scores) or list(MEASURES)
    if isinstance(measures, str) or any(measure not in known for measure in measures):
        raise ValueError(f"measures={measures!r}: give a list of names from {', '.join(known)}.")
    summary = summarise(scores)
    models, schemes = summary["model"].unique(), summary["scheme"].unique()
    by_name = summary.set_index(["scheme", "model"])
    columns = {}
    for measure in measures:
        heading, form, _ = MEASURES[measure]
        cells = by_name.apply(lambda row, m=measure, f=form: _with_error(row[m], row[f"{m}_se"], f), axis=1)
        for scheme in schemes:
            columns[heading, scheme] = cells[scheme].reindex(models)
    table = pd.DataFrame(columns, index=pd.Index(models, name="model"))
    table.columns.names = ["measure", "scheme"]
    return provenance.carry(table, scores)


def paired_differences(scores: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return how much better or worse than a reference each model is, fold by fold.

    All models are tested on the same folds, so what makes a fold hard for all cancels out in the difference.
    It is the sharper answer to *do embeddings help?* than two means with overlapping intervals.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `tools.modelling.compare.compare_models`.
    reference : str
        The model that the others are compared to.

    Returns
    -------
    pandas.DataFrame
        One row a scheme, model and measure: ``scheme``, ``model``, ``reference``, ``measure``, ``difference``
        (mean of model minus reference; for ``mae`` less is better), ``se`` (corrected as in `summarise`),
        ``better_in`` (folds in which the model is better) and ``folds``.

    Raises
    ------
    ValueError
        If there is no such model, or if it is missing from a fold.

    Examples
    --------
    >>> fold = {"scheme": "random", "n_train": 80, "n_test": 20, "mae": 1.0, "quadratic_kappa": 0.5}
    >>> scores = pd.DataFrame(
    ...     [{**fold, "model": "census", "fold": n, "accuracy": a} for n, a in enumerate([0.2, 0.3])]
    ...     + [{**fold, "model": "both", "fold": n, "accuracy": a} for n, a in enumerate([0.3, 0.5])]
    ... )
    >>> found = paired_differences(scores, "census").set_index("measure")
    >>> float(found.loc["accuracy", "difference"].round(2)), int(found.loc["accuracy", "better_in"])
    (0.15, 2)
    """
    require_columns(scores, ["scheme", "model", "fold", "n_train", "n_test", *_ALWAYS])
    models = list(scores["model"].unique())
    if reference not in models:
        raise ValueError(
            f"There is no model {reference!r} to compare to; there are {', '.join(map(str, models))}."
        )
    against = scores[scores["model"] == reference].set_index(["scheme", "fold"])
    rows = []
    others = scores[scores["model"] != reference]
    for (scheme, model), group in others.groupby(["scheme", "model"], sort=False, observed=True):
        keys = pd.MultiIndex.from_frame(group[["scheme", "fold"]])
        if not keys.isin(against.index).all():
            raise ValueError(
                f"{reference!r} was not scored in every fold of {scheme!r}; compare both in one call."
            )
        for measure in _scored(scores):
            sign = MEASURES[measure][2]
            difference = group[measure].to_numpy() - against.loc[keys, measure].to_numpy()
            rows.append(
                {
                    "scheme": scheme,
                    "model": model,
                    "reference": reference,
                    "measure": measure,
                    "difference": np.nanmean(difference) if np.isfinite(difference).any() else np.nan,
                    "se": _standard_error(pd.Series(difference), group),
                    "better_in": int((sign * difference > 0).sum()),
                    "folds": len(group),
                }
            )
    return provenance.carry(pd.DataFrame(rows), scores)


def _scored(scores: pd.DataFrame) -> list[str]:
    return [measure for measure in MEASURES if measure in scores.columns]


def _standard_error(values: pd.Series, group: pd.DataFrame) -> float:
    share = (group["n_test"] / group["n_train"]).mean()
    return float(values.std() * np.sqrt(1 / values.count() + share)) if values.count() > 1 else float("nan")


def _with_error(mean: float, error: float, form: str) -> str:
    if np.isnan(mean):
        return "–"
    return form.format(mean) + ("" if np.isnan(error) else " ± " + form.format(error))
