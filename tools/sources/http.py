"""Asking a web server politely: who we are, what is worth another try, and how long to wait before it."""

from __future__ import annotations

import contextlib
import email.utils
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import requests
import urllib3.exceptions

from tools.sources.errors import DataError

T = TypeVar("T")

USER_AGENT = "places-as-vectors/0.1 (course; +https://github.com/places-as-vectors/places-as-vectors)"
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_INTERRUPTED = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    urllib3.exceptions.HTTPError,
)
_REMEDIES = {
    401: "the address wants a login, which this data set should not need; report it to the course",
    403: "the server refuses this machine; try another network, or use COURSE_MIRROR",
    404: "the file has moved or gone; update the course, or put a copy into COURSE_MIRROR",
    410: "the file has gone; update the course, or put a copy into COURSE_MIRROR",
}


@dataclass(frozen=True)
class Patience:
    """How hard to try.

    Parameters
    ----------
    tries : int
        Attempts in a row without any progress before giving up.
    connect, stall : float
        Seconds to wait for a connection, and for the next byte of an answer.
    first_wait, longest_wait : float
        Seconds before the second try, doubled for each further one, and the most that is waited, whatever
        the server asks.

    Examples
    --------
    >>> Patience(tries=2).tries
    2
    """

    tries: int = 5
    connect: float = 15.0
    stall: float = 30.0
    first_wait: float = 1.0
    longest_wait: float = 60.0


class TryAgainError(Exception):
    """An attempt failed in a way that may pass; `wait` is how long the server asks to wait, in seconds.

    Examples
    --------
    >>> TryAgainError("the server is busy", wait=30.0).wait
    30.0
    """

    def __init__(self, problem: str, wait: float | None = None):
        super().__init__(problem)
        self.wait = wait


@contextlib.contextmanager
def answer(
    url: str,
    patience: Patience,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    data: dict[str, object] | None = None,
    accept: tuple[int, ...] = (200,),
) -> Iterator[requests.Response]:
    """Ask once, and yield the answer while its body can still be read.

    Parameters
    ----------
    url : str
        Where.
    patience : Patience
        Its time limits are used.
    method : str
        ``"GET"`` or ``"POST"``.
    headers, data : dict, optional
        Further headers, and a form to send.
    accept : tuple of int
        Status codes that the caller can deal with.

    Yields
    ------
    requests.Response
        With its body not yet read.

    Raises
    ------
    TryAgainError
        If the network, or a server in trouble, broke it off; also while the body is being read.
    DataError
        If another try would not help.

    Examples
    --------
    >>> with answer("ftp://example.org", Patience()) as response:  # doctest: +IGNORE_EXCEPTION_DETAIL
    ...     response.content
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: ftp://example.org is no address
    """
    sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})}
    limits = (patience.connect, patience.stall)
    try:
        with requests.request(method, url, headers=sent, data=data, timeout=limits, stream=True) as response:
            if response.status_code in _TRY_AGAIN:
                raise TryAgainError(f"the server answered {_status(response)}", _asked_wait(response))
            if response.status_code not in accept:
                remedy = _REMEDIES.get(response.status_code, "try again later, or use COURSE_MIRROR")
                raise DataError(f"{url}: the server answered {_status(response)}; {remedy}")
            yield response
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        raise DataError(f"{url} is no address: {error}; correct COURSE_MIRROR or the catalogue") from error
    except requests.exceptions.SSLError as error:
        raise DataError(
            f"{url}: the connection is not safe ({_reason(error)}); a proxy or a wrong clock is the usual "
            "cause"
        ) from error
    except _INTERRUPTED as error:
        raise TryAgainError(_reason(error)) from error


def persist(attempt: Callable[[], T], what: str, patience: Patience, progress: Callable[[], int]) -> T:
    """Call `attempt` until it succeeds, waiting longer and longer, or give up.

    Parameters
    ----------
    attempt : callable
        Raises `TryAgainError` where another try may help.
    what : str
        Name of the file and its address, for the message.
    patience : Patience
        How hard to try.
    progress : callable
        Returns how far things have got, in bytes. A try that got further than any before is not counted, so
        that a slow network that keeps breaking off still brings a large file.

    Returns
    -------
    object
        What `attempt` returned.

    Raises
    ------
    DataError
        If no try succeeded.

    Examples
    --------
    >>> persist(lambda: 42, "the answer", Patience(), progress=lambda: 0)
    42
    """
    failures, furthest = 0, progress()
    while True:
        try:
            return attempt()
        except TryAgainError as trouble:
            reached = progress()
            failures = 1 if reached > furthest else failures + 1
            furthest = max(reached, furthest)
            if failures >= patience.tries:
                raise DataError(
                    f"{what} could not be fetched after {failures} tries: {trouble}. Check the network and "
                    "try again (what has arrived is kept), use COURSE_MIRROR, or work with the sample "
                    "(COURSE_ORIGIN=sample)"
                ) from trouble
            time.sleep(_wait(trouble.wait, failures, patience))


def _wait(asked: float | None, failures: int, patience: Patience) -> float:
    if asked is not None:
        return min(asked, patience.longest_wait)
    # A class that was cut off together should not come back in step.
    jitter = random.uniform(0.5, 1.0)
    return min(patience.first_wait * 2 ** (failures - 1) * jitter, patience.longest_wait)


def _asked_wait(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None


def _status(response: requests.Response) -> str:
    return f"{response.status_code} {response.reason or ''}".strip()


def _reason(error: BaseException) -> str:
    inner = _root(error)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(inner, urllib3.exceptions.NameResolutionError):
        return "no connection: the server's name is not known here, so probably there is no network"
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)) or "timed out" in str(error):
        return "the server went silent"
    if isinstance(inner, urllib3.exceptions.IncompleteRead) or "IncompleteRead" in str(error):
        return "the connection broke off in the middle"
    if isinstance(inner, urllib3.exceptions.NewConnectionError):
        return "no connection: nobody answers at that address"
    return str(inner) or type(inner).__name__


def _root(error: BaseException) -> BaseException:
    """The error of urllib3 that requests has wrapped, and urllib3 perhaps once more."""
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    reason = getattr(inner, "reason", None)
    return reason if isinstance(reason, BaseException) else inner
