"""Work in a folder of batches that is killed at any moment, and started again until it ends by itself."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable
from pathlib import Path


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Which finished batches there are, and which writing of each it is."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("*.parquet")}


def noted(log: Path) -> list[str]:
    """What the work has written down so far, line by line; it ends each with a line break."""
    return log.read_text().split("\n")[:-1]


def kill_until_it_ends(
    work: Callable[..., None],
    folder: Path,
    log: Path,
    *args: object,
    dice: random.Random,
    starts: int,
    most: int,
) -> int:
    """Start ``work(folder, log, *args)`` in processes of its own until one ends; return how many were killed.

    Each is killed shortly after it has noted up to `most` batches more. No batch that was finished before may
    be written again, and the last process ends well.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tools.extraction"])
    before: dict[str, tuple[int, int]] = {}
    log.touch()
    for kills in range(starts):
        process = context.Process(target=work, args=(folder, log, *args))
        process.start()
        enough = len(noted(log)) + dice.randint(2, most)
        while process.is_alive() and len(noted(log)) < enough:
            time.sleep(0.001)
        process.join(timeout=dice.uniform(0, 0.03))
        killed = process.is_alive()
        process.kill()
        process.join()
        now = stamps(folder)
        assert before.items() <= now.items(), "a finished batch was written again"
        before = now
        if not killed:
            assert process.exitcode == 0
            return kills
    raise AssertionError(f"killed {starts} times, it never came to its end")
