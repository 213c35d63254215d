"""One process at a time: a lock between processes that the system lets go when its holder dies."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tools.locks import acquire
from tools.sources.errors import DataError

_POLL_SECONDS = 0.1


@contextlib.contextmanager
def only_one(target: Path, *, patience: float = 3600.0) -> Iterator[None]:
    """Hold the lock of `target` for the length of a ``with`` block.

    The lock is the system's own on ``<target>.lock``, so a process that is killed lets go of it: there is no
    stale lock to clear by hand.

    Parameters
    ----------
    target : pathlib.Path
        What is to be written by one process only. Its folder must exist.
    patience : float
        Seconds to wait for another process.

    Raises
    ------
    DataError
        If another process still holds the lock, or the disk knows no locks.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with only_one(Path(folder) / "data.csv"):
    ...         print(sorted(file.name for file in Path(folder).iterdir()))
    ['data.csv.lock']
    """
    path = target.with_name(target.name + ".lock")
    deadline = time.monotonic() + patience
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if _acquire(handle, path) and _still_there(handle, path):
                break
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() > deadline:
            raise DataError(
                f"another process has been fetching {target.name} for {patience:.0f} s; wait for it, or stop "
                f"it and try again (it holds {path})"
            )
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        # Windows cannot remove an open file; there the empty lock file stays, and is used again.
        with contextlib.suppress(PermissionError):
            path.unlink(missing_ok=True)
        os.close(handle)


def _still_there(handle: int, path: Path) -> bool:
    # The holder before us removes the file on leaving; a lock on a removed file would bind nobody else.
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _acquire(handle: int, path: Path) -> bool:
    try:
        return acquire(handle)
    except OSError as error:
        raise DataError(
            f"the disk that holds {path.parent} knows no file locks ({error.strerror}); "
            "set COURSE_CACHE to a folder on a local disk"
        ) from error
