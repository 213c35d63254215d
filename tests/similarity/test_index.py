"""Every kind of index answers as a walk down the whole ranking would, and refuses what it cannot answer."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.similarity.index_examples import ranking, some_tiles, some_vectors
from tests.similarity.qdrant_double import Qdrant, serving
from tools.similarity.index import (
    IndexDamagedError,
    IndexExistsError,
    IndexGoneError,
    NoIndexError,
    NoMethodError,
    TileIndexError,
    UnknownTileError,
    WrongVectorError,
    build_index,
    default_place,
    edge,
    open_index,
    restore,
)

TILES = some_tiles()
VECTORS = {"mean": some_vectors(TILES, 32), "dominant": some_vectors(TILES, 20, seed=1)}
KINDS = ("edge", "exact", "server")
TILE = int(TILES["tile_id"].iloc[7])


@pytest.fixture(scope="module", params=KINDS)
def place(request, tmp_path_factory):
    """Where an index of each kind is."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param != "server":
        where = f"{request.param}:{folder}"
        build_index(where, TILES, VECTORS)
        yield where
        return
    with serving(Qdrant(folder)) as url:
        build_index(url, TILES, VECTORS)
        yield url


@pytest.fixture(scope="module")
def index(place):
    with open_index(place) as index:
        yield index


def ranked(method="mean", tile=TILE):
    number = int(np.flatnonzero(TILES["tile_id"] == tile)[0])
    rows = ranking(TILES, VECTORS[method], VECTORS[method][number])
    return rows[rows["tile_id"] != tile]


def same(hits, rows):
    assert [hit.tile_id for hit in hits] == rows["tile_id"].tolist()
    np.testing.assert_allclose([hit.score for hit in hits], rows["score"], atol=2e-6)


def test_the_most_alike_come_first_without_the_tile_itself(index):
    for method in VECTORS:
        same(index.similar(TILE, method=method), ranked(method)[:10])


def test_other_cities_only_leaves_the_tiles_own_city_out(index):
    rows = ranked()
    others = rows[rows["city_id"] != TILE // 10_000]
    same(index.similar(TILE, method="mean", other_cities_only=True, limit=30), others[:30])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tile=st.sampled_from(TILES["tile_id"].tolist()),
    limit=st.integers(1, 60),
    offset=st.integers(0, 60),
    per_city=st.none() | st.integers(1, 9),
    other_cities_only=st.booleans(),
    min_score=st.none() | st.floats(-1, 1),
    continents=st.none() | st.lists(st.sampled_from(["Africa", "Asia", "Europe"]), min_size=1),
)
def test_any_question_is_answered_as_by_a_walk_down_the_ranking(
    index, tile, limit, offset, per_city, other_cities_only, min_score, continents
):
    rows = ranked(tile=tile)
    if min_score is not None and (abs(rows["score"] - min_score) < 1e-5).any():
        min_score = -1.0  # rounding decides
    if other_cities_only:
        rows = rows[rows["city_id"] != tile // 10_000]
    if continents:
        rows = rows[rows["continent"].isin(continents)]
    if per_city:
        rows = rows[rows.groupby("city_id").cumcount() < per_city]
    rows = rows[offset : offset + limit]
    if min_score is not None:
        rows = rows[rows["score"] >= min_score]
    hits = index.similar(
        tile,
        method="mean",
        limit=limit,
        offset=offset,
        per_city=per_city,
        other_cities_only=other_cities_only,
        min_score=min_score,
        only={"continent": continents} if continents else None,
    )
    same(hits, rows)


def test_one_tile_a_city_is_found_even_when_whole_cities_come_first(tmp_path):
    """Eight cities fill the head of the ranking with eight tiles each."""
    vectors = np.ones((len(TILES), 3)) + np.c_[TILES["city_id"], TILES["tile_id"] % 8 / 100, TILES["city_id"]]
    build_index(f"edge:{tmp_path}", TILES, {"mean": vectors})
    with open_index(tmp_path) as index:
        hits = index.search([2, 1, 2], method="mean", per_city=1, limit=50)
    assert len({hit.tile_id // 10_000 for hit in hits}) == len(hits) == 50


def test_pages_follow_each_other_without_gaps_or_doubles(index):
    pages = [index.similar(TILE, method="mean", limit=7, offset=start) for start in range(0, 399, 7)]
    assert [hit for page in pages for hit in page] == index.similar(TILE, method="mean", limit=399)


def test_past_the_end_there_is_nothing(index):
    assert index.similar(TILE, method="mean", offset=399) == []
    assert index.similar(TILE, method="mean", offset=10**30) == []


@pytest.mark.parametrize("limit", [400, 10**9, 10**30])
def test_more_than_there_are_is_all_that_there_are(index, limit):
    assert len(index.similar(TILE, method="mean", limit=limit)) == 399
    assert len(index.similar(TILE, method="mean", limit=limit, per_city=8)) == 399


def test_a_search_by_vector_compares_directions_and_not_lengths(index):
    query = VECTORS["mean"][3]
    same(index.search(query, method="mean", limit=5), ranking(TILES, VECTORS["mean"], query)[:5])
    assert index.search(query * 1024, method="mean") == index.search(query / 1024, method="mean")


def test_a_search_keeps_to_the_countries_and_cities_that_are_named(index):
    query = VECTORS["mean"][3]
    rows = ranking(TILES, VECTORS["mean"], query)
    found = index.search(query, method="mean", only={"country_code": ["NA", "PE"]}, limit=100)
    same(found, rows[rows["country_code"].isin(["NA", "PE"])][:100])
    found = index.search(query, method="mean", only={"city_id": 5}, limit=100)
    same(found, rows[rows["city_id"] == 5])


def test_it_says_what_is_in_it(index):
    assert index.methods() == ["dominant", "mean"]
    assert (index.count("mean"), index.dimension("mean"), index.dimension("dominant")) == (400, 32, 20)


def test_it_says_that_it_is_well(index):
    for thorough in (False, True):
        health = index.health(thorough=thorough)
        assert (health.ok, health.problem, health.counts) == (True, "", {"dominant": 400, "mean": 400})


def test_many_threads_get_the_answers_that_one_gets(index):
    tiles = TILES["tile_id"].tolist()[:80]
    alone = [index.similar(tile, method="mean", other_cities_only=True) for tile in tiles]
    with ThreadPoolExecutor(8) as threads:
        together = list(
            threads.map(lambda tile: index.similar(tile, method="mean", other_cities_only=True), tiles)
        )
    assert together == alone


@pytest.mark.parametrize("tile", [12345, -1, 2**60, 2**70, "7", 1.5, True, None])
def test_an_unknown_tile_is_named(index, tile):
    with pytest.raises(UnknownTileError, match="no tile"):
        index.similar(tile, method="mean")


@pytest.mark.parametrize("method", ["median", "", "../mean", "mean\x00", "MEAN", "é" * 300])
def test_an_unknown_method_is_answered_with_those_that_there_are(index, method):
    for ask in (lambda: index.similar(TILE, method=method), lambda: index.count(method)):
        with pytest.raises(NoMethodError, match="dominant, mean"):
            ask()


@pytest.mark.parametrize(
    ("vector", "said"),
    [
        (np.ones(20), r"32 dimensions.*\(20,\)"),
        (np.ones((1, 32)), r"\(1, 32\)"),
        (np.zeros(32), "points nowhere"),
        (np.full(32, np.nan), "points nowhere"),
        (np.full(32, np.inf), "points nowhere"),
    ],
)
def test_a_vector_that_does_not_fit_is_refused(index, vector, said):
    with pytest.raises(WrongVectorError, match=said):
        index.search(vector, method="mean")


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 2.5},
        {"offset": -1},
        {"per_city": 0},
        {"limit": True},
        {"min_score": 1.5},
        {"min_score": "high"},
        {"min_score": float("nan")},
        {"only": {"planet": "Mars"}},
        {"only": {"continent": []}},
        {"only": {"continent": [3]}},
        {"only": {"city_id": "Lyon"}},
    ],
)
def test_a_question_out_of_range_is_refused(index, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        index.similar(TILE, method="mean", **wrong)


def test_a_closed_index_says_so_to_every_question(place):
    index = open_index(place)
    index.close()
    index.close()
    for ask in (
        lambda: index.similar(TILE, method="mean"),
        lambda: index.search(np.ones(32), method="mean"),
        lambda: index.count("mean"),
        index.methods,
        lambda: index.content("mean"),
    ):
        with pytest.raises(IndexGoneError, match="open it again"):
            ask()
    assert not index.health().ok
    assert "closed" in index.health().problem


def test_the_same_content_again_is_left_as_it_is_and_other_content_is_not_overwritten(place):
    build_index(place, TILES, VECTORS)
    build_index(place, TILES.sort_values("tile_id"), sorted_vectors())  # the same, in another order
    with pytest.raises(IndexExistsError, match="replace=True"):
        build_index(place, TILES, {"mean": VECTORS["mean"]})
    with open_index(place) as index:
        assert index.methods() == ["dominant", "mean"]


def sorted_vectors():
    order = np.argsort(TILES["tile_id"].to_numpy())
    return {method: vectors[order] for method, vectors in VECTORS.items()}


def test_a_snapshot_of_one_kind_becomes_an_index_of_another(index, tmp_path):
    kind = "edge" if index.kind == "exact" else "exact"
    file = index.snapshot(tmp_path / "world.npz")
    again = index.snapshot(tmp_path / "again.npz")
    assert file.read_bytes() == again.read_bytes()
    restore(file, f"{kind}:{tmp_path / kind}")
    with open_index(tmp_path / kind) as other:
        assert other.methods() == index.methods()
        for tile in TILES["tile_id"].tolist()[:20]:
            before, after = (
                each.similar(tile, method="dominant", only={"continent": "Asia"}) for each in (index, other)
            )
            assert [hit.tile_id for hit in before] == [hit.tile_id for hit in after]


def test_a_snapshot_that_is_cut_short_changed_or_something_else_is_refused(tmp_path):
    build_index(f"exact:{tmp_path / 'index'}", TILES, VECTORS)
    with open_index(tmp_path / "index") as index:
        whole = index.snapshot(tmp_path / "whole.npz").read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    file, where = tmp_path / "snapshot", f"exact:{tmp_path / 'other'}"
    for content in (whole[: len(whole) // 2], b"", bytes(changed), b"{}"):
        file.write_bytes(content)
        with pytest.raises(IndexDamagedError, match="another copy"):
            restore(file, where)
    np.savez(tmp_path / "else.npz", a=np.arange(3))
    with pytest.raises(IndexDamagedError):
        restore(tmp_path / "else.npz", where)
    with pytest.raises(NoIndexError, match="no snapshot"):
        restore(tmp_path / "nowhere.npz", where)
    assert not (tmp_path / "other").exists()


def test_the_graph_of_neighbours_finds_nearly_all_that_comparing_with_all_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(edge, "SCANNED_KB", 100)  # so that a graph is made for few vectors too
    tiles = some_tiles(400)
    build_index(f"edge:{tmp_path / 'graph'}", tiles, {"mean": some_vectors(tiles, 64)})
    build_index(f"exact:{tmp_path / 'all'}", tiles, {"mean": some_vectors(tiles, 64)})
    assert list((tmp_path / "graph").rglob("links*.bin"))
    with open_index(tmp_path / "graph") as graph, open_index(tmp_path / "all") as exact:
        found = 0
        for tile in tiles["tile_id"].tolist()[:100]:
            here, there = (
                {hit.tile_id for hit in each.similar(tile, method="mean", other_cities_only=True)}
                for each in (graph, exact)
            )
            found += len(here & there)
    assert found >= 990


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="continent"), "continent"),
        (lambda t: t.iloc[:0], "no tiles"),
        (lambda t: t.assign(country_code=t["country_code"].replace("NA", None)), "Namibia"),
        (lambda t: t.assign(tile_id=t["tile_id"].astype(float)), "whole numbers"),
        (lambda t: t.assign(tile_id=t["tile_id"] + 2**53), "JavaScript"),
        (lambda t: t.assign(tile_id=7), "more than one tile"),
    ],
)
def test_tiles_that_cannot_be_indexed_are_refused_before_anything_is_written(tmp_path, change, said):
    tiles = change(TILES)
    with pytest.raises(ValueError, match=said):
        build_index(f"edge:{tmp_path / 'new'}", tiles, {"mean": VECTORS["mean"][: len(tiles)]})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("bad", [0, np.nan, np.inf])
def test_a_vector_that_points_nowhere_is_named_by_its_tile(tmp_path, bad):
    vectors = VECTORS["mean"].copy()
    vectors[5] = bad
    with pytest.raises(WrongVectorError, match=str(TILES["tile_id"].iloc[5])):
        build_index(f"exact:{tmp_path / 'new'}", TILES, {"mean": vectors})


def test_vectors_must_be_one_a_tile_and_methods_have_plain_names(tmp_path):
    where = f"exact:{tmp_path / 'new'}"
    with pytest.raises(WrongVectorError, match="one vector for each of 400"):
        build_index(where, TILES, {"mean": VECTORS["mean"][1:]})
    with pytest.raises(ValueError, match="no name for a method"):
        build_index(where, TILES, {"../mean": VECTORS["mean"]})
    with pytest.raises(ValueError, match="no vectors"):
        build_index(where, TILES, {})


def test_without_a_place_the_index_is_in_the_cache_or_where_the_environment_says(own_cache, monkeypatch):
    monkeypatch.delenv("COURSE_QDRANT_URL", raising=False)
    assert default_place() == f"edge:{own_cache / 'index'}"
    with pytest.raises(NoIndexError, match="build_index"):
        open_index()
    build_index(None, TILES, VECTORS)
    with open_index() as index:
        assert index.kind == "edge"
    with serving(Qdrant(own_cache / "server")) as url:
        monkeypatch.setenv("COURSE_QDRANT_URL", url)
        build_index(None, TILES, VECTORS)
        with open_index() as index:
            assert (index.kind, index.where) == ("server", url)


@pytest.mark.parametrize("where", ["edge:", "", "exact: "])
def test_a_place_without_a_folder_is_refused(where):
    with pytest.raises(ValueError, match="expected edge:FOLDER"):
        open_index(where)


def test_all_its_errors_can_be_caught_by_one_name():
    assert issubclass(UnknownTileError, TileIndexError | LookupError)
    assert issubclass(WrongVectorError, TileIndexError | ValueError)
    with pytest.raises(TileIndexError):
        open_index("exact:/nowhere/at/all")
