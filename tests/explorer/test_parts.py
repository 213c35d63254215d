"""When a part does not fit or is gone, the others work on, and the answer says which part it is."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import httpx
import numpy as np
import pandas as pd
import pytest

from tests.explorer.conftest import serving, settings_of
from tests.explorer.test_api import API, refused, said
from tools.explorer.app import create_app
from tools.explorer.holding import BusyError, Holder, Shown
from tools.explorer.models import Health, Methods
from tools.explorer.problems import kind_of
from tools.explorer.table import outline
from tools.similarity import build_index
from tools.similarity.index import TileIndexError, WrongVectorError


@contextmanager
def on_index(where, holder, world, built):
    """A client of an explorer on the same tiles, and another index."""
    settings = settings_of(world, index=str(where))
    shown = Shown(holder.tiles, holder.layout, holder.thumbnails)
    with (
        Holder(settings, shown) as other,
        serving(create_app(settings, other, built=built)) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


def index_of(tiles, where):
    vectors = np.random.default_rng(0).normal(size=(len(tiles), 8))
    build_index(where, tiles, {"mean": vectors})
    return where


def test_an_index_of_more_tiles_than_the_table_is_told_apart(holder, world, built, tile, tmp_path):
    known = pd.DataFrame(holder.tiles[["tile_id", "city_id", "country_code", "continent"]])
    tiles = pd.concat([known, known.iloc[:1].assign(tile_id=7, city_id=1)])
    with on_index(index_of(tiles, f"exact:{tmp_path}"), holder, world, built) as client:
        answer = client.get(f"{API}/tiles/{tile}/similar", params={"limit": 100})
        problem = refused(answer, 503)
        assert problem["type"].endswith("other-tiles")
        assert "tile 7" in problem["detail"]
        assert int(answer.headers["retry-after"]) >= 1


def test_a_tile_that_the_index_lacks_is_still_shown(holder, world, built, tile, tmp_path):
    known = pd.DataFrame(holder.tiles[["tile_id", "city_id", "country_code", "continent"]])
    with on_index(
        index_of(known[known["tile_id"] != tile], f"exact:{tmp_path}"), holder, world, built
    ) as client:
        assert said(client.get(f"{API}/tiles/{tile}"))["tile_id"] == tile
        problem = refused(client.get(f"{API}/tiles/{tile}/similar"), 404)
        assert "the index has no tile" in problem["detail"]


def test_methods_of_ones_own_are_listed_and_the_first_is_usual(holder, world, built, tmp_path):
    with on_index(index_of(holder.tiles, f"exact:{tmp_path}"), holder, world, built) as client:
        methods = said(client.get(f"{API}/methods"), Methods)
        assert methods.default == said(client.get(f"{API}/config"))["default_method"] == "mean"
        assert [method.name for method in methods.methods if method.available] == ["mean"]
        problem = refused(client.get(f"{API}/tiles/{holder.tiles['tile_id'][0]}/similar?method=median"), 404)
        assert "mean" in problem["detail"]


@pytest.mark.parametrize("asked_before", [True, False])
def test_without_its_index_the_explorer_shows_what_it_can(holder, world, built, tile, tmp_path, asked_before):
    index_of(holder.tiles, f"exact:{tmp_path / 'index'}")
    with on_index(f"exact:{tmp_path / 'index'}", holder, world, built) as client:
        if asked_before:
            before = said(client.get(f"{API}/methods"))
        shutil.rmtree(tmp_path / "index")
        answer = client.get(f"{API}/health")
        health = said(answer, Health, status=503)
        assert [part.name for part in health.parts if not part.ok] == ["index"]
        assert int(answer.headers["retry-after"]) >= 1
        answer = client.get(f"{API}/tiles/{tile}/similar?method=mean")
        assert refused(answer, 503)["type"].startswith("urn:problem-type:course-explorer:")
        assert int(answer.headers["retry-after"]) >= 1
        for path in ("status", "config", "locations", "umap", "land", "statistics", f"tiles/{tile}"):
            assert client.get(f"{API}/{path}").status_code == 200, path
        answer = client.get(f"{API}/methods")
        if asked_before:
            assert said(answer) == before
        else:
            refused(answer, 503)


def test_every_error_of_an_index_has_its_answer():
    assert kind_of(BusyError("later")).word == "busy"
    families = [TileIndexError]
    for family in families:
        families += family.__subclasses__()
    assert len(families) > 8
    # The API takes no vectors: one that does not fit is a fault of its own, and no answer to a client.
    for family in set(families) - {WrongVectorError}:
        kind = kind_of(family("so"))
        assert kind is not None
        assert kind.status in (404, 503)
        assert bool(kind.retry_after) == (kind.status == 503)


def test_an_outline_across_the_180th_meridian_goes_on_beyond_it():
    west = 819_000.0
    ring = np.array(outline((west, 8_116_000.0, west + 2_240, 8_118_240.0), 32760))
    assert ring[:, 0].min() < 180 < ring[:, 0].max()
    assert np.ptp(ring[:, 0]) < 0.05
