import tracemalloc

import dask
import dask.array as da
import numpy as np
import pytest
import rioxarray  # noqa: F401  registers ``.rio``
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from tools import provenance
from tools.change.hotspots import find_hotspots

SIDE = 100.0
HECTARE = 10_000.0


def map_of(values, west=390_000.0, north=5_820_000.0, crs="EPSG:32633"):
    """A change map of 100 m pixels over Berlin."""
    height, width = values.shape
    where = {
        "y": north - SIDE * (np.arange(height) + 0.5),
        "x": west + SIDE * (np.arange(width) + 0.5),
    }
    return xr.DataArray(values, where, ("y", "x")).rio.write_crs(crs)


def rough(seed, shape=(23, 31), missing=0.05):
    """Random change with regions of all sizes, and some pixels without data."""
    rng = np.random.default_rng(seed)
    values = ndimage.gaussian_filter(rng.normal(size=shape), 1.2).astype("float32")
    values = np.abs(values) / np.abs(values).max()
    values[rng.random(shape) < missing] = np.nan
    return values


def measures(found):
    """What does not depend on where a region lies, nor on which of equals is named first."""
    table = found[["pixels", "area_m2", "mean_strength", "max_strength", "score"]]
    return np.array(sorted(table.round(6).itertuples(index=False, name=None))).reshape(-1, 5)


seeds = st.integers(0, 10_000)


@settings(max_examples=10)
@given(seeds, st.sampled_from([4, 8]), st.floats(0.2, 0.6))
def test_regions_are_those_of_a_labelling_of_the_whole_map(seed, connectivity, threshold):
    values = rough(seed)
    found = find_hotspots(map_of(values), threshold, min_area_m2=0, connectivity=connectivity)
    structure = ndimage.generate_binary_structure(2, 1 if connectivity == 4 else 2)
    labels, count = ndimage.label(values > threshold, structure)
    every = np.arange(1, count + 1)
    assert sorted(found["pixels"]) == sorted(np.bincount(labels.ravel())[1:])
    assert sorted(found["max_strength"]) == sorted(ndimage.maximum(values, labels, every))
    np.testing.assert_allclose(
        sorted(found["mean_strength"]), sorted(ndimage.mean(values, labels, every)), rtol=1e-6
    )


@settings(max_examples=10)
@given(seeds, st.integers(2, 24), st.integers(3, 32), st.sampled_from([4, 8]), st.sampled_from([0, 3]))
def test_how_the_map_is_cut_into_blocks_does_not_show(seed, rows, columns, connectivity, hectares):
    change = map_of(rough(seed))
    settings_ = {"min_area_m2": hectares * HECTARE, "connectivity": connectivity}
    whole = find_hotspots(change, 0.3, **settings_)
    cut = find_hotspots(change.chunk({"y": rows, "x": columns}), 0.3, **settings_)
    np.testing.assert_allclose(cut["score"], whole["score"], rtol=1e-9)
    assert shapely.equals(cut.geometry.to_numpy(), whole.geometry.to_numpy()).all()
    assert cut.attrs == whole.attrs


@settings(max_examples=12)
@given(seeds, st.integers(0, 3), st.booleans(), st.sampled_from([4, 8]))
def test_turning_or_mirroring_the_map_changes_no_region(seed, turns, mirrored, connectivity):
    values = rough(seed)
    turned = np.rot90(values[:, ::-1] if mirrored else values, turns).copy()
    settings_ = {"min_area_m2": 0, "connectivity": connectivity}
    np.testing.assert_allclose(
        measures(find_hotspots(map_of(turned), 0.3, **settings_)),
        measures(find_hotspots(map_of(values), 0.3, **settings_)),
    )


@settings(max_examples=10)
@given(seeds, st.integers(-500, 500), st.integers(-500, 500))
def test_shifting_the_map_shifts_every_region_as_far(seed, right, up):
    values = rough(seed)
    here = find_hotspots(map_of(values), 0.3)
    there = find_hotspots(map_of(values, west=390_000 + right * 10, north=5_820_000 + up * 10), 0.3)
    moved = here.geometry.translate(right * 10, up * 10)
    assert shapely.equals(moved.to_numpy(), there.geometry.to_numpy()).all()
    np.testing.assert_allclose(there["score"], here["score"])


@settings(max_examples=10)
@given(seeds)
def test_a_higher_threshold_finds_regions_within_those_of_a_lower(seed):
    change = map_of(rough(seed))
    low, high = (find_hotspots(change, t, min_area_m2=0) for t in (0.25, 0.4))
    assert high["area_m2"].sum() <= low["area_m2"].sum()
    assert high.geometry.union_all().difference(low.geometry.union_all()).area == 0


@settings(max_examples=10)
@given(seeds, st.sampled_from([4, 8]))
def test_outlines_are_valid_apart_and_as_large_as_their_pixels(seed, connectivity):
    found = find_hotspots(map_of(rough(seed)), 0.3, min_area_m2=0, connectivity=connectivity)
    assert found.geometry.is_valid.all()
    np.testing.assert_allclose(found.area, found["area_m2"])
    np.testing.assert_allclose(found["area_m2"], found["pixels"] * SIDE**2)
    np.testing.assert_allclose(found.geometry.union_all().area, found["area_m2"].sum())


def test_pixels_that_touch_at_a_corner_belong_together_only_among_eight_neighbours():
    change = map_of(np.eye(4, dtype="float32"))
    assert find_hotspots(change, 0.5, connectivity=8)["pixels"].tolist() == [4]
    assert find_hotspots(change, 0.5, connectivity=4)["pixels"].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("chunks", [(1, 1), (2, 2), (2, 3), (4, 4)])
def test_a_corner_where_four_blocks_meet_joins_or_separates_like_any_other(chunks):
    for values in (np.eye(4), np.eye(4)[::-1]):
        change = map_of(values.astype("float32")).chunk(dict(zip("yx", chunks, strict=True)))
        assert len(find_hotspots(change, 0.5, connectivity=8)) == 1
        assert len(find_hotspots(change, 0.5, connectivity=4)) == 4


@pytest.mark.parametrize("chunks", [None, 2])
def test_a_strip_without_data_keeps_two_regions_apart(chunks):
    values = np.full((5, 7), 0.8, "float32")
    values[:, 3] = np.nan
    found = find_hotspots(map_of(values).chunk(chunks) if chunks else map_of(values), 0.5)
    assert found["pixels"].tolist() == [15, 15]
    assert found.attrs["valid_pixels"] == 30


def test_a_region_around_a_hole_keeps_the_hole():
    values = np.full((5, 5), 0.8, "float32")
    values[2, 2] = 0.1
    found = find_hotspots(map_of(values).chunk(2), 0.5)
    assert found.area.tolist() == [24 * SIDE**2]


def test_regions_below_the_least_area_are_left_out_but_counted():
    values = np.zeros((6, 6), "float32")
    values[0, 0] = values[3, 2] = values[3, 3] = 0.9
    found = find_hotspots(map_of(values).chunk(3), 0.5, min_area_m2=1.5 * HECTARE)
    assert found["pixels"].tolist() == [2]
    assert found.attrs["pixels_above"] == 3


def test_rank_is_by_area_times_strength():
    values = np.zeros((8, 8), "float32")
    values[0:4, 0:4], values[6, 6] = 0.3, 0.9
    found = find_hotspots(map_of(values), 0.2)
    assert found.index.tolist() == [1, 2]
    assert found["score"].tolist() == pytest.approx([16 * HECTARE * 0.3, HECTARE * 0.9])


def test_equal_regions_are_named_from_north_to_south_and_west_to_east():
    values = np.zeros((5, 5), "float32")
    values[[0, 0, 4], [0, 4, 2]] = 0.5
    found = find_hotspots(map_of(values).chunk(2), 0.2)
    corners = found.bounds[["minx", "maxy"]].to_numpy().tolist()
    assert corners == [[390_000, 5_820_000], [390_400, 5_820_000], [390_200, 5_819_600]]


def test_a_region_tells_where_on_earth_it_is():
    values = np.zeros((3, 3), "float32")
    values[1, 1] = 1
    found = find_hotspots(map_of(values), 0.5)
    assert (round(found["lon"].item(), 2), round(found["lat"].item(), 2)) == (13.38, 52.52)


def test_a_map_without_change_or_without_data_has_no_hotspots_and_says_how_much_it_looked_at():
    for values, valid in ((np.zeros((4, 4), "float32"), 16), (np.full((4, 4), np.nan, "float32"), 0)):
        found = find_hotspots(map_of(values), 0.2)
        assert found.empty
        assert found.crs == "EPSG:32633"
        assert list(found.columns[:3]) == ["area_m2", "pixels", "mean_strength"]
        assert found.attrs["valid_pixels"] == valid


def test_where_the_map_came_from_goes_with_its_hotspots():
    made = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
    change = provenance.mark(map_of(np.ones((3, 3), "float32")), made)
    assert provenance.every(find_hotspots(change, 0.5)) == [made]


def test_a_lazy_map_is_never_in_memory_whole():
    """150 MB of map pass through less than a quarter of that."""
    shape, block = (6144, 6144), 1024

    def make(block_info=None):
        values = np.zeros((block, block), "float32")
        values[500:510, :] = 0.5  # a band across the whole map, which every block only holds a piece of
        return values

    chunks = ((block,) * 6, (block,) * 6)
    lazy = map_of(np.broadcast_to(np.float32(0), shape)).copy(
        data=da.map_blocks(make, chunks=chunks, dtype="float32", meta=np.empty((0, 0), "float32"))
    )
    tracemalloc.start()
    try:
        with dask.config.set(scheduler="synchronous"):
            found = find_hotspots(lazy, 0.2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found["pixels"].tolist() == [10 * shape[1]] * 6
    assert peak < lazy.nbytes / 4


@pytest.mark.parametrize(
    ("change", "wrong", "words"),
    [
        (map_of(np.ones((2, 2)), crs="EPSG:4326"), {}, "reproject"),
        (map_of(np.ones((2, 2))).expand_dims("time"), {}, "one pair of years"),
        (map_of(np.ones((2, 2), int)), {}, "NaN for no data"),
        (map_of(np.ones((2, 2))), {"threshold": float("nan")}, "threshold is a number"),
        (map_of(np.ones((2, 2))), {"connectivity": 6}, "4 .sides. or 8"),
        (map_of(np.ones((2, 2))), {"min_area_m2": -1}, "0 m² or more"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(change, wrong, words):
    with pytest.raises(ValueError, match=words):
        find_hotspots(change, **{"threshold": 0.5, **wrong})
