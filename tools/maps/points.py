"""Places that a reader knows, written as lines of text, to find one's way on a map."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TypedDict


class ReferencePoint(TypedDict):
    """A named place: its ``name`` as it should be shown, ``lat`` and ``lon`` in degrees (WGS 84)."""

    name: str
    lat: float
    lon: float


def parse_reference_points(text: str | Iterable[tuple[str, float, float]] | None) -> list[ReferencePoint]:
    """Read reference points, one a line: name, latitude, longitude.

    Parameters
    ----------
    text : str, iterable of (name, latitude, longitude), or None
        Lines of comma-separated values. A name with a comma stands in double quotes; a double quote inside it
        is doubled. Empty lines are skipped. Points that are tuples already are only checked.

    Returns
    -------
    list of dict
        With ``name`` (str), ``lat`` and ``lon`` (float, degrees), in the order given; empty for None.

    Raises
    ------
    ValueError
        Naming the line, what is wrong with it and how a line should look.

    Examples
    --------
    >>> parse_reference_points('"King\\'s Cross, London", 51.5308, -0.1238')
    [{'name': "King's Cross, London", 'lat': 51.5308, 'lon': -0.1238}]
    """
    if text is None:
        return []
    if not isinstance(text, str):
        return [_checked(list(point), f"point {i}") for i, point in enumerate(text, start=1)]
    points = []
    reader = csv.reader(io.StringIO(text), skipinitialspace=True, strict=True)
    first = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise ValueError(
                f"Reference points, line {first}: {error}. Put the whole name in double quotes and double "
                f"any quote inside it, for example {_EXAMPLE}."
            ) from error
        if fields is None:
            return points
        if any(field.strip() for field in fields):
            points.append(_checked([field.strip() for field in fields], f"line {first}"))
        first = reader.line_num + 1


_EXAMPLE = '"King\'s Cross", 51.5308, -0.1238'


def _checked(fields: list, where: str) -> ReferencePoint:
    if len(fields) != 3:
        raise ValueError(
            f"Reference points, {where}: found {len(fields)} fields, expected 3 (name, latitude, longitude), "
            f"for example {_EXAMPLE}. A name with a comma needs double quotes around it."
        )
    name = str(fields[0])
    if not name:
        raise ValueError(f"Reference points, {where}: the name is empty; expected for example {_EXAMPLE}.")
    try:
        latitude, longitude = float(fields[1]), float(fields[2])
    except ValueError as error:
        raise ValueError(
            f"Reference points, {where} ({name}): latitude and longitude must be numbers in degrees, not "
            f"{fields[1]!r} and {fields[2]!r}; expected for example {_EXAMPLE}."
        ) from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(
            f"Reference points, {where} ({name}): {latitude}, {longitude} is not on Earth. "
            "Latitude comes first (−90 to 90), then longitude (−180 to 180)."
        )
    return ReferencePoint(name=name, lat=latitude, lon=longitude)
