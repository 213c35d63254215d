"""A small picture of an image on Earth Engine, as a PNG file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools.files import appearing
from tools.sources.disk import make_folder, room_for
from tools.sources.earthengine.asking import whole
from tools.sources.earthengine.grids import extent, grid_over
from tools.sources.earthengine.regions import Region, utm_of
from tools.sources.errors import DataError

if TYPE_CHECKING:
    import ee

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST = 4096  # three bytes a pixel: more would not fit into the 48 MB that an answer may have
_END = b"IEND\xaeB`\x82"


def thumbnail(
    image: ee.Image,
    region: Region,
    path: str | Path,
    *,
    palette: Sequence[str],
    size: int = 1024,
    crs: str | None = None,
) -> Path:
    """Let Earth Engine draw an image of classes, and keep the picture.

    Parameters
    ----------
    image : ee.Image
        One band of whole numbers from 0, as from `kmeans_classes`.
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        What to draw.
    path : str or pathlib.Path
        Where to, ending in ``.png``. What is there already is replaced, once the new picture is whole.
    palette : sequence of str
        A colour for each class, as ``"#rrggbb"``.
    size : int
        Of the longer side, in pixels, or one less; 2 to 4096.
    crs : str, optional
        A projected CRS in metres to draw it in; by default the UTM zone of the region's middle.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DataError
        If Earth Engine refuses, or sends no whole PNG.
    ValueError
        If there are fewer than two colours, the size is not possible, or the path does not end in ``.png``.

    Notes
    -----
    The picture comes as an answer to the signed-in client. The address that ``getThumbURL`` makes is open to
    anybody, and names the project.

    Examples
    --------
    >>> thumbnail(classes, region, "classes.png", palette=["#4477aa", "#ee6677"])  # doctest: +SKIP
    PosixPath('classes.png')
    """
    import ee

    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path.name} is to be a PNG: give it a name that ends in .png")
    if not 2 <= size <= _LARGEST:
        raise ValueError(f"size={size}: take 2 to {_LARGEST} pixels; what is larger is an export")
    if len(palette) < 2:
        raise ValueError("a palette has a colour for each class, and there are at least two")
    crs = crs or utm_of(region)
    west, south, east, north = extent(region, crs)
    # One pixel less than `size`, since the grid is laid out to whole pixels on both sides.
    grid = grid_over(region, max(east - west, north - south) / (size - 1), crs)
    drawn = image.visualize(min=0, max=len(palette) - 1, palette=list(palette))
    picture = whole(
        lambda: ee.data.computePixels({"expression": drawn, "fileFormat": "PNG", "grid": grid.asked})
    )
    if not (picture.startswith(_SIGNATURE) and picture.endswith(_END)):
        raise DataError(
            f"Earth Engine sent no whole picture for {path.name} ({len(picture):,} bytes); try again"
        )
    make_folder(path.absolute().parent)
    with appearing(path) as unfinished, room_for(unfinished, len(picture), label=path.name):
        unfinished.write_bytes(picture)
    return path
