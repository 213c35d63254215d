"""Where published files lie on this machine, and how they get there: from the mirror or their own address.

The cache's folder ``open/`` is laid out ``<data set>/<file>``, as a mirror is: an instructor's cache, copied
or served, is a mirror for the class.
"""

from __future__ import annotations

import os
from pathlib import Path

from tools import places
from tools.sources.checksums import digest
from tools.sources.disk import make_folder
from tools.sources.download import fetch, is_right
from tools.sources.entries import DataSet, SourceFile
from tools.sources.http import Patience
from tools.sources.lock import only_one


def path_of(data_set: DataSet, file: SourceFile) -> Path:
    """Return where a published file lies, or would lie, on this machine.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    file : SourceFile
        One of its files.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> from tools.sources import find
    >>> london = find("london-socioeconomic")
    >>> path_of(london, london.origin("open").files[0]).parts[-3:]
    ('open', 'london-socioeconomic', 'Socioeconomic.csv')
    """
    return places.cache_dir() / "open" / data_set.name / file.name


def address_of(data_set: DataSet, file: SourceFile) -> str:
    """Return where a published file comes from: the mirror where there is one, else its own address.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    file : SourceFile
        One of its files.

    Returns
    -------
    str
        An ``http(s)://`` address or a path.

    Examples
    --------
    >>> from tools.sources import find
    >>> london = find("london-socioeconomic")
    >>> address_of(london, london.origin("open").files[0]).endswith("/Socioeconomic.csv")
    True
    """
    return mirrored(data_set, file.name) or str(file.url)


def mirrored(data_set: DataSet, name: str) -> str | None:
    """Return where the mirror keeps something of a data set; None where there is no mirror.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    name : str
        A path within it.

    Returns
    -------
    str or None

    Examples
    --------
    >>> import os
    >>> from tools.sources import find
    >>> if "COURSE_MIRROR" not in os.environ:
    ...     print(mirrored(find("london-lsoa"), "areas.geojson"))
    None
    """
    mirror = places.mirror()
    if mirror is None:
        return None
    below = f"{data_set.name}/{name}" if name else data_set.name
    return f"{mirror}/{below}" if "://" in mirror else str(Path(mirror).expanduser().resolve() / below)


def ensure(
    data_set: DataSet, file: SourceFile, *, progress: bool | None = None, patience: Patience | None = None
) -> Path:
    """Return a published file's path in the cache, fetching it first where it is not there or not right.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    file : SourceFile
        One of its files.
    progress : bool, optional
        Whether to show a progress bar; by default where standard error is a terminal.
    patience : Patience, optional
        How hard to try.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DataError
        If it cannot be had.

    Examples
    --------
    >>> from tools.sources import find
    >>> london = find("london-socioeconomic")
    >>> ensure(london, london.origin("open").files[0])  # doctest: +SKIP
    PosixPath('…/open/london-socioeconomic/Socioeconomic.csv')
    """
    path = path_of(data_set, file)
    if state_of(data_set, file) == "ok":
        return path
    make_folder(path.parent)
    # One that waited here for another process finds the file, and its digest, in place.
    with only_one(_beside(path)):
        if state_of(data_set, file) != "ok":
            fetch(
                address_of(data_set, file),
                path,
                checksum=file.checksum,
                size=file.size,
                progress=progress,
                patience=patience,
            )
            if file.checksum is None:
                _write_own_digest(path)
    return path


def state_of(data_set: DataSet, file: SourceFile) -> str:
    """Tell whether a published file is in the cache and right, by reading all of it.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    file : SourceFile
        One of its files.

    Returns
    -------
    {"ok", "missing", "changed"}

    Examples
    --------
    >>> from tools.sources import find
    >>> london = find("london-socioeconomic")
    >>> state_of(london, london.origin("open").files[0]) in ("ok", "missing", "changed")
    True
    """
    path = path_of(data_set, file)
    if not path.is_file():
        return "missing"
    if file.checksum is None:
        return "ok" if _own_digest(path) == digest(path) else "changed"
    return "ok" if is_right(path, file.checksum, file.size) else "changed"


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _own_digest(path: Path) -> str | None:
    """What an unpinned file was when it came, as `sha256sum` writes it."""
    beside = _beside(path)
    return beside.read_text().split()[0] if beside.is_file() and beside.stat().st_size else None


def _write_own_digest(path: Path) -> None:
    unfinished = _beside(path).with_suffix(f".{os.getpid()}")
    unfinished.write_text(f"{digest(path)}  {path.name}\n")
    os.replace(unfinished, _beside(path))
