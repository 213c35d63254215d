"""Where the scenes of a data set are listed."""

from __future__ import annotations

from pathlib import Path

from tools.sources import cache
from tools.sources.errors import DataError, suggest
from tools.sources.listing import catalogue, find
from tools.sources.opening import get, origin_in_force


def scenes_catalogue(
    name: str, origin: str | None = None, *, size: str | None = None, progress: bool | None = None
) -> tuple[str | Path, str]:
    """Return where the scenes of a data set are listed, for work that asks for them itself.

    Parameters
    ----------
    name : str
        A name of the catalogue.
    origin : {"sample", "open", "earthengine"}, optional
        Where it comes from; by default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Which size of the sample, where it comes in sizes.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    tuple
        The STAC catalogue, a path or an address, and the name of the collection in it.

    Raises
    ------
    DataError
        If it holds no scenes, or they cannot be had.

    Examples
    --------
    >>> scenes_catalogue("london-lsoa")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: 'london-lsoa' has no scenes: valid: berlin-sentinel2...
    """
    data_set = find(name)
    if data_set.kind != "scenes":
        scenes = [other for other, entry in catalogue().items() if entry.kind == "scenes"]
        raise DataError(f"'{name}' has no scenes: {suggest('', scenes)}")
    road = data_set.origin(origin_in_force(origin))
    collection = str(road.options["collection"])
    if road.name == "sample":
        return get(name, "sample", size=size, progress=progress)[0], collection
    return cache.mirrored(data_set, "catalog.json") or str(road.options["root"]), collection
