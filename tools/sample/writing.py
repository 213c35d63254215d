"""Write the sample as the open sources publish their data, each file saying that it is synthetic."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from pyproj import Transformer

from tools.alphaearth.layout import tile_path, write_index, write_tile
from tools.embeddings import N_BANDS, NODATA, quantise
from tools.sample.fields import stream
from tools.sample.landscape import Landscape

NOTICE = "Synthetic sample: places, codes and values are invented, to practise with. Not real data."
"""What stands in each file's metadata."""

_OVERLAP_M = 300.0


def write_mosaic(
    landscape: Landscape,
    bounds: tuple[float, float, float, float],
    root: Path,
    *,
    year: int,
    place: str,
    seed: int,
    resolution: float,
    tile_pixels: int = 512,
    within: shapely.Geometry | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write a landscape's embeddings as a mosaic in the layout of AlphaEarth's public bucket.

    The mosaic is in as many UTM zones as the bounds touch, a little beyond each border so that no seam opens.

    Parameters
    ----------
    landscape : Landscape
        What to look at.
    bounds : tuple of float
        West, south, east, north, degrees.
    root : pathlib.Path
        The folder ``…/v1/annual``.
    year : int
        The year that the tiles are filed under.
    place : str
        Goes into the tiles' names.
    seed : int
        The sample's seed.
    resolution : float
        Pixel size, metres.
    tile_pixels : int
        Size of the tiles, pixels.
    within : shapely.Geometry, optional
        In the landscape's CRS: what lies outside is left without data, and tiles without any are left out.
    progress : callable, optional
        Called with a line of text for each tile.

    Returns
    -------
    list of pathlib.Path
        The tiles, and last the index.
    """
    paths = []
    if within is not None:
        shapely.prepare(within)
    tags = {
        "SYNTHETIC": NOTICE,
        "PIXEL": f"{resolution:g} m, "
        + ("as AlphaEarth's" if resolution == 10 else "coarser than AlphaEarth's 10 m"),
        "TIFFTAG_IMAGEDESCRIPTION": NOTICE,
    }
    for zone, epsg, part in _zones(bounds):
        to_zone = Transformer.from_crs("EPSG:4326", epsg, always_xy=True)
        to_home = Transformer.from_crs(epsg, landscape.grid.crs, always_xy=True)
        to_degrees = Transformer.from_crs(epsg, "EPSG:4326", always_xy=True)
        west, south, east, north = (
            np.array(to_zone.transform_bounds(*part)) + np.array([-1, -1, 1, 1]) * _OVERLAP_M
        )
        west, north = np.floor(west / resolution) * resolution, np.ceil(north / resolution) * resolution
        columns, rows = (int(np.ceil(span / resolution)) for span in (east - west, north - south))
        for yoff in range(0, rows, tile_pixels):
            for xoff in range(0, columns, tile_pixels):
                shape = min(tile_pixels, rows - yoff), min(tile_pixels, columns - xoff)
                transform = Affine(
                    resolution, 0, west + xoff * resolution, 0, -resolution, north - yoff * resolution
                )
                x, y = _centres(transform, shape)
                lon = to_degrees.transform(x, y)[0]
                # A pixel belongs to the zone on whose side it lies, as in the bucket.
                reach = _OVERLAP_M / 70_000
                seen = (lon >= part[0] - reach) & (lon <= part[2] + reach)
                home = to_home.transform(x, y)
                if within is not None:
                    seen &= shapely.contains_xy(within, *home)
                if not seen.any():
                    continue
                relative = tile_path(year, zone, f"synthetic{place}", yoff, xoff)
                rng = stream(seed, "pixels", relative)
                data = np.full((N_BANDS, x.size), NODATA, np.int8)
                data[:, seen] = quantise(landscape.embed(home[0][seen], home[1][seen], rng)).T
                if progress:
                    progress(f"embeddings {relative}")
                path = Path(root) / relative
                write_tile(path, data.reshape(N_BANDS, *shape), crs=epsg, transform=transform, tags=tags)
                paths.append(path)
    return [*paths, write_index(root, paths)]


def rounded(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return areas in degrees with six decimals, a decimetre: what is measured on them holds for the file.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in any CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326.

    Examples
    --------
    >>> point = gpd.GeoDataFrame(geometry=[shapely.Point(0.123456789, 51.5)], crs="EPSG:4326")
    >>> rounded(point).geometry[0].x
    0.123457
    """
    areas = areas.to_crs("EPSG:4326")
    return areas.set_geometry(
        shapely.transform(areas.geometry.to_numpy(), lambda xy: np.round(xy, 6)), crs=4326
    )


def write_areas(areas: gpd.GeoDataFrame, path: Path) -> Path:
    """Write areas as GeoJSON, numbers with six significant digits.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        As `rounded` returns them, with columns of text and numbers.
    path : pathlib.Path
        The file.

    Returns
    -------
    pathlib.Path
        The same.
    """
    table = areas.drop(columns="geometry")
    numbers = table.select_dtypes("number").columns
    shapes = shapely.to_geojson(areas.geometry.to_numpy())
    columns = {
        name: [_number(value) for value in table[name]] if name in numbers else table[name].map(json.dumps)
        for name in table
    }
    keys = [json.dumps(name) for name in columns]
    head = {"type": "FeatureCollection", "name": path.stem, "synthetic": NOTICE}
    with _whole(path) as file:
        file.write(json.dumps(head)[:-1] + ', "features": [\n')
        for number, (shape, *values) in enumerate(zip(shapes, *columns.values(), strict=True)):
            pairs = ", ".join(f"{key}: {value}" for key, value in zip(keys, values, strict=True))
            line = f'{{"type": "Feature", "properties": {{{pairs}}}, "geometry": {shape}}}'
            file.write((",\n" if number else "") + line)
        file.write("\n]}\n")
    return path


def write_parquet(table: pd.DataFrame | gpd.GeoDataFrame, path: Path) -> Path:
    """Write a table as Parquet, or as GeoParquet where it has geometry.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        Without an index worth keeping.
    path : pathlib.Path
        The file; that it is synthetic stands among the metadata of its schema, under the key ``synthetic``.

    Returns
    -------
    pathlib.Path
        The same.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if isinstance(table, gpd.GeoDataFrame):
        arrow = pa.table(table.to_arrow(index=False, geometry_encoding="WKB"))
        columns = {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": sorted(set(table.geom_type)),
                "crs": table.crs.to_json_dict(),
            }
        }
        geo = {"version": "1.0.0", "primary_column": "geometry", "columns": columns}
        meta = {"geo": json.dumps(geo)}
    else:
        arrow, meta = pa.Table.from_pandas(table, preserve_index=False), {}
    arrow = arrow.replace_schema_metadata({**meta, "synthetic": NOTICE})
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        pq.write_table(arrow, part, compression="zstd")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def write_table(table: pd.DataFrame, path: Path, descriptions: dict[str, str]) -> list[Path]:
    """Write a table as CSV with a leading column that has no name, and beside it what its columns mean.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows; its index becomes the column without a name, as in the file that it stands for.
    path : pathlib.Path
        The CSV file.
    descriptions : dict of str to str
        What to say of each column.

    Returns
    -------
    list of pathlib.Path
        The file, and its metadata (CSV on the Web).
    """
    with _whole(path) as file:
        table.to_csv(file, lineterminator="\n")
    metadata = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": path.name,
        "dc:title": "Deprivation and census variables, invented",
        "dc:description": NOTICE,
        "tableSchema": {
            "columns": [{"titles": "", "name": "row"}]
            + [
                {"titles": name, "datatype": _datatype(table[name]), "dc:description": descriptions[name]}
                for name in table
            ]
        },
    }
    sidecar = path.with_name(path.name + "-metadata.json")
    with _whole(sidecar) as file:
        file.write(json.dumps(metadata, indent=1) + "\n")
    return [path, sidecar]


def _zones(bounds: tuple[float, float, float, float]) -> Iterator[tuple[str, str, tuple]]:
    """Yield each northern or southern UTM zone that bounds touch: its name, its CRS, and its part of them."""
    west, south, east, north = bounds
    half, code = ("N", 32600) if (south + north) / 2 >= 0 else ("S", 32700)
    for number in range(int((west + 180) // 6) + 1, int((east + 180) // 6) + 2):
        edge = number * 6 - 180
        part = max(west, edge - 6.0), south, min(east, float(edge)), north
        if part[0] < part[2]:
            yield f"{number:02d}{half}", f"EPSG:{code + number}", part


def _centres(transform: Affine, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices(shape)
    x, y = transform @ (columns.ravel() + 0.5, rows.ravel() + 0.5)
    return x, y


def _number(value: float) -> str:
    return "null" if pd.isna(value) else f"{value:.6g}"


def _datatype(column: pd.Series) -> str:
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(column) else "string"


class _whole:  # noqa: N801
    """A text file that is there whole or not at all."""

    def __init__(self, path: Path):
        self.path, self.part = path, path.with_name(f".{path.name}.part")

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(self.part, "w", encoding="utf-8", newline="\n")
        return self.file

    def __exit__(self, kind, error, trace):
        self.file.close()
        if kind is None:
            os.replace(self.part, self.path)
        else:
            self.part.unlink()
