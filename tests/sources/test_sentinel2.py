"""Scenes without clouds, by one road: a catalogue on disk, one behind an address, an API that searches."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import pytest
import rasterio
import xarray as xr

from tests.sources.mirror_server import serving_folder
from tests.sources.stac_server import StacServer, serving_stac
from tools import provenance, sample, sources
from tools.sources import sentinel2, stac
from tools.sources.stac import find_scenes

BOUNDS = (13.20, 52.45, 13.40, 52.58)
WHOLE = (13.08, 52.33, 13.76, 52.68)
SCENES = "berlin-sentinel2"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A cache with a small Berlin, made through the front door."""
    cache = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(cache))
        patch.setattr(sample, "make", partial(sample.make, size="small"))
        sources.get(SCENES, "sample")
    return cache


@pytest.fixture
def cache(made, monkeypatch) -> Path:
    monkeypatch.setenv("COURSE_CACHE", str(made))
    return made


@pytest.fixture(scope="module")
def catalogue(made) -> Path:
    return made / "sample" / "berlin" / "sentinel-2" / "catalog.json"


@pytest.fixture
def api(catalogue, monkeypatch):
    monkeypatch.setitem(stac.PATIENCE, "backoff_factor", 0.01)
    with serving_stac(StacServer(catalogue)) as running:
        yield running


@pytest.fixture(scope="module")
def from_disk(catalogue) -> xr.DataArray:
    return sentinel2.open_medians(catalogue, BOUNDS, [2017, 2024]).compute()


def test_a_name_of_the_catalogue_gives_medians_of_the_years_asked_for(cache):
    medians = sources.open(SCENES, bounds=BOUNDS, years=[2017, 2024], resolution=300)
    assert medians.dims == ("time", "band", "y", "x")
    assert medians["time"].values.tolist() == [2017, 2024]
    assert medians["band"].values.tolist() == ["B02", "B03", "B04", "B08", "B11"]
    assert medians.dtype == np.float32
    assert medians.rio.crs.to_epsg() == 32633
    assert medians.rio.transform().e < 0
    assert medians.attrs["scenes"] == {"2017": 6, "2024": 7}
    assert provenance.is_synthetic(medians)
    values = medians.compute()
    assert float(values.isnull().mean()) < 0.02
    assert 0 < float(values.min()) < float(values.max()) < 0.6
    assert set(sources.verify(SCENES)) == {
        sources.FileState(file.path, "ok") for file in sources.verify(SCENES)
    }
    assert {".json", ".tif"} == {file.path.suffix for file in sources.verify(SCENES)}


def test_nothing_is_read_before_it_is_needed(catalogue, tmp_path):
    """Opened, its pixels taken away, put back, computed: only the last needs them."""
    copy = tmp_path / "sentinel-2"
    shutil.copytree(catalogue.parent, copy)
    medians = sentinel2.open_medians(copy / "catalog.json", BOUNDS, 2024)
    assert dask.is_dask_collection(medians)
    away = tmp_path / "away"
    (copy / "sentinel-2-l2a").rename(away)
    with pytest.raises(OSError, match=r"B0|SCL|No such file"):
        medians.compute()
    away.rename(copy / "sentinel-2-l2a")
    assert np.isfinite(medians.compute().values).mean() > 0.98


def test_medians_equal_a_reference_that_reads_whole_scenes(catalogue):
    """On the scenes' own pixels nothing is resampled but the coarser classes, whose pixels are repeated."""
    with rasterio.open(next(catalogue.parent.rglob("B04.tif"))) as source:
        side, (height, width), left, top = source.res[0], source.shape, source.transform.c, source.transform.f
    medians = sentinel2.open_medians(catalogue, WHOLE, 2024, dilate_m=60).compute()
    row, column = (
        round((top - medians["y"].values[0]) / side - 0.5),
        round((medians["x"].values[0] - left) / side - 0.5),
    )
    rows, columns = slice(row, row + medians.sizes["y"]), slice(column, column + medians.sizes["x"])

    stack, masks = {name: [] for name in ("B02", "B03", "B04", "B08")}, []
    for item in find_scenes(catalogue, WHOLE, 2024):
        scl = read(item, "scl").repeat(2, 0).repeat(2, 1)
        hazard = np.pad(np.isin(scl, (0, 3, 8, 9, 10)), 1)  # the grid ends where the scenes do
        near = np.zeros(scl.shape, bool)
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                near |= hazard[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        masks.append(np.isin(scl, (4, 5, 6, 7)) & ~near)
        for name, key in (("B02", "blue"), ("B03", "green"), ("B04", "red"), ("B08", "nir")):
            stack[name].append(read(item, key))
    for name, numbers in stack.items():
        expected = np.ma.median(np.ma.masked_array(numbers, ~np.array(masks)), axis=0).filled(np.nan) / 10_000
        np.testing.assert_allclose(medians.sel(time=2024, band=name), expected[rows, columns], rtol=1e-5)


def read(item, key: str) -> np.ndarray:
    with rasterio.open(item.assets[key].get_absolute_href()) as source:
        return source.read(1)


def test_an_api_and_files_give_the_same_numbers(api, from_disk):
    medians = sentinel2.open_medians(api.url, BOUNDS, [2017, 2024])
    xr.testing.assert_identical(medians.compute(), from_disk)
    assert api.ranges > 0


def test_the_search_names_place_year_and_cloud_and_follows_its_pages(api):
    items = find_scenes(api.url, BOUNDS, 2024)
    assert len(items) == 7
    first = api.searches[0]
    assert first["collections"] == ["sentinel-2-l2a"]
    assert tuple(first["bbox"]) == BOUNDS
    assert first["datetime"] == "2024-01-01T00:00:00Z/2024-12-31T23:59:59Z"
    assert first["query"] == {"eo:cloud_cover": {"lt": 20.0}}
    assert [asked.get("token", 0) for asked in api.searches] == [0, 3, 6]
    assert items == sorted(items, key=lambda item: item.datetime)


def test_an_api_that_cannot_ask_for_clouds_is_sifted_here(api):
    api.with_query = False
    assert len(find_scenes(api.url, BOUNDS, 2024)) == 7
    assert "query" not in api.searches[0]


def test_a_busy_api_is_asked_again(api):
    api.failures = 2
    assert len(find_scenes(api.url, BOUNDS, 2017)) == 6


def test_an_api_that_stays_busy_is_one_error_that_names_the_sample(api):
    api.failures = 100
    with pytest.raises(sources.DataError, match=r"cannot be read.*origin='sample'"):
        find_scenes(api.url, BOUNDS, 2017)


def test_an_address_without_a_catalogue_is_one_error(tmp_path):
    with pytest.raises(sources.DataError, match=r"none\.json cannot be read"):
        find_scenes(tmp_path / "none.json", BOUNDS, 2017)


def test_the_open_origin_reads_a_mirror_where_there_is_one(
    cache, catalogue, tmp_path, monkeypatch, from_disk
):
    shutil.copytree(catalogue.parent, tmp_path / SCENES)
    with serving_folder(tmp_path) as address:
        monkeypatch.setenv("COURSE_MIRROR", address)
        medians = sources.open(SCENES, origin="open", bounds=BOUNDS, years=[2017, 2024])
        assert np.array_equal(medians.values, from_disk.values, equal_nan=True)
    assert "Copernicus" in provenance.footnote(medians)
    assert not provenance.is_synthetic(medians)


def test_the_open_origin_keeps_no_files():
    assert sources.get(SCENES, "open") == []
    assert sources.verify(SCENES, "open") == []


@pytest.mark.parametrize("chunk", [16, 37])
def test_blocks_leave_no_seams_where_clouds_are_widened(catalogue, from_disk, monkeypatch, chunk):
    monkeypatch.setattr(sentinel2, "_CHUNK", chunk)
    medians = sentinel2.open_medians(catalogue, BOUNDS, [2017, 2024])
    assert max(medians.chunks[-1]) <= chunk
    assert np.array_equal(medians.values, from_disk.values, equal_nan=True)


def test_widening_clouds_takes_away_their_veil(catalogue):
    """Where single scenes are compared with the year's median, edges of clouds are what is wrong."""
    item = find_scenes(catalogue, WHOLE, 2024)[1]
    scl = read(item, "scl").repeat(2, 0).repeat(2, 1)[None]
    clear = sentinel2.usable_pixels(scl, 0)[0]
    wide = sentinel2.usable_pixels(scl, 1)[0]
    assert not (wide & ~clear).any()
    others = [read(each, "blue") for each in find_scenes(catalogue, WHOLE, 2024)]
    wrong = read(item, "blue") - np.median(others, axis=0)
    assert np.quantile(wrong[clear & ~wide], 0.9) > 5 * np.quantile(np.abs(wrong[wide]), 0.9)


def test_a_class_between_two_is_never_invented(catalogue):
    """At other pixels than the scenes' own, classes are still those that the scenes hold."""
    seen = []

    def spy(scl, reach, *, plain=sentinel2.usable_pixels):
        seen.append(np.unique(scl))
        return plain(scl, reach)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sentinel2, "usable_pixels", spy)
        sentinel2.open_medians(catalogue, BOUNDS, 2024, resolution=70).compute(scheduler="sync")
    there = np.unique(
        np.concatenate([np.unique(read(i, "scl")) for i in find_scenes(catalogue, BOUNDS, 2024)])
    )
    assert set(np.concatenate(seen).tolist()) <= {0, *there.tolist()}


def test_the_grid_is_the_one_that_was_asked_for(catalogue):
    medians = sentinel2.open_medians(catalogue, BOUNDS, 2017, resolution=100)
    assert medians.rio.resolution() == (100, -100)
    assert (medians["x"].values[0] - 50) % 100 == 0
    west, south, east, north = medians.rio.transform_bounds("EPSG:4326")
    assert west <= BOUNDS[0]
    assert south <= BOUNDS[1]
    assert east >= BOUNDS[2]
    assert north >= BOUNDS[3]
    other = sentinel2.open_medians(catalogue, BOUNDS, 2017, resolution=400, crs="EPSG:3035").compute()
    assert other.rio.crs.to_epsg() == 3035
    assert np.isfinite(other.values).mean() > 0.9


def test_medians_lie_on_the_pixels_of_another_array(catalogue, from_disk):
    """Shifted by less than a pixel, as a cube of embeddings whose tiles begin elsewhere."""
    other = from_disk.sel(time=2017, band="B02", drop=True).isel(y=slice(5, 25), x=slice(5, 30))
    other = other.assign_coords(x=other["x"] + 70, y=other["y"] + 40)
    medians = sentinel2.open_medians(catalogue, BOUNDS, 2017, grid=other)
    assert np.array_equal(medians["x"], other["x"])
    assert np.array_equal(medians["y"], other["y"])
    near = from_disk.sel(time=2017).interp(x=other["x"], y=other["y"]).values
    assert np.nanmedian(np.abs(medians.sel(time=2017).values - near)) < 0.01
    with pytest.raises(sources.DataError, match="either `grid`, or `resolution`"):
        sentinel2.open_medians(catalogue, BOUNDS, 2017, grid=other, resolution=100)


def test_years_come_in_order_and_once(catalogue):
    assert sentinel2.open_medians(catalogue, BOUNDS, [2024, 2017, 2024])["time"].values.tolist() == [
        2017,
        2024,
    ]


def test_another_crs_needs_a_resolution(catalogue):
    with pytest.raises(sources.DataError, match="`resolution` is needed: the scenes are in EPSG:32633"):
        sentinel2.open_medians(catalogue, BOUNDS, 2017, crs="EPSG:3035")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"years": 2020}, "no scene of 2020 .* the years there are: 2017, 2024"),
        ({"years": []}, "at least one year"),
        ({"bounds": (3.1, 52.3, 3.7, 52.6)}, "no scene of 2017 .* check that bounds are west"),
        ({"bounds": (13.4, 52.45, 13.2, 52.58)}, "each pair rising"),
        ({"bounds": (1_480_000, 6_880_000, 1_500_000, 6_900_000)}, "in degrees"),
        ({"max_cloud": 1}, "none of the 7 scenes of 2017 .* the clearest has .* raise max_cloud"),
        ({"collection": "landsat"}, "no collection 'landsat'; there are: sentinel-2-l2a"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(catalogue, asked, said):
    with pytest.raises(sources.DataError, match=said):
        sentinel2.open_medians(catalogue, **({"bounds": BOUNDS, "years": 2017} | asked))


def test_pixels_need_bounds_and_years(cache):
    with pytest.raises(sources.DataError, match="holds pixels: say which"):
        sources.open(SCENES, years=2017)


def test_a_median_of_nothing_is_missing_and_of_two_is_between():
    numbers = np.array([[[1000, 7, 800]], [[3000, 7, 600]], [[9000, 500, 0]]], np.uint16)
    usable = np.array([[[1, 0, 1]], [[1, 0, 1]], [[0, 0, 0]]], bool)
    assert sentinel2.clear_median(numbers, usable)[0] == pytest.approx([0.2, np.nan, 0.07], nan_ok=True)


def test_a_zero_is_dark_where_the_classes_say_ground():
    numbers = np.array([[[0, 0]], [[0, 0]], [[600, 600]]], np.uint16)
    usable = np.array([[[1, 0]], [[1, 0]], [[1, 1]]], bool)
    assert sentinel2.clear_median(numbers, usable)[0] == pytest.approx([0, 0.06])


def test_the_edge_of_a_scene_is_left_out_where_its_classes_end_and_kept_where_the_grid_ends():
    classes = np.full((1, 9, 12), 4, np.uint8)
    classes[..., 8:] = 0
    usable = sentinel2._usable(da.from_array(classes, chunks=(1, 4, 5)), 2).compute()[0]
    assert usable[:, :6].all()
    assert not usable[:, 6:].any()


@pytest.mark.live
@pytest.mark.skipif(os.environ.get("COURSE_LIVE") != "1", reason="set COURSE_LIVE=1 to try real addresses")
def test_the_public_catalogue_still_has_berlin(own_cache):
    medians = sources.open(
        SCENES, origin="open", bounds=(13.28, 52.55, 13.30, 52.56), years=2024, resolution=20
    )
    values = medians.compute()
    assert medians.attrs["scenes"]["2024"] > 10
    assert np.isfinite(values.values).mean() > 0.99
    assert 0.01 < float(values.sel(band="B04").median()) < 0.4
