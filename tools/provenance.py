"""Marks that travel with data, so that a figure can say what it was made from.

A mark is kept in ``attrs`` of a table or array as plain strings, which pandas, geopandas and xarray carry
through copies and selections. What makes a new table (a join, say) passes the mark on with `carry`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, TypeVar

T = TypeVar("T")
_KEY = "course_provenance"


@dataclass(frozen=True)
class Provenance:
    """What a data set is, where it came from, and what must be said when it is shown.

    Parameters
    ----------
    name : str
        The catalogue's name for it, or the path of a reader's own file.
    origin : {"sample", "open", "earthengine", "file"}
        Which road it came by.
    title : str
        In words.
    notice : str
        The text to show beside every picture: the licence's required notice or, for the sample, that it is
        synthetic.

    Examples
    --------
    >>> Provenance("london-lsoa", "sample", "London areas", "Synthetic sample").synthetic
    True
    """

    name: str
    origin: str
    title: str
    notice: str = ""

    @property
    def synthetic(self) -> bool:
        """Whether the data were made up by the sample generator."""
        return self.origin == "sample"


def mark(data: T, provenance: Provenance) -> T:
    """Write the mark onto a table or array, in place, and return it.

    Parameters
    ----------
    data : pandas.DataFrame, geopandas.GeoDataFrame, xarray.DataArray or xarray.Dataset
        Anything with ``attrs``.
    provenance : Provenance
        What to say of it.

    Returns
    -------
    same as `data`
        The object that was passed.

    Examples
    --------
    >>> import pandas as pd
    >>> table = mark(pd.DataFrame({"a": [1]}), Provenance("demo", "sample", "A demo", "Synthetic sample"))
    >>> of(table).title
    'A demo'
    """
    return _write(data, [provenance])


def carry(data: T, *sources: Any) -> T:
    """Write the marks of `sources` onto `data` that was made from them, in place, and return it.

    Parameters
    ----------
    data : object with ``attrs``
        What was made.
    *sources : object
        What it was made from; those without a mark add nothing.

    Returns
    -------
    same as `data`
        The object that was passed.

    Examples
    --------
    >>> import pandas as pd
    >>> areas = mark(pd.DataFrame({"a": [1]}), Provenance("areas", "sample", "Areas", "Synthetic sample"))
    >>> people = mark(pd.DataFrame({"b": [1]}), Provenance("people", "open", "People", "OGL v3"))
    >>> [p.name for p in every(carry(pd.DataFrame({"c": [1]}), areas, people))]
    ['areas', 'people']
    """
    marks: dict[str, Provenance] = {}
    for source in sources:
        for provenance in every(source):
            marks.setdefault(provenance.name, provenance)
    return _write(data, list(marks.values())) if marks else data


def every(data: Any) -> list[Provenance]:
    """Return all marks on `data`, in the order in which they were added; empty where there is none.

    Parameters
    ----------
    data : object
        Anything, with or without ``attrs``.

    Returns
    -------
    list of Provenance

    Examples
    --------
    >>> every([1, 2, 3])
    []
    """
    return [Provenance(**fields) for fields in getattr(data, "attrs", {}).get(_KEY, [])]


def of(data: Any) -> Provenance | None:
    """Return the first mark on `data`, or None.

    Parameters
    ----------
    data : object
        Anything, with or without ``attrs``.

    Returns
    -------
    Provenance or None

    Examples
    --------
    >>> of([1, 2, 3]) is None
    True
    """
    marks = every(data)
    return marks[0] if marks else None


def footnote(data: Any) -> str:
    """Return the line that stands under a picture of `data`: its notices, each once.

    Parameters
    ----------
    data : object
        Anything, with or without ``attrs``.

    Returns
    -------
    str
        Notices joined by a middle dot; empty where there is nothing that must be said.

    Examples
    --------
    >>> import pandas as pd
    >>> footnote(mark(pd.DataFrame({"a": [1]}), Provenance("demo", "sample", "A demo", "Synthetic sample")))
    'Synthetic sample'
    """
    return " · ".join(dict.fromkeys(p.notice for p in every(data) if p.notice))


def is_synthetic(data: Any) -> bool:
    """Tell whether any part of `data` came from the sample generator.

    Parameters
    ----------
    data : object
        Anything, with or without ``attrs``.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_synthetic([1, 2, 3])
    False
    """
    return any(p.synthetic for p in every(data))


def _write(data: T, marks: list[Provenance]) -> T:
    data.attrs[_KEY] = [asdict(provenance) for provenance in marks]  # type: ignore[attr-defined]
    return data
