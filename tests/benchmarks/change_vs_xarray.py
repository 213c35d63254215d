"""Change of a million pixels in memory: from the bytes, beside dequantising and summing by xarray."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from tests.benchmarks.harness import compare
from tests.benchmarks.stored_images import two_years
from tools.change import change_between
from tools.embeddings import BANDS, N_BANDS, NODATA
from tools.rasters import Grid

SIDE = 1024


def run() -> list[dict[str, Any]]:
    """Measure and record the comparison."""
    cube = make_cube()
    change_between(cube, 2017, 2024)  # all is compiled before the clock runs
    return [
        compare(
            "change_vs_xarray",
            lambda: change_between(cube, 2017, 2024, normalise=False),
            lambda: dequantised_and_summed(cube, 2017, 2024),
            sizes={"pixels": SIDE**2, "bands": N_BANDS, "years": 2},
            check=same,
            target=20,
            libraries=("xarray", "numpy", "numba"),
            note=(
                "from memory; both give 1 − dot product as a DataArray; theirs dequantises both years to "
                "float32, multiplies, and sums over the bands"
            ),
        )
    ]


def dequantised_and_summed(cube: xr.DataArray, year_from: int, year_to: int) -> xr.DataArray:
    """Write the definition down, as one does in a notebook."""
    stored = cube.astype(np.float32)
    vectors = (np.sign(stored) * (stored / np.float32(127.5)) ** 2).where(cube != NODATA)
    return 1 - (vectors.sel(time=year_from) * vectors.sel(time=year_to)).sum("band", skipna=False)


def make_cube() -> xr.DataArray:
    """Two years of one place, as `open_cube` would give them, in memory."""
    grid = Grid.covering((380_000, 5_800_000, 380_000 + SIDE * 10, 5_800_000 + SIDE * 10), "EPSG:32633", 10)
    where = {"time": [2017, 2024], "band": list(BANDS), **grid.centres}
    cube = xr.DataArray(np.stack(two_years(SIDE, SIDE)), where, ("time", "band", "y", "x"))
    return cube.rio.write_crs(grid.crs).rio.write_transform(grid.transform)


def same(ours: xr.DataArray, theirs: xr.DataArray) -> None:
    """Equal to 1e-5, and missing alike."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
