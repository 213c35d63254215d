"""The embedding of the pixel under every building, by whichever road, with an account of what was found."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.transformer import TransformerGroup

from tools import provenance
from tools.alphaearth.points import xy_of
from tools.embeddings import BANDS, N_BANDS
from tools.extraction.findings import Findings, checked_policies
from tools.extraction.roads import Found, by_earthengine, from_earthengine, from_tiles, tiles_of
from tools.provenance import Provenance
from tools.sources import DataError, find, origin_in_force
from tools.sources.earthengine.regions import Region, shape_of
from tools.sources.errors import suggest

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEGREES = "EPSG:4326"


@dataclass(frozen=True)
class Extraction:
    """Embeddings of points, and what was found on the way.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        The key, A00 to A63 (float32; NaN without an embedding) and the point in EPSG:4326, in the order and
        on the index of the points that were given.
    summary : pandas.DataFrame
        One line a finding: ``number``, ``done`` and ``which``, by name.

    Examples
    --------
    >>> Extraction(gpd.GeoDataFrame(), pd.DataFrame({"number": [3]}, index=["points"])).summary.loc["points"]
    number    3
    Name: points, dtype: int64
    """

    table: gpd.GeoDataFrame
    summary: pd.DataFrame


def extract_embeddings(
    points: gpd.GeoDataFrame,
    year: int,
    *,
    key: str = "TOID",
    folder: str | Path | None = None,
    region: Region | None = None,
    data: str = "liverpool-alphaearth",
    origin: str | None = None,
    size: str | None = None,
    on_duplicate: str = "keep",
    on_empty: str = "keep",
    on_outside: str = "keep",
    on_nodata: str = "keep",
    batch_size: int | None = None,
    progress: bool | None = None,
) -> Extraction:
    """Return the embedding of the pixel under every point, from files or from Earth Engine.

    Finished batches are kept in a folder as they come. Broken off at any moment, even by ``kill -9``, and
    called again with the same points, it goes on where it stopped.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        One row a building: points in any CRS, and a column that names each.
    year : int
        Of the embeddings.
    key : str, optional
        The column of names.
    folder : str or pathlib.Path, optional
        For finished batches of exactly this work; by default one in the cache that is found again.
    region : table with geometry, shape in degrees, or (west, south, east, north), optional
        Where the points should lie. Without one, only a point that no tile covers counts as outside.
    data : str, optional
        Catalogue's name of the pixels, where they come from files.
    origin : {"sample", "open", "earthengine"}, optional
        By default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Of pixels that come in several sizes.
    on_duplicate, on_empty, on_outside, on_nodata : {"keep", "drop", "refuse"}, optional
        What to do about a key that came before, a point without coordinates, one outside the region or all
        tiles, and one on a pixel without data. Kept points stay in the table, without an embedding where
        there is none; dropping a duplicate leaves the first. All of them are in the summary.
    batch_size : int, optional
        Points a batch: by default 20,000 from files, where a batch is of whole blocks, and 1,000 from Earth
        Engine.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    Extraction
        ``table`` and ``summary``.

    Raises
    ------
    DataError
        If the points cannot be used as they are, some are of a kind that is to be refused, or the embeddings
        cannot be had.
    ValueError
        If a policy is none.

    Examples
    --------
    >>> nowhere = gpd.GeoDataFrame({"id": ["a"]}, geometry=gpd.points_from_xy([-3.0], [53.4]))
    >>> extract_embeddings(nowhere, 2024, key="id")
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: the points have no CRS: say which with `points.set_crs("EPSG:…")`
    """
    policies = {"on_duplicate": on_duplicate, "on_empty": on_empty}
    policies |= {"on_outside": on_outside, "on_nodata": on_nodata}
    checked_policies(**policies)
    degrees, placed = _degrees(_checked(points, key))
    findings = Findings(points[key])
    findings.note("points", len(points))
    if not degrees.crs.equals(points.crs):
        findings.note("converted", int(placed.sum()), _conversion(points))
    dropped = _look_at_keys(findings, points[key], on_duplicate)
    words = "points without usable coordinates"
    dropped |= findings.judge("no coordinates", ~placed, on_empty, words, kept="kept, without an embedding")
    if region is not None:
        outside = placed & ~_inside(degrees, region)
        words = "outside the region"
        dropped |= findings.judge("outside the region", outside, on_outside, words)

    asked = np.flatnonzero(placed & ~dropped)
    options = {"folder": Path(folder) if folder else None, "batch_size": batch_size, "progress": progress}
    # In the CRS they came in, since each conversion may move a point over the edge of its pixel.
    wanted = points.geometry.iloc[asked].reset_index(drop=True)
    if by_earthengine(origin):
        found = from_earthengine(wanted, year, **options)
    else:
        found = from_tiles(wanted, year, tiles_of(data, origin, size, progress), data=data, **options)

    dropped |= _look_at_vectors(findings, len(points), asked, found, on_outside, on_nodata)
    table = _table(points[[key]], _spread(found.vectors, asked, len(points)), degrees)
    table = table[~dropped] if dropped.any() else table
    findings.note("with an embedding", int(table[BANDS[0]].notna().sum()))
    findings.note("rows returned", len(table))
    findings.note("batches done now", found.done)
    findings.note("batches at hand", found.reused, "finished before, and not done again" * bool(found.reused))
    return Extraction(_marked(table, points, data, origin), findings.table())


def _checked(points: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    if not isinstance(points, gpd.GeoDataFrame):
        raise DataError(
            f"points come as a GeoDataFrame, not as {type(points).__name__}; for a file of them, see "
            "tools.extraction.read_points"
        )
    if key not in points:
        columns = [str(column) for column in points.columns if column != points.geometry.name]
        raise DataError(f"the points have no column '{key}' to be named by: {suggest(key, columns)}")
    if points.crs is None:
        raise DataError('the points have no CRS: say which with `points.set_crs("EPSG:…")`')
    kinds = {shapely.GeometryType(kind).name for kind in np.unique(shapely.get_type_id(points.geometry))}
    if not kinds <= {"POINT", "MISSING"}:
        others = ", ".join(sorted(kinds - {"MISSING"}))
        raise DataError(
            f"expected points, got {others}: take `points.representative_point()`, which lies inside each"
        )
    return points


def _degrees(points: gpd.GeoDataFrame) -> tuple[gpd.GeoSeries, NDArray[np.bool_]]:
    """Return the points in EPSG:4326, and which of them lie anywhere on the globe."""
    degrees = points.geometry.to_crs(DEGREES)
    lon, lat = xy_of(degrees)
    given = np.isfinite(xy_of(points.geometry)).all(axis=0)
    placed = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if (given & ~placed).sum() > placed.sum():
        west, south, east, north = points.geometry[given].total_bounds
        raise DataError(
            f"most points lie nowhere on the globe (x {west:,.1f} to {east:,.1f}, y {south:,.1f} to "
            f"{north:,.1f}): {points.crs.to_string()} is not their CRS. Find out which is, and say so with "
            '`points.set_crs("EPSG:…", allow_override=True)`'
        )
    degrees[~placed] = None
    return degrees, placed


def _conversion(points: gpd.GeoDataFrame) -> str:
    # The best way that this machine's grids allow; without them the British grid is out by metres.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a grid is missing: the summary says what it costs
        ways = TransformerGroup(points.crs, DEGREES, always_xy=True).transformers
    doubt = f", to within about {ways[0].accuracy:g} m" if ways and ways[0].accuracy > 0 else ""
    return f"from {points.crs.to_string()} to {DEGREES}{doubt}"


def _look_at_keys(findings: Findings, keys: pd.Series, policy: str) -> NDArray[np.bool_]:
    missing = keys.isna().to_numpy()
    if missing.any():
        findings.note("no key", int(missing.sum()), "kept: points that no name tells apart")
    repeated = keys.duplicated(keep=False).to_numpy() & ~missing
    again = keys.duplicated().to_numpy() & ~missing
    words = f"points that share their {keys.name} with another"
    return findings.judge("repeated keys", again, policy, words, shown=repeated)


def _inside(degrees: gpd.GeoSeries, region: Region) -> NDArray[np.bool_]:
    shape = shape_of(region)
    shapely.prepare(shape)
    return shapely.intersects_xy(shape, *xy_of(degrees))


def _look_at_vectors(
    findings: Findings,
    n_points: int,
    asked: NDArray[np.int_],
    found: Found,
    on_outside: str,
    on_nodata: str,
) -> NDArray[np.bool_]:
    uncovered, bare = np.zeros((2, n_points), bool)
    uncovered[asked] = found.uncovered
    bare[asked] = np.isnan(found.vectors[:, 0]) & ~found.uncovered
    kept = "kept, without an embedding"
    return findings.judge(
        "outside all tiles", uncovered, on_outside, "where no tile lies", kept=kept
    ) | findings.judge("no data", bare, on_nodata, "on pixels without data", kept=kept)


def _spread(vectors: NDArray[np.float32], asked: NDArray[np.int_], n_points: int) -> NDArray[np.float32]:
    """Return a vector for every point, NaN for those that were not asked about; no copy where all were."""
    if len(asked) == n_points:
        return vectors
    spread = np.full((n_points, N_BANDS), np.nan, np.float32)
    spread[asked] = vectors
    return spread


def _table(keys: pd.DataFrame, vectors: NDArray[np.float32], degrees: gpd.GeoSeries) -> gpd.GeoDataFrame:
    columns = pd.DataFrame(vectors, index=keys.index, columns=list(BANDS))
    return gpd.GeoDataFrame(pd.concat([pd.DataFrame(keys), columns], axis=1), geometry=degrees.values)


def _marked(
    table: gpd.GeoDataFrame, points: gpd.GeoDataFrame, data: str, origin: str | None
) -> gpd.GeoDataFrame:
    pixels = gpd.GeoDataFrame()
    provenance.mark(pixels, mark_of(data, origin))
    return provenance.carry(table, points, pixels)


def mark_of(data: str, origin: str | None) -> Provenance:
    """Return what must be said of embeddings that came by a road.

    Parameters
    ----------
    data : str
        Catalogue's name of the pixels.
    origin : {"sample", "open", "earthengine"}, optional
        By default ``COURSE_ORIGIN``, else the sample.

    Returns
    -------
    tools.provenance.Provenance

    Examples
    --------
    >>> mark_of("london-alphaearth", "sample").synthetic
    True
    """
    return find(data).provenance(origin_in_force(origin))
