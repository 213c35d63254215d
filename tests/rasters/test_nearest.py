"""Another grid: every pixel is the one in which its centre lies, whatever the blocks."""

import dask.array as da
import numpy as np
import pytest
import rioxarray  # noqa: F401  registers ``.rio``
import xarray as xr
from pyproj import Transformer

from tools.rasters import Grid
from tools.rasters.nearest import nearest

SOURCE = Grid.covering((385_000, 5_820_000, 386_200, 5_821_000), "EPSG:32633", 10)


def cube_of(dtype, lazily=True):
    values = np.random.default_rng(0).integers(-127, 128, (3, *SOURCE.shape)).astype(dtype)
    data = da.from_array(values, chunks=(2, 40, 50)) if lazily else values
    cube = xr.DataArray(data, {"band": ["A00", "A01", "A02"], **SOURCE.centres}, ("band", "y", "x"))
    return cube.rio.write_crs(SOURCE.crs)


def by_definition(cube, grid, nodata):
    x, y = np.meshgrid(grid.centres["x"], grid.centres["y"])
    to_source = Transformer.from_crs(grid.crs, SOURCE.crs, always_xy=True)
    there = cube.compute()
    result = np.full((3, *grid.shape), nodata, cube.dtype)
    for row, column in np.ndindex(grid.shape):
        east, north = to_source.transform(x[row, column], y[row, column])
        west_edge, _, east_edge, north_edge = SOURCE.bounds
        if west_edge <= east < east_edge and SOURCE.bounds[1] < north <= north_edge:
            place = int((north_edge - north) // 10), int((east - west_edge) // 10)
            result[:, row, column] = there.values[:, place[0], place[1]]
    return result


GRIDS = {
    "itself": SOURCE,
    "shifted by whole pixels": Grid.covering((385_300, 5_820_200, 386_500, 5_820_700), "EPSG:32633", 10),
    "finer": Grid.covering((385_101, 5_820_103, 385_401, 5_820_353), "EPSG:32633", 7),
    "coarser": Grid.covering((384_950, 5_819_900, 386_300, 5_821_100), "EPSG:32633", 33),
    "another zone": Grid.covering((791_900, 5_827_300, 793_300, 5_828_500), "EPSG:32632", 23),
    "degrees": Grid.covering((13.3, 52.515, 13.323, 52.528), "EPSG:4326", 0.0003),
}


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_every_pixel_is_the_one_in_which_its_centre_lies(name, dtype):
    cube, grid = cube_of(dtype), GRIDS[name]
    nodata = -128 if dtype == "int8" else np.nan
    found = nearest(cube, grid)
    wanted = by_definition(cube, grid, nodata)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == dtype
    np.testing.assert_allclose(Grid.of(found).bounds, grid.bounds, rtol=1e-12)
    assert found.rio.crs == grid.crs
    assert (wanted[0] != nodata).mean() > 0.1  # the grids do meet


def test_blocks_change_nothing():
    cube, grid = cube_of("int8"), GRIDS["another zone"]
    rows, columns = (20, 20, grid.height - 40), (25, grid.width - 25)
    in_blocks = nearest(cube, grid, (rows, columns))
    assert in_blocks.chunks == ((3,), rows, columns)
    np.testing.assert_array_equal(in_blocks, nearest(cube, grid))


def test_a_block_reads_only_what_lies_under_it():
    read = []

    def note(block, block_info):
        read.append(block_info[0]["chunk-location"])
        return block

    cube = cube_of("int8")
    cube = cube.copy(data=cube.data.map_blocks(note, dtype=np.int8, meta=np.empty((0, 0, 0), np.int8)))
    corner = Grid.covering((385_000, 5_820_900, 385_100, 5_821_000), "EPSG:32633", 10)
    nearest(cube, corner).compute(scheduler="sync")
    assert sorted(read) == [(0, 0, 0), (1, 0, 0)]


def test_a_grid_elsewhere_has_no_data():
    elsewhere = Grid.covering((485_000, 5_820_000, 485_200, 5_820_300), "EPSG:32633", 10)
    assert (nearest(cube_of("int8"), elsewhere) == -128).all()
    assert nearest(cube_of("float32"), elsewhere).isnull().all()


def test_a_cube_in_memory_is_taken_too():
    grid = GRIDS["finer"]
    np.testing.assert_array_equal(
        nearest(cube_of("int8", lazily=False), grid), nearest(cube_of("int8"), grid)
    )


def test_one_band_by_itself_is_no_cube():
    with pytest.raises(ValueError, match=r"expected a cube \(band, y, x\), got \('y', 'x'\)"):
        nearest(cube_of("int8")[0], SOURCE)
