"""A loopback server of a mirror folder, with byte ranges, as a teacher's laptop would run one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.loopback import answering


@contextlib.contextmanager
def serving_folder(folder: Path) -> Iterator[str]:
    """Serve a folder for the length of a ``with`` block, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.respond(with_body=False)

        def do_GET(self):
            self.respond(with_body=True)

        def respond(self, *, with_body: bool):
            path = folder / self.path.lstrip("/")
            if not path.is_file():
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body, asked = path.read_bytes(), self.headers.get("Range")
            whole = len(body)
            if asked:
                first, last = asked.removeprefix("bytes=").split("-")
                start, end = int(first), min(int(last or whole - 1), whole - 1)
                body = body[start : end + 1]
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{end}/{whole}")
            else:
                self.send_response(200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    with answering(Handler) as address:
        yield address
