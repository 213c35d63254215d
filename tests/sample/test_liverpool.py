"""Liverpool's files: what a lesson and its reader find, and that every size shows one place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from scipy.spatial import cKDTree

from tools import sample
from tools.alphaearth import sample_points
from tools.alphaearth.layout import read_index
from tools.embeddings import BANDS
from tools.sample import liverpool
from tools.sample.fields import stream
from tools.sample.liverpool_buildings import make_buildings
from tools.sample.liverpool_land import ARCHETYPES, BOUNDS, HOMES, make_region
from tools.sample.subset import kept, lottery

ROOT = Path("alphaearth") / "v1" / "annual"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with the small region."""
    made = tmp_path_factory.mktemp("liverpool")
    sample.make("liverpool", made, size="small")
    return made


@pytest.fixture(scope="module")
def region():
    """The land of the small region, in memory."""
    return make_region(42, 200.0)


@pytest.fixture(scope="module")
def homes(region):
    """Its buildings, in memory."""
    return make_buildings(region, 42, 40_000)


def bytes_of(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_makes_the_same_bytes_and_each_step_is_told(folder, tmp_path):
    told = []
    made = sample.make("liverpool", tmp_path, size="small", progress=told.append)
    assert (told[0], told[-1]) == ("land, towns and estates", "a sample of pixels")
    assert bytes_of(tmp_path) == bytes_of(folder)
    assert sorted(path.relative_to(tmp_path) for path in made) == sorted(bytes_of(folder))


def test_another_seed_makes_another_region(folder, tmp_path):
    sample.make("liverpool", tmp_path, size="small", seed=7)
    other, first = bytes_of(tmp_path), bytes_of(folder)
    assert other.keys() == first.keys()
    assert [name.name for name in first if other[name] == first[name]] in ([], ["aef_index.parquet"])


def test_an_unknown_size_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="no size 'huge'; there are: class, full, small"):
        sample.make("liverpool", tmp_path / "x", size="huge")
    assert not (tmp_path / "x").exists()


def test_every_file_says_that_it_is_synthetic(folder):
    for path in folder.glob("*.parquet"):
        assert pq.read_schema(path).metadata[b"synthetic"].decode() == sample.NOTICE
    assert sample.NOTICE in (folder / "liverpool-region.geojson").read_text()
    for tile in (folder / ROOT).rglob("*.tiff"):
        with rasterio.open(tile) as source:
            assert source.tags()["SYNTHETIC"] == sample.NOTICE
            assert source.tags()["PIXEL"] == "200 m, coarser than AlphaEarth's 10 m"
            assert "synthetic" in tile.name


def test_identifiers_have_the_shape_of_real_ones_and_cannot_be_taken_for_them(folder):
    points = gpd.read_parquet(folder / "liverpool-points.parquet")
    assert points["TOID"].is_unique
    assert points["TOID"].str.fullmatch(r"osgb9999\d{12}").all()


def test_the_tables_have_the_columns_of_the_published_pack(folder):
    assert list(gpd.read_parquet(folder / "liverpool-points.parquet")) == ["TOID", "geometry"]
    buildings = pd.read_parquet(folder / "liverpool-buildings.parquet")
    assert list(buildings) == ["TOID", "lon", "lat", *BANDS]
    assert (buildings[list(BANDS)].dtypes == "float32").all()
    assert list(pd.read_parquet(folder / "liverpool-pixels.parquet")) == list(BANDS)
    assert list(pd.read_parquet(folder / "liverpool-characteristics.parquet")) == [
        "TOID",
        "BUILT_FORM",
        "PROPERTY_TYPE",
        "CONSTRUCTION_AGE_BAND",
        "NON_DOMESTIC",
    ]


def test_extracting_the_points_gives_exactly_the_table_of_buildings(folder):
    points = gpd.read_parquet(folder / "liverpool-points.parquet")
    buildings = pd.read_parquet(folder / "liverpool-buildings.parquet")
    assert points["TOID"].tolist() == buildings["TOID"].tolist()
    pd.testing.assert_frame_equal(sample_points(folder / ROOT, points, 2024), buildings[list(BANDS)])
    assert not buildings.isna().any(axis=None)


def test_vectors_are_of_unit_length(folder):
    for name in ("liverpool-buildings", "liverpool-pixels"):
        vectors = pd.read_parquet(folder / f"{name}.parquet")[list(BANDS)]
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=0.01)


def test_buildings_lie_in_the_region_and_there_are_pixels_some_way_beyond_it(folder):
    outline = gpd.read_file(folder / "liverpool-region.geojson").to_crs(32630)
    points = gpd.read_parquet(folder / "liverpool-points.parquet").to_crs(32630)
    assert points.within(outline.geometry.iloc[0].buffer(15)).all()
    ring = outline.geometry.iloc[0].buffer(300).exterior if outline.geom_type[0] == "Polygon" else None
    rings = [ring] if ring else [part.exterior for part in outline.geometry.iloc[0].buffer(300).geoms]
    edge = gpd.GeoSeries(
        [one.interpolate(d) for one in rings for d in np.arange(0, one.length, 2000)], crs=32630
    )
    assert sample_points(folder / ROOT, edge, 2024)["A00"].notna().all()
    far = gpd.GeoSeries.from_xy([-3.2], [53.65], crs=4326)
    assert sample_points(folder / ROOT, far, 2024)["A00"].isna().all()


def test_the_region_is_about_as_large_as_the_real_one_and_lies_where_it_does(region):
    outline = region.ground.outline
    assert outline.area / 1e6 == pytest.approx(740, rel=0.06)  # km²; the real one has about 724
    assert len(outline.geoms) == 3  # both banks of the Mersey, and the Wirral
    assert outline.is_valid
    frame = gpd.GeoSeries([outline], crs=region.ground.landscape.grid.crs).to_crs(4326)
    assert shapely.box(*BOUNDS).buffer(0.005).contains(frame.iloc[0])


def test_shares_of_land_cover_add_up(region):
    cover = region.ground.landscape.cover
    assert cover.min() >= 0
    np.testing.assert_allclose(cover.sum(axis=0), 1, atol=1e-4)


def test_buildings_stand_along_streets_and_none_on_another(region, homes):
    where = np.column_stack([homes.x, homes.y])
    assert cKDTree(where).query(where, k=2)[0][:, 1].min() > 0.05
    grid = region.ground.landscape.grid
    rows, columns = (grid.north - homes.y) // grid.resolution, (homes.x - grid.west) // grid.resolution
    angle = region.estates.angle[region.estates.of_pixel[rows.astype(int), columns.astype(int)]]
    across = homes.y * np.cos(angle) - homes.x * np.sin(angle)
    from_the_middle = np.abs(across - 52 * np.round(across / 52))
    # Within an estate nobody lives on the roadway, or far from it; chance would put half of them there.
    assert ((from_the_middle > 6) & (from_the_middle < 19)).mean() > 0.85


def test_neighbours_are_of_one_age_and_the_old_town_is_older(homes):
    where = np.column_stack([homes.x, homes.y])
    beside = cKDTree(where).query(where, k=2)[1][:, 1]
    assert np.corrcoef(homes.age, homes.age[beside])[0, 1] > 0.75
    middle = np.hypot(*where.T) < 3000
    new_town = np.hypot(homes.x - 20_400, homes.y + 9_600) < 2000
    assert np.median(homes.age[middle]) < np.median(homes.age) < np.median(homes.age[new_town])


def test_what_a_place_looks_like_follows_its_age(region, homes):
    names = np.array([archetype.name for archetype in ARCHETYPES])[homes.kind]
    medians = [np.median(homes.age[names == name]) for name in ("terraces", "semis", "slabs", "closes")]
    assert medians == sorted(medians)
    assert {home.name for home in HOMES} <= set(names)


def test_more_buildings_than_there_is_room_for_are_refused(region):
    a_quarter = replace(region, ground=replace(region.ground, outline=shapely.Point(800, 600).buffer(600)))
    with pytest.raises(ValueError, match="there is room for"):
        make_buildings(a_quarter, 42, 50_000)


def test_a_part_of_the_buildings_is_chosen_by_hash_whatever_table_they_are_in(homes):
    chosen = kept(homes.toid, 0.1)
    assert chosen.mean() == pytest.approx(0.1, abs=0.01)
    rng = stream(1, "any order")
    order = rng.permutation(len(homes.toid))
    assert set(homes.toid[order][kept(homes.toid[order], 0.1)]) == set(homes.toid[chosen])
    assert set(homes.toid[kept(homes.toid, 0.05)]) < set(homes.toid[chosen])
    assert ((lottery(homes.toid) >= 0) & (lottery(homes.toid) < 1)).all()


def test_the_smaller_size_is_a_part_of_the_larger_one(monkeypatch):
    """Full and class differ in how many they keep and in their pixels, not in the place."""
    full, part = liverpool.SIZES["full"], liverpool.SIZES["class"]
    assert (full.of, full.fields) == (part.of, part.fields) == (642_717, 50.0)
    assert full.buildings == full.of
    assert (full.metres, part.metres) == (10.0, 25.0)


def test_tiles_are_indexed_in_one_zone(folder):
    index = read_index(folder / ROOT)
    assert set(index["utm_zone"]) == {"30N"}
    assert set(index["year"]) == {2024}
    assert all((folder / ROOT.parent.parent / path).is_file() for path in index["path"])
