"""The mean of every band over every area, each pixel weighted by how much of it the area covers."""

from __future__ import annotations

from typing import NamedTuple

import dask
import dask.array as da
import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from scipy import sparse
from shapely import STRtree, box

from tools import provenance
from tools.embeddings import dequantise
from tools.rasters.grids import Grid, blocks

_BLOCK = (16, 1024, 1024)  # bands, rows, columns: 64 MB of float32


class _Cover(NamedTuple):
    """Which areas lie on a block, and the share of each of its pixels that each covers."""

    areas: np.ndarray
    shares: sparse.csr_array


def zonal_means(cube: xr.DataArray, areas: gpd.GeoDataFrame, *, suffix: str = "_mean") -> pd.DataFrame:
    """Return the area-weighted mean of every band over every area.

    A pixel that an area's edge cuts counts by the share that lies inside; a pixel without data counts for
    nothing. The cube is worked through block by block, so that of a lazy one only a few are in memory.

    Parameters
    ----------
    cube : xarray.DataArray, dims (band, y, x)
        North-up, with a CRS; float with NaN for no data, or stored embeddings (int8), which are dequantised.
    areas : geopandas.GeoDataFrame
        Polygons in any CRS; they are reprojected to the cube's.
    suffix : str, optional
        Added to a band's name to name its column.

    Returns
    -------
    pandas.DataFrame of float32
        One row an area, with its index; columns ``A00_mean``…; NaN for an area without a pixel of data.

    Raises
    ------
    ValueError
        If the cube's dimensions or dtype are others, if the areas are not polygons, or if either has no CRS.

    Examples
    --------
    >>> import rioxarray
    >>> cube = xr.DataArray(
    ...     [[[1.0, 4.0], [2.0, np.nan]]],
    ...     {"band": ["A00"], "y": [15.0, 5.0], "x": [5.0, 15.0]},
    ...     ("band", "y", "x"),
    ... ).rio.write_crs("EPSG:32630")
    >>> areas = gpd.GeoDataFrame(geometry=[box(5, 10, 20, 20), box(0, 0, 20, 10)], crs="EPSG:32630")
    >>> zonal_means(cube, areas)["A00_mean"].tolist()
    [3.0, 2.0]

    Notes
    -----
    The shares are exactextract's [1]_. They are found once for all bands and kept as a sparse matrix, so that
    the sums over a band are one matrix product.

    References
    ----------
    .. [1] D. Baston, *exactextract*, https://github.com/isciences/exactextract
    """
    _check(cube, areas)
    if cube.chunks is None:
        cube = cube.copy(data=da.from_array(cube.data, chunks=_BLOCK, name=False))
    grid = Grid.of(cube)
    shapes = areas.geometry.to_crs(grid.crs).to_numpy()
    tree = STRtree(shapes)

    sums = []
    for rows in blocks(cube.chunksizes["y"]):
        for columns in blocks(cube.chunksizes["x"]):
            part = grid.part(rows, columns)
            touching = np.sort(tree.query(box(*part.bounds), predicate="intersects"))
            if not touching.size:
                continue
            cover = dask.delayed(_cover)(part, touching, shapes[touching])
            sums += [
                dask.delayed(_sum)(cover, bands, cube.data[bands, rows, columns])
                for bands in blocks(cube.chunksizes["band"])
            ]

    total = np.zeros((len(areas), cube.sizes["band"]))
    weight = np.zeros_like(total)
    for touching, bands, block_total, block_weight in dask.compute(*sums):
        total[touching, bands] += block_total
        weight[touching, bands] += block_weight

    means = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
    names = [f"{band}{suffix}" for band in cube["band"].to_numpy()]
    table = pd.DataFrame(means.astype(np.float32), index=areas.index, columns=names)
    return provenance.carry(table, areas, cube)


def _cover(grid: Grid, areas: np.ndarray, shapes: np.ndarray) -> _Cover:
    everywhere = np.broadcast_to(np.int8(1), grid.shape)
    west, south, east, north = grid.bounds
    found = exact_extract(
        NumPyRasterSource(everywhere, west, south, east, north, srs_wkt=grid.crs.to_wkt()),
        gpd.GeoDataFrame(geometry=shapes, crs=grid.crs),
        ["cell_id", "coverage"],
        output="pandas",
    )
    ends = np.concatenate([[0], found["cell_id"].map(len).cumsum()])
    shares = np.concatenate(found["coverage"].to_list())
    cells = np.concatenate(found["cell_id"].to_list())
    return _Cover(areas, sparse.csr_array((shares, cells, ends), shape=(len(areas), everywhere.size)))


def _sum(cover: _Cover, bands: slice, block: np.ndarray) -> tuple:
    total = np.empty((len(cover.areas), len(block)))
    weight = np.empty_like(total)
    known = None
    for number, band in enumerate(block):
        values = (dequantise(band) if band.dtype == np.int8 else band).ravel()
        valid = np.isfinite(values)
        total[:, number] = cover.shares @ np.where(valid, values, 0)
        if known is None or not np.array_equal(valid, known):  # bands mostly lack the same pixels
            known, known_weight = valid, cover.shares @ valid
        weight[:, number] = known_weight
    return cover.areas, bands, total, weight


def _check(cube: xr.DataArray, areas: gpd.GeoDataFrame) -> None:
    if cube.dims != ("band", "y", "x"):
        raise ValueError(
            f"expected a cube (band, y, x), got {cube.dims}: pick one year first, as in `cube.sel(time=2024)`"
        )
    if cube.dtype.kind != "f" and cube.dtype != np.int8:
        raise ValueError(
            f"expected float, or stored embeddings (int8), got {cube.dtype}: "
            "make it float, with NaN for no data, as in `rioxarray.open_rasterio(path, masked=True)`"
        )
    if areas.crs is None:
        raise ValueError("the areas have no CRS: say which with `areas.set_crs('EPSG:…')`")
    if not areas.geom_type.dropna().isin(["Polygon", "MultiPolygon"]).all():
        found = ", ".join(sorted(set(areas.geom_type.dropna())))
        raise ValueError(f"expected polygons, got {found}: `areas.buffer(metres)` makes areas of them")
