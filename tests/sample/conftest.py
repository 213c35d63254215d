"""The sample for all tests here: a small one, made anew, and that of a class, from the cache of the lessons.

A sample in the cache is one that today's generator made: its manifest says by which sources, and it is made
again when they change.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from tools import sample, sources
from tools.sample import london, world


@pytest.fixture(scope="session")
def small_ground() -> london.Ground:
    """The land of a small London, in memory."""
    return london.make_ground(42, 200.0)


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """A folder with the small sample."""
    folder = tmp_path_factory.mktemp("small")
    sample.make("london", folder, size="small")
    return folder


@pytest.fixture(scope="session")
def full() -> Path:
    """A folder with the sample that a class works with."""
    return sources.get("london-lsoa", "sample")[0].parent


@pytest.fixture(scope="session")
def areas(full) -> gpd.GeoDataFrame:
    """The areas with their mean embeddings, as a lesson opens them."""
    return gpd.read_file(full / "london-lsoa.geojson")


@pytest.fixture(scope="session")
def people(full) -> pd.DataFrame:
    """The socio-economic table, as a lesson opens it."""
    return pd.read_csv(full / "london-socioeconomic.csv")


@pytest.fixture(scope="session")
def small_berlin(tmp_path_factory) -> Path:
    """A folder with the small Berlin."""
    folder = tmp_path_factory.mktemp("small-berlin")
    sample.make("berlin", folder, size="small")
    return folder


@pytest.fixture(scope="session")
def full_berlin() -> Path:
    """A folder with the Berlin that a class works with."""
    return sources.get("berlin-truth", "sample")[0].parent


@pytest.fixture(scope="session")
def small_world(tmp_path_factory) -> Path:
    """A folder with the small world: six tiles a city, scenes of one city."""
    folder = tmp_path_factory.mktemp("small-world")
    sample.make("world", folder, size="small")
    return folder


@pytest.fixture(scope="session")
def world_tiles() -> gpd.GeoDataFrame:
    """The tiles that a class works with."""
    return world.make_tiles()
