"""Vectors in files: what a city's file holds, journals that survive, and cities that are left as they are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest

from tools import provenance
from tools.sample.world import make_tiles
from tools.sample.world_patches import WorldPatches
from tools.similarity import METHODS, aggregate, embed_tiles, open_world, read_vectors
from tools.similarity.store import SCHEMA, STORED, CityJournal, made_from
from tools.sources import DataError

CITIES = 3


class Counted:
    """The invented world, and how many tiles it was asked for."""

    def __init__(self, seed=42):
        self.world, self.asked = WorldPatches(seed), 0

    def patches(self, tiles):
        self.asked += len(tiles)
        return self.world.patches(tiles)

    def describe(self):
        return self.world.describe()


@pytest.fixture(scope="module")
def tiles() -> gpd.GeoDataFrame:
    table = make_tiles("small")
    return table[table["city_id"].isin(table["city_id"].unique()[:CITIES])]


@pytest.fixture(scope="module")
def root(tiles, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    embed_tiles(folder, tiles, WorldPatches())
    return folder


def stamp(root):
    return {path.name: path.read_bytes() for path in sorted((root / "vectors").glob("*.parquet"))}


def test_a_citys_file_has_the_columns_that_are_written_down(root):
    path = next((root / "vectors").glob("*.parquet"))
    schema = pq.read_schema(path)
    assert schema.names == list(SCHEMA)
    for name, what in SCHEMA.items():
        kind = str(schema.field(name).type)
        if name == "geometry":
            assert kind == "binary"
        elif name in STORED:
            assert kind.startswith("fixed_size_list<element: float")
            assert kind.endswith("[768]")
        else:
            wanted = what.split(":")[0]
            assert kind == {"float64": "double", "float32": "float"}.get(wanted, wanted)


def test_any_reader_of_geoparquet_opens_it(root, tiles):
    read = gpd.read_parquet(next((root / "vectors").glob("*.parquet")))
    assert read.crs == 4326
    mine = tiles.set_index("tile_id").loc[read["tile_id"]]
    assert mine.geometry.geom_equals(read.set_index("tile_id").geometry).all()


def test_vectors_come_back_as_they_were_worked_out(root, tiles):
    table, vectors = read_vectors(root, [*METHODS, "spread"])
    assert table["tile_id"].tolist() == sorted(tiles["tile_id"])
    patches = WorldPatches().patches(table)
    for method in METHODS[:-1]:
        np.testing.assert_array_equal(vectors[method], aggregate(patches, method, random_state=42))
    everything = patches.mean(axis=(0, 1), dtype=np.float64)
    np.testing.assert_allclose(
        vectors["contrastive"], aggregate(patches, "contrastive", global_mean=everything), atol=1e-5
    )


def test_one_city_is_contrasted_with_all_that_are_there(root):
    table, vectors = read_vectors(root)
    city = int(table["city_id"].iloc[-1])
    part, alone = read_vectors(root, ["contrastive"], cities=[city])
    np.testing.assert_allclose(
        alone["contrastive"], vectors["contrastive"][table["city_id"] == city], atol=1e-6
    )
    assert set(part["city_id"]) == {city}


def test_a_second_run_asks_for_nothing_and_changes_nothing(root, tiles):
    before, source = stamp(root), Counted()
    embed_tiles(root, tiles, source)
    assert source.asked == 0
    assert stamp(root) == before


def test_tiles_that_were_finished_stay_where_their_batch_was_not(tiles, root, tmp_path):
    class Failing(Counted):
        def patches(self, tiles):
            made = super().patches(tiles)
            made[3:4] = np.nan
            return made

    one = tiles[tiles["city_id"] == tiles["city_id"].iloc[0]]
    assert len(one) > 4
    with pytest.raises(ValueError, match="not finite"):
        embed_tiles(tmp_path, one, Failing(), at_a_time=len(one))
    source = Counted()
    (path,) = embed_tiles(tmp_path, one, source, at_a_time=2)
    assert source.asked == len(one) - 3
    assert path.read_bytes() == stamp(root)[path.name]


def test_another_source_or_other_tiles_make_a_city_anew(tiles, tmp_path):
    one = tiles[tiles["city_id"] == tiles["city_id"].iloc[0]]
    embed_tiles(tmp_path, one, WorldPatches())
    first = stamp(tmp_path)
    source = Counted(seed=7)
    embed_tiles(tmp_path, one, source)
    assert source.asked == len(one)
    assert stamp(tmp_path) != first
    embed_tiles(tmp_path, one.head(2), source)
    assert len(read_vectors(tmp_path)[0]) == 2


def test_a_journal_goes_on_after_the_last_whole_record(tmp_path):
    path = tmp_path / "1.journal"
    journal = CityJournal(path, "model")
    vectors = {name: np.full(768, number, np.float32) for number, name in enumerate(STORED)}
    for tile_id in (1, 2, 3):
        journal.add(tile_id, vectors, 0.5, 1.0)
    path.write_bytes(path.read_bytes()[:-100])
    again = CityJournal(path, "model")
    assert again.tile_ids == {1, 2}
    again.add(4, vectors, 0.5, 1.0)
    assert CityJournal(path, "model").tile_ids == {1, 2, 4}
    assert CityJournal(path, "another model").tile_ids == set()


def test_a_record_that_was_damaged_is_not_believed(tmp_path):
    path = tmp_path / "1.journal"
    vectors = {name: np.zeros(768, np.float32) for name in STORED}
    journal = CityJournal(path, "model")
    for tile_id in (1, 2):
        journal.add(tile_id, vectors, 0.5, 1.0)
    raw = bytearray(path.read_bytes())
    raw[-5_000] ^= 255
    path.write_bytes(raw)
    assert CityJournal(path, "model").tile_ids == {1}


KILLED = """
import sys, time
from pathlib import Path
from tools.sample.world import make_tiles
from tools.sample.world_patches import WorldPatches
from tools.similarity import embed_tiles

class Slow:
    def __init__(self):
        self.world = WorldPatches()
    def patches(self, tiles):
        with Path(sys.argv[2]).open("a") as log:
            log.write("".join(f"{tile}\\n" for tile in tiles["tile_id"]))
        time.sleep(0.05)
        return self.world.patches(tiles)
    def describe(self):
        return self.world.describe()

tiles = make_tiles("small")
embed_tiles(sys.argv[1], tiles[tiles["city_id"].isin(tiles["city_id"].unique()[:3])], Slow())
"""


def test_kill_9_loses_at_most_the_tile_in_hand(root, tiles, tmp_path):
    log, folder = tmp_path / "asked", tmp_path / "world"
    command = [sys.executable, "-c", KILLED, str(folder), str(log)]
    kills = 0
    for wanted in (2, 8, 13):
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        while process.poll() is None and (not log.exists() or len(log.read_text().split()) < wanted):
            time.sleep(0.01)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
    asked = log.read_text().split()
    assert set(asked) == {str(tile) for tile in tiles["tile_id"]}
    assert kills
    assert len(asked) - len(set(asked)) <= kills
    assert stamp(folder) == stamp(root)


def test_what_is_missing_is_said(tmp_path, tiles):
    with pytest.raises(FileNotFoundError, match="course similarity embed"):
        read_vectors(tmp_path)
    embed_tiles(tmp_path, tiles.head(2), WorldPatches())
    with pytest.raises(ValueError, match="no vectors are called 'average'"):
        read_vectors(tmp_path, ["average"])
    with pytest.raises(FileNotFoundError, match="no vectors of city 5 "):
        read_vectors(tmp_path, cities=[5])
    with pytest.raises(ValueError, match="no column left"):
        embed_tiles(tmp_path, tiles.drop(columns="left"), WorldPatches())
    assert made_from(tmp_path / "vectors" / "5.parquet") is None


def test_a_folder_of_invented_vectors_says_so_and_has_no_patches(root):
    world = open_world(root, methods=["mean"])
    assert provenance.is_synthetic(world.tiles)
    assert list(world.vectors) == ["mean"]
    with pytest.raises(DataError, match="patches were not kept"):
        world.patches(world.tiles.head(1))


def test_the_sample_is_opened_by_its_name_and_from_its_cache_the_second_time(monkeypatch, tmp_path):
    world = open_world(origin="sample", methods=["dominant"])
    monkeypatch.setattr("tools.sample.world_patches.WorldPatches.patches", None)
    again = open_world(origin="sample", methods=["dominant"])
    monkeypatch.undo()
    np.testing.assert_array_equal(world.vectors["dominant"], again.vectors["dominant"])
    assert provenance.is_synthetic(again.tiles)
    assert again.patches(again.tiles.head(2)).shape == (2, 196, 768)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    with pytest.raises(DataError, match="nobody publishes vectors"):
        open_world(origin="open")
