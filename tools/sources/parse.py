"""How one entry of the catalogue is read: each part with what it must and may say."""

from __future__ import annotations

from types import MappingProxyType

from tools.sources.checksums import Checksum
from tools.sources.entries import KINDS, ORIGINS, PIXELS, TABLES, DataSet, Origin, Size, SourceFile
from tools.sources.schema import GEOMETRIES, TYPES, Column, Schema, expand
from tools.sources.yaml_lines import Node

_OPTIONS = {
    "sample": (["place"], ["root"]),
    "open": ([], ["root"]),
    "earthengine": (["year", "boundaries"], []),
}
_GEOMETRY = {"areas": "polygon", "points": "point"}


def data_set(name: str, node: Node) -> DataSet:
    """Read one entry.

    Parameters
    ----------
    name : str
        The data set's name.
    node : Node
        What the catalogue says of it.

    Returns
    -------
    DataSet

    Raises
    ------
    DataError
        If a part is missing, unknown or wrong; the message names the line.

    Examples
    --------
    >>> data_set("demo", Node({}, "catalog.yml", 1, "demo"))
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: catalog.yml, line 1: demo must be a mapping of names to values, not {}
    """
    words = ["title", "description", "coverage", "citation", "notice"]
    part = node.keys([*words, "kind", "licence", "origins"], ["schema", "sizes", "example"])
    kind = part["kind"].one_of(KINDS)
    licence = part["licence"].keys(["name", "url"])
    if kind in TABLES and "schema" not in part:
        raise node.fail(f"lacks the key 'schema', which {kind} needs")
    schema = _schema(part["schema"]) if "schema" in part else None
    if kind in _GEOMETRY and not (schema.geometry == _GEOMETRY[kind] and schema.crs):
        raise part["schema"].fail(
            f"must name 'geometry: {_GEOMETRY[kind]}' and 'crs', because the data set's kind is {kind}"
        )
    if kind in PIXELS and "example" not in part:
        raise node.fail(f"lacks the key 'example', which {kind} needs")
    return DataSet(
        name=name,
        **{word: part[word].text for word in words},
        kind=kind,
        licence=licence["name"].text,
        licence_url=licence["url"].text,
        schema=schema,
        origins=_origins(part["origins"], kind),
        sizes=_sizes(part["sizes"]) if "sizes" in part else MappingProxyType({}),
        example=part["example"].text if "example" in part else "",
    )


def _sizes(node: Node) -> MappingProxyType[str, Size]:
    return MappingProxyType({name: _size(about) for name, about in node.items()})


def _size(node: Node) -> Size:
    if node.value == "all":
        return Size()
    if not isinstance(node.value, dict):
        raise node.fail(f"must be 'all', or a mapping with the key 'rows', not {node.plain()!r}")
    part = node.keys(["rows"], ["of"])
    return Size(**{key: int(value.number) for key, value in part.items()})


def _schema(node: Node) -> Schema:
    part = node.keys(optional=["key", "columns", "geometry", "crs"])
    columns = []
    for names, about in part["columns"].items() if "columns" in part else ():
        try:
            expanded = list(expand(names))
        except ValueError as error:
            raise about.fail(str(error)) from None
        columns += [_column(name, about) for name in expanded]
    return Schema(
        columns=tuple(columns),
        key=part["key"].one_of(column.name for column in columns) if "key" in part else None,
        geometry=part["geometry"].one_of(GEOMETRIES) if "geometry" in part else None,
        crs=part["crs"].text if "crs" in part else None,
    )


def _column(name: str, node: Node) -> Column:
    part = node.keys(["type", "description"], ["minimum", "maximum", "missing"])
    return Column(
        name=name,
        type=part["type"].one_of(TYPES),
        description=part["description"].text,
        minimum=part["minimum"].number if "minimum" in part else None,
        maximum=part["maximum"].number if "maximum" in part else None,
        missing=part["missing"].flag if "missing" in part else False,
    )


def _origins(node: Node, kind: str) -> MappingProxyType[str, Origin]:
    found, aliases = {}, {}
    for name, about in node.keys(optional=ORIGINS).items():
        part = about.keys(optional=None)
        if "same_as" in part:
            about.keys(["same_as"])
            aliases[name] = part["same_as"]
        else:
            found[name] = _origin(name, about, kind)
    for name, target in aliases.items():
        found[name] = found[target.one_of(found)]
    return MappingProxyType({name: found[name] for name in ORIGINS if name in found})


def _origin(name: str, node: Node, kind: str) -> Origin:
    required, optional = _OPTIONS[name]
    if kind in PIXELS:
        required, optional = [*required, "root"], []
    # Scenes are found by asking their catalogue each time, so there is no file to keep.
    listed = [] if kind == "scenes" and name == "open" else ["files"]
    part = node.keys([*listed, *required, *(["collection"] if kind == "scenes" else [])], optional)
    files = tuple(_file(item, published=name == "open") for item in part["files"].list()) if listed else ()
    options = {key: value.plain() for key, value in part.items() if key != "files"}
    return Origin(name, files, MappingProxyType(options))


def _file(node: Node, *, published: bool) -> SourceFile:
    pins = ["sha256", "git_blob"]
    part = node.keys(
        ["name", "url"] if published else ["name"], ["size", "about_mb", "crs_if_projected", *pins]
    )
    given = [kind for kind in pins if kind in part]
    if len(given) > 1:
        raise node.fail("has two checksums; keep one")
    checksum = None
    for kind in given:
        try:
            checksum = Checksum(kind, str(part[kind].value))
        except ValueError as error:
            raise part[kind].fail(str(error)) from None
    return SourceFile(
        name=part["name"].text,
        url=part["url"].text if "url" in part else None,
        checksum=checksum,
        size=int(part["size"].number) if "size" in part else None,
        about_mb=part["about_mb"].number if "about_mb" in part else None,
        crs_if_projected=part["crs_if_projected"].text if "crs_if_projected" in part else None,
    )
