"""Styles as QGIS reads them: one colour a category, or one a range of numbers.

The elements and attributes are those that QGIS 3 itself writes and looks for: ``renderer-v2`` with its
``categories`` or ``ranges``, each of which names one of its ``symbols``. What is left out takes QGIS's
default.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from tools import qgis

_SYMBOLS = {
    "Point": (
        "0",
        "marker",
        "SimpleMarker",
        {"name": "circle", "size": "1.2", "size_unit": "MM", "outline_style": "no"},
    ),
    "Line": ("1", "line", "SimpleLine", {"line_width": "0.4", "line_width_unit": "MM"}),
    "Polygon": ("2", "fill", "SimpleFill", {"style": "solid", "outline_style": "no"}),
}


def categorised(
    column: str,
    values: Sequence[str | int | bool],
    colours: Sequence[str],
    *,
    geometry: str = "Point",
    rest: str | None = "#b3b3b3",
) -> str:
    """Return a style that gives each value of a column its colour.

    Parameters
    ----------
    column : str
        The column's name.
    values : sequence of str, int or bool
        In the order of the legend.
    colours : sequence of str
        ``#rrggbb``, one each.
    geometry : {"Point", "Line", "Polygon"}, default "Point"
        What is drawn.
    rest : str or None, default grey
        Colour of rows whose value is missing or none of these; None to leave them out.

    Returns
    -------
    str
        A QML document.

    Examples
    --------
    >>> document = categorised("cluster", ["A", "B"], ["#332288", "#44aa99"])
    >>> 'type="categorizedSymbol"' in document, 'attr="cluster"' in document
    (True, True)
    """
    kinds = [
        (str(value).lower() if isinstance(value, bool) else str(value), _kind(value)) for value in values
    ]
    labels = [str(value) for value in values]
    colours = list(colours)
    if rest is not None:
        kinds.append(("NULL", "NULL"))  # QGIS's sign for whatever has no category of its own
        labels.append("no class")
        colours.append(rest)
    root, renderer = _document(geometry, "categorizedSymbol", column)
    categories = ElementTree.SubElement(renderer, "categories")
    for number, ((value, kind), label) in enumerate(zip(kinds, labels, strict=True)):
        ElementTree.SubElement(
            categories, "category", symbol=str(number), value=value, type=kind, label=label, render="true"
        )
    _add_symbols(renderer, geometry, colours)
    return qgis.written(root)


def graduated(
    column: str,
    edges: Sequence[float],
    colours: Sequence[str],
    *,
    geometry: str = "Point",
    form: str = "{:.3g}",
) -> str:
    """Return a style that colours a column of numbers by ranges.

    Parameters
    ----------
    column : str
        The column's name.
    edges : sequence of float
        Increasing; one more than there are ranges. A number on an edge belongs to the lower range.
    colours : sequence of str
        ``#rrggbb``, one a range, lowest first.
    geometry : {"Point", "Line", "Polygon"}, default "Point"
        What is drawn.
    form : str, default three significant digits
        How the legend writes an edge.

    Returns
    -------
    str
        A QML document.

    Examples
    --------
    >>> document = graduated("cosine", [0.2, 0.5, 0.9], ["#440154", "#fde725"])
    >>> document.count("<range "), 'label="0.5 – 0.9"' in document
    (2, True)
    """
    root, renderer = _document(geometry, "graduatedSymbol", column)
    renderer.set("graduatedMethod", "GraduatedColor")
    ranges = ElementTree.SubElement(renderer, "ranges")
    for number in range(len(colours)):
        lower, upper = float(edges[number]), float(edges[number + 1])
        label = f"{form.format(lower)} – {form.format(upper)}"
        ElementTree.SubElement(
            ranges,
            "range",
            symbol=str(number),
            lower=repr(lower),
            upper=repr(upper),
            label=label,
            render="true",
        )
    _add_symbols(renderer, geometry, colours)
    return qgis.written(root)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    return "long" if isinstance(value, int) else "string"


def _document(geometry: str, kind: str, column: str) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("qgis", version=qgis.VERSION, styleCategories="Symbology")
    fixed = {"symbollevels": "0", "forceraster": "0", "enableorderby": "0", "referencescale": "-1"}
    renderer = ElementTree.SubElement(root, "renderer-v2", {"type": kind, "attr": column, **fixed})
    for tag, text in (
        ("blendMode", "0"),
        ("featureBlendMode", "0"),
        ("layerGeometryType", _SYMBOLS[geometry][0]),
    ):
        ElementTree.SubElement(root, tag).text = text
    return root, renderer


def _add_symbols(renderer: ElementTree.Element, geometry: str, colours: Sequence[str]) -> None:
    _, kind, layer_class, options = _SYMBOLS[geometry]
    symbols = ElementTree.SubElement(renderer, "symbols")
    for number, colour in enumerate(colours):
        symbol = ElementTree.SubElement(
            symbols,
            "symbol",
            {"type": kind, "name": str(number), "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"},
        )
        layer = ElementTree.SubElement(
            symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": "0"}
        )
        painted = "line_color" if kind == "line" else "color"
        qgis.add_settings(layer, {painted: qgis.channels(colour), **options})
