"""``course extract``: embeddings at all points of a file, in work that may be broken off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tools import sources
from tools.extraction import extract_embeddings, read_points, write_points
from tools.extraction.reading import checked_output

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def extract(
    points: str,
    year: int,
    output: Path,
    *,
    key: str = "TOID",
    region: str | None = None,
    origin: str | None = None,
    size: str | None = None,
    **options: str | Path | None,
) -> None:
    """Read points, extract their embeddings, write the table, and print what was found.

    Parameters
    ----------
    points : str
        A file of points, or a name of the catalogue.
    year : int
        Of the embeddings.
    output : pathlib.Path
        The table: ``.parquet``, ``.gpkg``, ``.geojson`` or ``.csv``.
    key : str, optional
        The column that names the points.
    region : str, optional
        A file of polygons, or a name of the catalogue, outside which points are odd.
    origin : {"sample", "open", "earthengine"}, optional
        The road in force.
    size : str, optional
        Of data sets that come in several.
    **options
        ``data``, ``folder`` and the policies of `tools.extraction.extract_embeddings`.

    Raises
    ------
    tools.sources.DataError
        When something about the points, the files or the server is not as it must be.

    Examples
    --------
    >>> extract("gone.parquet", 2024, Path("out.parquet"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tools.sources.errors.DataError: there is no file .../gone.parquet; check the path and ...
    """
    checked_output(output)
    found = extract_embeddings(
        read_points(points, origin=origin, size=size),
        year,
        key=key,
        region=_region(region, origin) if region else None,
        origin=origin,
        size=size,
        **options,
    )
    written = write_points(found.table, output)
    _show(found.summary)
    print(written)


def _region(name_or_path: str, origin: str | None) -> gpd.GeoDataFrame:
    if name_or_path in sources.catalogue():
        return sources.open(name_or_path, origin=origin)
    import geopandas as gpd

    path = Path(name_or_path).expanduser()
    if not path.is_file():
        areas = [name for name, entry in sources.catalogue().items() if entry.kind == "areas"]
        raise sources.DataError(
            f"there is no region '{name_or_path}': name a file, or one of {', '.join(areas)}"
        )
    try:
        return gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    except Exception as error:
        # Several libraries read these formats, each with errors of its own.
        raise sources.DataError(f"{path.name} cannot be read as polygons: {error}") from error


def _show(summary: pd.DataFrame) -> None:
    table = Table("found", "number", "what was done", "which", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for found, line in summary.iterrows():
        table.add_row(str(found), f"{line['number']:,}", line["done"], line["which"])
    Console().print(table)
