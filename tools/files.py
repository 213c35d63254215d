"""Files that appear under their names only when all of them is on the disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def appearing(path: Path, *, suffix: str = ".part") -> Iterator[Path]:
    """Give a place to write to; at the end of the ``with`` block what was written there gets its name.

    Parameters
    ----------
    path : pathlib.Path
        The file to be. Its folder must exist; a file that is there already is replaced.
    suffix : str, optional
        How the unfinished file's name ends, for writers that go by it. It begins with a dot and has the
        number of this process in it, so that two processes do not write to one.

    Yields
    ------
    pathlib.Path
        Where to write, beside `path`. Where the block raises, what was written is removed.

    Raises
    ------
    OSError
        If nothing was written, or the file cannot be put in its place.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with appearing(Path(folder) / "table.csv") as unfinished:
    ...         _ = unfinished.write_text("1,2")
    ...         before = (Path(folder) / "table.csv").exists()
    ...     before, os.listdir(folder)
    (False, ['table.csv'])
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}{suffix}")
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    if os.name != "nt":  # where a folder cannot be opened, nor forced to the disk
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
