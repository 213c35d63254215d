"""A bar that counts, where somebody is looking."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

Told = Callable[[int, int], None]


@contextlib.contextmanager
def counter(label: str, wanted: bool | None = None) -> Iterator[Told | None]:
    """Show how much of some work is done on standard error, for the length of a ``with`` block.

    Parameters
    ----------
    label : str
        What is counted.
    wanted : bool, optional
        By default it is shown where standard error is a terminal.

    Yields
    ------
    callable or None
        Takes how many are done, and of how many; None where nothing is shown.

    Examples
    --------
    >>> with counter("points", wanted=False) as told:
    ...     print(told)
    None
    """
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield None
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
