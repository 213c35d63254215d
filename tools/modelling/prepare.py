"""From a table to what a classifier takes: checked predictors, labels, and the order of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_object_dtype, is_string_dtype

from tools.tables import check_numeric, require_columns

MOST_CLASSES = 50


@dataclass(frozen=True)
class Prepared:
    """Complete rows of a table, ready for a classifier.

    Parameters
    ----------
    X : pandas.DataFrame of float64
        The predictors.
    y : pandas.Series
        The labels, of the same rows.
    categories : list
        All classes, lowest first.
    complete : numpy.ndarray of bool
        For each row of the original table, whether it was kept.
    """

    X: pd.DataFrame
    y: pd.Series
    categories: list
    complete: np.ndarray

    @property
    def n_dropped(self) -> int:
        """Rows of the table that were left out because a value was missing."""
        return int((~self.complete).sum())


def prepare(
    data: pd.DataFrame, y_col: str, x_cols: Sequence[str], *, dropna: bool = True, ordered: bool = True
) -> Prepared:
    """Check the columns of a classification task and take out its complete rows.

    Parameters
    ----------
    data : pandas.DataFrame or geopandas.GeoDataFrame
        One row an area.
    y_col : str
        The target: a column of classes.
    x_cols : sequence of str
        The predictors: numeric columns. May be empty, for a baseline that looks at none.
    dropna : bool, default True
        Leave out rows in which the target or a predictor is missing; otherwise these are an error.
    ordered : bool, default True
        Whether the classes have an order. Numbers do; texts do if all are numbers or if they are an ordered
        ``pandas.Categorical``.

    Returns
    -------
    Prepared

    Raises
    ------
    ValueError
        For unknown, repeated or non-numeric columns, a target among the predictors, infinite values,
        missing values (where they are not to be dropped), or a target that is constant, continuous, or of
        unknown order.

    Examples
    --------
    >>> table = pd.DataFrame({"decile": [1, 2, 2, None], "health": [0.5, 0.1, None, 0.2]})
    >>> prepared = prepare(table, "decile", ["health"])
    >>> prepared.y.tolist(), prepared.n_dropped
    ([1, 2], 2)
    """
    require_columns(data, [y_col])
    require_columns(data, x_cols)
    x_cols = list(x_cols)
    if y_col in x_cols:
        raise ValueError(
            f"{y_col!r} is the target and also a predictor: the answer is in the question. Leave it out."
        )
    repeated = sorted({c for c in x_cols if x_cols.count(c) > 1})
    if repeated:
        raise ValueError(f"Predictors named more than once: {', '.join(repeated)}. Name each once.")
    check_numeric(data, x_cols)
    X = pd.DataFrame(data[x_cols]).astype("float64")
    infinite = [c for c in x_cols if np.isinf(X[c]).any()]
    if infinite:
        raise ValueError(
            f"Infinite values in {', '.join(infinite[:5])}: perhaps a division by zero. Replace them."
        )
    missing = pd.concat([X.isna(), data[y_col].isna().rename(y_col)], axis=1)
    complete = ~missing.any(axis=1).to_numpy()
    if not complete.all():
        worst = missing.sum().sort_values(ascending=False).head(3)
        where = ", ".join(f"{n:,} in {column!r}" for column, n in worst.items() if n)
        if not dropna:
            raise ValueError(f"Missing values: {where}. Fill them, or leave those rows out with dropna=True.")
        if not complete.any():
            raise ValueError(f"No row is complete; missing values: {where}. Did the join work?")
    y, categories = read_target(data.loc[complete, y_col], ordered=ordered)
    return Prepared(X[complete], y, categories, complete)


def read_target(y: pd.Series, *, ordered: bool = True) -> tuple[pd.Series, list]:
    """Return the labels of a target in a plain type, and its classes in order.

    Parameters
    ----------
    y : pandas.Series
        Labels without missing values.
    ordered : bool, default True
        Whether the order of the classes must be known.

    Returns
    -------
    labels : pandas.Series
        Whole numbers stored as floats become integers; categoricals become their values.
    categories : list
        The classes, lowest first; an ordered categorical's classes that do not occur are kept.

    Raises
    ------
    ValueError
        If there is only one class, too many, or no known order.

    Examples
    --------
    >>> read_target(pd.Series(["10", "9", "10"]))[1]
    ['9', '10']
    """
    known_order = None
    if isinstance(y.dtype, pd.CategoricalDtype):
        known_order = y.cat.categories.tolist() if y.cat.ordered else None
        y = y.astype(y.cat.categories.dtype)
    if is_bool_dtype(y):
        y = y.astype(bool)
    elif is_numeric_dtype(y):
        y = _whole_numbers(y)
    elif is_string_dtype(y) or is_object_dtype(y):
        y = y.astype(object)
    else:
        raise ValueError(f"The target {y.name!r} is {y.dtype}, not classes. Turn it into numbers or texts.")
    values = y.unique().tolist()
    if len(values) < 2:
        raise ValueError(
            f"The target {y.name!r} is {values[0]!r} in every row: there is nothing to tell apart. "
            "Check the filter, or choose another target."
        )
    if len(values) > MOST_CLASSES:
        raise ValueError(
            f"The target {y.name!r} has {len(values):,} different values, too many for classes. "
            "Cut it into classes first, for example with pandas.qcut(…, 10, labels=range(1, 11))."
        )
    return y, known_order or _in_order(y.name, values, ordered)


def _whole_numbers(y: pd.Series) -> pd.Series:
    numbers = y.to_numpy(dtype="float64")
    if np.isfinite(numbers).all() and (numbers == np.round(numbers)).all():
        return pd.Series(numbers.astype("int64"), index=y.index, name=y.name)
    raise ValueError(
        f"The target {y.name!r} holds {numbers[numbers != np.round(numbers)][0]:g}; classes are whole "
        "numbers or texts. Cut it into classes first, for example with pandas.qcut(…, 10, labels=False)."
    )


def _in_order(name: object, values: list, ordered: bool) -> list:
    if not any(isinstance(v, str) for v in values):
        return sorted(values)
    as_numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce")
    if as_numbers.notna().all():
        return [values[i] for i in np.argsort(as_numbers.to_numpy(), kind="stable")]
    if ordered:
        raise ValueError(
            f"The classes of {name!r} are texts ({', '.join(map(str, values[:4]))}, …) of unknown order. "
            "Say it with pandas.Categorical(…, categories=[lowest, …, highest], ordered=True), or pass "
            "treat_y_as_ordered=False."
        )
    return sorted(values, key=str)
