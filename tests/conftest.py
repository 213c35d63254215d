"""What all tests share: the real data beside the project, and a cache of each test's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Error, sync_playwright

# A busy machine is slow, not wrong.
settings.register_profile("course", deadline=None)
settings.load_profile("course")

# WebGL in software, and nothing else on that slow road: maps drawn on a canvas are quicker without it.
RENDERING = [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
    "--disable-accelerated-2d-canvas",
    "--disable-gpu-rasterization",
    "--disable-background-networking",
]

# No name leads anywhere but to this machine; to hold each request until a test lets it go would cost more
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real, openly licensed files for checking the course against the world."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data for tests are not beside the project (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium without a network, one a process: the system's, or the one of Playwright."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=program, args=[*RENDERING, OFFLINE])
        except Error as error:
            pytest.skip(f"no Chromium to test with: {error.message.splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture
def own_cache(tmp_path, monkeypatch) -> Path:
    """An empty cache folder that this test alone uses."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("COURSE_CACHE", str(folder))
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI (COURSE_REQUIRE_BROWSER) a browser test that skips itself proves nothing: it fails."""
    report = yield
    if report.skipped and os.environ.get("COURSE_REQUIRE_BROWSER") and item.get_closest_marker("browser"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"a browser test may not be skipped in CI. {why}"
    return report
