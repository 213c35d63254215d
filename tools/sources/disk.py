"""Room to write: folders that can be made, disks that fill up, and saying so."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.sources.errors import DataError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless they are there.

    Parameters
    ----------
    folder : pathlib.Path
        In the cache.

    Raises
    ------
    DataError
        If it cannot be made, or nothing may be written into it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as above:
    ...     make_folder(Path(above) / "open" / "london")
    ...     os.listdir(Path(above) / "open")
    ['london']
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"the folder {folder} cannot be made ({error.strerror}); set COURSE_CACHE to a folder that you "
            "may write"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DataError(f"the folder {folder} is read-only; set COURSE_CACHE to a folder that you may write")


@contextlib.contextmanager
def room_for(path: Path, size: int | None = None, *, label: str | None = None) -> Iterator[None]:
    """Turn a full disk, before or during a ``with`` block, into an error that says so; give the space back.

    Parameters
    ----------
    path : pathlib.Path
        The unfinished file or folder that is written in the block; it is removed where it does not fit.
    size : int, optional
        How many bytes it will have, where that is known.
    label : str, optional
        What to call it in the message; by default its name without the last suffix.

    Raises
    ------
    DataError
        If the disk is full, or a quota is used up.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, room_for(Path(folder) / "a.part", size=4):
    ...     (Path(folder) / "a.part").write_bytes(b"data")
    4
    """
    free = shutil.disk_usage(path.parent).free
    have = path.stat().st_size if path.is_file() else 0
    if size is not None and size - have > free:
        raise DataError(_no_room(path, size, label))
    try:
        yield
    except OSError as error:
        # The errors of requests are OSErrors too, but have no number.
        if error.errno not in _FULL:
            raise
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        raise DataError(_no_room(path, size, label)) from error


def _no_room(path: Path, size: int | None, label: str | None) -> str:
    needs = f"it needs {size / 1e6:,.1f} MB, " if size is not None else ""
    free = shutil.disk_usage(path.parent).free
    return (
        f"no room on the disk for {label or path.stem}: {needs}{free / 1e6:,.1f} MB are free (or a quota is "
        f"used up) in {path.parent}; delete something, or set COURSE_CACHE to a folder on another disk"
    )
