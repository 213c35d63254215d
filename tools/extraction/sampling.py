"""A random sample of a region's pixels, as Earth Engine exports one: CSV files, batch by batch."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from tools import provenance
from tools.batches import BatchError, cut, finish, gather
from tools.embeddings import BANDS
from tools.extraction.areas import cube_over, strips
from tools.extraction.points import mark_of
from tools.extraction.roads import by_earthengine, from_tiles, tiles_of
from tools.extraction.showing import counter
from tools.files import appearing
from tools.rasters.grids import Grid
from tools.sources import DataError, Mosaic
from tools.sources.disk import make_folder
from tools.sources.earthengine.regions import Region, shape_of

COLUMNS = ("system:index", *BANDS, ".geo")
"""The columns of an export of samples by Earth Engine."""

MARKS = "provenance.json"
"""The file beside the exports that says what they were made from."""

_BATCHES = ".batches"  # begins with a dot, so that nobody takes it for an export


def sample_pixels(
    region: Region,
    year: int,
    n: int,
    *,
    folder: str | Path,
    batch_size: int = 50_000,
    seed: int = 42,
    data: str = "liverpool-alphaearth",
    origin: str | None = None,
    size: str | None = None,
    progress: bool | None = None,
) -> list[Path]:
    """Draw pixels of a region at random and write their embeddings as Earth Engine's exports have them.

    Broken off at any moment, even by ``kill -9``, and called again, it goes on where it stopped.

    Parameters
    ----------
    region : table with geometry, shape in degrees, or (west, south, east, north)
        A table in any CRS.
    year : int
        Of the embeddings.
    n : int
        How many pixels. On Earth Engine about so many, since it leaves out those that have no embedding.
    folder : str or pathlib.Path
        For this sample alone.
    batch_size : int, optional
        Rows a file.
    seed : int, optional
        Of the drawing. On Earth Engine each batch has the next seed.
    data : str, optional
        Catalogue's name of the pixels, where they come from files.
    origin : {"sample", "open", "earthengine"}, optional
        By default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Of pixels that come in several sizes.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    list of pathlib.Path
        CSV files with the columns ``system:index``, A00 to A63 and ``.geo``, the pixel's centre in degrees;
        `consolidate` makes one table of them.

    Raises
    ------
    DataError
        If the region holds fewer pixels, the embeddings cannot be had, or the folder holds another sample.
    ValueError
        If `n` or `batch_size` is not positive.

    Notes
    -----
    From files every pixel is drawn at most once. Earth Engine's batches are drawn one without knowing of the
    other, so that one pixel may be in two of them: with a twelfth of a region's pixels in each of two batches
    about a twelfth of the second. From files nearly every block of the region is read, since nearly every one
    holds a pixel of the sample; over the network that is most of what the region weighs.

    Examples
    --------
    >>> sample_pixels((-3.0, 53.38, -2.94, 53.42), 2024, 1_000, folder="samples")  # doctest: +SKIP
    """
    if n < 1 or batch_size < 1:
        raise ValueError(f"n={n}, batch_size={batch_size}: both are 1 or more")
    folder = Path(folder)
    make_folder(folder)
    if by_earthengine(origin):
        tables = _from_earthengine(region, year, n, batch_size, seed, folder / _BATCHES, progress)
    else:
        tiles = tiles_of(data, origin, size, progress)
        centres = _draw(region, year, n, seed, tiles)
        found = from_tiles(centres, year, tiles, data=data, folder=folder / _BATCHES, progress=progress)
        whole = pd.DataFrame(found.vectors, columns=list(BANDS)).join(_degrees(centres))
        # Where two UTM zones meet, a pixel of the one grid may lie on nothing of the other.
        tables = cut(whole[whole[BANDS[0]].notna()], batch_size)
    marks = [asdict(mark_of(data, origin))]
    (folder / MARKS).write_text(json.dumps(marks, ensure_ascii=False, indent=1), encoding="utf-8")
    return [_write(table, folder / f"samples_{year}_{number:03d}.csv") for number, table in enumerate(tables)]


def _draw(region: Region, year: int, n: int, seed: int, tiles: Mosaic) -> gpd.GeoSeries:
    """Return the centres of pixels inside that hold data, each at most once, in random order."""
    cube = cube_over(region, year, tiles, chunk_bands=1)
    grid = Grid.of(cube)
    places = [
        np.flatnonzero(valid) + rows.start * grid.width for rows, valid in strips(cube, region) if valid.any()
    ]
    places = np.concatenate(places) if places else np.empty(0, int)
    if n > len(places):
        raise DataError(f"n={n:,}, but only {len(places):,} pixels of the region hold data: ask for fewer")
    drawn = np.random.default_rng(seed).choice(places, n, replace=False)
    row, column = np.divmod(drawn, grid.width)
    x, y = grid.transform @ (column + 0.5, row + 0.5)
    return gpd.GeoSeries.from_xy(x, y, crs=grid.crs)


def _degrees(centres: gpd.GeoSeries) -> pd.DataFrame:
    degrees = centres.to_crs("EPSG:4326")
    return pd.DataFrame({"lon": degrees.x.round(7), "lat": degrees.y.round(7)})


def _from_earthengine(
    region: Region, year: int, n: int, batch_size: int, seed: int, folder: Path, progress: bool | None
) -> list[pd.DataFrame]:
    from tools.sources import earthengine

    earthengine.initialise()
    sizes = [min(batch_size, n - first) for first in range(0, n, batch_size)]
    orders = [pd.DataFrame({"n": [size], "seed": [seed + turn]}) for turn, size in enumerate(sizes)]

    def ask(order: pd.DataFrame) -> pd.DataFrame:
        size, own_seed = (int(number) for number in order.iloc[0])
        sample = earthengine.sample_pixels(region, year, size, seed=own_seed, geometries=True)
        return pd.DataFrame(sample.drop(columns="geometry")).join(_degrees(sample.geometry))

    recipe = {
        "what": "a sample of pixels",
        "road": "Earth Engine",
        "year": year,
        "region": shape_of(region).wkt,
    }
    try:
        with counter("batches", progress) as told:
            paths = finish(orders, ask, folder, recipe=recipe, progress=told, aligned=False)
            return [gather([path]) for path in paths]
    except BatchError as error:
        raise DataError(str(error)) from error


def _write(table: pd.DataFrame, path: Path) -> Path:
    numbers = pd.Series(np.arange(len(table)).astype(str), index=table.index)
    place = (
        '{"type":"Point","coordinates":[' + table["lon"].astype(str) + "," + table["lat"].astype(str) + "]}"
    )
    rows = pd.DataFrame(table[list(BANDS)]).assign(**{"system:index": numbers, ".geo": place})
    plain = pa.Table.from_pandas(rows[list(COLUMNS)], preserve_index=False)
    with appearing(path) as unfinished, unfinished.open("wb") as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        csv.write_csv(plain, file, csv.WriteOptions(include_header=False))
    return path


def marks_beside(files: list[Path]) -> list[provenance.Provenance]:
    """Return what exports were made from, where a file beside them says it.

    Parameters
    ----------
    files : list of pathlib.Path
        Exports, of one folder or several.

    Returns
    -------
    list of tools.provenance.Provenance
        Each once; empty for exports that say nothing.

    Examples
    --------
    >>> marks_beside([])
    []
    """
    found: dict[str, provenance.Provenance] = {}
    for folder in dict.fromkeys(file.parent for file in files):
        if (folder / MARKS).is_file():
            for fields in json.loads((folder / MARKS).read_text(encoding="utf-8")):
                found.setdefault(fields["name"], provenance.Provenance(**fields))
    return list(found.values())
