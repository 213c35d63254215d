"""Connections that are not waited for: uvicorn's own, with an end to a client's slowness and greed."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tools.explorer.problems import MEDIA_TYPE
from tools.explorer.settings import Settings

LONGEST_REQUEST = 65_536
"""Bytes. All that there is here is read by addresses, so a request is one of some hundred."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, which ends a connection whose client takes too long.

    uvicorn itself ends only connections that idle between two requests; one whose first request never becomes
    whole, or whose answer nobody takes, it keeps for ever. Use the class that `patient` returns.
    """

    settings: Settings

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection, or say that there are too many."""
        super().connection_made(transport)
        self._received = 0
        self._timer: asyncio.TimerHandle | None = None
        if len(self.connections) > self.settings.connections:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections are open; try again in a while")
        else:
            self._wait(self.settings.request_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        if self.transport.is_closing():
            return
        self._received += len(data)
        if self._received > LONGEST_REQUEST:
            self._end(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"a request has at most {LONGEST_REQUEST:,} bytes, its headers included",
            )
            return
        if self._timer is None:
            self._wait(self.settings.request_seconds)
        super().data_received(data)

    def on_message_complete(self) -> None:
        """Have a whole request."""
        self._received = 0
        self._done()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent, but not for ever."""
        super().pause_writing()
        self._done()
        self._timer = self.loop.call_later(self.settings.request_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on sending."""
        self._done()
        super().resume_writing()

    def _wait(self, seconds: float) -> None:
        self._timer = self.loop.call_later(
            seconds,
            self._end,
            HTTPStatus.REQUEST_TIMEOUT,
            f"the request was not whole after {seconds:g} seconds",
        )

    def _done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, status: HTTPStatus, detail: str) -> None:
        """Answer by a problem, below the application, and close."""
        self._done()
        said = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
        body = json.dumps(said | {"instance": ""}).encode()
        wait = "Retry-After: 5\r\n" if status == HTTPStatus.SERVICE_UNAVAILABLE else ""
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n{wait}"
            f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def patient(settings: Settings) -> type[PatientProtocol]:
    """Return the protocol with the limits of some settings.

    Parameters
    ----------
    settings : Settings
        ``request_seconds`` and ``connections``.

    Returns
    -------
    type
        For ``http=`` of `uvicorn.Config`.

    Examples
    --------
    >>> patient(Settings(connections=3)).settings.connections
    3
    """
    return type("Patient", (PatientProtocol,), {"settings": settings})
