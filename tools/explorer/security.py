"""What stands before every route: headers for browsers, only reading, our own name, sensible lengths."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tools.explorer.problems import TOO_LONG, WRONG_HOST, problem
from tools.explorer.settings import Settings

LONGEST_PATH, LONGEST_QUERY = 500, 2_000
"""Bytes of an address; no link of the explorer comes near."""

_log = logging.getLogger(__name__)
_PORT = re.compile(r":\d*$")
_UNUSED = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
           "microphone", "midi", "payment", "usb")  # fmt: skip


def content_policy(pictures: Iterable[str], frame_ancestors: Iterable[str] | None) -> str:
    """Return the content security policy: scripts and styles in files of our own, and nothing else.

    Parameters
    ----------
    pictures : iterable of str
        Sites, beside our own, that pictures of the map may come from.
    frame_ancestors : iterable of str or None
        Sites that may show the page in a frame. None says nothing of them, for a page that holds its policy
        itself: there browsers refuse such a rule.

    Returns
    -------
    str

    Examples
    --------
    >>> "script-src 'self' 'unsafe-eval'" in content_policy([], [])
    True
    """
    also = "".join(f" {site}" for site in pictures)
    rules = {
        "default-src": "'none'",
        "script-src": "'self' 'unsafe-eval'",  # regl compiles what it draws by Function
        "worker-src": "'self' blob:",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": f"'self' data: blob:{also}",
        "connect-src": f"'self'{also}",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    if frame_ancestors is not None:
        rules["frame-ancestors"] = " ".join(["'self'", *frame_ancestors])
    return "; ".join(f"{rule} {value}" for rule, value in rules.items())


class SecurityHeaders:
    """Adds to every answer what browsers need to be told.

    Parameters
    ----------
    app : ASGI application
        Whose answers.
    policy : str
        The content security policy.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self.app = app
        said = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "strict-origin-when-cross-origin",
            "permissions-policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
            "cross-origin-opener-policy": "same-origin",
        }
        self._headers = [(name.encode(), value.encode("latin-1")) for name, value in said.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *self._headers]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, with_headers)


class Unforeseen:
    """Answers errors that nobody foresaw: the log gets all of it, the client one sentence.

    Parameters
    ----------
    app : ASGI application
        Whose errors.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer it where that fails."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or begun:
                raise
            _log.exception("%s %s", scope["method"], scope["path"])
            answer = problem(
                scope, 500, "this is a fault of the explorer; its log says where. Please report it"
            )
            await answer(scope, receive, send)


class OnlyReading:
    """Lets through what only reads, goes by our name, and is of a sensible length; HEAD as GET without body.

    Parameters
    ----------
    app : ASGI application
        What is behind.
    hosts : sequence of str
        Names that the server may be called by; ``*`` for any, ``*.example.org`` for any below.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self._any = "*" in hosts
        self._hosts = frozenset(host.lower() for host in hosts)
        self._below = tuple(host[1:].lower() for host in hosts if host.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        if method not in ("GET", "HEAD"):
            said = "nothing can be changed here: ask by GET or HEAD"
            answer = problem(scope, 405, said, headers={"Allow": "GET, HEAD"})
        elif len(scope["path"]) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            said = f"a path may have {LONGEST_PATH} characters and a query {LONGEST_QUERY:,}"
            answer = problem(scope, TOO_LONG, said)
        elif not self._ours(scope):
            said = (
                "the request's Host is not a name of this server: allow it by COURSE_EXPLORER_ALLOWED_HOSTS"
            )
            answer = problem(scope, WRONG_HOST, said)
        elif method == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, _without_body(send))
            return
        else:
            await self.app(scope, receive, send)
            return
        await answer(scope, receive, send if method != "HEAD" else _without_body(send))

    def _ours(self, scope: Scope) -> bool:
        if self._any:
            return True
        names = Headers(scope=scope).getlist("host")
        if len(names) != 1:
            return False
        name = _PORT.sub("", names[0]).lower()
        return name in self._hosts or name.endswith(self._below)


def _without_body(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sent


def picture_sites(settings: Settings) -> tuple[str, ...]:
    """Return the sites that the map's pictures come from, as a content security policy names them.

    Parameters
    ----------
    settings : Settings
        Which pictures a reader can switch on.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> picture_sites(Settings(basemap="none"))
    ()
    """
    from tools.explorer.basemaps import basemap

    return tuple({re.sub(r"(?<=[^/:])/.*", "", address): None for address in basemap(settings).tiles})
