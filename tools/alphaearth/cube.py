"""AlphaEarth as one lazy array: bands over a grid, whatever the tiles and UTM zones beneath."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import dask.array as da
import geopandas as gpd
import numpy as np
import rioxarray  # noqa: F401  registers ``.rio``
import xarray as xr
from rasterio.crs import CRS
from rasterio.warp import transform_bounds
from shapely import box, union_all

from tools.alphaearth.geotiff import BLOCK
from tools.alphaearth.index import find_tiles
from tools.alphaearth.layout import locate, read_index
from tools.alphaearth.tiles import open_tile, read_pixels
from tools.embeddings import BANDS, N_BANDS, NODATA, dequantise
from tools.rasters.grids import Bounds, Grid, cut


class _Tile(NamedTuple):
    """A file, the zone it lies in, and its bounds in the units of the grid that is asked for."""

    address: str
    zone: CRS
    bounds: Bounds


def open_cube(
    root: str | Path,
    bounds: Bounds,
    years: int | Iterable[int],
    *,
    bounds_crs: object = "EPSG:4326",
    crs: object = None,
    resolution: float | None = None,
    dequantised: bool = True,
    index: gpd.GeoDataFrame | None = None,
    chunk_bands: int = 16,
) -> xr.DataArray:
    """Open AlphaEarth embeddings within bounds as one lazy array; pixels are read when they are needed.

    Where all tiles lie in one UTM zone, and neither `crs` nor `resolution` is given, the pixels are the
    files' own. Otherwise each pixel takes the value of the nearest one.

    Parameters
    ----------
    root : str or pathlib.Path
        Folder or http(s) URL of ``…/v1/annual``.
    bounds : (west, south, east, north)
        In units of `bounds_crs`; the grid covers them, and whole pixels.
    years : int or iterable of int
        A list of years adds the dimension ``time``.
    bounds_crs : anything that rasterio takes for a CRS, optional
        Longitude and latitude where not given.
    crs : anything that rasterio takes for a CRS, optional
        Of the array; the UTM zone with most of the area where not given.
    resolution : float, optional
        Side of a pixel in units of `crs`; the files' own where not given. A coarser one is read from the
        files' overviews, which are means.
    dequantised : bool, optional
        False leaves the stored bytes: a quarter of the memory.
    index : geopandas.GeoDataFrame, optional
        As `read_index` gives it, where it is not in `root` or has been read before.
    chunk_bands : int, optional
        How many bands, a divisor of 64, are read at once: 1 for the sake of a single band, 64 for whole
        vectors.

    Returns
    -------
    xarray.DataArray
        Dims (band, y, x), or (time, band, y, x); bands A00 to A63; north-up, with its CRS; float32 with NaN
        for no data, or int8 with -128. ``attrs["footprint"]`` is what tiles cover of it in each year, as WKT
        in its CRS.

    Raises
    ------
    ValueError
        If the bounds are not bounds, if no tile touches them, or if a year has none there.
    FileNotFoundError
        If there is no index.
    OSError
        When computed: if a tile cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from affine import Affine
    >>> from tools.alphaearth.layout import tile_path, write_index, write_tile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     path = f"{root}/{tile_path(2024, '30N', 'demo')}"
    ...     data, grid = np.full((64, 40, 40), 16, np.int8), Affine(10, 0, 500_000, 0, -10, 5_700_000)
    ...     index = write_index(root, [write_tile(path, data, crs="EPSG:32630", transform=grid)])
    ...     cube = open_cube(root, (500_100, 5_699_700, 500_200, 5_699_800), 2024, bounds_crs="EPSG:32630")
    ...     cube.shape, f"{float(cube.sel(band='A07').mean()):.4f}"
    ((64, 10, 10), '0.0157')
    """
    several = not isinstance(years, int | np.integer)
    wanted = [int(year) for year in years] if several else [int(years)]
    index = read_index(root) if index is None else index
    tiles = find_tiles(index, bounds, wanted, bounds_crs)
    if chunk_bands < 1 or N_BANDS % chunk_bands:
        raise ValueError(f"chunk_bands={chunk_bands} does not divide {N_BANDS}")
    grid, chunks = _plan(root, tiles, bounds, CRS.from_user_input(bounds_crs), crs, resolution)
    chunks = ((chunk_bands,) * (N_BANDS // chunk_bands), *chunks)

    found = {year: _place(root, tiles[tiles["year"] == year], grid) for year in wanted}
    layers = [_layer(found[year], grid, chunks) for year in wanted]
    data = da.stack(layers) if several else layers[0]
    dims = ("time", "band", "y", "x") if several else ("band", "y", "x")
    coords = {"band": list(BANDS), **grid.centres} | ({"time": wanted} if several else {"year": wanted[0]})
    cube = xr.DataArray(dequantise(data) if dequantised else data, coords, dims, name="embedding")
    cube.attrs["footprint"] = {year: _footprint(there, grid) for year, there in found.items()}
    cube = cube.rio.write_crs(grid.crs).rio.write_transform(grid.transform)
    return cube.rio.write_nodata(np.nan if dequantised else NODATA)


def _plan(
    root: str | Path,
    tiles: gpd.GeoDataFrame,
    bounds: Bounds,
    bounds_crs: CRS,
    crs: object,
    resolution: float | None,
) -> tuple[Grid, tuple]:
    """Choose the grid, and chunks of rows and columns that lie on the files' blocks."""
    home = _home(tiles, bounds, bounds_crs)
    with open_tile(locate(root, home["path"])) as tile:
        native, anchor = tile.transform.a, (tile.transform.c, tile.transform.f)
    target = CRS.from_user_input(crs or home["crs"])
    if resolution is None and target.is_geographic:
        raise ValueError(f"`resolution` is needed: {target.to_string()} is in degrees, the files in metres")
    if target != CRS.from_user_input(home["crs"]):
        anchor = (0.0, 0.0)
    bounds = transform_bounds(bounds_crs, target, *bounds)
    grid = Grid.covering(bounds, target, resolution or native, anchor)

    side = grid.transform.a
    down, right = (grid.transform.f - anchor[1]) / side, (anchor[0] - grid.transform.c) / side
    rows, columns = cut(grid.height, BLOCK, round(down)), cut(grid.width, BLOCK, round(right))
    return grid, (rows, columns)


def _home(tiles: gpd.GeoDataFrame, bounds: Bounds, bounds_crs: CRS) -> gpd.GeoSeries:
    """Return a tile of the zone in which most of the area lies."""

    def overlap(zone: gpd.GeoDataFrame) -> float:
        west, south, east, north = transform_bounds(bounds_crs, zone["crs"].iloc[0], *bounds)
        across = zone["utm_east"].clip(upper=east) - zone["utm_west"].clip(lower=west)
        along = zone["utm_north"].clip(upper=north) - zone["utm_south"].clip(lower=south)
        return (across * along).sum()

    return max((zone for _, zone in tiles.groupby("crs")), key=overlap).iloc[0]


def _place(root: str | Path, tiles: gpd.GeoDataFrame, grid: Grid) -> list[_Tile]:
    sides = ["utm_west", "utm_south", "utm_east", "utm_north"]
    found = [
        _Tile(locate(root, path), CRS.from_user_input(zone), transform_bounds(zone, grid.crs, *bounds))
        for path, zone, *bounds in tiles[["path", "crs", *sides]].itertuples(index=False)
    ]
    # Where zones overlap, the grid's own comes first.
    return sorted(found, key=lambda tile: tile.zone != grid.crs)


def _footprint(tiles: list[_Tile], grid: Grid) -> str:
    return union_all([box(*tile.bounds) for tile in tiles]).intersection(box(*grid.bounds)).wkt


def _layer(found: list[_Tile], grid: Grid, chunks: tuple) -> da.Array:
    stored = {"dtype": np.int8, "meta": np.empty((0, 0, 0), np.int8)}
    return da.map_blocks(_read, grid=grid, tiles=found, chunks=chunks, **stored)


def _read(grid: Grid, tiles: list[_Tile], block_info: dict) -> np.ndarray:
    bands, rows, columns = (slice(*span) for span in block_info[None]["array-location"])
    part = grid.part(rows, columns)
    block = np.full((bands.stop - bands.start, *part.shape), NODATA, np.int8)
    for tile in tiles:
        missing = block == NODATA
        if missing.any() and box(*tile.bounds).intersects(box(*part.bounds)):
            np.copyto(block, read_pixels(tile.address, part, bands), where=missing)
    return block
