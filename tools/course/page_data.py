"""Data cards: what the catalogue knows of each data set, for people."""

from __future__ import annotations

import re
from itertools import groupby

from tools import sources
from tools.sources.entries import PIXELS, DataSet, SourceFile
from tools.sources.schema import Column

_KINDS = {
    "areas": "Table of areas with geometry",
    "points": "Table of points with geometry",
    "table": "Table",
    "places": "Table of cities, from two files in GeoNames's layout",
    "cube": "Raster of many bands",
    "scenes": "Raster: annual medians of satellite scenes",
    "scene": "Raster: one satellite scene, a file a band",
}
_ROADS = {
    "sample": "Made on this machine; synthetic.",
    "open": "Public files, no account.",
    "earthengine": "By way of your own Earth Engine account.",
}


def cards() -> dict[str, str]:
    """Return one card for each data set of the catalogue.

    Returns
    -------
    dict of str to str
        Name of the data set → Markdown page.

    Raises
    ------
    tools.sources.DataError
        If the catalogue cannot be read.

    Examples
    --------
    >>> "LSOA21CD" in cards()["london-lsoa"]
    True
    """
    return {name: _card(entry) for name, entry in sources.catalogue().items()}


def overview() -> str:
    """Return the table of all data sets, each with a link to its card.

    Returns
    -------
    str
        Markdown, to be included in a page of the folder ``book/``.

    Examples
    --------
    >>> overview().splitlines()[0]
    '| data set | what | covers | licence |'
    """
    rows = ["| data set | what | covers | licence |", "|---|---|---|---|"]
    for name, entry in sources.catalogue().items():
        rows.append(
            f"| [`{name}`](/book/cards/{name}.md) | {entry.title} | {entry.coverage} | {entry.licence} |"
        )
    return "\n".join(rows) + "\n"


def notices() -> str:
    """Return the words that each data set's licence asks for.

    Returns
    -------
    str
        Markdown: one quotation for each notice, with the data sets that need it.

    Examples
    --------
    >>> "Google DeepMind" in notices()
    True
    """
    by_notice: dict[str, list[DataSet]] = {}
    for entry in sources.catalogue().values():
        by_notice.setdefault(entry.notice, []).append(entry)
    parts = []
    for notice, entries in by_notice.items():
        links = ", ".join(f"[`{entry.name}`](/book/cards/{entry.name}.md)" for entry in entries)
        licences = ", ".join(dict.fromkeys(f"[{entry.licence}]({entry.licence_url})" for entry in entries))
        parts.append(f"{links}: {licences}.\n\n> {notice}\n")
    return "\n".join(parts)


def _card(entry: DataSet) -> str:
    facts = [
        ("Kind", _KINDS[entry.kind]),
        ("Covers", entry.coverage),
        ("Licence", f"[{entry.licence}]({entry.licence_url})"),
    ]
    if entry.schema and entry.schema.crs:
        facts.append(("Coordinates", entry.schema.crs))
    if entry.schema and entry.schema.key:
        facts.append(("Key", f"`{entry.schema.key}`, one row each"))
    if any(size.rows for size in entry.sizes.values()):
        sizes = [f'`size="{name}"`: {size.words}' for name, size in entry.sizes.items()]
        facts.append(("Sizes", "; ".join(sizes) + f". The default is `{entry.size()}`."))
    parts = [
        f"# {entry.title}",
        entry.description,
        f"```python\nfrom tools import sources\n\n{_call(entry)}\n```",
        "{.facts}\n" + "\n\n".join(f"{name}\n: {value}" for name, value in facts),
        *_columns(entry),
        "## Where it comes from",
        *_origins(entry),
        "## How to credit it",
        f"> {entry.notice}" if entry.notice else "",
        f"Cite as: {entry.citation}",
        "A figure made from this data set carries the notice at its foot by itself; made from the sample, "
        "it says instead that it is synthetic.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _call(entry: DataSet) -> str:
    if entry.kind in PIXELS:
        return f'sources.open("{entry.name}", {entry.example})'
    return f'sources.open("{entry.name}")'


def _columns(entry: DataSet) -> list[str]:
    if entry.schema is None or not entry.schema.columns:
        return []
    rows = ["| column | values | meaning |", "|---|---|---|"]
    for columns in _runs(entry.schema.columns):
        first, last = columns[0], columns[-1]
        name = f"`{first.name}`" if len(columns) == 1 else f"`{first.name}` … `{last.name}`"
        values = first.expected.replace("-", "−") + (", or missing" if first.missing else "")
        rows.append(f"| {name} | {values} | {first.description} |")
    after = "Other columns may be there and are kept; your own file needs only these to take its place."
    return ["## Columns", "\n".join(rows), after]


def _runs(columns: tuple[Column, ...]) -> list[list[Column]]:
    """Gather columns that differ only in a number, as ``A00_mean`` to ``A63_mean`` do."""

    def alike(column: Column) -> tuple[object, ...]:
        return (re.sub(r"\d+", "#", column.name), column.type, column.description, column.minimum)

    return [list(run) for _, run in groupby(columns, key=alike)]


def _origins(entry: DataSet) -> list[str]:
    parts: list[str] = []
    for name, origin in entry.origins.items():
        if origin.name != name:
            parts.append(f"`{name}`\n: The same files as `{origin.name}`.")
            continue
        files = "\n".join(f"  - {_file(file)}" for file in origin.files)
        if name == "open" and not origin.files:
            files = f"  - read piece by piece from {origin.options['root']}"
        parts.append(f"`{name}`\n: {_ROADS[name]}" + (f"\n\n{files}" if files else ""))
    return parts


def _file(file: SourceFile) -> str:
    text = f"[{file.name}]({file.url})" if file.url else f"`{file.name}`"
    if file.megabytes is not None:
        exact = "" if file.size is not None else "about "
        text += f", {exact}{file.megabytes:.1f} MB"
    if file.checksum is not None:
        text += f", {_KIND_OF_SUM.get(file.checksum.kind, file.checksum.kind)} `{file.checksum.digest}`"
    return text


_KIND_OF_SUM = {"sha256": "SHA-256", "git_blob": "git blob"}
