"""The built book on loopback: its maps need a server, since browsers bar scripts that lie in files."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools.course.lessons import CourseError


def server(folder: Path, port: int = 8000) -> ThreadingHTTPServer:
    """Return a server of `folder` on loopback, listening but not yet serving.

    Parameters
    ----------
    folder : pathlib.Path
        The built book.
    port : int
        0 takes any that is free.

    Returns
    -------
    http.server.ThreadingHTTPServer
        Its ``server_address`` is ``("127.0.0.1", port)``; call ``serve_forever``.

    Raises
    ------
    CourseError
        When there is no book or the port is taken.

    Examples
    --------
    >>> server(Path("nowhere"))
    Traceback (most recent call last):
    tools.course.lessons.CourseError: there is no book in nowhere: run `course book` first
    """
    if not (folder / "index.html").is_file():
        raise CourseError(f"there is no book in {folder}: run `course book` first")
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Pages, directory=str(folder)))
    except OSError as error:
        raise CourseError(
            f"port {port} cannot be used ({error.strerror}): choose another by --port"
        ) from error


class _Pages(SimpleHTTPRequestHandler):
    """Files, and the book's own page for an address that leads nowhere."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        content = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: a line for each file of a page hides what matters."""
