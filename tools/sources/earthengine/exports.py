"""Exports: work that Earth Engine does by itself, into the reader's Drive or a bucket of Cloud Storage."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tools.embeddings import BANDS
from tools.sources.earthengine.asking import whole
from tools.sources.earthengine.pixels import sampled
from tools.sources.earthengine.regions import PIXEL, Region, geometry_of, utm_of
from tools.sources.errors import DataError

if TYPE_CHECKING:
    import ee

FOLDER = "places-as-vectors"
_MOST_PIXELS = 10**11
_COLUMNS = ("system:index", *BANDS, ".geo")


def export_samples(
    region: Region,
    year: int,
    n: int,
    *,
    batch_size: int = 50_000,
    seed: int = 42,
    to: str = "drive",
    folder: str = FOLDER,
    bucket: str | None = None,
    prefix: str = "pixels",
) -> list[ee.batch.Task]:
    """Export about `n` random pixels of a region as CSV files, a task for each batch.

    Parameters
    ----------
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        A table in any CRS; a bare shape and bounds are in degrees.
    year : int
        From 2017.
    n : int
        How many pixels in all, about.
    batch_size : int
        How many a file, at most.
    seed : int
        Of the first batch; each further batch takes the next number.
    to : {"drive", "cloud"}
        The reader's Google Drive, or Cloud Storage.
    folder : str
        Of the Drive.
    bucket : str, optional
        Of Cloud Storage; needed there.
    prefix : str
        Files are named ``<prefix>-<year>-001.csv`` and so on.

    Returns
    -------
    list of ee.batch.Task
        Begun. `watch` tells how they get on.

    Raises
    ------
    DataError
        If Earth Engine refuses; the message names the tasks that had begun by then.
    ValueError
        If a number is not positive, or the destination is not complete.

    Notes
    -----
    Each batch is a sample by itself: batches of different seeds may hold the same pixel, as draws with
    replacement do. The files carry each pixel's centre (``.geo``), by which a pixel that came twice is found.

    Examples
    --------
    >>> watch(export_samples(region, 2024, 1_200_000))  # doctest: +SKIP
    """
    if n < 1 or batch_size < 1:
        raise ValueError(f"n={n}, batch_size={batch_size}: both are at least 1")
    firsts = range(0, n, batch_size)
    make = [
        lambda number=number, first=first: _table_task(
            sampled(region, year, min(batch_size, n - first), seed=seed + number, geometries=True),
            f"{prefix}-{year}-{number + 1:03d}",
            _destination(to, folder, bucket),
            "CSV",
            _COLUMNS,
        )
        for number, first in enumerate(firsts)
    ]
    return _begun(make)


def export_table(
    table: ee.FeatureCollection,
    name: str,
    *,
    to: str = "drive",
    folder: str = FOLDER,
    bucket: str | None = None,
    file_format: str = "CSV",
    columns: Sequence[str] | None = None,
) -> ee.batch.Task:
    """Export a table.

    Parameters
    ----------
    table : ee.FeatureCollection
        What to export.
    name : str
        Of the task and its file: letters, digits, ``.``, ``,``, ``:``, ``;``, ``_`` and ``-``.
    to, folder, bucket
        As `export_samples` takes them.
    file_format : {"CSV", "GeoJSON", "KML", "KMZ", "SHP", "TFRecord"}
        Of the file.
    columns : sequence of str, optional
        Which properties; by default those of the first feature.

    Returns
    -------
    ee.batch.Task
        Begun.

    Raises
    ------
    DataError
        If Earth Engine refuses.
    ValueError
        If the name or the destination is not valid.

    Examples
    --------
    >>> export_table(means, "london-2024")  # doctest: +SKIP
    """
    return _begun([lambda: _table_task(table, name, _destination(to, folder, bucket), file_format, columns)])[
        0
    ]


def export_image(
    image: ee.Image,
    region: Region,
    name: str,
    *,
    scale: float = PIXEL,
    crs: str | None = None,
    to: str = "drive",
    folder: str = FOLDER,
    bucket: str | None = None,
) -> ee.batch.Task:
    """Export an image as a cloud-optimised GeoTIFF.

    Parameters
    ----------
    image : ee.Image
        What to export; all its bands must be of one type.
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        How much of it.
    name : str
        As `export_table` takes it.
    scale : float
        Size of a pixel, in metres.
    crs : str, optional
        By default the UTM zone of the region's middle.
    to, folder, bucket
        As `export_samples` takes them.

    Returns
    -------
    ee.batch.Task
        Begun.

    Raises
    ------
    DataError
        If Earth Engine refuses.
    ValueError
        If the name or the destination is not valid.

    Examples
    --------
    >>> export_image(kmeans_classes(region, 2024, 5), region, "classes")  # doctest: +SKIP
    """
    import ee

    def make() -> ee.batch.Task:
        kind, where = _destination(to, folder, bucket)
        method = ee.batch.Export.image.toDrive if kind == "drive" else ee.batch.Export.image.toCloudStorage
        return method(
            image=image,
            description=_checked(name),
            fileNamePrefix=name,
            region=geometry_of(region),
            scale=scale,
            crs=crs or utm_of(region),
            maxPixels=_MOST_PIXELS,
            fileFormat="GeoTIFF",
            formatOptions={"cloudOptimized": True},
            **where,
        )

    return _begun([make])[0]


def _table_task(
    table: ee.FeatureCollection,
    name: str,
    destination: tuple[str, dict[str, str]],
    file_format: str,
    columns: Sequence[str] | None,
) -> ee.batch.Task:
    import ee

    kind, where = destination
    method = ee.batch.Export.table.toDrive if kind == "drive" else ee.batch.Export.table.toCloudStorage
    return method(
        collection=table,
        description=_checked(name),
        fileNamePrefix=name,
        fileFormat=file_format,
        selectors=list(columns) if columns else None,
        **where,
    )


def _destination(to: str, folder: str, bucket: str | None) -> tuple[str, dict[str, str]]:
    if to == "drive":
        return to, {"folder": folder}
    if to != "cloud":
        raise ValueError(f"to={to!r}: take 'drive' or 'cloud'")
    if not bucket:
        raise ValueError("to='cloud' needs bucket=, the name of a bucket that your project may write to")
    return to, {"bucket": bucket}


def _checked(name: str) -> str:
    # The server's own rule, which it tells only after the request.
    if not re.fullmatch(r"[a-zA-Z0-9.,:;_-]{1,100}", name):
        raise ValueError(
            f"{name!r} cannot name a task: take up to 100 letters, digits and . , : ; _ - without spaces"
        )
    return name


def _begun(make: Sequence[Callable[[], ee.batch.Task]]) -> list[ee.batch.Task]:
    import ee

    # All are made before the first begins: what is wrong with one should not leave half of them running.
    tasks = [build() for build in make]
    for number, task in enumerate(tasks):
        try:
            whole(task.start)
            # The client leaves it at "unsubmitted", which is what a reader would see of it.
            task.state = ee.batch.Task.State.READY
        except DataError as error:
            if not number:
                raise
            under_way = ", ".join(f"{begun.config['description']} ({begun.id})" for begun in tasks[:number])
            raise DataError(f"{error}. Already begun, and still running: {under_way}") from None
    return tasks
