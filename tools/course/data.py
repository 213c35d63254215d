"""``course data``: which data sets there are, fetching them, checking them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from tools import sources

_IN_WORDS = {"ok": "ok", "missing": "not on this machine", "changed": "CHANGED"}


def standing(origin: str) -> list[dict[str, object]]:
    """Return, for each data set that comes by an origin, what it is and whether it lies on this machine.

    Parameters
    ----------
    origin : {"sample", "open", "earthengine"}
        The road in force.

    Returns
    -------
    list of dict
        ``name``, ``title``, ``licence``, ``origins``, ``origin`` and ``state``: ``ok``, ``missing`` (at
        least one file), ``changed`` (at least one file is not what it should be), or ``not offered`` where
        the data set does not come by that road.

    Examples
    --------
    >>> [entry["name"] for entry in standing("sample")][:1]
    ['london-lsoa']
    """
    return [
        {
            "name": name,
            "title": data_set.title,
            "licence": data_set.licence,
            "origins": list(data_set.origins),
            "origin": origin,
            "state": _worst(name, origin) if origin in data_set.origins else "not offered",
        }
        for name, data_set in sources.catalogue().items()
    ]


def show_list(origin: str, *, as_json: bool = False) -> None:
    """Print the data sets.

    Parameters
    ----------
    origin : {"sample", "open", "earthengine"}
        The road in force.
    as_json : bool
        Print what `standing` returns.

    Examples
    --------
    >>> show_list("sample", as_json=True)  # doctest: +ELLIPSIS
    [
      {
        "name": "london-lsoa",
    ...
    """
    entries = standing(origin)
    if as_json:
        print(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    table = Table("name", "what", "origins", f"on this machine ({origin})", box=None, pad_edge=False)
    for entry in entries:
        state = str(entry["state"])
        table.add_row(
            str(entry["name"]), str(entry["title"]), ", ".join(entry["origins"]), _IN_WORDS.get(state, state)
        )
    Console().print(table)


def get(names: Iterable[str], origin: str) -> None:
    """Bring data sets onto this machine and print where their files lie.

    Parameters
    ----------
    names : iterable of str
        Names of the catalogue; all are looked up before anything is fetched.
    origin : {"sample", "open", "earthengine"}
        The road in force.

    Raises
    ------
    tools.sources.DataError
        When a name is unknown or a file cannot be had.

    Examples
    --------
    >>> get(["london-lsoas"], "sample")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tools.sources.errors.DataError: no data set is called 'london-lsoas': ...
    """
    for data_set in [sources.find(name) for name in names]:
        for path in sources.get(data_set.name, origin):
            print(path)


def verify(names: Iterable[str], origin: str) -> bool:
    """Read every file of the data sets, print what each is worth, and tell whether all is well.

    Parameters
    ----------
    names : iterable of str
        Names of the catalogue. When none is given, all that come by the origin are checked, and one that is
        not on this machine is no fault.
    origin : {"sample", "open", "earthengine"}
        The road in force.

    Returns
    -------
    bool
        False when a file is changed, or missing from a data set that was named.

    Raises
    ------
    tools.sources.DataError
        When a name is unknown.

    Examples
    --------
    >>> verify(["london-lsoas"], "sample")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tools.sources.errors.DataError: no data set is called 'london-lsoas': ...
    """
    named = [sources.find(name) for name in names]
    offered = [each for each in sources.catalogue().values() if origin in each.origins]
    sound = True
    for data_set in named or offered:
        for file in sources.verify(data_set.name, origin):
            bad = file.state == "changed" or (bool(named) and file.state == "missing")
            sound = sound and not bad
            remedy = f"; to have it anew: course data get {data_set.name} --origin {origin}" if bad else ""
            print(f"{data_set.name}: {file.path}: {_IN_WORDS[file.state]}{remedy}")
    return sound


def _worst(name: str, origin: str) -> str:
    states = {file.state for file in sources.verify(name, origin)}
    return next((state for state in ("changed", "missing") if state in states), "ok")
