"""The table of areas by way of the reader's own Earth Engine account: boundaries, means, one file."""

from __future__ import annotations

import os
from pathlib import Path

from tools import places
from tools.batches import BatchError
from tools.sources import boundaries
from tools.sources.checksums import digest
from tools.sources.disk import make_folder, room_for
from tools.sources.earthengine import client, zonal
from tools.sources.entries import DataSet
from tools.sources.errors import DataError
from tools.sources.lock import only_one
from tools.sources.progress import meter


def path_of(data_set: DataSet) -> Path:
    """Return where the finished table lies, or would lie.

    Parameters
    ----------
    data_set : DataSet
        The data set.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> from tools.sources import find
    >>> path_of(find("london-lsoa")).parts[-3:]
    ('earthengine', 'london-lsoa', 'london-lsoa-2024.parquet')
    """
    folder = places.cache_dir() / "earthengine" / data_set.name
    return folder / data_set.origin("earthengine").files[0].name


def ensure(data_set: DataSet, *, progress: bool | None = None) -> Path:
    """Return the table's path, computing it on Earth Engine first where it is not there.

    Parameters
    ----------
    data_set : DataSet
        With the options `year` and `boundaries` for this origin.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    pathlib.Path
        A GeoParquet file.

    Raises
    ------
    DataError
        If the boundaries or Earth Engine cannot be reached, or refuse.

    Examples
    --------
    >>> from tools.sources import find
    >>> ensure(find("london-lsoa"))  # doctest: +SKIP
    PosixPath('…/earthengine/london-lsoa/london-lsoa-2024.parquet')
    """
    path = path_of(data_set)
    make_folder(path.parent)
    with only_one(path), room_for(_unfinished(path)):
        if state(data_set)[1] != "ok":
            _compute(data_set, path, progress)
    return path


def state(data_set: DataSet) -> tuple[Path, str]:
    """Tell whether the finished table is there and as it was written.

    Parameters
    ----------
    data_set : DataSet
        The data set.

    Returns
    -------
    tuple of pathlib.Path and {"ok", "missing", "changed"}

    Examples
    --------
    >>> from tools.sources import find
    >>> state(find("london-lsoa"))[1] in ("ok", "missing", "changed")
    True
    """
    path = path_of(data_set)
    if not path.is_file():
        return path, "missing"
    beside = _beside(path)
    intact = beside.is_file() and beside.read_text().split()[:1] == [digest(path)]
    return path, "ok" if intact else "changed"


def _compute(data_set: DataSet, path: Path, progress: bool | None) -> None:
    options = data_set.origin("earthengine").options
    # First, because it fails at once and boundaries take a minute.
    client.initialise()
    with meter("boundaries", None, progress) as shown:
        areas = boundaries.fetch_boundaries(key=data_set.schema.key, shown=shown, **options["boundaries"])
    with meter("means on Earth Engine", len(areas), progress) as shown:
        keep = path.parent / f"batches-{options['year']}"
        try:
            means = zonal.zonal_means(areas, options["year"], keep=keep, shown=shown)
        except BatchError as error:
            raise DataError(str(error)) from error
    areas.join(means).to_parquet(_unfinished(path))
    os.replace(_unfinished(path), path)
    _beside(path).write_text(f"{digest(path)}  {path.name}\n")


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")
