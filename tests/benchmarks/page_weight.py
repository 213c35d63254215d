"""How much a lesson's page loads before anybody scrolls, and how heavy each of its interactive figures is."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import record, versions
from tools.places import BUILD

PAGE_LIMIT, FRAME_LIMIT = 6.0, 3.0  # MB


def run() -> list[dict[str, Any]]:
    """Weigh every lesson of the built book; the heaviest page and the heaviest frame are written down."""
    book = BUILD / "html"
    pages = sorted((book / "notebooks").glob("*.html"))
    if not pages:
        raise FileNotFoundError("no lesson in _build/html: run `course book` first")
    with served(book) as site:
        weights = {page.stem: weigh(f"{site}notebooks/{page.name}") for page in pages}
    frames = {
        path.relative_to(book / "notebooks" / "frames").as_posix(): path.stat().st_size / 1e6
        for path in sorted((book / "notebooks" / "frames").rglob("*.html"))
    }
    written = [_entry("page_weight", "page, and what it loads before a scroll", weights, PAGE_LIMIT)]
    if frames:
        written.append(_entry("frame_weight", "interactive figure", frames, FRAME_LIMIT))
    return written


def weigh(address: str) -> float:
    """Return what a page loads when it is opened on a screen and not scrolled, uncompressed, in MB."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for found in map(shutil.which, names) if found), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        answers = []
        page.on("response", lambda answer: answers.append(answer))
        page.goto(address, wait_until="networkidle")
        size = sum(len(answer.body()) for answer in answers if answer.ok)
        browser.close()
    return size / 1e6


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine and give its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def _entry(name: str, what: str, weights: dict[str, float], limit: float) -> dict[str, Any]:
    heaviest = max(weights, key=lambda key: weights[key])
    return record(
        name,
        {
            "ours": weights[heaviest],
            "theirs": limit,
            "ratio": limit / weights[heaviest],
            "limit": limit,
            "unit": "MB",
            "sizes": {"heaviest": heaviest, "weighed": len(weights)},
            "weights": weights,
            "versions": versions(["playwright"]),
            "target": 1.0,
            "reached": weights[heaviest] <= limit,
            "note": f"{what}; 'theirs' is the limit",
        },
    )
