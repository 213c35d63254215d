"""The built front end: read once, and served from what was read, so that no path leads to any other file."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tools.explorer.prepared import Prepared
from tools.explorer.problems import problem

BUILT = Path(__file__).with_name("built")

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_PACKED_ALREADY = frozenset({".png", ".webp", ".woff2"})
_FOR_EVER = "public, max-age=31536000, immutable"


class Pages:
    """An ASGI application that serves the files of a folder as they were when it was made.

    Parameters
    ----------
    folder : pathlib.Path
        With ``index.html``; what lies in its ``assets/`` has a name of its own for each content, and is kept
        by browsers for good. Where it is not there, every answer says how to make it.
    """

    def __init__(self, folder: Path = BUILT) -> None:
        self._files = {f"/{path}": _prepared(folder, path) for path in _within(folder)}
        if "/index.html" in self._files:
            self._files["/"] = self._files["/index.html"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        file = self._files.get(scope["path"].removeprefix(scope.get("root_path", "")) or "/")
        answer: Response
        if file is not None:
            answer = file.answer(Request(scope).headers)
        elif scope["path"].removeprefix(scope.get("root_path", "")).startswith("/api"):
            said = "there is nothing at this address; /api/v1/openapi.json lists what there is"
            answer = problem(scope, 404, said)
        elif not self._files:
            answer = problem(scope, 404, "the front end was not built here: run `make front-end`")
        else:
            answer = problem(scope, 404, "there is no page at this address; the explorer is at /")
        await answer(scope, receive, send)


def _within(folder: Path) -> list[str]:
    """Files below a folder, but not those that a link in it leads to elsewhere."""
    home = folder.resolve()
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        path.relative_to(folder).as_posix()
        for path in files
        if path.resolve().is_relative_to(home) and not path.name.startswith(".")
    ]


def _prepared(folder: Path, name: str) -> Prepared:
    ending = Path(name).suffix.lower()
    return Prepared(
        (folder / name).read_bytes(),
        _TYPES.get(ending, "application/octet-stream"),
        cache=_FOR_EVER if name.startswith("assets/") else "no-cache",
        packed=ending not in _PACKED_ALREADY,
    )
