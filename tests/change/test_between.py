"""The map of change: from files or memory, with its gaps stated and what cannot be compared refused."""

import tracemalloc

import dask
import numpy as np
import pytest
import shapely

from tests.change.bucket import CRS, FIRST, LAST, NORTH, PIXEL, WEST, bounds_of, write_bucket
from tools import provenance
from tools.alphaearth import open_cube
from tools.change import change_between, change_gaps, change_kernel, change_of, change_statistics
from tools.embeddings import NODATA

SIDE = 96


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    root = tmp_path_factory.mktemp("bucket") / "v1" / "annual"
    return root, write_bucket(root, SIDE)


def opened(bucket, years=(FIRST, LAST), columns=1, **how):
    how = {"bounds": bounds_of(SIDE, columns=columns), "bounds_crs": CRS, "dequantised": False} | how
    return open_cube(bucket[0], years=list(years) if isinstance(years, tuple) else years, **how)


def expected(bucket):
    _, tiles = bucket
    return change_kernel(tiles[FIRST, "west"], tiles[LAST, "west"])


def test_change_between_files_is_that_of_their_pixels(bucket):
    change = change_between(opened(bucket), FIRST, LAST)
    np.testing.assert_array_equal(change.values, expected(bucket))
    assert np.isnan(change.values).sum() == 25  # the holes of both years together
    assert change.dims == ("y", "x")
    assert change.dtype == np.float32
    assert change.rio.crs == CRS
    assert change.rio.bounds() == bounds_of(SIDE)
    assert np.isnan(change.rio.nodata)


def test_the_map_says_what_it_is_of(bucket):
    provenance_of_cube = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
    cube = provenance.mark(opened(bucket), provenance_of_cube)
    change = change_between(cube, FIRST, LAST)
    assert (change.attrs["year_from"], change.attrs["year_to"]) == (FIRST, LAST)
    assert "2017 and 2024" in change.attrs["meaning"]
    assert change.attrs["long_name"] == "Change (1 − cosine similarity)"
    assert "dot product" in change_between(cube, FIRST, LAST, normalise=False).attrs["long_name"]
    assert provenance.every(change) == [provenance_of_cube]
    assert change.name == "change"


def test_nothing_is_read_until_it_is_needed(bucket, monkeypatch):
    def fail(*_):
        raise AssertionError("a block was read")

    monkeypatch.setattr("tools.alphaearth.cube.read_pixels", fail)
    change = change_between(opened(bucket, columns=2), FIRST, LAST)
    assert dask.is_dask_collection(change.data)
    assert len(change_gaps(change)) == 1
    with pytest.raises(AssertionError, match="a block was read"):
        change.compute()


def test_a_cube_in_memory_gives_the_same_at_once(bucket):
    lazy = change_between(opened(bucket), FIRST, LAST)
    change = change_between(opened(bucket).compute(), FIRST, LAST)
    assert isinstance(change.data, np.ndarray)
    np.testing.assert_array_equal(change, lazy)
    assert {**change.attrs, "_FillValue": None} == {**lazy.attrs, "_FillValue": None}


def test_a_dequantised_cube_gives_the_same(bucket):
    for normalise in (True, False):
        of_bytes = change_between(opened(bucket), FIRST, LAST, normalise=normalise)
        for cube in (opened(bucket, dequantised=True), opened(bucket, dequantised=True).compute()):
            of_floats = change_between(cube, FIRST, LAST, normalise=normalise)
            np.testing.assert_allclose(of_floats, of_bytes, rtol=0, atol=1e-5)


def test_chunks_of_any_shape_give_the_same(bucket):
    cube = opened(bucket)
    for chunks in ({"y": 7, "x": 50}, {"band": 1, "y": -1}, {"time": 2, "band": 64, "x": 33}, -1):
        np.testing.assert_array_equal(change_between(cube.chunk(chunks), FIRST, LAST), expected(bucket))


def test_a_part_of_a_cube_is_a_part_of_the_map(bucket):
    cube = opened(bucket, columns=2).isel(y=slice(10, 60), x=slice(30, 130))
    change = change_between(cube, FIRST, LAST)
    whole = change_between(opened(bucket, columns=2), FIRST, LAST)
    np.testing.assert_array_equal(change, whole[10:60, 30:130])
    assert change_gaps(change)["share"].tolist() == [pytest.approx((130 - SIDE) / 100)]


def test_only_a_few_blocks_are_in_memory_at_once(tmp_path, monkeypatch):
    write_bucket(tmp_path, 512, east=False)
    monkeypatch.setattr("tools.alphaearth.cube.BLOCK", 64)
    cube = open_cube(tmp_path, bounds_of(512), [FIRST, LAST], bounds_crs=CRS, dequantised=False)
    with dask.config.set(scheduler="threads", num_workers=2):
        change_between(cube[..., :64, :64], FIRST, LAST).compute()  # compiles the kernel
        tracemalloc.start()
        change_between(cube, FIRST, LAST).compute()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    block, result = 2 * 64 * 64 * 64, 4 * 512 * 512
    assert cube.nbytes == 64 * block
    assert peak < result + 20 * block


class TestYears:
    def test_the_later_year_first_is_refused_with_the_reason(self, bucket):
        with pytest.raises(ValueError, match="2024 and 2017: change is the same in both directions"):
            change_between(opened(bucket), LAST, FIRST)
        with pytest.raises(ValueError, match=r"`before` is of 2024 and `after` of 2017: swap them"):
            change_of(opened(bucket, LAST), opened(bucket, FIRST))

    def test_one_year_twice_is_no_change_between_years(self, bucket):
        with pytest.raises(ValueError, match="`year_from` comes before `year_to`"):
            change_between(opened(bucket), FIRST, FIRST)

    def test_a_year_out_of_range_lists_those_there_are(self, bucket):
        with pytest.raises(ValueError, match=r"no year 2016; the years there are: 2017, 2024"):
            change_between(opened(bucket), 2016, LAST)

    def test_a_cube_of_one_year_is_no_cube_of_years(self, bucket):
        with pytest.raises(ValueError, match=r"expected a cube \(time, band, y, x\)"):
            change_between(opened(bucket, LAST), FIRST, LAST)

    def test_years_stand_in_the_cube_in_any_order(self, bucket):
        change = change_between(opened(bucket, (LAST, FIRST)), FIRST, LAST)
        np.testing.assert_array_equal(change, expected(bucket))
        assert change.attrs["year_from"] == FIRST


class TestGaps:
    def test_a_tile_missing_in_one_year_is_a_stated_gap_without_data(self, bucket):
        change = change_between(opened(bucket, columns=2), FIRST, LAST)
        np.testing.assert_array_equal(change[:, :SIDE], expected(bucket))
        assert change[:, SIDE:].isnull().all()
        (gap,) = change_gaps(change).itertuples()
        assert (gap.year, gap.share) == (FIRST, 0.5)
        missing = shapely.box(WEST + SIDE * PIXEL, NORTH - SIDE * PIXEL, WEST + 2 * SIDE * PIXEL, NORTH)
        assert gap.geometry.equals(missing)
        assert change_gaps(change).crs == CRS

    def test_years_with_all_their_tiles_have_no_gap(self, bucket):
        assert change_gaps(change_between(opened(bucket), FIRST, LAST)).empty

    def test_what_no_year_covers_is_a_gap_of_both(self, bucket):
        west, south, east, north = bounds_of(SIDE)
        beyond = opened(bucket, bounds=(west - 96 * PIXEL, south, east, north))
        gaps = change_gaps(change_between(beyond, FIRST, LAST))
        assert gaps[["year", "share"]].to_numpy().tolist() == [[FIRST, 0.5], [LAST, 0.5]]

    def test_a_map_that_does_not_know_its_tiles_says_so(self, bucket):
        cube = opened(bucket)
        del cube.attrs["footprint"]
        with pytest.raises(ValueError, match=r"does not know which tiles.*change_statistics"):
            change_gaps(change_between(cube, FIRST, LAST))

    def test_an_area_without_data_has_no_statistics(self, bucket):
        cube = opened(bucket, columns=2).isel(x=slice(SIDE, None))
        change = change_between(cube, FIRST, LAST)
        assert change.isnull().all()
        with pytest.raises(ValueError, match="no pixel of 9216 has data in both 2017 and 2024"):
            change_statistics(change)


class TestGrids:
    def test_years_on_one_grid_need_no_aligning(self, bucket):
        change = change_of(opened(bucket, FIRST), opened(bucket, LAST))
        np.testing.assert_array_equal(change, expected(bucket))
        assert (change.attrs["year_from"], change.attrs["year_to"]) == (FIRST, LAST)

    @pytest.mark.parametrize(
        ("how", "told"),
        [
            ({"crs": "EPSG:32632", "resolution": 10}, "EPSG:32633 and EPSG:32632"),
            ({"resolution": 20}, "pixels of 10 and 20.* 96 × 96 and 48 × 48"),
            ({"bounds": (WEST + 40, NORTH - 960, WEST + 960, NORTH)}, r"\(385000, 5820000\) and \(385040, "),
        ],
    )
    def test_years_on_different_grids_are_refused_with_the_difference(self, bucket, how, told):
        with pytest.raises(ValueError, match=rf"different grids: .*{told}.*align='nearest'"):
            change_of(opened(bucket, FIRST), opened(bucket, LAST, **how))

    def test_nearest_takes_whole_pixels_where_they_coincide(self, bucket):
        shifted = opened(bucket, LAST, bounds=(WEST + 40, NORTH - 960, WEST + 960, NORTH - 70))
        change = change_of(opened(bucket, FIRST), shifted, align="nearest")
        wanted = expected(bucket).copy()
        wanted[:7], wanted[:, :4] = np.nan, np.nan
        np.testing.assert_array_equal(change, wanted)
        assert change.rio.bounds() == bounds_of(SIDE)

    def test_nearest_takes_a_year_from_another_zone(self, bucket):
        west, south, east, north = bounds_of(SIDE)
        wider = (west - 200, south - 200, east + 200, north + 200)
        other = opened(bucket, LAST, bounds=wider, crs="EPSG:32632", resolution=2)
        change = change_of(opened(bucket, FIRST), other, align="nearest")
        assert change.rio.crs == CRS
        # Through finer pixels of the other zone, the nearest is the very pixel but for some at edges.
        assert (np.nan_to_num(change.values, nan=-1) == np.nan_to_num(expected(bucket), nan=-1)).mean() > 0.75

    def test_nearest_is_lazy_and_alike_in_memory(self, bucket):
        shifted = opened(bucket, LAST, bounds=(WEST + 43, NORTH - 960, WEST + 960, NORTH), resolution=7)
        lazy = change_of(opened(bucket, FIRST), shifted, align="nearest")
        assert dask.is_dask_collection(lazy.data)
        now = change_of(opened(bucket, FIRST).compute(), shifted.compute(), align="nearest")
        assert isinstance(now.data, np.ndarray)
        np.testing.assert_array_equal(now, lazy)

    def test_a_grid_without_a_crs_is_refused(self, bucket):
        bare = opened(bucket, LAST).drop_vars("spatial_ref")
        with pytest.raises(ValueError, match="has no CRS"):
            change_of(opened(bucket, FIRST), bare)


class TestRefusals:
    def test_stored_and_dequantised_years_do_not_mix(self, bucket):
        with pytest.raises(TypeError, match=r"`before` is int8 and `after` float32"):
            change_of(opened(bucket, FIRST), opened(bucket, LAST, dequantised=True))

    def test_another_way_to_align_is_unknown(self, bucket):
        with pytest.raises(ValueError, match="`align` is 'refuse' or 'nearest', got 'cubic'"):
            change_of(opened(bucket, FIRST), opened(bucket, LAST), align="cubic")

    def test_some_bands_are_no_embedding(self, bucket):
        with pytest.raises(ValueError, match="`before` has 3 bands, an embedding 64"):
            change_between(opened(bucket).isel(band=slice(3)), FIRST, LAST)

    def test_a_cube_of_several_years_is_not_one_year(self, bucket):
        with pytest.raises(ValueError, match=r"`after` is a cube \(band, y, x\) of one year"):
            change_of(opened(bucket, FIRST), opened(bucket))

    def test_bounds_in_the_wrong_order_or_crs_are_explained(self, bucket):
        with pytest.raises(ValueError, match="each pair rising"):
            opened(bucket, bounds=(WEST, NORTH, WEST + 500, NORTH - 500))
        with pytest.raises(ValueError, match=r"not degrees.*bounds_crs"):
            opened(bucket, bounds_crs="EPSG:4326")


def test_a_vector_missing_in_part_is_missing(bucket):
    cube = opened(bucket).compute()
    cube[0, 17, 50, 60] = NODATA
    assert change_between(cube, FIRST, LAST).isnull()[50, 60]
