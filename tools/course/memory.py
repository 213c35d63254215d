"""How much memory a lesson needs: the kernel and all that it starts, watched while it runs."""

from __future__ import annotations

import threading

import psutil


class MemoryWatch:
    """Sample the resident memory of a process and its descendants until the block ends.

    Shared pages count once for each process that maps them, so several worker processes may be counted a
    little high, never low.

    Parameters
    ----------
    interval : float
        Seconds between samples. A peak shorter than that may be missed.

    Examples
    --------
    >>> import os
    >>> with MemoryWatch(0.01) as watch:
    ...     watch.follow(os.getpid())
    >>> watch.peak_mb > 1
    True
    """

    def __init__(self, interval: float = 0.1):
        self.peak_mb = 0.0
        self._interval = interval
        self._process: psutil.Process | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-watch", daemon=True)

    def follow(self, pid: int) -> None:
        """Say which process is meant, once it has started, and take the first sample.

        Parameters
        ----------
        pid : int
            The process at the root of the tree.

        Raises
        ------
        psutil.NoSuchProcess
            When there is no such process.

        Examples
        --------
        >>> MemoryWatch().follow(-1)
        Traceback (most recent call last):
        ValueError: pid must be a positive integer (got -1)
        """
        self._process = psutil.Process(pid)
        self._sample()

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            self._sample()

    def _sample(self) -> None:
        if self._process is None:
            return
        total = 0
        try:
            family = [self._process, *self._process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in family:
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # it ended between the listing and the look
        self.peak_mb = max(self.peak_mb, total / 1e6)
