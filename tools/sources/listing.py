"""What data sets there are: `data/catalog.yml`, read into plain objects and checked line by line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from tools import places
from tools.sources.entries import DataSet
from tools.sources.errors import DataError, suggest
from tools.sources.parse import data_set
from tools.sources.yaml_lines import read

_FILE = places.ROOT / "data" / "catalog.yml"


def catalogue(path: Path | None = None) -> Mapping[str, DataSet]:
    """Return every data set of the course by its name.

    Parameters
    ----------
    path : pathlib.Path, optional
        Another catalogue than ``data/catalog.yml``.

    Returns
    -------
    mapping of str to DataSet
        In the file's order; read-only.

    Raises
    ------
    DataError
        If the file is not there or a line of it is wrong; the message names the line.

    Examples
    --------
    >>> list(catalogue())[:3]
    ['london-lsoa', 'london-socioeconomic', 'london-alphaearth']
    """
    chosen = Path(path) if path is not None else _FILE
    try:
        return _load(chosen, chosen.stat().st_mtime_ns)
    except FileNotFoundError:
        raise DataError(
            f"the catalogue {chosen} is not there; restore it: git checkout data/catalog.yml"
        ) from None


def find(name: str) -> DataSet:
    """Return one data set.

    Parameters
    ----------
    name : str
        Its name in the catalogue.

    Returns
    -------
    DataSet

    Raises
    ------
    DataError
        If there is none of that name; the message names the nearest and lists all.

    Examples
    --------
    >>> find("london-lsao")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: no data set is called 'london-lsao': did you mean 'london-lsoa'? ...
    """
    sets = catalogue()
    if name not in sets:
        raise DataError(f"no data set is called '{name}': {suggest(name, sets)}")
    return sets[name]


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> Mapping[str, DataSet]:
    root = read(path)
    return MappingProxyType({name: data_set(name, node) for name, node in root.items()})
