"""Tables of areas: which columns are what, and how two tables join."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import geopandas as gpd
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from tools import provenance

Frame = TypeVar("Frame", bound=pd.DataFrame)

EMBEDDING_PATTERN = r"^A\d+_mean$"
"""Names of the area means of the 64 embedding bands, ``A00_mean`` to ``A63_mean``."""

IDENTIFIER_PATTERN = r"^([A-Z]{2,6}\d{2}(CD|NM)|data_zone_code|country)$"
"""Codes and names of statistical areas as the UK publishes them: ``LSOA21CD``, ``LAD22NM``."""


def get_embedding_cols(gdf: pd.DataFrame, pattern: str = EMBEDDING_PATTERN) -> list[str]:
    """Return the embedding columns of a table, in band order.

    Parameters
    ----------
    gdf : pandas.DataFrame or geopandas.GeoDataFrame
        A table of areas.
    pattern : str, default ``^A\\d+_mean$``
        Regular expression that an embedding column's whole name matches.

    Returns
    -------
    list of str
        Matching names, ordered by the number in them.

    Raises
    ------
    ValueError
        If no column matches, or if one that matches does not hold numbers.

    Examples
    --------
    >>> table = pd.DataFrame({"A10_mean": [0.1], "A02_mean": [0.2], "country": ["E"]})
    >>> get_embedding_cols(table)
    ['A02_mean', 'A10_mean']
    """
    check_table(gdf)
    columns = [c for c in gdf.columns if isinstance(c, str) and re.search(pattern, c)]
    if not columns:
        raise ValueError(
            f"No embedding columns: none of the names {_shown(gdf.columns)} matches the pattern {pattern!r}. "
            "Expected names such as A00_mean … A63_mean; pass pattern= if yours are called otherwise."
        )
    check_numeric(gdf, columns)
    return sorted(columns, key=lambda name: [int(n) for n in re.findall(r"\d+", name)])


def filter_table(gdf: Frame, id_cols: Sequence[str] | None = None) -> Frame:
    """Keep a table's identifiers, embedding columns and geometry, and nothing else.

    Parameters
    ----------
    gdf : pandas.DataFrame or geopandas.GeoDataFrame
        A table of areas with embedding columns.
    id_cols : sequence of str, optional
        The identifiers to keep. By default every column that is named as the UK names its statistical
        areas, such as ``LSOA21CD`` and ``LSOA21NM``, and ``data_zone_code`` and ``country``, by which the
        published table tells the nations apart.

    Returns
    -------
    same type as `gdf`
        A copy with fewer columns; rows, index, CRS and provenance are kept.

    Raises
    ------
    ValueError
        If there are no embedding columns, no identifiers, or if `id_cols` names an unknown column.

    Examples
    --------
    >>> table = pd.DataFrame({"LSOA21CD": ["E01"], "dzcode": [7], "A00_mean": [0.1]})
    >>> list(filter_table(table).columns)
    ['LSOA21CD', 'A00_mean']
    """
    embedding = get_embedding_cols(gdf)
    if id_cols is None:
        id_cols = [c for c in gdf.columns if isinstance(c, str) and re.search(IDENTIFIER_PATTERN, c)]
        if not id_cols:
            raise ValueError(
                f"No identifier columns among {_shown(gdf.columns)}. Expected a code or a name such as "
                "LSOA21CD or LSOA21NM; pass id_cols=[…] if yours are called otherwise."
            )
    require_columns(gdf, id_cols)
    geometry = gdf.active_geometry_name if isinstance(gdf, gpd.GeoDataFrame) else None
    kept = [*dict.fromkeys([*id_cols, *embedding])] + ([geometry] if geometry else [])
    return provenance.carry(gdf[kept].copy(), gdf)


@dataclass(frozen=True)
class JoinReport:
    """What joined and what did not; its text is one sentence to read before going on.

    Parameters
    ----------
    on : str
        The key column.
    n_left, n_right : int
        Rows of the two tables.
    n_joined : int
        Rows of the left table that found a partner.
    left_only, right_only : tuple
        Keys without a partner, in the order of their table.

    Examples
    --------
    >>> JoinReport("code", 3, 4, 2, ("c",), ("x", "y"))
    2 of 3 rows joined on code; without a partner: 1 on the left (c), 2 on the right (x, y).
    """

    on: str
    n_left: int
    n_right: int
    n_joined: int
    left_only: tuple
    right_only: tuple

    @property
    def complete(self) -> bool:
        """Whether every row of the left table found a partner."""
        return not self.left_only

    def __str__(self) -> str:
        sides = [
            f"{len(keys):,} on the {side} ({', '.join(map(str, keys[:3]))}{', …' if len(keys) > 3 else ''})"
            for side, keys in (("left", self.left_only), ("right", self.right_only))
            if keys
        ]
        rest = f"; without a partner: {', '.join(sides)}." if sides else "; none is without a partner."
        return f"{self.n_joined:,} of {self.n_left:,} rows joined on {self.on}{rest}"

    __repr__ = __str__


def join_tables(left: Frame, right: pd.DataFrame, on: str, how: str = "left") -> tuple[Frame, JoinReport]:
    """Join two tables one to one by a key column, and say what did not join.

    Parameters
    ----------
    left : pandas.DataFrame or geopandas.GeoDataFrame
        The table whose rows, order, index, geometry and CRS are kept.
    right : pandas.DataFrame
        The table whose other columns are added.
    on : str
        The key column, in both tables; present and unique in every row of each.
    how : {"left", "inner"}, default "left"
        Keep all rows of `left` (missing values where there is no partner), or only those that joined.

    Returns
    -------
    joined : same type as `left`
        With the provenance of both tables.
    report : JoinReport
        Counts, and the keys without a partner on either side.

    Raises
    ------
    ValueError
        If a key is missing, empty or there twice; if the tables share other columns; if nothing joins.

    Examples
    --------
    >>> areas = pd.DataFrame({"code": ["a", "b", "c"], "size": [1, 2, 3]})
    >>> people = pd.DataFrame({"code": ["b", "a", "x"], "people": [20, 10, 99]})
    >>> joined, report = join_tables(areas, people, on="code", how="inner")
    >>> joined["people"].tolist()
    [10, 20]
    >>> report
    2 of 3 rows joined on code; without a partner: 1 on the left (c), 1 on the right (x).
    """
    if how not in ("left", "inner"):
        raise ValueError(
            f"how={how!r} is not known: choose 'left' (keep all rows) or 'inner' (those that join)."
        )
    for table, side in ((left, "left"), (right, "right")):
        _check_key(table, on, side)
    shared = [c for c in left.columns if c != on and c in right.columns]
    if shared:
        raise ValueError(
            f"Both tables have the columns {_shown(shared)}; it would be unclear which is meant. "
            "Drop or rename them in one of the two first."
        )
    found = left[on].isin(right[on])
    if not found.any():
        raise ValueError(
            f"Nothing joins: no {on} of the left table (such as {left[on].tolist()[0]!r}) is in the right "
            f"table (such as {right[on].tolist()[0]!r}). Do both use the same codes, edition and type?"
        )
    joined = left.join(right.set_index(on), on=on)
    if how == "inner":
        # Rows without a partner made every added integer a float; a second look-up keeps the types.
        joined = left[found].join(right.set_index(on), on=on)
    report = JoinReport(
        on=on,
        n_left=len(left),
        n_right=len(right),
        n_joined=int(found.sum()),
        left_only=tuple(left.loc[~found, on]),
        right_only=tuple(right.loc[~right[on].isin(left[on]), on]),
    )
    return provenance.carry(joined, left, right), report


def check_table(data: object) -> None:
    """Raise unless `data` is a table with rows.

    Parameters
    ----------
    data : object
        What should be a pandas or geopandas table.

    Raises
    ------
    ValueError
        If it is something else, or empty.

    Examples
    --------
    >>> check_table(pd.DataFrame({"a": [1]}))
    """
    if not isinstance(data, pd.DataFrame):
        raise ValueError(
            f"Expected a pandas or geopandas table, got {type(data).__name__}. "
            "Open one with sources.open(…) or geopandas.read_file(…)."
        )
    if data.empty:
        raise ValueError(
            "The table has no rows or no columns. Check the filter or the file that it came from."
        )


def require_columns(data: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise if a column is not in the table, naming those that are spelt most like it.

    Parameters
    ----------
    data : pandas.DataFrame
        The table.
    columns : iterable of str
        Names that must be there.

    Raises
    ------
    ValueError
        If one is not, or if `columns` is a single string.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"IMD_decile": [1]}), ["IMD_decil"])
    Traceback (most recent call last):
    ValueError: No column 'IMD_decil'. Did you mean 'IMD_decile'?
    """
    check_table(data)
    if isinstance(columns, str):
        raise ValueError(f"Expected a list of column names, got the text {columns!r}. Write [{columns!r}].")
    present = set(data.columns)
    unknown = [c for c in columns if c not in present]
    if not unknown:
        return
    names = [str(c) for c in data.columns]
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(str(unknown[0]).casefold(), folded, n=3, cutoff=0.6)
    hint = (
        f"Did you mean {' or '.join(repr(folded[c]) for c in close)}?"
        if close
        else f"The table has {_shown(names)}."
    )
    rest = f" (and {len(unknown) - 1} more are missing)" if len(unknown) > 1 else ""
    raise ValueError(f"No column {unknown[0]!r}{rest}. {hint}")


def check_numeric(data: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise if a column is unknown or does not hold numbers.

    Parameters
    ----------
    data : pandas.DataFrame
        The table.
    columns : sequence of str
        Names of columns that must be numeric (booleans count as 0 and 1).

    Raises
    ------
    ValueError
        Naming the columns and their types.

    Examples
    --------
    >>> check_numeric(pd.DataFrame({"a": [1.5], "b": [True]}), ["a", "b"])
    """
    require_columns(data, columns)
    wrong = [c for c in columns if not (is_numeric_dtype(data[c]) or is_bool_dtype(data[c]))]
    if wrong:
        raise ValueError(
            f"Not numbers: {', '.join(f'{c!r} is {data[c].dtype}' for c in wrong[:5])}. "
            "Leave such columns out, or turn them into numbers with pandas.to_numeric or pandas.get_dummies."
        )


def _check_key(table: pd.DataFrame, on: str, side: str) -> None:
    check_table(table)
    if not isinstance(on, str):
        raise ValueError(f"on= takes the name of one key column, got {on!r}.")
    require_columns(table, [on])
    missing = int(table[on].isna().sum())
    if missing:
        raise ValueError(
            f"{missing:,} rows of the {side} table have no {on}. Drop them (table.dropna(subset=[{on!r}])) "
            "or find their codes."
        )
    twice = table.loc[table[on].duplicated(), on].unique()
    if len(twice):
        raise ValueError(
            f"{on} is there twice in the {side} table for {len(twice):,} keys ({_shown(twice, 3)}): "
            f"a join would repeat rows. Keep one row each (table.drop_duplicates({on!r})) or aggregate first."
        )


def _shown(names: Iterable, most: int = 8) -> str:
    names = [str(n) for n in names]
    return ", ".join(names[:most]) + (f", … ({len(names):,} in all)" if len(names) > most else "")
