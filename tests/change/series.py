"""Series of embeddings with change at known places and times, for tests."""

from __future__ import annotations

import numpy as np
import rioxarray  # noqa: F401  registers ``.rio``
import xarray as xr

from tools.embeddings import quantise, unit

DIMS = ("time", "band", "y", "x")
YEARS = tuple(range(2017, 2025))
WEST, NORTH, SIDE = 390_000.0, 5_820_000.0, 100.0
CRS = "EPSG:32633"


def where(height, width):
    """Coordinates of a grid of 100 m pixels in Berlin."""
    return {"y": NORTH - SIDE * (np.arange(height) + 0.5), "x": WEST + SIDE * (np.arange(width) + 0.5)}


def directions(rng, *shape):
    """Random directions, one to a pixel: (64, …)."""
    return unit(rng.normal(size=(64, *shape)), axis=0)


def series(rng, steps, *, years=YEARS, noise=0.17, distance=0.2):
    """Stored embeddings (time, band, y, x) of places that turn away by `distance` (1 − cosine) in a year.

    `steps` (y, x) is the year of the new state, and past the last year where nothing changes. Two years of a
    stable place then differ by about `noise`² (1 − cosine).
    """
    steps = np.asarray(steps)
    before = directions(rng, *steps.shape)
    across = directions(rng, *steps.shape)
    across = unit(across - before * (before * across).sum(axis=0), axis=0)
    after = (1 - distance) * before + np.sqrt(1 - (1 - distance) ** 2) * across
    states = [np.where(year < steps, before, after) for year in years]
    jitter = noise / 8  # in each of 64 bands
    return np.stack(
        [quantise(unit(state + jitter * rng.normal(size=state.shape), axis=0), axis=0) for state in states]
    )


def cube_of(values, years=YEARS, **attrs):
    """An array (time, band, y, x) on the ground in Berlin."""
    places = {"time": list(years), **where(*values.shape[2:])}
    return xr.DataArray(values, places, DIMS, attrs=attrs).rio.write_crs(CRS)


def map_of(values, **attrs):
    """An array (y, x) on the ground in Berlin."""
    return xr.DataArray(values, where(*np.shape(values)), ("y", "x"), attrs=attrs).rio.write_crs(CRS)
