"""What every style of QGIS has in common: its head, its way of writing colours and settings."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"

VERSION = "3.34.0"
"""The version of QGIS whose format is written: a long-term release; later ones read it."""


def channels(colour: str) -> str:
    """Return a colour as QGIS writes it within settings: red, green, blue and opacity, 0 to 255.

    Parameters
    ----------
    colour : str
        ``#rrggbb``.

    Returns
    -------
    str

    Examples
    --------
    >>> channels("#0072b2")
    '0,114,178,255'
    """
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def add_settings(parent: ElementTree.Element, settings: Mapping[str, str]) -> None:
    """Add settings to an element, as a map of texts.

    Parameters
    ----------
    parent : xml.etree.ElementTree.Element
        A symbol layer, a colour ramp or another part that has settings.
    settings : mapping of str to str
        Their values by their names.

    Examples
    --------
    >>> ramp = ElementTree.Element("colorramp")
    >>> add_settings(ramp, {"discrete": "0"})
    >>> ElementTree.tostring(ramp[0][0], encoding="unicode")
    '<Option name="discrete" value="0" type="QString" />'
    """
    pairs = ElementTree.SubElement(parent, "Option", type="Map")
    for name, value in settings.items():
        ElementTree.SubElement(pairs, "Option", name=name, value=value, type="QString")


def written(root: ElementTree.Element) -> str:
    """Return a style as the text of a ``.qml`` file.

    Parameters
    ----------
    root : xml.etree.ElementTree.Element
        The element ``qgis``.

    Returns
    -------
    str
        With QGIS's document type at its head.

    Examples
    --------
    >>> written(ElementTree.Element("qgis", version=VERSION)).splitlines()[1]
    '<qgis version="3.34.0" />'
    """
    ElementTree.indent(root)
    return f"{DOCTYPE}\n{ElementTree.tostring(root, encoding='unicode')}\n"
