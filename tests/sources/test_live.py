"""The published addresses still answer as the catalogue says. Run with COURSE_LIVE=1 and a network.

Everything else in this folder proves that we read such answers rightly; only this can tell that they still
come.
"""

from __future__ import annotations

import os

import pytest
import requests

from tools import sources
from tools.sources.boundaries import fetch_boundaries
from tools.sources.http import USER_AGENT

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        os.environ.get("COURSE_LIVE") != "1", reason="set COURSE_LIVE=1 to try real addresses"
    ),
]


@pytest.mark.parametrize("name", ["london-socioeconomic", "london-lsoa"])
def test_open_tables_are_there_and_are_the_pinned_ones(own_cache, name):
    table = sources.open(name, origin="open")
    assert len(table) == {"london-socioeconomic": 33_755, "london-lsoa": 4_994}[name]


def test_the_public_bucket_has_an_index():
    (index,) = sources.find("london-alphaearth").origin("open").files
    answer = requests.head(index.url, headers={"User-Agent": USER_AGENT}, timeout=30)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 10_000_000


def test_open_pixels_of_london_are_read_by_the_window(own_cache):
    cube = sources.open(
        "london-alphaearth", origin="open", bounds=(-0.002, 51.477, 0.001, 51.478), years=2024
    )
    assert cube.notnull().mean() > 0.5


def test_the_boundaries_service_pages_as_it_did():
    options = dict(sources.find("london-lsoa").origin("earthengine").options["boundaries"])
    options["name_begins_with"] = ["City of London"]
    assert len(fetch_boundaries(key="LSOA21CD", page=4, **options)) >= 6
