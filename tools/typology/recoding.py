"""What Energy Performance Certificates say of a building, in few and clear categories."""

from __future__ import annotations

import difflib
import re
from typing import TypeVar

import pandas as pd

from tools import provenance
from tools.tables import check_table, require_columns

Frame = TypeVar("Frame", bound=pd.DataFrame)

AGE_BANDS = [
    "1900 or earlier",
    "1900-1929",
    "1930-1949",
    "1950-1966",
    "1967-1975",
    "1976-1982",
    "1983-1995",
    "1996-2002",
    "2003 onwards",
]
"""The nine bands of construction age, oldest first."""

BUILT_FORMS = ["Detached", "Semi-Detached", "Terrace"]
"""How a building stands to its neighbours; all sorts of terraces are one."""

PROPERTY_TYPES = ["House", "Bungalow", "Flat", "Maisonette", "Park home"]
"""What kind of dwelling it is."""

USES = ["Domestic", "Non-domestic"]
"""Whether a certificate is for a dwelling."""

CATEGORIES = {
    "BUILT_FORM": BUILT_FORMS,
    "PROPERTY_TYPE": PROPERTY_TYPES,
    "CONSTRUCTION_AGE_BAND": AGE_BANDS,
    "NON_DOMESTIC": USES,
}
"""For each column of certificates its categories after recoding."""

ORDERED = {"CONSTRUCTION_AGE_BAND"}
"""The columns whose categories have an order."""

NOTHING = {"", "NO DATA!", "INVALID!", "NODATA!", "NOT RECORDED", "UNKNOWN", "NONE", "NAN", "<NA>"}
"""Raw texts that say that nothing is known, in capitals."""

_TERRACES = ("Mid-Terrace", "End-Terrace", "Enclosed Mid-Terrace", "Enclosed End-Terrace")
_PUBLISHED_BANDS = {
    "before 1900": "1900 or earlier",
    "1983-1990": "1983-1995",
    "1991-1995": "1983-1995",
    "2003-2006": "2003 onwards",
    "2007-2011": "2003 onwards",
    "2007 onwards": "2003 onwards",
    "2012-2022": "2003 onwards",
    "2012 onwards": "2003 onwards",
    "2023 onwards": "2003 onwards",
}
_FIRST_YEARS = [0, 1901, 1930, 1950, 1967, 1976, 1983, 1996, 2003]
_TRUTHS = {"Domestic": ("n", "no", "false", "f", "0"), "Non-domestic": ("y", "yes", "true", "t", "1")}
_COUNTRY = re.compile(r"^england and wales:\s*")
_YEAR = re.compile(r"^(1[0-9]{3}|20[0-9]{2})(\.0)?$")


def recode_characteristics(raw: Frame, *, unknown: str = "error") -> Frame:
    """Put the raw texts of certificates into few categories.

    Certificates come from many assessors and several editions of the form. One band of age is written in
    several ways (``England and Wales: 2007 onwards``, ``2007-2011``, ``2009``), and what is not known is
    written as a text (``NO DATA!``, ``INVALID!``). After recoding, what is not known is missing, and ages are
    in order. `recoding_counts` shows what became of what.

    Parameters
    ----------
    raw : pandas.DataFrame or geopandas.GeoDataFrame
        One row a building, with one or more of the columns ``BUILT_FORM``, ``PROPERTY_TYPE``,
        ``CONSTRUCTION_AGE_BAND`` and ``NON_DOMESTIC``. Other columns, such as ``TOID``, are left as they are.
    unknown : {"error", "missing"}, default "error"
        What to do about a text that is in no list: refuse it, naming it, or take the value for missing.

    Returns
    -------
    same type as `raw`
        A copy in which those columns are categorical: ages ordered, oldest first; the others unordered, with
        the categories of `CATEGORIES`. Index, CRS and provenance are kept. Recoding twice changes nothing.

    Raises
    ------
    ValueError
        If none of the columns is there, or (unless ``unknown="missing"``) if a text is not known.

    Examples
    --------
    >>> raw = pd.DataFrame(
    ...     {
    ...         "TOID": ["osgb1", "osgb2", "osgb3"],
    ...         "BUILT_FORM": ["Enclosed Mid-Terrace", "Detached", "NO DATA!"],
    ...         "CONSTRUCTION_AGE_BAND": ["England and Wales: before 1900", "2009", "INVALID!"],
    ...     }
    ... )
    >>> recode_characteristics(raw)
        TOID BUILT_FORM CONSTRUCTION_AGE_BAND
    0  osgb1    Terrace       1900 or earlier
    1  osgb2   Detached          2003 onwards
    2  osgb3        NaN                   NaN
    """
    check_table(raw)
    if unknown not in ("error", "missing"):
        raise ValueError(f"unknown={unknown!r}: choose 'error' (refuse it) or 'missing' (drop the value).")
    columns = [column for column in CATEGORIES if column in raw.columns]
    if not columns:
        require_columns(raw, list(CATEGORIES))
    recoded = raw.copy()
    for column in columns:
        recoded[column] = _recoded(raw[column], column, unknown)
    return provenance.carry(recoded, raw)


def recoding_counts(raw: pd.DataFrame, column: str) -> pd.DataFrame:
    """Count which raw text became which category.

    Parameters
    ----------
    raw : pandas.DataFrame
        Certificates before recoding.
    column : str
        One of the columns of `CATEGORIES`.

    Returns
    -------
    pandas.DataFrame
        Columns ``raw`` (the text; ``"(empty)"`` for a missing value), ``category`` (categorical; missing
        where the text says that nothing is known, or is in no list) and ``n`` (rows), by category, then
        commonest first.

    Raises
    ------
    ValueError
        If the column is not there, or is none that can be recoded.

    Examples
    --------
    >>> raw = pd.DataFrame({"BUILT_FORM": ["End-Terrace", "Detached", "Mid-Terrace", "Mid-Terrace", None]})
    >>> recoding_counts(raw, "BUILT_FORM")
               raw  category  n
    0     Detached  Detached  1
    1  Mid-Terrace   Terrace  2
    2  End-Terrace   Terrace  1
    3      (empty)       NaN  1
    """
    require_columns(raw, [column])
    if column not in CATEGORIES:
        raise ValueError(f"{column!r} is not recoded; those that are: {', '.join(CATEGORIES)}.")
    texts = raw[column].astype(object).where(raw[column].notna(), "(empty)")
    counts = texts.value_counts(sort=True).rename_axis("raw").rename("n").reset_index()
    plain = counts["raw"].where(counts["raw"] != "(empty)")
    counts.insert(1, "category", _recoded(plain, column, "missing"))
    order = ["category", "n", "raw"]
    counts["raw"] = counts["raw"].astype(str)
    counts = counts.sort_values(order, ascending=[True, False, True], na_position="last", ignore_index=True)
    return provenance.carry(counts, raw)


def _recoded(values: pd.Series, column: str, unknown: str) -> pd.Series:
    codes, texts = pd.factorize(values.astype(object))
    found = [_category(text, column) for text in texts]
    strange = [text for text, category in zip(texts, found, strict=True) if category is _STRANGE]
    if strange and unknown == "error":
        rows = int(values.isin(strange).sum())
        close = difflib.get_close_matches(str(strange[0]), CATEGORIES[column], n=1)
        hint = f" (did the file mean {close[0]!r}?)" if close else ""
        raise ValueError(
            f"{column} holds {len(strange)} text{'s' if len(strange) > 1 else ''} that no list knows, in "
            f"{rows:,} rows: {', '.join(map(repr, strange[:5]))}{hint}. Correct them first, or take them "
            "for missing with unknown='missing'."
        )
    names = pd.Series([None if category is _STRANGE else category for category in found], dtype=object)
    categories = pd.CategoricalDtype(CATEGORIES[column], ordered=column in ORDERED)
    return names.reindex(codes).astype(categories).set_axis(values.index).rename(column)


_STRANGE = object()


def _category(value: object, column: str) -> object:
    """Return a raw value's category, None where it says that nothing is known."""
    text = " ".join(str(value).split())
    if text.upper() in NOTHING:
        return None
    key = text.casefold()
    if column == "CONSTRUCTION_AGE_BAND":
        return _age_band(_COUNTRY.sub("", key))
    return _LOOK_UP[column].get(key, _STRANGE)


def _age_band(key: str) -> object:
    year = _YEAR.match(key)
    if year:
        return AGE_BANDS[sum(first <= int(year[1]) for first in _FIRST_YEARS) - 1]
    return _LOOK_UP["CONSTRUCTION_AGE_BAND"].get(key, _STRANGE)


_LOOK_UP = {
    column: {category.casefold(): category for category in categories}
    for column, categories in CATEGORIES.items()
}
_LOOK_UP["BUILT_FORM"] |= {text.casefold(): "Terrace" for text in _TERRACES}
_LOOK_UP["CONSTRUCTION_AGE_BAND"] |= _PUBLISHED_BANDS
_LOOK_UP["NON_DOMESTIC"] |= {text: use for use, texts in _TRUTHS.items() for text in texts}
