"""From a file to a checked table: GeoJSON, GeoPackage, Parquet or CSV, the course's or a reader's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tools.sources.entries import Size
from tools.sources.errors import DataError, suggest
from tools.sources.schema import Schema, check

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

WITH_GEOMETRY = (".geojson", ".gpkg", ".parquet")
WITHOUT_GEOMETRY = (".csv", ".parquet")
SUFFIXES = tuple(dict.fromkeys((*WITH_GEOMETRY, *WITHOUT_GEOMETRY)))
_DEGREES = (("lon", "lat"), ("longitude", "latitude"))
"""Names that columns of degrees go by, in small letters."""
_ALL = Size()


def read_table(
    path: Path, schema: Schema, *, crs_if_projected: str | None = None, part: Size = _ALL
) -> pd.DataFrame | gpd.GeoDataFrame:
    """Read a table and check it.

    Parameters
    ----------
    path : pathlib.Path
        A ``.geojson``, ``.gpkg`` or ``.parquet`` where the schema has geometry; else ``.csv`` or
        ``.parquet``. Points may also come as ``.csv`` or plain ``.parquet`` with columns lon and lat.
    schema : Schema
        What it must look like.
    crs_if_projected : str, optional
        The CRS to assume where the file names none and its coordinates cannot be degrees.
    part : Size, optional
        How much of it to keep.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        With at least the schema's columns, in its types; in the schema's CRS. An unnamed column, which is how
        some programs write row numbers, is left out.

    Raises
    ------
    DataError
        If there is no such file, it cannot be read, or it does not fit the schema.

    Examples
    --------
    >>> import tempfile
    >>> from tools.sources.schema import Column
    >>> schema = Schema((Column("code", "text"), Column("value")), key="code")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "own.csv"
    ...     _ = file.write_text(",code,value\\n0,007,1.5\\n")
    ...     read_table(file, schema).to_dict("records")
    [{'code': '007', 'value': 1.5}]
    """
    suffixes = WITH_GEOMETRY if schema.geometry else WITHOUT_GEOMETRY
    if schema.geometry == "point":
        suffixes = SUFFIXES
    if not path.is_file():
        raise DataError(f"there is no file {path.absolute()}; check the path and the folder you are in")
    if path.suffix.lower() not in suffixes:
        why = " (a CSV holds no geometry)" if schema.geometry and path.suffix.lower() == ".csv" else ""
        raise DataError(
            f"{path.name} must be one of {', '.join(suffixes)}{why}; save it again in one of these formats"
        )
    try:
        table = _read(path, schema)
    except DataError:
        raise
    except Exception as error:
        # Four libraries read these formats, each with its own errors; to the reader they are one.
        raise DataError(
            f"{path.name} cannot be read as {path.suffix.lower()}: {error}; open it in the program "
            "that wrote it and save it again"
        ) from error
    table = table.drop(columns=[name for name in table.columns if _unnamed(name)])
    if part.rows is not None:
        table = _part_of(table, schema, part)
    if schema.geometry == "point" and "geometry" not in table.columns:
        table = _placed(table, path.name)
    if schema.geometry:
        table = _with_crs(table, path, crs_if_projected)
    check(table, schema, path.name)
    return _typed(table, schema)


def _read(path: Path, schema: Schema) -> pd.DataFrame:
    import geopandas as gpd
    import pandas as pd
    import pyarrow.parquet as pq

    suffix = path.suffix.lower()
    if suffix == ".csv":
        # Codes of digits lose their leading noughts unless they are read as text from the start.
        text = {column.name: str for column in schema.columns if column.type == "text"}
        return pd.read_csv(path, dtype=text, encoding="utf-8-sig")
    if suffix == ".parquet":
        located = b"geo" in (pq.read_schema(path).metadata or {})
        if not schema.geometry or (schema.geometry == "point" and not located):
            return pd.read_parquet(path)
        if not located:
            raise DataError(f"{path.name} holds no geometry; write it with GeoDataFrame.to_parquet")
        return gpd.read_parquet(path)
    table = gpd.read_file(path)
    if not isinstance(table, gpd.GeoDataFrame):
        raise DataError(f"{path.name} holds a table without geometry; export the layer with its geometry")
    return table


def _part_of(table: pd.DataFrame, schema: Schema, part: Size) -> pd.DataFrame:
    """The rows whose hashes are lowest: of their keys, so that tables agree, or else of their numbers."""
    from tools.sample.subset import lottery

    if part.of:
        chosen = lottery(table[schema.key]) < part.rows / part.of if schema.key in table else slice(None)
    else:
        chosen = lottery(range(len(table))).argsort(kind="stable")[: part.rows]
        chosen.sort()
    return table[chosen].reset_index(drop=True) if part.of else table.iloc[chosen].reset_index(drop=True)


def _placed(table: pd.DataFrame, name: str) -> gpd.GeoDataFrame:
    """Points out of two columns of degrees, which then are the geometry and no longer columns."""
    import geopandas as gpd
    import pandas as pd

    small = {str(column).strip().lower(): column for column in table.columns}
    pair = next((names for names in _DEGREES if all(each in small for each in names)), None)
    if pair is None:
        raise DataError(
            f"{name} holds no points: it has neither a geometry nor columns lon and lat (degrees, WGS 84); "
            "name its columns of degrees so, or write it with GeoDataFrame.to_parquet"
        )
    columns = [small[each] for each in pair]
    degrees = table[columns].apply(pd.to_numeric, errors="coerce")
    wrong = degrees.isna().any(axis=1) | degrees.iloc[:, 0].abs().gt(180) | degrees.iloc[:, 1].abs().gt(90)
    if wrong.any():
        raise DataError(
            f"{name}: {', '.join(columns)} must be degrees within ±180 and ±90 in every row, but are not in "
            f"{int(wrong.sum()):,} of {len(table):,} rows (the first is row {int(wrong.argmax()) + 1}); "
            "metres want a geometry with its CRS instead"
        )
    points = gpd.points_from_xy(degrees.iloc[:, 0], degrees.iloc[:, 1])
    return gpd.GeoDataFrame(table.drop(columns=columns), geometry=points, crs="EPSG:4326")


def _with_crs(table: gpd.GeoDataFrame, path: Path, crs_if_projected: str | None) -> gpd.GeoDataFrame:
    undeclared = table.crs is None or table.crs.is_engineering
    # GDAL takes a GeoJSON that names no CRS for degrees, as the standard says, also where that cannot be.
    impossible = not undeclared and table.crs.is_geographic and not _could_be_degrees(table)
    if not undeclared and not impossible:
        return table
    if crs_if_projected and not _could_be_degrees(table):
        return table.set_crs(crs_if_projected, allow_override=True)
    why = "its coordinates cannot be degrees" if impossible else "it names none"
    west, south, east, north = table.total_bounds
    raise DataError(
        f"{path.name} has no coordinate reference system (CRS): {why} (x {west:,.1f} to {east:,.1f}, "
        f"y {south:,.1f} to {north:,.1f}). Find out its CRS, then save it with one: read it with geopandas, "
        f'call .set_crs("EPSG:…", allow_override=True), and .to_file("{path.stem}.gpkg")'
    )


def _could_be_degrees(table: gpd.GeoDataFrame) -> bool:
    west, south, east, north = table.total_bounds
    return not (west < -181 or east > 361 or south < -90.1 or north > 90.1)


def _typed(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    import pandas as pd

    made = {}
    for column in schema.columns:
        values = table[column.name]
        if column.type == "text":
            made[column.name] = values.astype("str")
        elif column.type == "float32":
            made[column.name] = pd.to_numeric(values).astype("float32")
        elif column.type == "boolean":
            made[column.name] = pd.to_numeric(values).astype("boolean" if values.isna().any() else "bool")
        else:
            numbers = pd.to_numeric(values)
            whole = column.type == "integer" and not numbers.isna().any()
            made[column.name] = numbers.astype("int64" if whole else "float64")
    table = table.assign(**made)
    return table.to_crs(schema.crs) if schema.geometry and schema.crs else table


def _unnamed(name: object) -> bool:
    return bool(re.fullmatch(r"\s*|Unnamed: \d+", str(name)))


def looks_like_a_path(name: str) -> bool:
    """Tell whether text is meant as a path rather than as a name of the catalogue.

    Parameters
    ----------
    name : str
        What a reader wrote.

    Returns
    -------
    bool

    Examples
    --------
    >>> looks_like_a_path("london-lsoa"), looks_like_a_path("own/berlin.gpkg")
    (False, True)
    """
    return any(mark in name for mark in "/\\") or bool(Path(name).suffix)


def unknown(name: str, names: list[str]) -> DataError:
    """Return the error for something that is neither a name nor a file; the caller raises it.

    Parameters
    ----------
    name : str
        What was asked for.
    names : list of str
        The catalogue's names.

    Returns
    -------
    DataError

    Examples
    --------
    >>> str(unknown("areas.shp", ["london-lsoa"])).startswith("'areas.shp' is no data set")
    True
    """
    return DataError(
        f"'{name}' is no data set of the catalogue ({suggest(name, names)}) and no file at "
        f"{Path(name).absolute()}; a file of your own must be one of {', '.join(SUFFIXES)}"
    )
