"""Areas to draw, and a browser that can reach nothing but the page under test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from tools import places, provenance

HOSTILE = (
    "<img src=x onerror=\"document.title='broken'\"> & \"Sons\" </script><script>document.title='broken'"
)
SAMPLE = provenance.Provenance("london-lsoa", "sample", "London areas", "Synthetic sample: not real places.")


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    """A grid of 6 × 4 areas near London, one with a hostile name, marked synthetic."""
    cells = [(x, y) for y in range(4) for x in range(6)]
    table = gpd.GeoDataFrame(
        {
            "LSOA21CD": [f"SYN{i:06d}" for i in range(24)],
            "LSOA21NM": [HOSTILE, *(f"Sampleborough {i:03d}" for i in range(1, 24))],
            "cluster": [x // 2 for x, _ in cells],
            "IMD_decile": [i % 10 + 1 for i in range(24)],
            "density": np.linspace(0, 1, 24) ** 2,
            "A00_mean": [x / 10 for x, _ in cells],
            "A01_mean": [y / 10 for _, y in cells],
        },
        geometry=[box(-0.3 + x * 0.1, 51.3 + y * 0.06, -0.2 + x * 0.1, 51.36 + y * 0.06) for x, y in cells],
        crs="EPSG:4326",
    )
    return provenance.mark(table, SAMPLE)


@pytest.fixture(scope="session")
def london(shared_data: Path) -> gpd.GeoDataFrame:
    """London's real 4,994 areas with their deciles and census variables."""
    shapes = gpd.read_parquet(shared_data / "london" / "lsoa21_gen20.parquet")
    return shapes.merge(pd.read_csv(shared_data / "london" / "Socioeconomic.csv", index_col=0), on="LSOA21CD")


@pytest.fixture(scope="session")
def axe() -> str:
    """The program of axe-core, which finds what assistive technology would stumble over."""
    path = places.npm_asset("axe-core/axe.min.js")
    if path is None:
        pytest.skip("axe-core is not installed: run `course assets`")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def opened(browser, tmp_path):
    """Open a web map in a page that answers no request but the file's own, and note all that goes wrong."""
    if places.npm_asset("leaflet/dist/leaflet.js") is None:
        pytest.skip("Leaflet is not installed: run `course assets`")
    pages = []

    def open_map(shown, *, width=860, height=600, theme="light", allow=()):
        file = shown.save(tmp_path / f"{len(pages)}.html")
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
        pages.append(page)
        page.asked, page.wrong = [], []

        def answer(route):
            if route.request.url == file.as_uri():
                return route.continue_()
            page.asked.append(route.request.url)
            return route.abort()

        page.route("**/*", answer)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda message: message.type == "error" and page.wrong.append(message.text))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready=true]")
        return page

    yield open_map
    for page in pages:
        page.close()
