"""Points from a file that may have anything wrong with it, and a table of embeddings to a file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq

from tools import provenance, sources
from tools.alphaearth.points import xy_of
from tools.files import appearing
from tools.sources import DataError
from tools.sources.errors import suggest

READ = (".parquet", ".gpkg", ".geojson", ".csv")
WRITE = (".parquet", ".gpkg", ".geojson", ".csv")
_DEGREES = (("lon", "lat"), ("longitude", "latitude"))


def read_points(
    name_or_path: str | Path, *, origin: str | None = None, size: str | None = None
) -> gpd.GeoDataFrame:
    """Read points as they are: what is odd about them is for `extract_embeddings` to find.

    Unlike `tools.sources.open`, which refuses a file with repeated keys or empty places.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        A name of the catalogue (``"liverpool-points"``), or a ``.parquet``, ``.gpkg``, ``.geojson`` or
        ``.csv``: with geometry, or with columns ``lon`` and ``lat`` in degrees.
    origin : {"sample", "open", "earthengine"}, optional
        Where a named data set comes from; by default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Of a named data set that comes in several.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a row of the file.

    Raises
    ------
    DataError
        If there is no such file, or it holds no points.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "own.csv")
    ...     _ = file.write_text("TOID,lon,lat\\n007,-3.0,53.4\\n008,,\\n")
    ...     points = read_points(file)
    >>> points["TOID"].tolist(), points.geometry.x.isna().tolist()
    (['007', '008'], [False, True])
    """
    if str(name_or_path) in sources.catalogue():
        options = {"size": size} if size else {}
        return sources.open(str(name_or_path), origin=origin, **options)
    path = Path(name_or_path).expanduser()
    if path.suffix.lower() not in READ:
        names = [name for name, entry in sources.catalogue().items() if entry.kind == "points"]
        raise DataError(
            f"'{name_or_path}' is neither a file of {', '.join(READ)} nor a data set of points: "
            f"{suggest(str(name_or_path), names)}"
        )
    if not path.is_file():
        raise DataError(f"there is no file {path.absolute()}; check the path and the folder you are in")
    try:
        table = _read(path)
    except Exception as error:
        # Four libraries read these formats, each with errors of its own; to the reader they are one.
        raise DataError(
            f"{path.name} cannot be read ({error}): save it again as {READ[0]} or {READ[1]}"
        ) from error
    return table if isinstance(table, gpd.GeoDataFrame) else _placed(table, path.name)


def write_points(table: gpd.GeoDataFrame, path: str | Path) -> Path:
    """Write a table of points so that the file appears only when it is whole.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        In EPSG:4326.
    path : str or pathlib.Path
        A ``.parquet`` (GeoParquet), ``.gpkg``, ``.geojson`` or ``.csv`` (with columns lon and lat instead of
        geometry). Its folder is made; an older file is replaced. All but CSV, which has no place for it, say
        whose the data are, and that a sample is synthetic.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DataError
        If the format is none of these, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> points = gpd.GeoDataFrame({"id": ["a"]}, geometry=gpd.points_from_xy([-3.0], [53.4]), crs=4326)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_points(points, f"{folder}/own.csv").read_text().split()
    ['id,lon,lat', 'a,-3.0,53.4']
    """
    path = checked_output(path)
    write = {".parquet": _to_parquet, ".csv": _to_csv}.get(path.suffix.lower(), _to_layer)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with appearing(path, suffix=path.suffix) as unfinished:
            write(table, unfinished, path.stem)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error}): name another place") from error
    return path


def checked_output(path: str | Path) -> Path:
    """Return a path to write to, or refuse a format before any work is done.

    Parameters
    ----------
    path : str or pathlib.Path
        With one of the suffixes that `write_points` takes.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DataError
        If it has another.

    Examples
    --------
    >>> checked_output("out.shp")
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: out.shp: the output must be one of .parquet, .gpkg, .geojson, .csv
    """
    path = Path(path).expanduser()
    if path.suffix.lower() not in WRITE:
        raise DataError(f"{path}: the output must be one of {', '.join(WRITE)}")
    return path


def _read(path: Path) -> pd.DataFrame:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        # Identifiers of digits lose their leading noughts unless they are read as text.
        text = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False, na_values=[""])
        degrees = _pair(text)
        return text.assign(**{name: pd.to_numeric(text[name], errors="coerce") for name in degrees or ()})
    if suffix == ".parquet":
        located = b"geo" in (pq.read_schema(path).metadata or {})
        return gpd.read_parquet(path) if located else pd.read_parquet(path)
    return gpd.read_file(path)


def _pair(table: pd.DataFrame) -> list[str] | None:
    small = {str(column).strip().lower(): column for column in table.columns}
    pairs = ([small[name] for name in names] for names in _DEGREES if set(names) <= set(small))
    return next(pairs, None)


def _placed(table: pd.DataFrame, name: str) -> gpd.GeoDataFrame:
    pair = _pair(table)
    if pair is None:
        raise DataError(
            f"{name} holds no points: it has neither geometry nor columns lon and lat (degrees, WGS 84). Its "
            f"columns are {', '.join(map(str, table.columns[:10]))}"
        )
    points = gpd.points_from_xy(table[pair[0]], table[pair[1]])
    return gpd.GeoDataFrame(table.drop(columns=pair), geometry=points, crs="EPSG:4326")


def _to_parquet(table: gpd.GeoDataFrame, path: Path, name: str) -> None:
    table.to_parquet(path, index=False, compression="zstd")  # with its marks, which pandas reads again


def _to_csv(table: gpd.GeoDataFrame, path: Path, name: str) -> None:
    x, y = xy_of(table.geometry)
    pd.DataFrame(table.drop(columns=table.geometry.name)).assign(lon=x, lat=y).to_csv(path, index=False)


def _to_layer(table: gpd.GeoDataFrame, path: Path, name: str) -> None:
    notice = provenance.footnote(table)
    described = {"DESCRIPTION": notice} if notice else {}
    table.to_file(path, engine="pyogrio", layer=name, layer_options=described)
