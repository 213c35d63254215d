"""Who is in a class: how much more often than elsewhere a category occurs in it, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral
from statistics import NormalDist

import numpy as np
import pandas as pd

from tools import provenance
from tools.tables import require_columns

MOST_CATEGORIES = 60
"""More categories than this make a table that nobody can read."""


@dataclass(frozen=True, eq=False)
class Propensity:
    """Propensity indices of classes for the categories of a column; prints as a table.

    Parameters
    ----------
    column, by : str
        What was counted, and the column of classes.
    index : pandas.DataFrame of float64, shape (classes, categories)
        100 times a category's share in the class over its share overall. NaN for a class about which nothing
        is known.
    counts : pandas.DataFrame of int64, same shape
        Rows in each cell.
    expected : pandas.DataFrame of float64, same shape
        Rows that would be there if the class were like the whole.
    low, high : pandas.DataFrame of float64, same shape
        The interval of the index.
    flagged : pandas.DataFrame of bool, same shape
        Cells too small to be read: fewer than `min_count` rows found or expected.
    known, total : pandas.Series of int64, shape (classes,)
        Rows of each class with a category, and all its rows.
    min_count : int
        Below it a cell is flagged.
    confidence : float
        Of the interval, a share.
    attrs : dict
        Where marks of provenance travel.
    """

    column: str
    by: str
    index: pd.DataFrame
    counts: pd.DataFrame
    expected: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    flagged: pd.DataFrame
    known: pd.Series
    total: pd.Series
    min_count: int
    confidence: float = 0.95
    attrs: dict = field(default_factory=dict, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the cells as a long table, one row each.

        Returns
        -------
        pandas.DataFrame
            The class and the category, under their own names, then ``index``, ``low``, ``high``, ``n``,
            ``expected`` and ``flagged``.

        Examples
        --------
        >>> data = pd.DataFrame({"cluster": list("AABB"), "form": ["Flat", "House", "House", "House"]})
        >>> propensity(data, "form").to_frame()[["cluster", "form", "index", "n"]].head(2)
          cluster   form       index  n
        0       A   Flat  200.000000  1
        1       A  House   66.666667  1
        """
        parts = {
            "index": self.index,
            "low": self.low,
            "high": self.high,
            "n": self.counts,
            "expected": self.expected,
            "flagged": self.flagged,
        }
        columns = {name: part.stack() for name, part in parts.items()}
        long = pd.DataFrame(columns).rename_axis([self.by, self.column])
        return provenance.carry(long.reset_index(), self)

    def __str__(self) -> str:
        known, total = int(self.known.sum()), int(self.total.sum())
        numbers = self.index.map(lambda value: "–" if np.isnan(value) else f"{value:.0f}")
        cells = numbers + self.flagged.map(lambda flagged: "*" if flagged else " ")
        cells = cells.rename_axis(index=None, columns=None).assign(rows=self.known.map("{:,}".format))
        lines = [
            f"Propensity of {self.column} by {self.by}: 100 is the average of all classes",
            cells.to_string(),
            f"known for {known:,} of {total:,} rows ({known / total:.0%})".replace("%", " %"),
        ]
        if self.flagged.to_numpy().any():
            lines.append(f"* fewer than {self.min_count} rows found or expected: too few to read")
        return "\n".join(lines)

    __repr__ = __str__


def propensity(
    data: pd.DataFrame,
    column: str,
    by: str = "cluster",
    *,
    min_count: int = 20,
    confidence: float = 0.95,
) -> Propensity:
    """Compare how often each category occurs in each class with how often it occurs overall.

    An index of 100 says: as often as everywhere. 200: twice as often; 50: half as often. Shares are of rows
    whose category is known; those without one are left out, and counted.

    Parameters
    ----------
    data : pandas.DataFrame or geopandas.GeoDataFrame
        One row a building.
    column : str
        A column of categories. Those of a categorical column come in its order, others sorted.
    by : str, default "cluster"
        The column of classes; rows without a class are left out.
    min_count : int, default 20
        A cell is flagged where fewer rows than that were found, or would be expected of an average class.
        (With 20, the index is uncertain by about half of itself either way.)
    confidence : float, default 0.95
        Of the interval, a share.

    Returns
    -------
    Propensity

    Raises
    ------
    ValueError
        If a column is not there or is the same, if nothing is known of any row with a class, if there are
        more than 60 categories, or if a parameter makes no sense.

    Notes
    -----
    For a cell with `a` of the class's `r` rows, of a category that has `c` of all `n` rows, the index is
    ``100 · (a / r) / (c / n)``. Its logarithm has, by the delta method for multinomial counts, the variance

    .. math:: \\frac{1}{a} - \\frac{1}{r} - \\frac{1}{c} - \\frac{1}{n} + \\frac{2a}{rc}

    which takes into account that the class is itself part of the whole. The interval is the index divided and
    multiplied by ``exp(z · sd)``. An empty cell has no logarithm: its interval goes from 0 to what a Poisson
    count would exceed only once in ``2 / (1 - confidence)`` times with nothing found (3.7 rows at 95 %).

    The interval takes rows for independent. Buildings of one street are not: they were built together and
    fall into one class together, so that the truth is less certain than the interval says, by how much
    depends on how large such groups are. And an index speaks of classes, not of a building in one.

    References
    ----------
    .. [1] A. Agresti (2013), *Categorical Data Analysis*, 3rd ed., chapter 16: the delta method for
       functions of multinomial counts.
    .. [2] R. Harris, P. Sleight and R. Webber (2005), *Geodemographics, GIS and Neighbourhood Targeting*: on
       index values.

    Examples
    --------
    >>> data = pd.DataFrame({"cluster": ["A"] * 100 + ["B"] * 300})
    >>> data["form"] = ["Flat"] * 50 + ["House"] * 50 + ["Flat"] * 50 + ["House"] * 250
    >>> found = propensity(data, "form")
    >>> found
    Propensity of form by cluster: 100 is the average of all classes
       Flat House rows
    A  200    67   100
    B   67   111   300
    known for 400 of 400 rows (100 %)
    >>> found.low.round(0).loc["A", "Flat"].item(), found.high.round(0).loc["A", "Flat"].item()
    (169.0, 237.0)
    """
    require_columns(data, [column, by])
    if column == by:
        raise ValueError(f"column and by are both {by!r}: name a column of categories and one of classes.")
    if not isinstance(min_count, Integral) or min_count < 0:
        raise ValueError(f"min_count={min_count!r}: expected a whole number, 0 or more.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence!r}: expected a share between 0 and 1, such as 0.95.")
    classed = data[by].notna()
    known = classed & data[column].notna()
    if not known.any():
        raise ValueError(
            f"No row has both a class in {by!r} and a category in {column!r}. Did the join work? "
            f"{int(classed.sum()):,} of {len(data):,} rows have a class."
        )
    n_categories = data.loc[known, column].nunique()
    if n_categories > MOST_CATEGORIES:
        raise ValueError(
            f"{column!r} has {n_categories:,} different values, too many for categories. Cut numbers into "
            "bands with pandas.cut first, or recode texts."
        )
    total = data.loc[classed].groupby(by, observed=True).size()
    counts = pd.crosstab(data.loc[known, by], data.loc[known, column]).reindex(total.index, fill_value=0)
    counts = counts.loc[:, counts.any()].astype("int64").rename_axis(index=by, columns=column)
    # Plain labels: a categorical axis would refuse to be looked up or added to.
    counts = counts.set_axis(_plain(counts.index), axis=0).set_axis(_plain(counts.columns), axis=1)
    total = total.set_axis(counts.index).rename("total")
    index, expected, low, high = _indices(counts, confidence)
    found = Propensity(
        column=column,
        by=by,
        index=index,
        counts=counts,
        expected=expected,
        low=low,
        high=high,
        flagged=(counts < min_count) | (expected < min_count),
        known=counts.sum(axis=1).rename("known"),
        total=total,
        min_count=int(min_count),
        confidence=confidence,
    )
    for part in (found, index, counts, expected):
        provenance.carry(part, data)
    return found


def propensities(
    data: pd.DataFrame, columns: Sequence[str], by: str = "cluster", **options: float
) -> dict[str, Propensity]:
    """Return the propensity indices of several columns.

    Parameters
    ----------
    data : pandas.DataFrame or geopandas.GeoDataFrame
        One row a building.
    columns : sequence of str
        Columns of categories.
    by : str, default "cluster"
        The column of classes.
    **options
        ``min_count`` and ``confidence`` of `propensity`.

    Returns
    -------
    dict of str to Propensity
        In the order of `columns`.

    Raises
    ------
    ValueError
        As `propensity`.

    Examples
    --------
    >>> data = pd.DataFrame({"cluster": list("AB"), "form": ["Flat", "House"], "old": [True, False]})
    >>> list(propensities(data, ["form", "old"]))
    ['form', 'old']
    """
    require_columns(data, columns)
    return {column: propensity(data, column, by, **options) for column in columns}


def _indices(counts: pd.DataFrame, confidence: float) -> tuple[pd.DataFrame, ...]:
    a = counts.to_numpy(dtype=float)
    r, c, n = a.sum(axis=1, keepdims=True), a.sum(axis=0, keepdims=True), a.sum()
    expected = r * c / n
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        index = 100 * a / expected
        variance = 1 / a - 1 / r - 1 / c - 1 / n + 2 * a / (r * c)
        # Rounding may leave a variance of nought just below it: a class that holds all there is.
        spread = np.exp(z * np.sqrt(np.maximum(variance, 0)))
        most = 100 * -np.log((1 - confidence) / 2) / expected
        low = np.where(a > 0, index / spread, np.where(r > 0, 0.0, np.nan))
        high = np.where(a > 0, index * spread, np.where(r > 0, most, np.nan))
    return tuple(pd.DataFrame(part, counts.index, counts.columns) for part in (index, expected, low, high))


def _plain(labels: pd.Index) -> pd.Index:
    return pd.Index(labels.tolist(), name=labels.name)
