"""The built book in a browser that can reach nothing but the book."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Page

from tools.places import npm_asset

ROOT = Path(__file__).resolve().parents[2]
BOOK = Path(os.environ.get("COURSE_BOOK") or ROOT / "_build" / "html")

WIDE, PHONE = (1280, 900), (390, 844)

# What a browser may say on a page that is as it should be: (part of the text, why it may).
ALLOWED = [
    ("GPU stall due to ReadPixels", "the software renderer of headless Chromium, on WebGL figures"),
    ("willReadFrequently", "a hint about canvas speed, from libraries that read pixels now and then"),
]


def addresses() -> list[str]:
    """Every page that is read; a frame is looked at on its lesson's page, and the explorer by itself."""
    found = [path.relative_to(BOOK) for path in sorted(BOOK.rglob("*.html"))]
    shown = [page for page in found if not {"_static", "frames", "explorer"} & set(page.parts)]
    return [page.as_posix() for page in shown if page.as_posix() != "index.html"]  # that one only leads on


def inner_pages() -> list[str]:
    """The pages inside the book: the 404 page stands alone, without navigation or a switch of its own."""
    return [page for page in addresses() if page != "404.html"]


def lessons() -> list[str]:
    return [page for page in addresses() if page.startswith("notebooks/")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, values in (("address", addresses), ("inner_page", inner_pages), ("lesson", lessons)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values() or [pytest.param("", marks=pytest.mark.skip("no book"))])


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the built book."""
    if not (BOOK / "index.html").is_file():
        missing("the book is not built: run `course book` first")
    return BOOK


def missing(reason: str) -> None:
    """Skip, but in CI fail: a browser test that is silently skipped proves nothing."""
    (pytest.fail if os.environ.get("COURSE_REQUIRE_BROWSER") else pytest.skip)(reason)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer, and give no icon for a page that stands alone in its frame: it has none of its own."""
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *args) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site(book: Path) -> Iterator[str]:
    """The book's address on a server of this machine."""
    handler = functools.partial(Quiet, directory=str(book))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@dataclass
class Visit:
    """A page that is open, and what has happened on it."""

    page: Page
    asked_outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def open_page(browser: Browser, site: str) -> Callable:
    """Open a page of the book with the rest of the world cut off."""

    @contextmanager
    def opened(address: str, *, size=WIDE, theme="light", **settings) -> Iterator[Visit]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            reduced_motion="reduce",
            **settings,
        )
        context.set_default_timeout(120_000)  # a busy machine is no fault of the page
        visit = Visit(context.new_page())

        def asked(request) -> None:
            if urlsplit(request.url).scheme not in {"data", "blob"} and not request.url.startswith(site):
                visit.asked_outside.append(request.url)

        def answered(response) -> None:
            if response.status >= 400:
                visit.failed.append(f"{response.status} {response.url}")

        def said(message) -> None:
            if message.type == "error" and not any(part in message.text for part, _ in ALLOWED):
                visit.errors.append(message.text)

        context.on("request", asked)
        visit.page.on("websocket", asked)
        visit.page.on("response", answered)
        visit.page.on("console", said)
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.goto(site + address, wait_until="load")
        settle(visit.page)
        yield visit
        context.close()

    return opened


@pytest.fixture(scope="session")
def axe() -> Path:
    """The accessibility checker."""
    program = npm_asset("axe-core/axe.min.js")
    if program is None:
        missing("axe-core is not installed: run `course assets`")
    return program


def violations(frame: Page | Frame, axe: Path) -> list[str]:
    """What axe finds against a page or a frame: rule, then the first elements that break it."""
    frame.add_script_tag(path=str(axe))
    return frame.evaluate(
        """async () => {
            const result = await axe.run(document, {iframes: false, resultTypes: ["violations"]});
            const shown = nodes => nodes.slice(0, 5).map(node => node.html.slice(0, 160)).join("\\n    ");
            return result.violations.map(({id, nodes}) => id + ": " + shown(nodes));
        }"""
    )


def settle(page: Page) -> None:
    """Wait until fonts are there and mathematics is set."""
    page.evaluate(
        """async () => {
            await document.fonts.ready;
            if (window.MathJax && MathJax.startup) { await MathJax.startup.promise; }
        }"""
    )
