"""The grid of pixels over a region, in which an image is brought here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS, Transformer

from tools.sources.earthengine.regions import PIXEL, Region, shape_of, utm_of

if TYPE_CHECKING:
    from affine import Affine


@dataclass(frozen=True)
class Grid:
    """Square pixels over a region, north up, with edges at whole multiples of their size.

    Parameters
    ----------
    crs : str
        An EPSG code, in metres.
    west, north : float
        Of the corner of the first pixel.
    scale : float
        Size of a pixel, in metres.
    width, height : int
        In pixels.

    Examples
    --------
    >>> Grid("EPSG:32630", 500_000, 5_900_000, 10, 100, 50).height
    50
    """

    crs: str
    west: float
    north: float
    scale: float
    width: int
    height: int

    @property
    def transform(self) -> Affine:
        """From columns and rows to coordinates."""
        from affine import Affine

        return Affine(self.scale, 0, self.west, 0, -self.scale, self.north)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north."""
        south, east = self.north - self.height * self.scale, self.west + self.width * self.scale
        return self.west, south, east, self.north

    @property
    def asked(self) -> dict[str, object]:
        """As a request for pixels has it."""
        return {
            "dimensions": {"width": self.width, "height": self.height},
            "affineTransform": {
                "scaleX": self.scale,
                "shearX": 0,
                "translateX": self.west,
                "shearY": 0,
                "scaleY": -self.scale,
                "translateY": self.north,
            },
            "crsCode": self.crs,
        }

    def part(self, top: int, left: int, height: int, width: int) -> Grid:
        """Return some of its pixels as a grid of their own.

        Parameters
        ----------
        top, left : int
            The first row and column.
        height, width : int
            How many, in pixels.

        Returns
        -------
        Grid

        Examples
        --------
        >>> Grid("EPSG:32630", 0, 1000, 10, 100, 100).part(20, 0, 5, 5).north
        800
        """
        west, north = self.west + left * self.scale, self.north - top * self.scale
        return Grid(self.crs, west, north, self.scale, width, height)


def grid_over(region: Region, scale: float = PIXEL, crs: str | None = None) -> Grid:
    """Lay a grid of square pixels over a region.

    Parameters
    ----------
    region : as `shape_of` takes it
    scale : float
        Size of a pixel, in metres.
    crs : str, optional
        A projected CRS in metres; by default the UTM zone of the region's middle.

    Returns
    -------
    Grid
        Just large enough. At 10 m in the region's own zone it is the grid in which embeddings are stored.

    Raises
    ------
    ValueError
        If the scale is not positive, or the CRS is not in metres.

    Examples
    --------
    >>> grid = grid_over((-3.0, 53.4, -2.99, 53.41), 100)
    >>> grid.crs, grid.width, grid.height
    ('EPSG:32630', 7, 12)
    """
    if scale <= 0:
        raise ValueError(f"scale={scale}: a pixel has a size above nought, in metres")
    crs = crs or utm_of(region)
    west, south, east, north = extent(region, crs)
    left, top = math.floor(west / scale), math.ceil(north / scale)
    width, height = math.ceil(east / scale) - left, top - math.floor(south / scale)
    return Grid(crs, left * scale, top * scale, scale, width, height)


def extent(region: Region, crs: str) -> tuple[float, float, float, float]:
    """Return how far a region reaches in a CRS.

    Parameters
    ----------
    region : as `shape_of` takes it
    crs : str
        A projected CRS in metres.

    Returns
    -------
    tuple of float
        West, south, east and north, to a millimetre.

    Raises
    ------
    ValueError
        If the CRS is not in metres.

    Examples
    --------
    >>> extent((-3.0, 53.4, -2.99, 53.41), "EPSG:32630")
    (500000.0, 5916768.733, 500664.885, 5917881.274)
    """
    if not CRS(crs).is_projected or any(axis.unit_name != "metre" for axis in CRS(crs).axis_info):
        raise ValueError(f"crs={crs!r} is not in metres: take a projected one, such as {utm_of(region)!r}")
    to_crs = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    # Straight edges bend in the other CRS: with corners every kilometre or so, by centimetres.
    shape = shapely.segmentize(shape_of(region), 0.01)
    shape = shapely.transform(shape, lambda corners: _through(to_crs, corners))
    # To a millimetre, or a region that fits a grid exactly would get a pixel more by rounding alone.
    return tuple(round(side, 3) for side in shape.bounds)


def _through(transformer: Transformer, corners: np.ndarray) -> np.ndarray:
    return np.column_stack(transformer.transform(corners[:, 0], corners[:, 1]))
