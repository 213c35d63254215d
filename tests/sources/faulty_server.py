"""A real HTTP server on loopback that serves one file, and misbehaves as it is told."""

from __future__ import annotations

import contextlib
import email.utils
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """What a client asked for."""

    path: str
    headers: dict[str, str]

    @property
    def first_byte(self) -> int:
        asked = self.headers.get("range", "bytes=0-")
        return int(asked.removeprefix("bytes=").partition("-")[0])


@dataclass
class Server:
    """One file, and a list of faults: each request uses up one; when none is left, all goes well."""

    body: bytes
    faults: list[str] = field(default_factory=list)
    always: str | None = None
    ranges: bool = True
    etag: str | None = '"v1"'
    slowly: float = 0.0
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    wake: threading.Event = field(default_factory=threading.Event)

    def next_fault(self) -> str | None:
        return self.faults.pop(0) if self.faults else self.always


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Run the server in this process for the length of a ``with`` block."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(server))
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_address[1]}/data.bin"
    try:
        yield server
    finally:
        server.wake.set()
        httpd.shutdown()
        httpd.server_close()


def _handler_for(server: Server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self):
            lowered = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, lowered)
            server.requests.append(request)
            getattr(self, f"fault_{server.next_fault() or 'none'}")(request)

        def fault_none(self, request, body=None, length=None):
            body = server.body if body is None else body
            current = request.headers.get("if-range", server.etag) == server.etag
            start = request.first_byte if server.ranges and current else 0
            if start >= len(body) and start:
                self.refuse(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            if server.etag:
                self.send_header("ETag", server.etag)
            self.send_header("Content-Length", str(len(body) - start if length is None else length))
            self.end_headers()
            self.send(body[start:])

        def fault_truncated(self, request):
            start = request.first_byte if server.ranges else 0
            whole = len(server.body)
            self.fault_none(request, server.body[: start + (whole - start) // 2], whole - start)

        def fault_corrupted(self, request):
            wrong = bytearray(server.body)
            wrong[len(wrong) // 3] ^= 0xFF
            self.fault_none(request, bytes(wrong))

        def fault_announced_too_long(self, request):
            self.fault_none(request, length=len(server.body) + 999)

        def fault_announced_too_short(self, request):
            self.fault_none(request, length=(len(server.body) - request.first_byte) // 2)

        def fault_stall(self, request):
            self.send_response(200)
            self.send_header("Content-Length", str(len(server.body)))
            self.end_headers()
            self.send(server.body[: len(server.body) // 4])
            server.wake.wait(30)

        def fault_login_page(self, request):
            page = b"<!DOCTYPE html><title>Welcome to the hotel</title>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.send(page)

        def fault_busy(self, request):
            self.refuse(429, {"Retry-After": "1"})

        def fault_busy_long(self, request):
            self.refuse(429, {"Retry-After": "3600"})

        def fault_busy_until_tomorrow(self, request):
            tomorrow = email.utils.formatdate(time.time() + 86_400, usegmt=True)
            self.refuse(429, {"Retry-After": tomorrow})

        def fault_500(self, request):
            self.refuse(500)

        def fault_503(self, request):
            self.refuse(503)

        def fault_403(self, request):
            self.refuse(403)

        def fault_404(self, request):
            self.refuse(404)

        def fault_416(self, request):
            self.refuse(416)

        def refuse(self, status, headers=None):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def send(self, body):
            step = 1 << 16
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for start in range(0, len(body), step):
                    self.wfile.write(body[start : start + step])
                    if server.slowly:
                        time.sleep(server.slowly)

        def log_message(self, *_):
            pass

    return Handler
