"""One tile as a GeoTIFF: blocks band by band, and overviews that are embeddings themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio.crs import CRS

from tools.embeddings import BANDS, NODATA, dequantise, quantise, unit

BLOCK = 1024
_STRIP = 256  # rows halved at a time, so that floats of a whole tile never exist


def write_geotiff(path: Path, data: np.ndarray, crs: CRS, transform: Affine, tags: dict[str, str]) -> None:
    """Copy pixels and overviews into one file in cloud-optimised order: headers, then coarse to fine."""
    side = min(BLOCK, max(16, 2 ** math.ceil(math.log2(max(data.shape[1:])))))
    with TemporaryDirectory(dir=path.parent) as folder, rasterio.Env(GDAL_TIFF_OVR_BLOCKSIZE=max(side, 64)):
        levels = [_write_level(folder, level, crs, transform, tags) for level in pyramid(data)]
        rasterio.shutil.copy(
            _join_levels(levels),
            path,
            driver="GTiff",
            copy_src_overviews=True,
            tiled=True,
            blockxsize=side,
            blockysize=side,
            interleave="band",
            compress="zstd",
            zstd_level=3,
            bigtiff="if_safer",
            num_threads="all_cpus",
        )


def pyramid(data: np.ndarray) -> Iterator[np.ndarray]:
    """Yield an image and its halves, down to one pixel.

    A coarser pixel is the mean of the four under it that hold data, brought back to unit length.

    Parameters
    ----------
    data : array of int8, shape (64, height, width)
        Stored embeddings.

    Yields
    ------
    array of int8, shape (64, ⌈height / 2ⁿ⌉, ⌈width / 2ⁿ⌉)

    Examples
    --------
    >>> [level.shape for level in pyramid(np.ones((64, 5, 3), np.int8))]
    [(64, 5, 3), (64, 3, 2), (64, 2, 1), (64, 1, 1)]
    """
    yield data
    while max(data.shape[1:]) > 1:
        strips = [_halve(data[:, row : row + _STRIP]) for row in range(0, data.shape[1], _STRIP)]
        data = np.concatenate(strips, axis=1)
        yield data


def _halve(data: np.ndarray) -> np.ndarray:
    _, height, width = data.shape
    padded = np.pad(data, [(0, 0), (0, height % 2), (0, width % 2)], constant_values=NODATA)
    values = np.nan_to_num(dequantise(padded), copy=False)
    # A sum points where a mean does, and nothing but missing pixels sums to nought, which has no direction.
    total = sum(values[:, row::2, column::2] for row in (0, 1) for column in (0, 1))
    return quantise(unit(total, axis=0), axis=0)


def _write_level(folder: str, data: np.ndarray, crs: CRS, transform: Affine, tags: dict[str, str]) -> Path:
    count, height, width = data.shape
    path = Path(folder, f"{height}x{width}.tif")
    profile = {"driver": "GTiff", "dtype": "int8", "nodata": NODATA, "interleave": "band"}
    shape = {"count": count, "height": height, "width": width}
    with rasterio.open(path, "w", **profile, **shape, crs=crs, transform=transform) as out:
        out.write(data)
        out.descriptions = BANDS
        out.update_tags(**tags)
    return path


def _join_levels(levels: list[Path]) -> Path:
    """Describe files as one image and its overviews, since GDAL's own overviews know no renormalised mean."""
    joined = levels[0].with_suffix(".vrt")
    rasterio.shutil.copy(levels[0], joined, driver="VRT")
    tree = ElementTree.parse(joined)
    for band in tree.iter("VRTRasterBand"):
        for level in levels[1:]:
            overview = ElementTree.SubElement(band, "Overview")
            ElementTree.SubElement(overview, "SourceFilename").text = str(level)
            ElementTree.SubElement(overview, "SourceBand").text = band.get("band")
    tree.write(joined)
    return joined
