"""The invented Berlin: eight years of embeddings in which only what was planted changes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.features
import shapely
from pyproj import Transformer

from tools import sample, sources
from tools.alphaearth import open_cube
from tools.alphaearth.layout import read_index
from tools.embeddings import cosine_similarity
from tools.sample import berlin
from tools.sample.berlin_events import EVENTS, TARGETS
from tools.sources.reading import read_table


@pytest.fixture(scope="module")
def cube(full_berlin):
    """All years, dequantised: (time, band, y, x)."""
    return open_cube(full_berlin / "alphaearth/v1/annual", berlin.BOUNDS, berlin.YEARS).compute()


@pytest.fixture(scope="module")
def truth(full_berlin, cube) -> gpd.GeoDataFrame:
    return gpd.read_file(full_berlin / "berlin-truth.geojson").to_crs(cube.rio.crs)


@pytest.fixture(scope="module")
def between(cube):
    """Cosine of two years, pixel by pixel."""

    def cosine(a: int, b: int) -> np.ndarray:
        return cosine_similarity(cube.sel(time=a).values, cube.sel(time=b).values, axis=0)

    return cosine


@pytest.fixture(scope="module")
def inside(cube, truth):
    """Number of the planted change whose middle part holds a pixel, from 1 on; -1 near its edge; else 0."""
    where = {"out_shape": cube.shape[-2:], "transform": cube.rio.transform()}
    near = rasterio.features.rasterize(truth.geometry.buffer(300), **where)
    shapes = ((shape.buffer(-60), number + 1) for number, shape in enumerate(truth.geometry))
    core = rasterio.features.rasterize(shapes, **where, dtype="int32")
    return np.where((near > 0) & (core == 0), -1, core)


def bytes_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_makes_the_same_bytes_and_each_step_is_told(small_berlin, tmp_path):
    told = []
    made = sample.make("berlin", tmp_path, size="small", progress=told.append)
    assert told[0] == "land cover"
    assert told[-1].startswith("scene of 2024")
    assert bytes_of(tmp_path) == bytes_of(small_berlin)
    assert sorted(path.relative_to(tmp_path) for path in made) == sorted(bytes_of(small_berlin))


def test_another_seed_makes_another_berlin_at_the_same_places(small_berlin, tmp_path):
    sample.make("berlin", tmp_path, size="small", seed=7)
    other, first = bytes_of(tmp_path), bytes_of(small_berlin)
    assert other.keys() == first.keys()
    assert [name for name in first if name.suffix in (".tif", ".tiff") and other[name] == first[name]] == []
    a, b = (gpd.read_file(folder / "berlin-truth.geojson") for folder in (tmp_path, small_berlin))
    assert a["name"].tolist() == b["name"].tolist()
    assert not a.geometry.geom_equals(b.geometry).any()
    assert a.to_crs(32633).centroid.distance(b.to_crs(32633).centroid).max() < 100


def test_an_unknown_size_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="no size 'huge'; there are: class, small"):
        sample.make("berlin", tmp_path / "x", size="huge")
    assert not (tmp_path / "x").exists()


def test_every_file_that_can_says_that_it_is_synthetic(small_berlin):
    for path in (*small_berlin.rglob("*.tiff"), *small_berlin.rglob("*.tif")):
        with rasterio.open(path) as image:
            assert image.tags()["SYNTHETIC"] == sample.NOTICE
            assert "coarser" in image.tags()["PIXEL"]
    texts = [*small_berlin.rglob("*.json"), *small_berlin.rglob("*.geojson")]
    assert len(texts) > 15
    assert all(sample.NOTICE in path.read_text() for path in texts)


def test_the_whole_fits_on_any_disk(full_berlin):
    assert sum(path.stat().st_size for path in full_berlin.rglob("*") if path.is_file()) < 150e6


def test_tiles_are_laid_out_as_the_bucket_is_one_layer_a_year(full_berlin):
    index = read_index(full_berlin / "alphaearth/v1/annual")
    assert sorted(set(index["year"])) == list(range(2017, 2025))
    assert set(index["utm_zone"]) == {"33N"}
    assert index.groupby("year").size().nunique() == 1
    for path in index["path"]:
        with rasterio.open(full_berlin / "alphaearth" / path) as tile:
            assert tile.res == (100.0, 100.0)
            assert tile.transform.e > 0
            assert (tile.count, tile.dtypes[0], tile.nodata) == (64, "int8", -128)


def test_no_pixel_within_the_bounds_lacks_data_in_any_year(cube):
    assert cube.rio.crs.to_epsg() == 32633
    assert not np.isnan(cube.values).any()


def test_pixels_have_unit_length_after_the_round_trip(cube):
    length = np.sqrt((cube.isel(time=[0, 7]).values ** 2).sum(axis=1))
    assert np.percentile(length, [0.1, 99.9]) == pytest.approx(1, abs=0.012)


def test_what_does_not_change_is_as_alike_as_in_real_data(between, inside):
    """Real forest that stayed has a cosine of 0.970 between two years."""
    by_lag = [
        np.mean([between(a, a + lag)[inside == 0].mean() for a in (2017, 2024 - lag)]) for lag in range(1, 8)
    ]
    assert by_lag[0] < 0.98
    assert by_lag[3] == pytest.approx(0.97, abs=0.004)
    assert by_lag[6] > 0.96
    assert np.all(np.diff(by_lag) < 0), "the further apart, the less alike"


def test_noise_is_alike_nearby_and_stronger_on_fields_than_in_woods(between, inside, cube):
    change = 1 - between(2017, 2018)
    stable = np.where(inside == 0, change, np.nan)
    pairs = np.isfinite(stable[:, :-1]) & np.isfinite(stable[:, 1:])
    assert np.corrcoef(stable[:, :-1][pairs], stable[:, 1:][pairs])[0, 1] > 0.1
    land = berlin.make_land(42, 100.0)  # fields are other fields at another resolution
    xx, yy = np.meshgrid(cube["x"], cube["y"])
    home = Transformer.from_crs(cube.rio.crs, land.grid.crs, always_xy=True).transform(xx.ravel(), yy.ravel())
    fields, woods = (
        land.grid.read(land.share(name), *home).reshape(xx.shape) > 0.9 for name in ("farmland", "woods")
    )
    assert np.nanmean(stable[fields]) > 1.3 * np.nanmean(stable[woods])


def test_what_was_planted_is_as_strong_as_the_truth_says(between, inside, truth):
    cosine = between(2017, 2024)
    noise = 1 - cosine[inside == 0].mean()
    found = np.array([1 - cosine[inside == number + 1].mean() for number in range(len(truth))])
    expected = 1 - (1 - truth["strength"]) * (1 - noise)
    assert found == pytest.approx(expected.to_numpy(), rel=0.4)
    assert np.corrcoef(found, expected)[0, 1] > 0.9
    assert np.median(1 - found) < 0.8
    assert (found > np.quantile(1 - cosine[inside == 0], 0.99)).all()


@pytest.mark.parametrize("number", range(len(EVENTS)), ids=[event.name for event in EVENTS])
def test_a_change_shows_in_its_years_and_in_no_others(between, inside, number):
    event, here = EVENTS[number], inside == number + 1
    still = 1 - between(2017, 2018)[inside == 0].mean()
    for year in range(2018, 2025):
        step = 1 - between(year - 1, year)[here].mean()
        if not event.year_from <= year <= event.year_to:
            assert step < 2.5 * still, f"{event.name} moved in {year}"
    if event.year_from == event.year_to:
        step = 1 - between(event.year_from - 1, event.year_from)[here].mean()
        assert step > 0.6 * event.strength


def test_the_named_places_are_where_they_are(truth):
    to_utm = Transformer.from_crs("EPSG:4326", truth.crs, always_xy=True)
    places = {"Adlershof": (13.533, 52.433), "Tegel": (13.288, 52.559), "Grunewald": (13.228, 52.474)}
    years = {"Adlershof": (2018, 2023), "Tegel": (2021, 2024), "Grunewald": (2022, 2022)}
    for name, at in places.items():
        here = truth[truth["name"].str.startswith(name)]
        assert here.distance(shapely.Point(to_utm.transform(*at))).max() < 2500
        assert (here["year_from"].min(), here["year_to"].max()) == years[name]
    assert truth[truth["name"].str.startswith("Grunewald")].area.sum() == pytest.approx(42e4, rel=0.2)


def test_the_truth_has_the_columns_that_the_catalogue_promises(full_berlin):
    schema = sources.find("berlin-truth").schema
    assert len(read_table(full_berlin / "berlin-truth.geojson", schema)) == len(EVENTS)


def test_the_truth_names_each_change_once_and_keeps_them_apart(truth, cube):
    assert truth["name"].is_unique
    assert set(truth["kind"]) <= set(TARGETS)
    assert (truth["year_from"] <= truth["year_to"]).all()
    others = truth[~truth["name"].str.contains("Adlershof|Tegel|Grunewald")]
    assert len(others) >= 8
    assert others["strength"].max() > 2 * others["strength"].min()
    assert others.area.max() > 10 * others.area.min()
    assert truth.is_valid.all()
    crowded = truth.sindex.query(truth.geometry.buffer(50), predicate="intersects")
    assert (crowded[0] == crowded[1]).all(), "hotspots of two changes must not run into one"
    assert shapely.box(*cube.rio.bounds()).contains(truth.union_all())
