"""Talking with a Qdrant server: one try more where that is safe, a limit of time, and errors in words."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import httpx
from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from tools.similarity.index.errors import IndexDamagedError, IndexGoneError

KEY = "COURSE_QDRANT_API_KEY"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class MissingError(IndexDamagedError):
    """The server has no collection of that name."""


class Connection:
    """A Qdrant server by its address; the key is in ``COURSE_QDRANT_API_KEY``.

    Parameters
    ----------
    url : str
        ``http://`` or ``https://``; without a port, Qdrant's own, 6333.
    timeout : int
        Seconds within which the server must answer.

    Raises
    ------
    ValueError
        If the address holds a name and a password, or no host.
    """

    def __init__(self, url: str, timeout: int) -> None:
        address = urlsplit(url)
        if not address.hostname:
            raise ValueError(f"{url!r} names no host: expected an address like http://localhost:6333")
        if address.username or address.password:
            raise ValueError(f"the address of {address.hostname} has a password in it: put the key in {KEY}")
        self.where, self._timeout = url.rstrip("/"), timeout
        key = os.environ.get(KEY, "").strip() or None
        # The client warns of a key that goes unencrypted; to this machine itself it may.
        here = address.hostname in _LOOPBACK
        self._client = QdrantClient(
            url=self.where,
            api_key=None if here else key,
            headers={"api-key": key} if here and key else None,
            timeout=timeout,
            check_compatibility=False,
        )

    def ask(self, what: str, *args: Any, **options: Any) -> Any:
        """Call a function of the client, and once more where the server dropped the connection.

        Parameters
        ----------
        what : str
            Its name.
        *args, **options : object
            What it takes.

        Returns
        -------
        object
            What it returns.

        Raises
        ------
        IndexGoneError
            If the server cannot be reached, is too slow, refuses the key, or fails.
        MissingError
            If it has no such collection.
        IndexDamagedError
            If it does not take the request.
        """
        try:
            return self._once(what, *args, **options)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # A server that was started again has dropped the connection that was kept open.
            try:
                return self._once(what, *args, **options)
            except httpx.HTTPError as error:
                raise self._gone(f"breaks off ({error or type(error).__name__})") from error

    def close(self) -> None:
        """Close what is kept open."""
        self._client.close()

    def _once(self, what: str, *args: Any, **options: Any) -> Any:
        try:
            return getattr(self._client, what)(*args, **options)
        except ResponseHandlingException as error:
            source = error.source
            if isinstance(source, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
                raise source from error
            if isinstance(source, httpx.TimeoutException):
                raise self._gone(f"did not answer within {self._timeout} s") from error
            if isinstance(source, httpx.HTTPError):
                raise self._gone(f"cannot be reached ({source})") from error
            raise self._gone("answers, but not as Qdrant does") from error
        except ResourceExhaustedResponse as error:
            raise self._gone(f"is busy, and asks to wait for {error.retry_after_s} s") from error
        except UnexpectedResponse as error:
            raise self._refused(error) from error

    def _gone(self, what: str) -> IndexGoneError:
        return IndexGoneError(
            f"the Qdrant server at {self.where} {what}: see whether it runs, or unset COURSE_QDRANT_URL to "
            "use the embedded index"
        )

    def _refused(self, answer: UnexpectedResponse) -> Exception:
        said = answer.content.decode("utf-8", "replace")[:300]
        if answer.status_code in (401, 403):
            return IndexGoneError(f"the Qdrant server at {self.where} refuses the key: put it in {KEY}")
        if answer.status_code == 404:
            return MissingError(
                f"the Qdrant server at {self.where} has not what was asked for ({said}): build the index "
                "again with build_index, and open it again"
            )
        if answer.status_code == 429 or answer.status_code >= 500:
            return self._gone(f"answered {answer.status_code} ({said})")
        return IndexDamagedError(
            f"the Qdrant server at {self.where} does not take the request ({answer.status_code}: {said}); if "
            "the index was built again meanwhile, open it again"
        )
