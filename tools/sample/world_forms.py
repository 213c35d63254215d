"""Urban forms of an invented world: which of eight kinds of place lies where in a city, at any fineness.

Each city has a field a form, made of plane waves of random length, direction and phase; at a point the form
whose field is highest is there. So forms lie in coherent pieces that go on from one tile to the next, and
patches and images of them, which look at the same fields, agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from tools.tiling import TILE_METRES

FORMS = ("centre", "perimeter", "houses", "slabs", "informal", "industry", "water", "fields")
"""Compact centre; perimeter blocks; detached houses on a grid; slabs in green; dense informal building;
halls and yards; water and harbours; parks and fields."""

PATCHES = 14
"""Patches along a tile's side."""

MIXED_BELOW = 0.75
"""A tile whose main form has less than this share of it is called mixed."""

_USUAL = {
    "Africa": (0.0, -0.4, -0.3, -0.5, 0.5, -0.2, -0.3, 0.1),
    "Asia": (0.2, -0.3, -0.5, 0.4, 0.3, 0.1, -0.2, -0.2),
    "Europe": (0.0, 0.5, 0.1, 0.3, -1.6, 0.1, -0.2, 0.2),
    "North America": (0.0, -0.6, 0.7, -0.4, -1.4, 0.2, -0.2, 0.1),
    "South America": (0.1, -0.1, 0.0, -0.1, 0.4, 0.0, -0.3, 0.0),
    "Oceania": (-0.1, -0.7, 0.8, -0.6, -1.7, 0.1, 0.1, 0.2),
}
"""How common each form is, as what is added to its fields by continent."""

_WAVES = ((16, 10_000.0, 1.0), (8, 1100.0, 0.06))
"""Number, length in metres and strength: whole quarters, and the ragged edges between them."""


def forms_at(city_id: int, continent: str, x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Return the forms on a grid of points of a city.

    Parameters
    ----------
    city_id : int
        The city's number.
    continent : str
        In words, such as ``"North America"``.
    x, y : ndarray, shape (width,) and (height,)
        Metres of the city's UTM zone.
    seed : int
        The world's seed.

    Returns
    -------
    ndarray, shape (height, width), int8
        Positions in `FORMS`.

    Raises
    ------
    ValueError
        If there is no such continent.

    Examples
    --------
    >>> forms_at(90000001, "Africa", np.arange(0, 400, 100.0), np.arange(0, 300, 100.0), 42).shape
    (3, 4)
    """
    if continent not in _USUAL:
        raise ValueError(f"no continent {continent!r}; there are: {', '.join(_USUAL)}")
    east, north, weights = _waves(seed, int(city_id))
    across = np.exp(1j * np.multiply.outer(np.asarray(x, float), east).swapaxes(0, 1))
    along = np.exp(1j * np.multiply.outer(np.asarray(y, float), north).swapaxes(0, 1)) * weights[:, None]
    fields = (along @ across.swapaxes(1, 2)).real
    return (fields + np.array(_USUAL[continent])[:, None, None]).argmax(axis=0).astype(np.int8)


def patch_forms(tiles: pd.DataFrame, seed: int = 42) -> np.ndarray:
    """Return the form at the middle of each patch.

    Parameters
    ----------
    tiles : pandas.DataFrame
        As `tools.tiling.lay_tiles` returns them.
    seed : int, optional
        The world's seed.

    Returns
    -------
    ndarray, shape (n_tiles, 14, 14), int8
        Positions in `FORMS`, from the north-west row by row.
    """
    middles = (np.arange(PATCHES) + 0.5) * (TILE_METRES / PATCHES)
    made = [
        forms_at(tile["city_id"], tile["continent"], tile["left"] + middles, tile["top"] - middles, seed)
        for tile in each_tile(tiles, ("city_id", "continent", "left", "top"))
    ]
    return np.stack(made) if made else np.empty((0, PATCHES, PATCHES), np.int8)


def form_truth(tiles: pd.DataFrame, seed: int = 42) -> pd.DataFrame:
    """Return what tiles truly show.

    Parameters
    ----------
    tiles : pandas.DataFrame
        As `tools.tiling.lay_tiles` returns them.
    seed : int, optional
        The world's seed.

    Returns
    -------
    pandas.DataFrame
        ``tile_id``; ``form``, the one of most patches; ``second_form``, the next, or the same again where
        there is one only; ``share`` of the patches that are of the first, float64; ``mixed``, whether that is
        below `MIXED_BELOW`.
    """
    forms = patch_forms(tiles, seed).reshape(-1, PATCHES**2)
    counts = (forms[:, :, None] == np.arange(len(FORMS))).sum(axis=1)
    order = np.argsort(-counts, axis=1, kind="stable")
    most = np.take_along_axis(counts, order, axis=1)
    names = np.array(FORMS)
    share = most[:, 0] / PATCHES**2
    return pd.DataFrame(
        {
            "tile_id": tiles["tile_id"].to_numpy(np.int64),
            "form": names[order[:, 0]],
            "second_form": names[np.where(most[:, 1] > 0, order[:, 1], order[:, 0])],
            "share": share,
            "mixed": share < MIXED_BELOW,
        }
    )


def each_tile(tiles: pd.DataFrame, columns: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield what columns say of each tile.

    Parameters
    ----------
    tiles : pandas.DataFrame
        A table of tiles.
    columns : tuple of str
        What to take.

    Yields
    ------
    dict

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> list(each_tile(pd.DataFrame({"left": [0.0], "top": [5.0]}), ("top",)))
    [{'top': 5.0}]
    """
    missing = [name for name in columns if name not in tiles]
    if missing:
        raise ValueError(
            f"the tiles have no column {', '.join(missing)}; lay them with tools.tiling.lay_tiles"
        )
    for values in zip(*(tiles[name].tolist() for name in columns), strict=True):
        yield dict(zip(columns, values, strict=True))


@lru_cache(maxsize=1024)
def _waves(seed: int, city_id: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The city's waves, (n_forms, n_waves): radians a metre to the east and the north; complex strength."""
    rng = np.random.default_rng([seed, 1, city_id])
    steps, weights = [], []
    for number, length, strength in _WAVES:
        shape = (len(FORMS), number)
        steps.append(rng.standard_normal((2, *shape)) * (2 * np.pi / (2.2 * length)))
        weights.append(strength * np.sqrt(2 / number) * np.exp(2j * np.pi * rng.random(shape)))
    east, north = np.concatenate(steps, axis=2)
    return east, north, np.concatenate(weights, axis=1)
