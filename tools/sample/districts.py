"""Divide invented land into statistical areas, and these into boroughs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from tools.sample import areas as tessellation
from tools.sample.fields import stream
from tools.sample.landscape import Ground


@dataclass(frozen=True)
class Areas:
    """Statistical areas and what they are made of.

    Parameters
    ----------
    outlines : ndarray of shapely.Polygon, shape (n,)
        In the landscape's CRS.
    centres : ndarray, shape (n, 2)
        Centroids, metres.
    neighbours : ndarray of int, shape (k, 2)
        Pairs that share a border.
    borough : ndarray of int, shape (n,)
        0 is the small one in the middle.
    cover : ndarray, shape (n_archetypes, n)
        Mean share of each kind of land cover.
    of_pixel : ndarray of int, shape (height, width)
        The area of each pixel of the landscape, -1 outside.
    """

    outlines: np.ndarray
    centres: np.ndarray
    neighbours: np.ndarray
    borough: np.ndarray
    cover: np.ndarray
    of_pixel: np.ndarray


def make_areas(ground: Ground, seed: int, n_areas: int, n_boroughs: int) -> Areas:
    """Divide the land into areas of about equally many people, and these into boroughs.

    Parameters
    ----------
    ground : Ground
        The land.
    seed : int
        The sample's seed.
    n_areas : int
        How many areas.
    n_boroughs : int
        How many boroughs; the first is tiny and central.

    Returns
    -------
    Areas
    """
    landscape, grid = ground.landscape, ground.landscape.grid
    people = landscape.people()
    fineness = np.maximum(people, 4) ** 0.8
    rng = stream(seed, "cells")
    cells = tessellation.tessellate(grid, ground.outline, fineness, 13 * n_areas, rng, ground.river)
    xx, yy = np.meshgrid(grid.x, grid.y)
    cell_of_pixel = cells.owner(xx.ravel(), yy.ravel())
    hectares = grid.resolution**2 / 1e4
    inside = cell_of_pixel >= 0
    persons = np.bincount(cell_of_pixel[inside], people.ravel()[inside] * hectares, cells.n_inside)
    spots = cells.points[: cells.n_inside]
    density = np.maximum(grid.read(people, *spots.T), 2)
    persons = np.maximum(persons, 1)
    toll = tessellation.tolls(spots, cells.neighbours, density, rng, barrier=ground.river)
    area = tessellation.grow(spots, cells.neighbours, persons, n_areas, toll=toll)
    outlines = tessellation.dissolve(cells, area)
    centres = shapely.get_coordinates(shapely.centroid(outlines))
    neighbours = tessellation.touching(area, cells.neighbours)
    of_pixel = np.where(inside, area[cell_of_pixel], -1).reshape(grid.shape)
    return Areas(
        outlines=outlines,
        centres=centres,
        neighbours=neighbours,
        borough=_boroughs(centres, neighbours, n_boroughs, ground.river, stream(seed, "boroughs")),
        cover=mean_by_area(landscape.cover, of_pixel, n_areas),
        of_pixel=of_pixel,
    )


def mean_by_area(fields: np.ndarray, of_pixel: np.ndarray, n_areas: int) -> np.ndarray:
    """Return the mean of fields over areas.

    Parameters
    ----------
    fields : ndarray, shape (k, height, width)
        What to average.
    of_pixel : ndarray of int, shape (height, width)
        The area of each pixel, -1 outside.
    n_areas : int
        How many areas.

    Returns
    -------
    ndarray, shape (k, n_areas)
        NaN for an area without a pixel.
    """
    inside = of_pixel >= 0
    area = of_pixel[inside]
    count = np.bincount(area, minlength=n_areas)
    with np.errstate(invalid="ignore"):
        return np.stack([np.bincount(area, field[inside], n_areas) / count for field in fields])


def _boroughs(centres, neighbours, n_boroughs, river, rng) -> np.ndarray:
    """Boroughs of about as many areas each, kept to one side of the river; the first is tiny and central."""
    away = np.hypot(*centres.T)
    n_tiny = max(2, round(len(centres) / 832))
    everyone = np.arange(len(centres))
    tiny = np.argsort(away)[:1]
    while len(tiny) < n_tiny:
        beside = neighbours[np.isin(neighbours, tiny).any(axis=1)].ravel()
        beside = np.setdiff1d(beside, tiny)
        tiny = np.append(tiny, beside[np.argmin(away[beside])])
    rest = np.setdiff1d(everyone, tiny)
    position = np.full(len(centres), -1)
    position[rest] = np.arange(len(rest))
    pairs = position[neighbours]
    kept = (pairs >= 0).all(axis=1)
    spacing = np.hypot(*(centres[neighbours[:, 0]] - centres[neighbours[:, 1]]).T)
    local = np.bincount(neighbours.ravel(), np.repeat(spacing, 2)) / np.bincount(neighbours.ravel())
    toll = tessellation.tolls(
        centres[rest], pairs[kept], 1 / local[rest] ** 2, rng, barrier=river, roughness=0.4
    )
    grown = tessellation.grow(
        centres[rest], pairs[kept], np.ones(len(rest)), n_boroughs - 1, toll=toll, rounds=12
    )
    borough = np.zeros(len(centres), int)
    borough[rest] = grown + 1
    return borough
