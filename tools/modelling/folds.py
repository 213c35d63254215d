"""Ways to hold data back, each of which answers a different question about a model.

How good a model is depends on what it will be asked. Neighbouring areas are alike, so a model that is tested
on an area whose neighbours it has seen is asked an easier question than one that is sent to a new borough.
`random_folds` and `grouped_folds` hold areas back in ways that stand for such questions; `blocked_folds`, in
`tools.modelling.blocks`, does so by distance on the ground.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold

from tools.modelling.prepare import read_target
from tools.tables import check_table, require_columns


@dataclass(frozen=True, eq=False)
class Folds:
    """Pairs of training and test rows of one table; a ``cv=`` for scikit-learn.

    Parameters
    ----------
    question : str
        What a score under these folds tells.
    fold : pandas.Series of int64
        For each row the fold in which it is tested, from 0; ready to be mapped.
    groups : pandas.Series
        For each row what is held back as a whole together with it: itself, its group, or its block.
    trains : tuple of numpy.ndarray
        For each fold the positions of the rows to learn from. Rows in neither train nor test lie in a buffer.
    """

    question: str
    fold: pd.Series
    groups: pd.Series
    trains: tuple[np.ndarray, ...]

    def split(self, X=None, y=None, groups=None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the positions of training and test rows, fold by fold.

        Parameters
        ----------
        X : array-like, optional
            Only its length is looked at.
        y, groups : object, optional
            Not used; there because scikit-learn passes them.

        Yields
        ------
        train, test : numpy.ndarray of int

        Raises
        ------
        ValueError
            If `X` has another number of rows than the table for which these folds were made.

        Examples
        --------
        >>> [test.tolist() for train, test in grouped_folds(pd.Series(list("abab")), 2).split()]
        [[0, 2], [1, 3]]
        """
        if X is not None and len(X) != len(self.fold):
            raise ValueError(
                f"These folds were made for {len(self.fold):,} rows, but the data have {len(X):,}. "
                "Make the folds from the same table."
            )
        numbers = self.fold.to_numpy()
        for number, train in enumerate(self.trains):
            yield train, np.flatnonzero(numbers == number)

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object, optional
            Not used; there because scikit-learn passes them.

        Returns
        -------
        int

        Examples
        --------
        >>> grouped_folds(pd.Series(list("abab")), 2).get_n_splits()
        2
        """
        return len(self.trains)

    def __repr__(self) -> str:
        return f"<{len(self.trains)} folds of {len(self.fold):,} rows: {self.question}>"


def random_folds(
    data: pd.DataFrame | pd.Series,
    y: str | pd.Series | None = None,
    n_splits: int = 5,
    random_state: int = 42,
) -> Folds:
    """Hold back areas at random: *how well for a new area next to known ones?*

    Nearly every area that is held back has neighbours among those the model has learnt from. That is the
    right question for filling gaps in a survey, and too kind a one for a place where nothing is known.

    Parameters
    ----------
    data : pandas.DataFrame, geopandas.GeoDataFrame or pandas.Series
        The table, for its rows.
    y : str or pandas.Series, optional
        Target (a column of `data`, or its values); given, every fold has the same share of each class.
    n_splits : int, default 5
        Number of folds.
    random_state : int, default 42
        Seed of the shuffling.

    Returns
    -------
    Folds

    Raises
    ------
    ValueError
        If there are fewer rows than folds, or a class with fewer rows than folds.

    Examples
    --------
    >>> folds = random_folds(pd.DataFrame({"decile": [1, 2] * 10}), y="decile", n_splits=5)
    >>> folds.fold.value_counts().tolist()
    [4, 4, 4, 4, 4]
    """
    _check_n_splits(n_splits, len(data), "rows")
    if y is None:
        cutter, labels = KFold(n_splits, shuffle=True, random_state=random_state), None
    else:
        labels = _stratify_by(data, y, n_splits)
        cutter = StratifiedKFold(n_splits, shuffle=True, random_state=random_state)
    numbers = np.empty(len(data), dtype=np.int64)
    for number, (_, test) in enumerate(cutter.split(np.zeros(len(data)), labels)):
        numbers[test] = number
    own = pd.Series(np.arange(len(data)), index=data.index)
    return _whole("a new area next to known ones", numbers, own, n_splits)


def grouped_folds(groups: pd.Series | Sequence, n_splits: int = 5, what: str = "group") -> Folds:
    """Hold back whole groups, such as boroughs: *how well for a group that the model has not seen?*

    What areas of one group share (a council, a housing stock, a name) can no longer be recognised, only what
    holds across groups. At the groups' borders areas still have known neighbours.

    Parameters
    ----------
    groups : pandas.Series or sequence, shape (n,)
        The group of each row.
    n_splits : int, default 5
        Number of folds. Groups are dealt out so that folds are of nearly equal size.
    what : str, default "group"
        What a group is called, for the wording of the question.

    Returns
    -------
    Folds

    Raises
    ------
    ValueError
        If a row has no group, or if there are fewer groups than folds.

    Examples
    --------
    >>> grouped_folds(["Barnet", "Camden", "Barnet", "Brent"], n_splits=3, what="borough")
    <3 folds of 4 rows: a new borough>
    """
    groups = groups if isinstance(groups, pd.Series) else pd.Series(list(groups))
    missing = int(groups.isna().sum())
    if missing:
        raise ValueError(
            f"{missing:,} of {len(groups):,} rows have no {what}. Name it for each, or drop those rows."
        )
    numbers = deal_out(groups, n_splits, what)
    return _whole(f"a new {what}", numbers, groups, n_splits)


def deal_out(
    groups: pd.Series, n_splits: int, what: str, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Deal whole groups out to folds of nearly equal size, the largest group first.

    Parameters
    ----------
    groups : pandas.Series, shape (n,)
        The group of each row.
    n_splits : int
        Number of folds.
    what : str
        What a group is called, for the error.
    rng : numpy.random.Generator, optional
        Shuffles groups of equal size; without it they go in the order of their names.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        The fold of each row, from 0.

    Raises
    ------
    ValueError
        If there are fewer groups than folds.

    Examples
    --------
    >>> deal_out(pd.Series(list("aaabbc")), 2, "borough").tolist()
    [0, 0, 0, 1, 1, 1]
    """
    codes, names = pd.factorize(groups, sort=True)
    _check_n_splits(n_splits, len(names), f"different values of {what}")
    sizes = np.bincount(codes)
    order = np.arange(len(sizes)) if rng is None else rng.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(n_splits, dtype=np.int64)
    fold_of = np.empty(len(sizes), dtype=np.int64)
    for group in order:
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return fold_of[codes]


def _whole(question: str, numbers: np.ndarray, groups: pd.Series, n_splits: int) -> Folds:
    fold = pd.Series(numbers, index=groups.index, name="fold")
    return Folds(question, fold, groups, tuple(np.flatnonzero(numbers != n) for n in range(n_splits)))


def _stratify_by(data, y, n_splits: int) -> np.ndarray:
    if isinstance(y, str):
        check_table(data)
        require_columns(data, [y])
        y = data[y]
    if len(y) != len(data) or y.isna().any():
        raise ValueError(
            f"To spread the classes of {y.name!r} evenly, each of the {len(data):,} rows needs one: there "
            f"are {int(y.notna().sum()):,}. Drop the rows without, or leave y out."
        )
    labels, _ = read_target(y, ordered=False)
    sizes = labels.value_counts()
    if sizes.min() < n_splits:
        raise ValueError(
            f"The class {sizes.idxmin()} of {y.name!r} has {sizes.min()} rows, fewer than {n_splits} "
            "folds. Use fewer folds, merge rare classes, or leave y out."
        )
    return pd.factorize(labels)[0]


def _check_n_splits(n_splits: object, n: int, what: str) -> None:
    if not isinstance(n_splits, Integral) or isinstance(n_splits, bool) or not 2 <= n_splits <= n:
        raise ValueError(
            f"n_splits={n_splits!r}: choose a whole number from 2 to {n:,}, for there are {n:,} {what}."
        )
