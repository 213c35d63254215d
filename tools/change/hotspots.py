"""Where the change is: connected regions above a threshold, found without being told where to look."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import ceil, isfinite
from typing import NamedTuple

import dask
import dask.array as da
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from affine import Affine
from rasterio.features import shapes
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components
from shapely.geometry import shape

from tools import provenance
from tools.change.checks import pixel_area, require_map
from tools.rasters.grids import Grid, blocks

_BLOCK = 1024
# rasterio hushes a warning of its own while it draws, which Python lets only one thread do at a time.
_drawing = threading.Lock()


class _Part(NamedTuple):
    """The regions of one block, numbered from 1: how large, how strong, their outlines, and its edges."""

    pixels: np.ndarray
    sums: np.ndarray
    peaks: np.ndarray
    outlines: list[shapely.Polygon]
    outline_of: np.ndarray
    edges: dict[str, np.ndarray]
    valid: int


def find_hotspots(
    change: xr.DataArray, threshold: float, *, min_area_m2: float = 10_000.0, connectivity: int = 8
) -> gpd.GeoDataFrame:
    """Return the connected regions in which change exceeds a threshold, ranked by area times strength.

    The map is worked through block by block, and regions that cross from one block into the next are put
    together again: a lazy map is never in memory whole, and how it is cut does not show in the result.

    Parameters
    ----------
    change : xarray.DataArray, dims (y, x)
        Float with NaN for no data; north-up, in a CRS in metres. NumPy or Dask.
    threshold : float
        Pixels above it count, in units of the map. `tools.change.NoiseFloor.threshold_for` gives one.
    min_area_m2 : float, optional
        Smaller regions are left out; one hectare where not given.
    connectivity : {8, 4}, optional
        Whether pixels that touch at a corner belong together (8) or only those that share a side (4).

    Returns
    -------
    geopandas.GeoDataFrame
        One row a region, in the map's CRS, indexed by ``rank`` from 1: ``area_m2``, ``pixels``,
        ``mean_strength`` and ``max_strength`` (units of the map), ``score`` (``area_m2 × mean_strength``),
        ``lon`` and ``lat`` (degrees, a point within), ``geometry``. Its ``attrs`` say the settings,
        ``valid_pixels``, and ``pixels_above`` in regions of any size.

    Raises
    ------
    ValueError
        If `change` is no map in metres, or a setting makes no sense.

    Notes
    -----
    A pixel without data is never above the threshold: it separates regions and belongs to none. Ties in the
    score are broken from north to south and west to east.

    Examples
    --------
    >>> import rioxarray
    >>> values = np.zeros((6, 8), "float32")
    >>> values[1:3, 1:3], values[4, 5:8], values[0, 7] = 0.3, 0.6, 0.9
    >>> where = {"y": 600.0 - 100 * np.arange(6), "x": 500_000.0 + 100 * np.arange(8)}
    >>> change = xr.DataArray(values, where, ("y", "x")).rio.write_crs("EPSG:32633")
    >>> found = find_hotspots(change, 0.2, min_area_m2=20_000)
    >>> found["area_m2"].to_dict(), found["mean_strength"].round(2).to_list()
    ({1: 30000.0, 2: 40000.0}, [0.6, 0.3])
    """
    grid = require_map(change)
    unit = pixel_area(grid)
    if not isfinite(threshold):
        raise ValueError(f"the threshold is a number in units of the map, got {threshold}")
    if connectivity not in (4, 8):
        raise ValueError(f"connectivity is 4 (sides) or 8 (sides and corners), got {connectivity}")
    if not min_area_m2 >= 0:
        raise ValueError(f"min_area_m2 is an area of 0 m² or more, got {min_area_m2}")
    least = max(1, ceil(min_area_m2 / unit - 1e-9))

    data = change.data if change.chunks else da.from_array(change.data, _BLOCK, name=False)
    spans = list(blocks(data.chunks[0])), list(blocks(data.chunks[1]))
    work = [
        [
            dask.delayed(_label)(
                data[rows, columns], rows.start, columns.start, threshold, connectivity, least
            )
            for columns in spans[1]
        ]
        for rows in spans[0]
    ]
    parts = dask.compute(*work)

    table = _measure(parts, connectivity, least)
    found = _describe(table, grid, unit)
    found.attrs |= {
        "threshold": float(threshold),
        "min_area_m2": float(min_area_m2),
        "connectivity": connectivity,
        "valid_pixels": sum(part.valid for row in parts for part in row),
        "pixels_above": int(sum(part.pixels.sum() for row in parts for part in row)),
    }
    return provenance.carry(found, change)


def _label(
    values: np.ndarray, row: int, column: int, threshold: float, connectivity: int, least: int
) -> _Part:
    labels, count = ndimage.label(values > threshold, ndimage.generate_binary_structure(2, connectivity // 4))
    edges = {"top": labels[0], "bottom": labels[-1], "left": labels[:, 0], "right": labels[:, -1]}
    edges = {side: edge.copy() for side, edge in edges.items()}  # a view would hold the whole block
    above = np.flatnonzero(labels)
    region, strength = labels.ravel()[above] - 1, values.ravel()[above].astype(float)
    pixels, sums = np.bincount(region, minlength=count), np.bincount(region, strength, count)
    peaks = np.full(count, -np.inf)
    np.maximum.at(peaks, region, strength)

    # Whatever is small and touches no edge is small for good: most of noise ends here, undrawn.
    drawn = np.zeros(count + 1, bool)
    drawn[1:] = pixels >= least
    drawn[np.concatenate(list(edges.values()))] = True
    drawn[0] = False
    # Drawn in whole pixels, which add up exactly; and by sides, since an outline that runs through a corner
    # twice is not valid.
    step = Affine.translation(column, row)
    with _drawing:
        drawings = list(shapes(labels.astype(np.int32), drawn[labels], connectivity=4, transform=step))
    outlines, outline_of = [shape(outline) for outline, _ in drawings], [int(label) for _, label in drawings]
    valid = int(np.isfinite(values).sum())
    return _Part(pixels, sums, peaks, outlines, np.array(outline_of, int), edges, valid)


def _measure(parts: tuple[list[_Part], ...], connectivity: int, least: int) -> pd.DataFrame:
    """Put the regions of all blocks together: one row a region that is large enough."""
    flat = [part for row in parts for part in row]
    starts = np.concatenate([[0], np.cumsum([len(part.pixels) for part in flat])])
    offsets = starts[:-1].reshape(len(parts), -1)
    total = int(starts[-1])
    pairs = np.concatenate([np.empty((2, 0), int), *_touching(parts, offsets, connectivity)], axis=1)
    graph = sparse.coo_array((np.ones(pairs.shape[1], bool), pairs), shape=(total, total))
    count, region = connected_components(graph, directed=False)

    pixels = np.zeros(count, int)
    sums, peaks = np.zeros(count), np.full(count, -np.inf)
    if total:
        np.add.at(pixels, region, np.concatenate([part.pixels for part in flat]))
        np.add.at(sums, region, np.concatenate([part.sums for part in flat]))
        np.maximum.at(peaks, region, np.concatenate([part.peaks for part in flat]))
    table = pd.DataFrame(
        {"pixels": pixels, "mean_strength": sums / np.maximum(pixels, 1), "max_strength": peaks}
    )
    table = table[table["pixels"] >= least]

    pieces = np.array([outline for part in flat for outline in part.outlines], object)
    owners = [part.outline_of + start - 1 for part, start in zip(flat, starts, strict=False)]
    owner = region[np.concatenate(owners)] if len(pieces) else np.empty(0, int)
    order = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[order], table.index)
    last = np.searchsorted(owner[order], table.index, side="right")
    table["geometry"] = [_join(pieces[order[a:b]]) for a, b in zip(first, last, strict=True)]
    return table


def _touching(parts: tuple[list[_Part], ...], offsets: np.ndarray, connectivity: int) -> Iterator[np.ndarray]:
    """Yield pairs of regions that meet across the edge of a block, numbered from 0 over all blocks."""

    def whole(lane: list[_Part], side: str, starts: np.ndarray) -> np.ndarray:
        edges = [
            np.where(p.edges[side] > 0, p.edges[side] + s - 1, -1) for p, s in zip(lane, starts, strict=True)
        ]
        return np.concatenate(edges)

    columns = list(zip(*parts, strict=True))
    for lanes, starts, near, far in (
        (parts, offsets, "bottom", "top"),
        (columns, offsets.T, "right", "left"),
    ):
        for k in range(len(lanes) - 1):
            here = whole(lanes[k], near, starts[k])
            there = whole(lanes[k + 1], far, starts[k + 1])
            for shift in (-1, 0, 1) if connectivity == 8 else (0,):
                a = here[max(shift, 0) : len(here) + min(shift, 0)]
                b = there[max(-shift, 0) : len(there) + min(-shift, 0)]
                met = (a >= 0) & (b >= 0)
                yield np.unique(np.stack([a[met], b[met]]), axis=1)


def _join(pieces: np.ndarray) -> shapely.Geometry:
    if len(pieces) == 1:
        return pieces[0]
    # Joining leaves a corner wherever two blocks met on a straight side; simplifying by 0 takes it away.
    return shapely.simplify(shapely.union_all(pieces), 0)


def _describe(table: pd.DataFrame, grid: Grid, unit: float) -> gpd.GeoDataFrame:
    step = grid.transform

    def place(points: np.ndarray) -> np.ndarray:
        return np.column_stack([step.c + step.a * points[:, 0], step.f + step.e * points[:, 1]])

    outlines = shapely.transform(table["geometry"].to_numpy(object), place)
    area = table["pixels"] * unit
    found = gpd.GeoDataFrame(
        {
            "area_m2": area,
            "pixels": table["pixels"],
            "mean_strength": table["mean_strength"],
            "max_strength": table["max_strength"],
            "score": area * table["mean_strength"],
        },
        geometry=outlines,
        crs=grid.crs,
    )
    corner = found.bounds
    order = np.lexsort((corner["minx"], -corner["maxy"], -found["score"]))
    found = found.iloc[order].set_axis(pd.RangeIndex(1, len(found) + 1, name="rank"))
    inside = gpd.GeoSeries(found.representative_point(), crs=grid.crs).to_crs("EPSG:4326")
    found.insert(5, "lon", inside.x)
    found.insert(6, "lat", inside.y)
    return found
