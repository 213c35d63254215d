"""Data sets that come in sizes: the sample is made in the size, of a published file a part is taken."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tools import provenance, sample, sources
from tools.embeddings import BANDS
from tools.sample.subset import kept
from tools.sources import DataError, listing

REGION, POINTS, BUILDINGS = "liverpool-region", "liverpool-points", "liverpool-buildings"
PIXELS, CHARACTERISTICS, TILES = "liverpool-pixels", "liverpool-characteristics", "liverpool-alphaearth"
TABLES = (REGION, POINTS, BUILDINGS, PIXELS, CHARACTERISTICS)
SHARE = 20_000 / 642_717


@pytest.fixture(scope="module")
def once_made(tmp_path_factory) -> Path:
    """A small Liverpool, made once."""
    folder = tmp_path_factory.mktemp("liverpool")
    sample.make("liverpool", folder, size="small")
    return folder


@pytest.fixture
def makes(once_made, own_cache, monkeypatch) -> list[tuple[str, str]]:
    """What was made during the test: place and size; to save time, always the small Liverpool."""
    noted = []

    def make(place, folder, *, seed, size, progress):
        noted.append((place, size))
        shutil.copytree(once_made, folder)

    monkeypatch.setattr(sample, "make", make)
    return noted


@pytest.fixture
def published(once_made, own_cache, tmp_path, monkeypatch) -> dict[str, pd.DataFrame]:
    """A mirror with files of the published pack's names and forms, and a catalogue that pins them."""
    mirror = tmp_path / "mirror"
    rng = np.random.default_rng(1)
    toids = [f"osgb{1000000000000000 + number}" for number in rng.choice(10**9, 6000, replace=False)]
    vectors = rng.normal(size=(6000, 64))
    vectors = pd.DataFrame(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), columns=list(BANDS))
    where = pd.DataFrame(
        {"TOID": toids, "lon": rng.uniform(-3.1, -2.8, 6000), "lat": rng.uniform(53.4, 53.5, 6000)}
    )
    points = gpd.GeoDataFrame(
        where[["TOID"]], geometry=gpd.points_from_xy(where["lon"], where["lat"], crs=4326)
    )
    raw = pd.DataFrame({"TOID": toids[500:], "BUILT_FORM": "Detached", "PROPERTY_TYPE": "House"})
    raw = raw.assign(CONSTRUCTION_AGE_BAND=None, NON_DOMESTIC=[True, False] * 2750)
    files = {
        POINTS: points.to_crs(27700),
        BUILDINGS: where.join(vectors),
        PIXELS: pd.concat([vectors] * 5, ignore_index=True),
        CHARACTERISTICS: raw,
    }
    text = listing._FILE.read_text()
    region = gpd.read_file(once_made / "liverpool-region.geojson").to_crs(27700)
    for name in (REGION, *files):
        file = sources.find(name).origin("open").files[0]
        path = mirror / name / file.name
        path.parent.mkdir(parents=True)
        if name == REGION:
            region.to_file(path, layer="lcrca")
        else:
            files[name].to_parquet(path)
        body = path.read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
        assert text.count(file.checksum.digest) == 1
        text = text.replace(file.checksum.digest, blob)
    catalogue = tmp_path / "catalog.yml"
    catalogue.write_text(text)
    monkeypatch.setattr(listing, "_FILE", catalogue)
    monkeypatch.setenv("COURSE_MIRROR", str(mirror))
    return files


def test_each_size_of_the_sample_is_made_once_in_a_folder_of_its_own(makes, own_cache):
    for name in (*TABLES, BUILDINGS):
        sources.open(name)
    assert makes == [("liverpool", "class")]
    sources.open(BUILDINGS, size="full")
    assert makes == [("liverpool", "class"), ("liverpool", "full")]
    folders = sorted(path.name for path in (own_cache / "sample").iterdir() if path.is_dir())
    assert folders == ["liverpool-class", "liverpool-full"]


def test_sizes_are_verified_apart(makes, own_cache):
    sources.get(BUILDINGS)
    (own_cache / "sample" / "liverpool-class" / "liverpool-buildings.parquet").unlink()
    assert [file.state for file in sources.verify(BUILDINGS)] == ["missing"]
    assert [file.state for file in sources.verify(POINTS)] == ["ok"]
    assert {file.state for file in sources.verify(TILES)} == {"ok"}
    assert [file.state for file in sources.verify(POINTS, size="full")] == ["missing"]


def test_buildings_of_the_sample_are_points_with_vectors_in_single_precision(makes):
    buildings = sources.open(BUILDINGS)
    assert buildings.crs == "EPSG:4326"
    assert list(buildings) == ["TOID", *BANDS, "geometry"]
    assert (buildings.dtypes[list(BANDS)] == "float32").all()
    assert provenance.is_synthetic(buildings)
    assert buildings.geometry.geom_equals_exact(sources.open(POINTS).geometry, 1e-9).all()


def test_pixels_of_each_size_come_from_its_own_tiles(makes, own_cache):
    tiles = sources.mosaic(TILES, size="full")
    assert Path(tiles.root) == own_cache / "sample" / "liverpool-full" / "alphaearth" / "v1" / "annual"
    cube = sources.open(TILES, bounds=(-2.99, 53.4, -2.95, 53.42), years=2024, size="class")
    assert cube.dims == ("band", "y", "x")
    assert provenance.of(cube).name == TILES
    assert makes == [("liverpool", "full"), ("liverpool", "class")]


def test_the_small_size_is_the_default_of_published_files_too(published):
    buildings = sources.open(BUILDINGS, origin="open")
    expected = published[BUILDINGS][kept(published[BUILDINGS]["TOID"], SHARE)]
    assert 100 < len(buildings) < 300
    assert buildings["TOID"].tolist() == expected["TOID"].tolist()
    np.testing.assert_allclose(buildings[list(BANDS)], expected[list(BANDS)], atol=1e-7)
    np.testing.assert_allclose(buildings.geometry.x, expected["lon"])
    assert not provenance.is_synthetic(buildings)
    assert "not to be passed on" in provenance.footnote(buildings)


def test_tables_of_one_pack_agree_on_which_rows_they_keep(published):
    points, buildings = sources.open(POINTS, origin="open"), sources.open(BUILDINGS, origin="open")
    raw = sources.open(CHARACTERISTICS, origin="open")
    assert points["TOID"].tolist() == buildings["TOID"].tolist()
    assert set(raw["TOID"]) == set(points["TOID"]) & set(published[CHARACTERISTICS]["TOID"])
    assert points.crs == "EPSG:4326"
    assert points.geometry.geom_equals_exact(buildings.geometry, 1e-6).all()


def test_all_rows_are_there_for_who_asks_for_them(published):
    assert len(sources.open(BUILDINGS, origin="open", size="full")) == 6000
    assert len(sources.open(PIXELS, origin="open", size="full")) == 30_000


def test_pixels_without_names_are_drawn_by_the_hash_of_their_number(published):
    pixels = sources.open(PIXELS, origin="open")
    assert pixels.shape == (20_000, 64)
    assert (pixels.dtypes == "float32").all()
    pd.testing.assert_frame_equal(pixels, sources.open(PIXELS, origin="open"))


def test_the_region_comes_whole_in_every_size_and_in_degrees(published):
    small, full = (sources.open(REGION, origin="open", size=size) for size in ("class", "full"))
    assert small.geometry.geom_equals(full.geometry).all()
    assert small.crs == "EPSG:4326"
    assert -3.3 < small.total_bounds[0] < small.total_bounds[2] < -2.5


def test_a_raw_column_of_true_and_false_is_handed_on_as_text(published):
    raw = sources.open(CHARACTERISTICS, origin="open", size="full")
    assert set(raw["NON_DOMESTIC"]) == {"True", "False"}
    assert raw["CONSTRUCTION_AGE_BAND"].isna().all()


def test_an_unknown_size_names_those_there_are():
    with pytest.raises(DataError, match=r"no size 'ful': did you mean 'full'\? Valid: class, full"):
        sources.open(BUILDINGS, size="ful")


@pytest.mark.parametrize("ask", [sources.open, sources.get, sources.verify, partial(sources.mosaic)])
def test_a_data_set_of_one_size_refuses_to_be_asked_for_another(ask):
    with pytest.raises(
        DataError, match=r"'london-alphaearth' comes in one size only; leave out size='class'"
    ):
        ask("london-alphaearth", size="class")


def test_a_readers_own_file_is_taken_whole_whatever_the_size(published, tmp_path):
    own = tmp_path / "own.parquet"
    published[BUILDINGS].to_parquet(own)
    assert len(sources.open(own, like=BUILDINGS, size="class")) == 6000
