"""Files that QGIS opens in the right colours, and that say what they are: GeoPackage and GeoParquet."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio

from tools import provenance
from tools.tables import require_columns
from tools.typology.styling import style_of

EMBEDDING = re.compile(r"^A\d{2}(_mean)?$")
"""Columns that are not exported unless they are asked for: 64 numbers a building."""

_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256),
  f_table_schema TEXT(256),
  f_table_name TEXT(256),
  f_geometry_column TEXT(256),
  styleName TEXT(30),
  styleQML TEXT,
  styleSLD TEXT,
  useAsDefault BOOLEAN,
  description TEXT,
  owner TEXT(30),
  ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)
"""


def export_buildings(
    gdf: gpd.GeoDataFrame,
    folder: str | os.PathLike,
    *,
    stem: str = "buildings",
    columns: Sequence[str] | None = None,
    style_by: str | Sequence[str] = "cluster",
    palette: Mapping | Sequence[str] | None = None,
) -> dict[str, Path]:
    """Write buildings as a GeoPackage that QGIS opens in colour, and as a GeoParquet file.

    Both are written beside their places and put there when they are whole, in place of files of the same
    name. Both carry the marks of provenance and the notice that must be shown.

    Parameters
    ----------
    gdf : geopandas.GeoDataFrame
        One row a building: points, lines or areas with a CRS.
    folder : path
        Where to; made if it is not there.
    stem : str, default "buildings"
        Name of the files without ending, and of the layer: letters, digits, ``_`` and ``-``.
    columns : sequence of str, optional
        What to write beside the geometry; by default all but the embeddings (``A00`` … and ``A00_mean`` …).
    style_by : str or sequence of str, default "cluster"
        The columns to colour by, one style each; QGIS opens the layer in the first and offers the others
        under Properties › Style › Load.
    palette : mapping or sequence of str, optional
        Colours of the first style, as ``#rrggbb``: by category, or in order (for numbers, lowest first, one
        a range). By default colours that are told apart by the colour-blind.

    Returns
    -------
    dict of str to pathlib.Path
        ``gpkg`` and ``parquet``.

    Raises
    ------
    ValueError
        If there is no CRS, if a column is missing, cannot be stored or has too many values for colours, if
        the palette lacks one, or if `stem` is not such a name.
    PermissionError
        If a file of that name is open elsewhere and the system does not let it be replaced.

    Notes
    -----
    Styles are in the table ``layer_styles``, where QGIS looks for them: one document of its style format
    (QML) a row, found by the layer's and the geometry column's name. In the GeoPackage, marks are in the
    layer's description (``gpkg_contents``) and metadata (``gpkg_metadata``); in the Parquet file, in its
    key-value metadata (``title``, ``notice``, ``synthetic``, ``course_provenance``), and, for geopandas, in
    ``attrs``. A categorical column is text in the GeoPackage, which knows no order; the style's legend
    keeps it.

    Examples
    --------
    >>> import tempfile
    >>> data = {"TOID": ["osgb1", "osgb2"], "cluster": ["A", "B"]}
    >>> where = gpd.points_from_xy([-2.98, -2.97], [53.40, 53.41], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = export_buildings(gpd.GeoDataFrame(data, geometry=where), folder)
    ...     read = gpd.read_file(files["gpkg"], layer="buildings")
    >>> sorted(path.name for path in files.values()), read["cluster"].tolist()
    (['buildings.gpkg', 'buildings.parquet'], ['A', 'B'])
    """
    styled = [style_by] if isinstance(style_by, str) else list(style_by)
    table = _chosen(gdf, columns, styled, stem)
    styles = {
        column: style_of(table, column, palette if number == 0 else None)
        for number, column in enumerate(styled)
    }
    said = _said(gdf)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"gpkg": folder / f"{stem}.gpkg", "parquet": folder / f"{stem}.parquet"}
    parts = {kind: path.with_name(f".{stem}.part.{kind}") for kind, path in files.items()}
    try:
        for part in parts.values():
            part.unlink(missing_ok=True)
        _write_gpkg(table, parts["gpkg"], stem, styles, said)
        _write_parquet(table, parts["parquet"], said)
        # Only when both are whole, so that the two never tell of different buildings.
        for kind, part in parts.items():
            _put(part, files[kind])
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return files


def _chosen(gdf: object, columns: Sequence[str] | None, styled: list[str], stem: str) -> gpd.GeoDataFrame:
    if not isinstance(gdf, gpd.GeoDataFrame):
        raise ValueError(f"Buildings need geometry; got a {type(gdf).__name__}. Pass a GeoDataFrame.")
    if gdf.crs is None:
        raise ValueError("The buildings have no CRS. If they are in degrees, use gdf.set_crs('EPSG:4326').")
    if not re.fullmatch(r"[A-Za-z_][\w-]*", stem) or stem.lower().startswith(("gpkg_", "sqlite_")):
        raise ValueError(
            f"stem={stem!r} cannot name a layer: use letters, digits, _ and -, beginning with a letter."
        )
    geometry = gdf.active_geometry_name
    if columns is None:
        columns = [c for c in gdf.columns if c != geometry and not EMBEDDING.match(str(c))]
    require_columns(gdf, columns)
    require_columns(gdf, styled)
    kept = [c for c in dict.fromkeys([*columns, *styled]) if c != geometry]
    names = [str(c).lower() for c in kept]
    for name in names:
        why = "reserved" if names.count(name) == 1 else "there twice (case does not count)"
        if name in ("fid", "geom") or names.count(name) > 1:
            raise ValueError(f"A GeoPackage cannot hold the column {name!r}: it is {why}. Rename it first.")
    return provenance.carry(gdf[[*kept, geometry]].copy(), gdf)


def _said(gdf: gpd.GeoDataFrame) -> dict[str, str]:
    """What the files say of themselves."""
    marks = provenance.every(gdf)
    said = {
        "title": " · ".join(dict.fromkeys(mark.title for mark in marks)),
        "notice": provenance.footnote(gdf),
        "synthetic": str(provenance.is_synthetic(gdf)).lower() if marks else "",
        "course_provenance": json.dumps([asdict(mark) for mark in marks]) if marks else "",
    }
    return {key: text for key, text in said.items() if text}


def _put(part: Path, path: Path) -> None:
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    try:
        os.replace(part, path)
    except PermissionError as error:
        raise PermissionError(
            f"{path.name} cannot be replaced: it is open elsewhere, perhaps in QGIS. Close it there, or "
            "choose another stem."
        ) from error


def _write_gpkg(
    table: gpd.GeoDataFrame, path: Path, layer: str, styles: dict[str, str], said: dict[str, str]
) -> None:
    texts = {
        c: table[c].astype(object) for c in table.columns if isinstance(table[c].dtype, pd.CategoricalDtype)
    }
    description = ". ".join(said[key].rstrip(".") for key in ("title", "notice") if key in said)
    pyogrio.write_dataframe(
        table.assign(**texts),
        path,
        layer=layer,
        driver="GPKG",
        layer_options={
            "GEOMETRY_NAME": "geom",
            "FID": "fid",
            "IDENTIFIER": layer,
            "DESCRIPTION": description,
        },
        # On the layer alone: what stands on the data set makes GDAL leave an .aux.xml beside it on reading.
        layer_metadata=said or None,
    )
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_STYLES)
        for number, (column, document) in enumerate(styles.items()):
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
                " styleName, styleQML, styleSLD, useAsDefault, description, owner)"
                " VALUES ('', '', ?, 'geom', ?, ?, '', ?, ?, '')",
                (
                    layer,
                    str(column)[:30],
                    document,
                    number == 0,
                    f"Coloured by {column}. {description}".strip(),
                ),
            )
        # Unless it is in the table of contents, QGIS does not see it.
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles for QGIS', 0)"
        )
        database.execute(
            "INSERT INTO gpkg_ogr_contents (table_name, feature_count) VALUES ('layer_styles', ?)",
            [len(styles)],
        )


def _write_parquet(table: gpd.GeoDataFrame, path: Path, said: dict[str, str]) -> None:
    table.to_parquet(path, index=False, compression="zstd")
    written = pq.read_table(path)
    metadata = written.schema.metadata | {key.encode(): text.encode() for key, text in said.items()}
    pq.write_table(written.replace_schema_metadata(metadata), path, compression="zstd")
