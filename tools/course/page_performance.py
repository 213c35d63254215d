"""The book's performance page, made from what ``make bench`` measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools import places

_NONE = """\
```{admonition} Not measured here
:class: note

This copy of the book was built without benchmarks. Run them with `make bench`, or one of them with
`make bench NAME=points_vs_rasterio`; they write `_build/benchmarks.json`, and the next `make book` puts their
figures here.
```
"""


def comparisons(path: Path | None = None) -> str:
    """Return the table of benchmarks, or how to make them where there are none.

    Parameters
    ----------
    path : pathlib.Path, optional
        ``benchmarks.json``; by default the one in ``_build``.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    ValueError
        If the file is there but is not what the benchmarks write.

    Examples
    --------
    >>> "make bench" in comparisons(Path("no-such-file.json"))
    True
    """
    path = places.BUILD / "benchmarks.json" if path is None else path
    if not path.exists():
        return _NONE
    try:
        found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf8"))
        compared = {name: entry for name, entry in found.items() if _is_comparison(entry)}
        alone = {name: entry for name, entry in found.items() if not _is_comparison(entry)}
        return "\n".join(_faster(compared) + _measured(alone) + _versions(found))
    except (AttributeError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path.name} is not what the benchmarks write ({error!r}); remove it and run `make bench`"
        ) from error


def _is_comparison(entry: dict[str, Any]) -> bool:
    return entry.get("theirs") is not None and entry.get("limit") is None


def _faster(entries: dict[str, dict[str, Any]]) -> list[str]:
    if not entries:
        return []
    rows = [
        "| comparison | on | usual way | the course | ratio |",
        "|---|---|--:|--:|--:|",
        *(
            f"| {_name(name)} | {_sizes(entry)} | {_quantity(entry['theirs'], entry)} "
            f"| {_quantity(entry['ours'], entry)} | **{_ratio(entry)}** |"
            for name, entry in sorted(entries.items())
        ),
    ]
    return ["## Against the usual way", "", *rows, ""]


def _measured(entries: dict[str, dict[str, Any]]) -> list[str]:
    if not entries:
        return []
    rows = [
        "| what | of | measured | limit |",
        "|---|---|--:|--:|",
        *(
            f"| {_name(name)} | {_sizes(entry)} | {_quantity(entry['ours'], entry)} "
            f"| {_quantity(entry['limit'], entry) if entry.get('limit') is not None else '–'} |"
            for name, entry in sorted(entries.items())
        ),
    ]
    return ["## Within limits", "", *rows, ""]


def _versions(entries: dict[str, dict[str, Any]]) -> list[str]:
    used: dict[str, str] = {}
    for entry in entries.values():
        used |= {name: str(version) for name, version in (entry.get("versions") or {}).items()}
    cores = used.pop("cores", None)
    if not used:
        return []
    on = f" on {cores} cores" if cores else ""
    return [f"Measured{on} with " + ", ".join(f"{name} {used[name]}" for name in sorted(used)) + ".", ""]


def _name(name: str) -> str:
    return name.replace("_vs_", " against ").replace("_", " ")


def _sizes(entry: dict[str, Any]) -> str:
    sizes = entry.get("sizes") or {}
    if not isinstance(sizes, dict):
        return str(sizes)
    return ", ".join(_size(key.replace("_", " "), value) for key, value in sizes.items()) or "–"


def _quantity(value: float, entry: dict[str, Any]) -> str:
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{shown} {entry.get('unit', 's')}"


def _ratio(entry: dict[str, Any]) -> str:
    return f"{float(entry['ratio']):,.0f}×" if entry["ratio"] >= 10 else f"{float(entry['ratio']):.1f}×"


def _size(what: str, value: Any) -> str:
    return f"{value:,} {what}" if isinstance(value, int | float) else f"{what}: {value}"
