"""A progress bar for what takes a while, where somebody is looking."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Protocol


class Meter(Protocol):
    """Something that is told how far a transfer has got."""

    def update(self, done: int, total: int | None) -> None:
        """Say that `done` bytes of `total` (None where not known) are there."""


class Silent:
    """A meter that nobody reads.

    Examples
    --------
    >>> Silent().update(1, 2)
    """

    def update(self, done: int, total: int | None) -> None:
        """Say nothing.

        Parameters
        ----------
        done, total : int
            Bytes; not used.
        """


class _Bar:
    def __init__(self, bars, task):
        self._bars, self._task = bars, task

    def update(self, done: int, total: int | None) -> None:
        self._bars.update(self._task, completed=done, total=total)


@contextlib.contextmanager
def meter(label: str, total: int | None, wanted: bool | None = None) -> Iterator[Meter]:
    """Show a bar on standard error for the length of a ``with`` block.

    Parameters
    ----------
    label : str
        What is being fetched.
    total : int or None
        Size in bytes, where it is known.
    wanted : bool, optional
        By default the bar is shown where standard error is a terminal.

    Yields
    ------
    Meter

    Examples
    --------
    >>> with meter("data.csv", 10, wanted=False) as shown:
    ...     shown.update(10, 10)
    """
    if not _seen(wanted):
        yield Silent()
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.DownloadColumn(),
        rich.TransferSpeedColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as bars:
        yield _Bar(bars, bars.add_task(label, total=total))


@contextlib.contextmanager
def teller(label: str, wanted: bool | None = None) -> Iterator[Callable[[str], None] | None]:
    """Show what is being done on standard error, for the length of a ``with`` block.

    Parameters
    ----------
    label : str
        What the whole is.
    wanted : bool, optional
        By default it is shown where standard error is a terminal.

    Yields
    ------
    callable or None
        Takes a line on the step that begins; None where nothing is shown.

    Examples
    --------
    >>> with teller("Making the sample", wanted=False) as tell:
    ...     print(tell)
    None
    """
    if not _seen(wanted):
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(label) as status:
        yield lambda step: status.update(f"{label}: {step}")


def _seen(wanted: bool | None) -> bool:
    return sys.stderr.isatty() if wanted is None else wanted
