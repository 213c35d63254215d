"""The system's own lock on a file, which it lets go when the process that holds it dies."""

from __future__ import annotations

import os

if os.name == "nt":  # pragma: no cover - the other branch runs on the other systems

    def acquire(handle: int) -> bool:
        """Take the lock of an open file, if nobody holds it."""
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def acquire(handle: int) -> bool:
        """Take the lock of an open file, if nobody holds it.

        Parameters
        ----------
        handle : int
            A file descriptor that is open for writing. The lock is held until it is closed, by whatever way:
            a process that is killed lets go of it.

        Returns
        -------
        bool
            False where another open file, of this process or another, holds it.

        Raises
        ------
        OSError
            If the disk knows no locks.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile() as mine, open(mine.name, "a") as other:
        ...     acquire(mine.fileno()), acquire(other.fileno())
        (True, False)
        """
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
