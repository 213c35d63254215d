"""The lake of the sample "walker": its shore at two dates, in the open, and how deep the water is near it.

The shore is a closed curve, not a row of pixels, so the area that was lost is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

from tools.sample.fields import Grid, stream

CRS = "EPSG:32611"
CENTRE = (351_400.0, 4_284_300.0)
"""Middle of the lake, metres in `CRS`: about 118.708 degrees west and 38.694 north."""
YEARS = (1988, 2017)

_HALF = (4_300.0, 11_300.0)
_RETREAT = (250.0, 2_700.0, 800.0)
"""How far the shore withdraws, metres: anywhere, besides on the northern flats, besides in the south."""
_RESERVOIR = (-13_500.0, 15_500.0, 900.0, 600.0)
"""A second water that keeps its level: middle, metres from the lake's, and half axes."""
_SHALLOW_M = 350.0


@dataclass(frozen=True)
class Waters:
    """All open water at two dates.

    Parameters
    ----------
    before, after : shapely.MultiPolygon
        In `CRS`; what is water after was water before.

    Examples
    --------
    >>> waters = Waters.made(42)
    >>> waters.before.area > waters.after.area and waters.before.covers(waters.after)
    True
    """

    before: shapely.MultiPolygon
    after: shapely.MultiPolygon

    @classmethod
    def made(cls, seed: int) -> Waters:
        """Invent the shores.

        Parameters
        ----------
        seed : int
            The sample's seed.

        Returns
        -------
        Waters
        """
        rng = stream(seed, "shore")
        t = np.linspace(0, 2 * np.pi, 1_440, endpoint=False)
        waves = np.arange(2, 15)
        bends = _wave(t, waves, rng.normal(0, 0.075, waves.size) / np.sqrt(waves), rng)
        bays = _wave(t, waves, rng.normal(0, 0.16, waves.size), rng)
        direction = np.column_stack([np.cos(t), np.sin(t)])
        everywhere, north, south = _RETREAT
        up = direction[:, 1]
        withdrawn = everywhere + north * np.clip(up, 0, 1) ** 3 + south * np.clip(-up, 0, 1) ** 3
        withdrawn *= np.clip(1 + bays, 0.4, 1.6)
        outer = (1 + bends)[:, None] * direction * _HALF
        x, y, half_x, half_y = _RESERVOIR
        reservoir = shapely.Polygon((1 + 2 * bends)[:, None] * direction * (half_x, half_y) + (x, y))
        shores = [
            shapely.MultiPolygon([shapely.Polygon(shore + CENTRE), _moved(reservoir)])
            for shore in (outer, outer - withdrawn[:, None] * direction * (0.5, 1))
        ]
        return cls(*shores)

    def of(self, year: int) -> shapely.MultiPolygon:
        """Return the water of one of `YEARS`.

        Parameters
        ----------
        year : int
            Which.

        Returns
        -------
        shapely.MultiPolygon
        """
        return self.before if year == YEARS[0] else self.after

    def truth(self) -> gpd.GeoDataFrame:
        """Return the water of each date and what lies between them, with areas in square kilometres.

        Returns
        -------
        geopandas.GeoDataFrame
            Columns name, area_km2, geometry; areas as measured on the pixels' own projection.
        """
        shapes = [self.before, self.after, self.before.difference(self.after)]
        names = [f"water-{year}" for year in YEARS] + ["lost"]
        areas = [shape.area / 1e6 for shape in shapes]
        return gpd.GeoDataFrame({"name": names, "area_km2": areas}, geometry=shapes, crs=CRS)


def cover(shape: shapely.Geometry, grid: Grid) -> np.ndarray:
    """Return which share of every pixel lies within a shape, exactly.

    Parameters
    ----------
    shape : shapely.Geometry
        In the grid's CRS.
    grid : Grid
        The pixels.

    Returns
    -------
    ndarray, shape (height, width), float32
        From 0 to 1.

    Examples
    --------
    >>> grid = Grid(0, 20, 10, 2, 2, None)
    >>> cover(shapely.box(0, 5, 15, 20), grid).tolist()
    [[1.0, 0.5], [0.5, 0.25]]
    """
    share = np.zeros(grid.height * grid.width, np.float32)
    east = grid.west + grid.width * grid.resolution
    south = grid.north - grid.height * grid.resolution
    everywhere = np.broadcast_to(np.int8(1), grid.shape)
    found = exact_extract(
        NumPyRasterSource(everywhere, grid.west, south, east, grid.north),
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)},
        ["cell_id", "coverage"],
    )[0]["properties"]
    share[np.asarray(found["cell_id"], np.int64)] = found["coverage"]
    return share.reshape(grid.shape)


def shallowness(shape: shapely.Geometry, share: np.ndarray, grid: Grid) -> np.ndarray:
    """Return how shallow the water is where there is any: 1 at the shore, 0 far from it.

    Parameters
    ----------
    shape : shapely.Geometry
        The water, in the grid's CRS.
    share : ndarray, shape (height, width)
        As `cover` returns it.
    grid : Grid
        The pixels.

    Returns
    -------
    ndarray, shape (height, width), float32
    """
    rows, columns = np.nonzero(share)
    points = shapely.points(grid.x[columns], grid.y[rows])
    shore = shape.boundary
    shapely.prepare(shore)
    shallow = np.zeros(grid.shape, np.float32)
    shallow[rows, columns] = np.exp(-shapely.distance(shore, points) / _SHALLOW_M)
    return shallow


def _wave(t: np.ndarray, waves: np.ndarray, heights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.cos(np.outer(t, waves) + rng.uniform(0, 2 * np.pi, waves.size)) @ heights


def _moved(shape: shapely.Polygon) -> shapely.Polygon:
    return shapely.transform(shape, lambda points: points + CENTRE)
