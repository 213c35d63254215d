"""The explorer's page with 48,881 tiles, in a browser that draws in software: the start, and a selection."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks.explorer_load import served
from tests.benchmarks.harness import record, versions
from tests.benchmarks.world_vectors import world_vectors
from tests.conftest import RENDERING

START_SECONDS, SHOWN_MILLISECONDS = 3, 150
STARTS, SELECTIONS, REST_MILLISECONDS = 5, 30, 1_500
USABLE = (
    """() => ["explorer:map", "explorer:umap"].every(name => performance.getEntriesByName(name).length)"""
)
MARKS = (
    """() => ["explorer:map", "explorer:umap"].map(name => performance.getEntriesByName(name)[0].startTime)"""
)
SELECT = """number => new Promise(done => {
    const list = () => [...document.querySelectorAll(".panel-result")];
    const chosen = list()[number % list().length];
    const before = list()[0].dataset.tile;
    const began = performance.now();
    const look = () => {
        const ready = document.querySelector(".panel-results").dataset.status === "ready";
        const now = list()[0]?.dataset.tile;
        if (!ready || now === before) return requestAnimationFrame(look);
        requestAnimationFrame(() => done(performance.now() - began));
    };
    chosen.click();
    requestAnimationFrame(look);
})"""


def run() -> list[dict[str, Any]]:
    """Open the page several times, then go from look-alike to look-alike, and record what each took."""
    tiles, vectors = world_vectors()
    order = np.argsort(tiles["tile_id"].to_numpy())
    tiles, vectors = tiles.iloc[order], vectors[order]
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with (
        TemporaryDirectory() as folder,
        served(Path(folder), tiles, vectors) as (port, _),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=RENDERING)
        address = f"http://127.0.0.1:{port}/?tile={tiles['tile_id'].iloc[0]}"
        starts = [_start(browser, address)[1] for _ in range(STARTS)]
        page, _ = _start(browser, address)
        page.wait_for_selector(".panel-results[data-status=ready]")
        shown = []
        for number in range(SELECTIONS):
            page.wait_for_timeout(REST_MILLISECONDS)  # as a reader rests, until the views have moved
            shown.append(page.evaluate(SELECT, number))
        browser.close()
    start, selection = median(starts) / 1e3, median(shown)
    limits = {"seconds to start": [start, START_SECONDS], "ms to show": [selection, SHOWN_MILLISECONDS]}
    return [
        record(
            "explorer_page",
            {
                "ours": start,
                "theirs": START_SECONDS,
                "ratio": START_SECONDS / start,
                "limit": START_SECONDS,
                "unit": "s",
                "sizes": {"tiles": len(tiles)},
                "versions": versions(("playwright",)),
                "rounds": STARTS,
                "limits": limits,
                "starts_ms": [round(taken) for taken in starts],
                "shown_ms": [round(taken) for taken in shown],
                "target": START_SECONDS,
                "reached": all(value <= limit for value, limit in limits.values()),
                "note": (
                    "headless Chromium with WebGL in software: from asking for the page, with an empty cache "
                    "each time, until both views are drawn; and from a click on a look-alike until its own "
                    "are on the screen, server's time included, after a rest in which the views have moved; "
                    "medians; 'theirs' is the limit"
                ),
            },
        )
    ]


def _start(browser: Browser, address: str) -> tuple[Page, float]:
    """A page in a browser that knows nothing yet, and when the later of its views was drawn."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(address)
    page.wait_for_function(USABLE, timeout=120_000)
    return page, max(page.evaluate(MARKS))
