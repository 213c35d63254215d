"""Asking Earth Engine: again where it is busy, in halves where it is too much, by name where it refuses."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tools.embeddings import BANDS
from tools.sources.earthengine.remedies import explain
from tools.sources.earthengine.scrubbing import scrub_logs
from tools.sources.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

MOST_THREADS = 20
TRIES = 5
_LONGEST_WAIT = 60.0
_TOO_MUCH = (
    "memory limit",
    "timed out",
    "payload size",
    "too large",
    "request size",
    "too many elements",
    "accumulating over",
)
_BUSY = (
    "too many concurrent",
    "too many requests",
    "quota",
    "rate limit",
    "rate exceeded",
    "resource_exhausted",
    "unavailable",
    "internal error",
)
# Those quotas do not come back while one waits a minute.
_FOR_GOOD = ("compute quota", "restricted mode")


class TooMuchError(Exception):
    """One request was more than the server computes at a time; half of it may do."""


def patiently(ask: Callable[[], T]) -> T:
    """Call `ask`; where the server is busy or silent, call it again later, and ever later.

    Parameters
    ----------
    ask : callable
        Sends one request by the client, which has its own five tries within each of ours.

    Returns
    -------
    object
        What `ask` returned.

    Raises
    ------
    TooMuchError
        If the request is too large, or takes too long or too much memory.
    DataError
        If Earth Engine refuses, or stays busy. The message says what to do.

    Notes
    -----
    Waits double from two seconds, each cut by a random share, so that a class that was cut off together does
    not come back in step.

    Examples
    --------
    >>> patiently(lambda: 42)
    42
    """
    import ee
    import google.auth.exceptions
    import httplib2

    scrub_logs()  # whoever signed in by the client alone has not had that done
    client_errors = (
        ee.EEException,
        google.auth.exceptions.GoogleAuthError,
        httplib2.HttpLib2Error,
        http.client.HTTPException,
        OSError,
    )
    for failures in range(1, TRIES + 1):
        try:
            return ask()
        except client_errors as error:
            # A silent network too says "timed out"; only the server's own word means too much.
            if isinstance(error, ee.EEException) and _says(error, _TOO_MUCH):
                raise TooMuchError(str(error)) from None
            if failures == TRIES or not _may_pass(error):
                raise explain(error) from None
        time.sleep(min(2**failures, _LONGEST_WAIT) * random.uniform(0.5, 1.0))
    raise AssertionError("unreachable: the last try returns or raises")


def in_halves(rows: pd.DataFrame, ask: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Ask about rows, patiently, and about each half of them by itself where they are too much together.

    Parameters
    ----------
    rows : pandas.DataFrame
        At least one.
    ask : callable
        Takes some of the rows and returns a table on their index.

    Returns
    -------
    pandas.DataFrame
        The answers one below the other, in the order of `rows`.

    Raises
    ------
    DataError
        If Earth Engine refuses, or a single row is too much.

    Examples
    --------
    >>> import pandas as pd
    >>> in_halves(pd.DataFrame({"a": [1, 2]}), lambda rows: rows * 2)["a"].tolist()
    [2, 4]
    """
    import pandas as pd

    try:
        return patiently(lambda: ask(rows))
    except TooMuchError as error:
        if len(rows) < 2:
            raise explain(error) from None
    middle = len(rows) // 2
    return pd.concat([in_halves(half, ask) for half in (rows.iloc[:middle], rows.iloc[middle:])])


def whole(ask: Callable[[], T]) -> T:
    """Ask patiently for what cannot be halved.

    Parameters
    ----------
    ask : callable
        Sends one request by the client.

    Returns
    -------
    object
        What `ask` returned.

    Raises
    ------
    DataError
        If Earth Engine refuses, stays busy, or it is too much for one answer.

    Examples
    --------
    >>> whole(lambda: "pixels")
    'pixels'
    """
    try:
        return patiently(ask)
    except TooMuchError as error:
        raise explain(error) from None


def answered_for(table: pd.DataFrame, asked: pd.DataFrame, key: str, what: str) -> pd.DataFrame:
    """Return the bands of an answer on the index that was asked about, or refuse an answer with gaps.

    Parameters
    ----------
    table : pandas.DataFrame
        As it came: a row each, in any order, with its number in `key`; without the bands where nothing valid
        lies.
    asked : pandas.DataFrame
        Whose index are those numbers.
    key : str
        Column of `table`.
    what : str
        What the rows are, in the plural.

    Returns
    -------
    pandas.DataFrame of float64
        Columns A00 to A63; NaN where a row came without them.

    Raises
    ------
    DataError
        If a row is missing, or came twice.

    Examples
    --------
    >>> import pandas as pd
    >>> answer = pd.DataFrame({"row": [1, 0], "A00": [0.5, None]})
    >>> answered_for(answer, pd.DataFrame(index=[0, 1]), "row", "points")["A00"].tolist()
    [nan, 0.5]
    """
    returned = sorted(table.get(key, []))
    if returned != sorted(asked.index):
        raise DataError(
            f"Earth Engine answered for {len(returned):,} of {len(asked):,} {what}; try again, or take the "
            "same data without an account (COURSE_ORIGIN=open)"
        )
    return table.set_index(key).reindex(index=asked.index, columns=list(BANDS)).astype("float64")


def checked_threads(threads: int) -> int:
    """Return the number of threads, or refuse it.

    Parameters
    ----------
    threads : int
        How many requests are to be under way at once.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is not between 1 and 20.

    Examples
    --------
    >>> checked_threads(100)
    Traceback (most recent call last):
    ...
    ValueError: threads=100: take 1 to 20; a project has 40 requests at once, and others share it
    """
    if not 1 <= threads <= MOST_THREADS:
        raise ValueError(
            f"threads={threads}: take 1 to {MOST_THREADS}; a project has 40 requests at once, and others "
            "share it"
        )
    return threads


def _may_pass(error: BaseException) -> bool:
    import ee
    import google.auth.exceptions

    if isinstance(error, google.auth.exceptions.GoogleAuthError):
        return isinstance(error, google.auth.exceptions.TransportError)
    if not isinstance(error, ee.EEException):
        return True  # the network's errors: a broken connection, a silent server
    if _says(error, _FOR_GOOD):
        return False
    # The client turns an answer into an error of its own, which keeps the status only beneath.
    status = getattr(getattr(error.__context__, "resp", None), "status", None)
    return _says(error, _BUSY) or (status is not None and (status in (408, 429) or status >= 500))


def _says(error: BaseException, signs: tuple[str, ...]) -> bool:
    said = str(error).lower()
    return any(sign in said for sign in signs)
