"""What a table must look like, and the check that says where one does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.sources.errors import DataError, suggest

if TYPE_CHECKING:
    import pandas as pd

TYPES = ("text", "integer", "number", "float32", "boolean")
GEOMETRIES = {"polygon": ("Polygon", "MultiPolygon"), "point": ("Point",)}
_SHOWN = 5


@dataclass(frozen=True)
class Column:
    """One column that a table must have.

    Parameters
    ----------
    name : str
        As written in the file.
    type : {"text", "integer", "number", "float32", "boolean"}
        What its values are. Codes are text, also where they consist of digits. ``float32`` is a number to
        seven digits, in half the memory.
    description : str
        In words, with the unit.
    minimum, maximum : float or None
        The closed range of valid values.
    missing : bool
        Whether values may be missing.

    Examples
    --------
    >>> Column("IMD_decile", "integer", minimum=1, maximum=10).expected
    'whole numbers from 1 to 10'
    """

    name: str
    type: str = "number"
    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    missing: bool = False

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        kinds = {"text": "text", "integer": "whole numbers", "boolean": "true or false"}
        kind = kinds.get(self.type, "numbers")
        low, high = (None if end is None else f"{end:g}" for end in (self.minimum, self.maximum))
        if low and high:
            return f"{kind} from {low} to {high}"
        if low:
            return f"{kind} of {low} or more"
        return f"{kind} of {high} or less" if high else kind


@dataclass(frozen=True)
class Schema:
    """What a table must look like.

    Parameters
    ----------
    columns : tuple of Column
        Columns that must be there; others may be.
    key : str or None
        The column that names each row once; None where rows have no names.
    geometry : {"polygon", "point"} or None
        None for a table without geometry.
    crs : str or None
        The coordinate reference system in which the table is handed out, such as ``"EPSG:4326"``.

    Examples
    --------
    >>> Schema((Column("code", "text"),), key="code").names
    ('code',)
    """

    columns: tuple[Column, ...]
    key: str | None = None
    geometry: str | None = None
    crs: str | None = None
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(self.by_name)


def expand(name: str) -> Iterator[str]:
    """Yield the names that a range such as ``A00_mean..A63_mean`` stands for; other names as they are.

    Parameters
    ----------
    name : str
        A column name, or two that differ in one run of digits, joined by two dots.

    Yields
    ------
    str

    Raises
    ------
    ValueError
        If the two ends differ in more than the number, or the second is lower.

    Examples
    --------
    >>> list(expand("A08_mean..A11_mean"))
    ['A08_mean', 'A09_mean', 'A10_mean', 'A11_mean']
    >>> list(expand("IMD_decile"))
    ['IMD_decile']
    """
    first, dots, last = name.partition("..")
    if not dots:
        yield name
        return
    ends = [re.fullmatch(r"(.*?)(\d+)(\D*)", end) for end in (first, last)]
    if not all(ends) or ends[0].group(1, 3) != ends[1].group(1, 3):
        raise ValueError(f"'{name}' is no range of columns: both ends may differ only in one number")
    (before, low, after), high = ends[0].groups(), ends[1].group(2)
    if int(low) > int(high):
        raise ValueError(f"'{name}' is no range of columns: {low} is above {high}")
    for number in range(int(low), int(high) + 1):
        yield f"{before}{number:0{len(low)}d}{after}"


def check(table: pd.DataFrame, schema: Schema, what: str) -> None:
    """Check a table against a schema.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        As read from its file.
    schema : Schema
        What it must look like.
    what : str
        The file's name, for the message.

    Raises
    ------
    DataError
        At the first thing that is wrong: no rows, missing columns, missing or duplicate codes, wrong
        geometry, values of the wrong type or out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> schema = Schema((Column("code", "text"), Column("decile", "integer", minimum=1, maximum=10)), "code")
    >>> areas = pd.DataFrame({"code": ["a", "b"], "decile": [1, 11]})
    >>> check(areas, schema, "areas.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: areas.csv: column 'decile' must hold whole numbers from 1 to 10, ...
    """
    if not len(table):
        raise DataError(f"{what} holds no rows; check that the export was not empty")
    _columns_are_there(table, schema, what)
    if schema.key:
        _key_names_each_row_once(table[schema.key], what)
    codes = table[schema.key] if schema.key else _row_numbers(table)
    if schema.geometry:
        _geometry_fits(table, schema, codes, what)
    for column in schema.columns:
        if column.name != schema.key:
            _values_fit(table[column.name], column, codes, what)


def _row_numbers(table: pd.DataFrame) -> pd.Series:
    import pandas as pd

    return pd.Series(range(1, len(table) + 1), index=table.index, name="row")


def _columns_are_there(table: pd.DataFrame, schema: Schema, what: str) -> None:
    absent = [name for name in schema.names if name not in table.columns]
    if not absent:
        return
    others = [str(name) for name in table.columns if name not in schema.by_name and name != "geometry"]
    first = absent[0]
    hint = suggest(first, others).partition("?")[0] if others else ""
    near = f" ({hint.replace('did you mean', 'is it the column')}?)" if hint.startswith("did") else ""
    raise DataError(
        f"{what} lacks {_count(len(absent), 'column')}: {_some(absent)}{near}; "
        f"it must have {_some(schema.names)}. Rename or add them, then open it again"
    )


def _key_names_each_row_once(codes: pd.Series, what: str) -> None:
    empty = codes.isna() | (codes.astype("string").str.strip() == "").fillna(True)
    if empty.any():
        rows = [str(position + 1) for position in empty.to_numpy().nonzero()[0]]
        raise DataError(
            f"{what}: the code '{codes.name}' is missing in {_count(len(rows), 'row')} "
            f"({'row' if len(rows) == 1 else 'rows'} {_some(rows)}, counted from 1 below the header); "
            "give each area its code, or delete those rows"
        )
    twice = codes[codes.duplicated(keep=False)]
    if len(twice):
        counts = twice.value_counts()
        shown = [f"{code} ({times}×)" for code, times in counts.items()]
        raise DataError(
            f"{what}: {_count(len(counts), 'code')} in '{codes.name}' stand for more than one row: "
            f"{_some(shown)}; keep one row a code (dissolve the parts of an area into one geometry)"
        )


def _geometry_fits(table: pd.DataFrame, schema: Schema, codes: pd.Series, what: str) -> None:
    geometry = getattr(table, "geometry", None)
    bare = geometry.isna() | geometry.is_empty
    if bare.any():
        one = "point" if schema.geometry == "point" else "area"
        raise DataError(
            f"{what}: {_count(int(bare.sum()), one)} without geometry: "
            f"{_some(codes[bare].astype(str))}; draw them or delete those rows"
        )
    allowed = GEOMETRIES[schema.geometry]
    wrong = ~geometry.geom_type.isin(allowed)
    if wrong.any():
        found = ", ".join(sorted(geometry.geom_type[wrong].unique()))
        raise DataError(
            f"{what}: the geometry must be {' or '.join(allowed)}, but {int(wrong.sum()):,} of "
            f"{len(table):,} rows are {found}: {_some(codes[wrong].astype(str))}"
        )


def _values_fit(values: pd.Series, column: Column, codes: pd.Series, what: str) -> None:
    import pandas as pd

    absent = values.isna()
    if absent.any() and not column.missing:
        raise DataError(
            f"{what}: column '{column.name}' lacks a value in {_count(int(absent.sum()), 'row')} "
            f"({codes.name} {_some(codes[absent].astype(str))}); fill them in or delete those rows"
        )
    if column.type == "text":
        return
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = numbers.isna() & ~absent
    if column.type == "integer":
        wrong |= numbers.notna() & (numbers % 1 != 0)
    elif column.type == "boolean":
        wrong |= numbers.notna() & ~numbers.isin([0, 1])
    for end, outside in ((column.minimum, numbers.lt), (column.maximum, numbers.gt)):
        if end is not None:
            wrong |= outside(end)
    if wrong.any():
        shown = [f"{value} at {code}" for value, code in zip(values[wrong], codes[wrong], strict=True)]
        raise DataError(
            f"{what}: column '{column.name}' must hold {column.expected}, but {int(wrong.sum()):,} of "
            f"{len(values):,} values are not: {_some(shown)}"
        )


def _some(items) -> str:
    listed = [str(item) for item in items]
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
