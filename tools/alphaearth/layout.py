"""How AlphaEarth's public bucket is laid out: described once, for those who write it and those who read it.

A root folder ``…/v1/annual`` holds ``aef_index.parquet`` and, for each year and UTM zone, tiles
``{year}/{zone}/{name}-{yoff}-{xoff}.tiff``: 64 bands of signed bytes, each band by itself in ZSTD blocks of
1024 × 1024 pixels, the first row in the south, with overviews down to one pixel.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import rasterio
import requests
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import transform_bounds
from shapely import box

from tools.alphaearth.geotiff import write_geotiff
from tools.alphaearth.tiles import USER_AGENT, is_remote
from tools.embeddings import N_BANDS

INDEX = "aef_index.parquet"
COLUMNS = (
    "path",
    "crs",
    "year",
    "utm_zone",
    *(f"utm_{side}" for side in ("west", "south", "east", "north")),
    *(f"wgs84_{side}" for side in ("west", "south", "east", "north")),
    "geometry",
)
_PREFIX = PurePosixPath("v1/annual")


def tile_path(year: int, zone: str, name: str, yoff: int = 0, xoff: int = 0) -> str:
    """Return where a tile lies, seen from the root ``…/v1/annual``.

    Parameters
    ----------
    year : int
        Of the embeddings.
    zone : str
        UTM zone with its hemisphere, such as ``"30N"``.
    name : str
        Identifier of the export that the tile was cut from.
    yoff, xoff : int, optional
        Offset of the tile in that export, in pixels.

    Returns
    -------
    str
        With forward slashes.

    Examples
    --------
    >>> tile_path(2024, "30N", "london", 8192)
    '2024/30N/london-0000008192-0000000000.tiff'
    """
    return f"{year}/{zone}/{name}-{yoff:010d}-{xoff:010d}.tiff"


def locate(root: str | Path, path: str) -> str:
    """Return a tile's own address under `root`, whichever mirror's index its `path` was read in.

    Parameters
    ----------
    root : str or pathlib.Path
        Folder or URL of ``…/v1/annual``.
    path : str
        As the index has it.

    Returns
    -------
    str

    Examples
    --------
    >>> locate("https://example.org/v1/annual", "s3://bucket/aef/v1/annual/2024/30N/x-0-0.tiff")
    'https://example.org/v1/annual/2024/30N/x-0-0.tiff'
    """
    return "/".join([str(root).rstrip("/"), *PurePosixPath(path).parts[-3:]])


def write_tile(
    path: str | Path,
    data: np.ndarray,
    *,
    crs: object,
    transform: Affine,
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Write one tile as the bucket's tiles are.

    Parameters
    ----------
    path : str or pathlib.Path
        ``{root}/`` and `tile_path`; folders are made. An old file is replaced only by a whole new one.
    data : array of int8, shape (64, height, width)
        Stored embeddings, -128 in all bands for no data. The first row lies in the north or in the south, as
        `transform` says; in the file it lies in the south.
    crs : anything that rasterio takes for a CRS
        A UTM zone.
    transform : affine.Affine
        From (column, row) of `data` to metres; its row step is negative where the first row lies north.
    tags : mapping of str to str, optional
        Metadata for the file.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If `data` is not 64 bands of int8.

    Examples
    --------
    >>> import tempfile
    >>> data = np.full((64, 20, 30), 45, np.int8)
    >>> grid = Affine(10, 0, 500_000, 0, -10, 5_700_000)
    >>> with tempfile.TemporaryDirectory() as root:
    ...     path = f"{root}/{tile_path(2024, '30N', 'demo')}"
    ...     with rasterio.open(write_tile(path, data, crs="EPSG:32630", transform=grid)) as tile:
    ...         tile.shape, tile.transform.f, tile.overviews(1)
    ((20, 30), 5699800.0, [2, 4, 8, 15, 30])
    """
    if data.dtype != np.int8 or data.ndim != 3 or len(data) != N_BANDS:
        raise ValueError(
            f"expected int8 of shape (64, height, width), got {data.dtype} of shape {data.shape}"
        )
    if transform.e < 0:
        data = data[:, ::-1]
        transform = transform @ Affine(1, 0, 0, 0, -1, data.shape[1])
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write_geotiff(unfinished, data, CRS.from_user_input(crs), transform, dict(tags or {}))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def write_index(root: str | Path, tiles: Iterable[str | Path]) -> Path:
    """Write the index of some tiles, in the columns of the bucket's own.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder ``…/v1/annual``.
    tiles : iterable of str or pathlib.Path
        Files under ``{root}/{year}/{zone}/``, as `write_tile` returns them.

    Returns
    -------
    pathlib.Path
        The index, a GeoParquet file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     path = f"{root}/{tile_path(2024, '30N', 'demo')}"
    ...     data, grid = np.zeros((64, 4, 4), np.int8), Affine(10, 0, 500_000, 0, -10, 5_700_000)
    ...     index = write_index(root, [write_tile(path, data, crs="EPSG:32630", transform=grid)])
    ...     read_index(root)[["crs", "year", "utm_zone"]].values.tolist()
    [['EPSG:32630', 2024, '30N']]
    """
    table = gpd.GeoDataFrame(
        [_describe(Path(tile)) for tile in tiles], columns=list(COLUMNS), crs="EPSG:4326"
    )
    index = Path(root) / INDEX
    table.to_parquet(index, index=False)
    return index


def read_index(root: str | Path) -> gpd.GeoDataFrame:
    """Return the index of all tiles under `root`: one row a tile.

    Parameters
    ----------
    root : str or pathlib.Path
        Folder or http(s) URL of ``…/v1/annual``, with ``aef_index.parquet`` in it; or that file itself. One
        read over the network is kept for as long as the process lives.

    Returns
    -------
    geopandas.GeoDataFrame
        ``path``, ``crs``, ``year``, ``utm_zone``; bounds in metres and in degrees; ``geometry`` in EPSG:4326.

    Raises
    ------
    FileNotFoundError
        If there is no index.
    ValueError
        If what is there lacks a column of an index.

    Examples
    --------
    >>> read_index("no/such/folder")
    Traceback (most recent call last):
        ...
    FileNotFoundError: no index at no/such/folder/aef_index.parquet: `root` is the folder that holds it
    """
    address = str(root).rstrip("/")
    if not address.endswith(".parquet"):
        address += f"/{INDEX}"
    if is_remote(address):
        return _fetch(address).copy()
    if not Path(address).is_file():
        raise FileNotFoundError(f"no index at {address}: `root` is the folder that holds it")
    return _checked(address, address)


@lru_cache(maxsize=4)
def _fetch(address: str) -> gpd.GeoDataFrame:
    try:
        answer = requests.get(address, headers={"User-Agent": USER_AGENT}, timeout=60)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise OSError(f"the AlphaEarth index could not be read from {address}: {error}") from error
    return _checked(BytesIO(answer.content), address)


def _checked(file: str | BytesIO, address: str) -> gpd.GeoDataFrame:
    table = gpd.read_parquet(file)
    lacking = [column for column in COLUMNS if column not in table]
    if lacking:
        raise ValueError(f"{address} is not an AlphaEarth index: it lacks {', '.join(lacking)}")
    return table[list(COLUMNS)]


def _describe(tile: Path) -> dict[str, object]:
    year, zone, name = tile.parts[-3:]
    with rasterio.open(tile) as source:
        west, east = source.bounds.left, source.bounds.right
        south, north = sorted((source.bounds.bottom, source.bounds.top))
        crs = source.crs
    degrees = transform_bounds(crs, "EPSG:4326", west, south, east, north)
    values = (str(_PREFIX / year / zone / name), crs.to_string(), int(year), zone, west, south, east, north)
    return dict(zip(COLUMNS, (*values, *degrees, box(*degrees)), strict=True))
