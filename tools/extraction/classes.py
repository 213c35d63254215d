"""The classes of a region's pixels: k-means learnt from some of them, and each block assigned by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dask.array as da
import numpy as np
import xarray as xr

from tools import provenance
from tools.embeddings import N_BANDS, NODATA, dequantise
from tools.extraction.areas import cube_over, in_crs, inside
from tools.extraction.points import mark_of
from tools.extraction.roads import by_earthengine, tiles_of
from tools.rasters.grids import Grid
from tools.sources import DataError
from tools.sources.earthengine.regions import PIXEL, Region

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

NO_CLASS = -1
_STRIP = 64  # rows made floats at a time: 16 MB of a block that is 1,024 wide


def classify_region(
    region: Region,
    year: int,
    n_clusters: int,
    *,
    seed: int = 42,
    resolution: float | None = None,
    n_samples: int = 20_000,
    n_starts: int = 100,
    data: str = "liverpool-alphaearth",
    origin: str | None = None,
    size: str | None = None,
) -> xr.DataArray:
    """Group a region's pixels into classes and return which class each of them is in.

    Parameters
    ----------
    region : table with geometry, shape in degrees, or (west, south, east, north)
        A table in any CRS.
    year : int
        Of the embeddings.
    n_clusters : int
        How many classes, 2 to 127.
    seed : int, optional
        Of the sample and of the starts.
    resolution : float, optional
        Side of a pixel in metres; the data's own where not given. A coarser one is read from overviews, which
        are means, and takes as much less time.
    n_samples : int, optional
        From how many pixels at most the classes are learnt.
    n_starts : int, optional
        How many random starts k-means makes; not on Earth Engine, whose k-means starts once.
    data : str, optional
        Catalogue's name of the pixels, where they come from files.
    origin : {"sample", "open", "earthengine"}, optional
        By default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Of pixels that come in several sizes.

    Returns
    -------
    xarray.DataArray of int8, dims (y, x)
        North-up, with ``rio.crs``; classes from 0 in the order of `tools.kmeans.order_centres`, so that 0 is
        A; -1, which is ``rio.nodata``, outside the region and where there is no data.
        ``attrs["flag_meanings"]`` names the classes by letters. From files it is lazy: blocks are read when
        it is computed.

    Raises
    ------
    DataError
        If the region has no embeddings of that year, or they cannot be had.
    ValueError
        If `n_clusters` is not 2 to 127.

    Examples
    --------
    >>> classes = classify_region((-3.0, 53.38, -2.94, 53.42), 2024, 5)  # doctest: +SKIP
    >>> classes.rio.to_raster("classes.tif")  # doctest: +SKIP
    """
    if not 2 <= n_clusters <= 127:
        raise ValueError(f"n_clusters={n_clusters}: expected 2 to 127 classes")
    if by_earthengine(origin):
        from tools.sources import earthengine

        earthengine.initialise()
        how = {"n_samples": n_samples, "seed": seed, "ordered": True}
        image = earthengine.kmeans_classes(region, year, n_clusters, **how)
        return _named(earthengine.class_raster(image, region, year, scale=resolution or PIXEL), n_clusters)
    tiles = tiles_of(data, origin, size)
    cube = cube_over(region, year, tiles, resolution=resolution, chunk_bands=N_BANDS)
    grid = Grid.of(cube)
    shape = in_crs(region, grid.crs)
    vectors = _sample(cube, grid, shape, n_samples, seed)
    if len(vectors) < n_clusters:
        raise DataError(
            f"{len(vectors)} pixels of the region hold data, too few for {n_clusters} classes: take a larger "
            "region, a finer resolution, or fewer classes"
        )
    from tools.kmeans import kmeans_many_starts  # here, since its kernels take seconds to load

    found = kmeans_many_starts(vectors, n_clusters, n_starts=n_starts, random_state=seed)
    stored = {"dtype": np.int8, "meta": np.empty((0, 0), np.int8), "drop_axis": 0}
    classes = da.map_blocks(_assign, cube.data, centres=found.centres, grid=grid, shape=shape, **stored)
    raster = xr.DataArray(classes, {name: cube[name] for name in ("y", "x")}, ("y", "x"), name="class")
    raster = raster.rio.write_crs(grid.crs).rio.write_transform(grid.transform).rio.write_nodata(NO_CLASS)
    return _named(provenance.mark(raster, mark_of(data, origin)), n_clusters)


def _sample(
    cube: xr.DataArray, grid: Grid, shape: BaseGeometry, n_samples: int, seed: int
) -> NDArray[np.float32]:
    """Return the vectors of some pixels inside, drawn at random; of those, the ones that hold data."""
    places = np.flatnonzero(inside(shape, grid))
    random = np.random.default_rng(seed)
    drawn = np.sort(random.choice(places, min(n_samples, len(places)), replace=False))
    row, column = np.divmod(drawn, grid.width)
    stored = cube.data.vindex[:, row, column].compute()
    stored = stored if stored.shape[0] == len(drawn) else stored.T
    return dequantise(np.ascontiguousarray(stored[stored[:, 0] != NODATA]))


def _assign(
    block: NDArray[np.int8], centres: NDArray[np.float32], grid: Grid, shape: BaseGeometry, block_info: dict
) -> NDArray[np.int8]:
    """Return the nearest centre of each pixel of one block, strip by strip."""
    rows, columns = (slice(*span) for span in block_info[0]["array-location"][1:])
    wanted = inside(shape, grid.part(rows, columns)) & (block[0] != NODATA)
    classes = np.full(wanted.shape, NO_CLASS, np.int8)
    half = (centres**2).sum(axis=1) / 2
    for first in range(0, len(wanted), _STRIP):
        strip = slice(first, first + _STRIP)
        vectors = dequantise(block[:, strip][:, wanted[strip]])
        classes[strip][wanted[strip]] = (centres @ vectors - half[:, None]).argmax(axis=0)
    return classes


def _named(raster: xr.DataArray, n_clusters: int) -> xr.DataArray:
    from tools.kmeans import name_clusters

    numbers = np.arange(n_clusters)
    raster.attrs |= {
        "long_name": "class",
        "flag_values": numbers.astype(np.int8),
        "flag_meanings": " ".join(name_clusters(numbers)),
    }
    return raster
