"""What goes into an index: tiles with their places, and one vector a tile by each method, checked once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.similarity.index.errors import WrongVectorError

PAYLOAD = ("city_id", "country_code", "continent")
"""What an index knows of a tile beside its vector, and can be asked to keep to."""

_METHOD = re.compile(r"[a-z][a-z0-9_]{0,47}")
_PART = 4_096


@dataclass(frozen=True)
class Places:
    """Tiles, and where they are; row by row.

    Parameters
    ----------
    tile_id, city_id : array of int64, shape (n,)
        Of the tile, and of its city.
    country_code, continent : array of str, shape (n,)
        Of the city.
    """

    tile_id: NDArray[np.int64]
    city_id: NDArray[np.int64]
    country_code: NDArray[np.str_]
    continent: NDArray[np.str_]

    def payload(self, row: int) -> dict[str, int | str]:
        """Return what is kept beside the vector of a row."""
        return {
            "city_id": int(self.city_id[row]),
            "country_code": str(self.country_code[row]),
            "continent": str(self.continent[row]),
        }

    def columns(self) -> dict[str, NDArray]:
        """Return the arrays by name."""
        return {"tile_id": self.tile_id, **{name: getattr(self, name) for name in PAYLOAD}}


@dataclass(frozen=True)
class Content:
    """The vectors of one method, and of which tiles they are.

    Parameters
    ----------
    method : str
        Its name.
    places : Places
        The tiles.
    vectors : array of float32, shape (n, dimensions)
        As they were given, of any length.
    """

    method: str
    places: Places
    vectors: NDArray[np.float32]

    @property
    def fingerprint(self) -> str:
        """A word of 16 letters that only this content has."""
        digest = hashlib.sha256(f"{self.method} {self.vectors.shape}".encode())
        for column in self.places.columns().values():
            digest.update("\n".join(column.astype(str).tolist()).encode())
        digest.update(np.ascontiguousarray(self.vectors, "<f4"))
        return digest.hexdigest()[:16]

    def in_order(self) -> Content:
        """Return the same content in the order of the tiles' numbers."""
        ids = self.places.tile_id
        if (ids[1:] > ids[:-1]).all():
            return self
        order = np.argsort(ids)
        columns = {name: column[order] for name, column in self.places.columns().items()}
        return Content(self.method, Places(**columns), self.vectors[order])

    def units(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Yield the vectors part by part, at length one, so that inner products are cosines."""
        for first in range(0, len(self.vectors), _PART):
            rows = slice(first, min(first + _PART, len(self.vectors)))
            part = self.vectors[rows].astype(np.float64)
            yield rows, (part / np.linalg.norm(part, axis=1, keepdims=True)).astype(np.float32)


def checked_content(tiles: pd.DataFrame, vectors: Mapping[str, NDArray]) -> list[Content]:
    """Hold tiles and vectors to what an index needs.

    Parameters
    ----------
    tiles : pandas.DataFrame
        With ``tile_id``, ``city_id``, ``country_code`` and ``continent``.
    vectors : mapping of str to array of float, shape (len(tiles), dimensions)
        By method, in the order of `tiles`.

    Returns
    -------
    list of Content
        One a method, in the order of their names; rows in the order of the tiles' numbers.

    Raises
    ------
    ValueError
        If there are no tiles or no methods, a column is missing or has gaps, ids are not whole, are doubled,
        or are too large for JavaScript, or a method's name would not do for a folder.
    WrongVectorError
        If vectors are not one a tile, not finite, or zero.

    Examples
    --------
    >>> tiles = pd.DataFrame({"tile_id": [7], "city_id": [1], "country_code": "FR", "continent": "Europe"})
    >>> [content.method for content in checked_content(tiles, {"mean": np.ones((1, 4))})]
    ['mean']
    """
    places = _places(tiles)
    if not vectors:
        raise ValueError("there are no vectors: pass at least one method, such as {'mean': …}")
    contents = (
        Content(method, places, _vectors(method, vectors[method], places)) for method in sorted(vectors)
    )
    return [content.in_order() for content in contents]


def _places(tiles: pd.DataFrame) -> Places:
    missing = [name for name in ("tile_id", *PAYLOAD) if name not in tiles]
    if missing:
        raise ValueError(f"the tiles have no column {', '.join(missing)}; there are {', '.join(tiles)}")
    if tiles.empty:
        raise ValueError("there are no tiles to index")
    for name in PAYLOAD[1:]:
        gaps = int(tiles[name].isna().sum())
        if gaps:
            raise ValueError(
                f"{name} is missing for {gaps} tiles; Namibia's code NA is read as missing unless the table "
                "is read with keep_default_na=False"
            )
    for name in ("tile_id", "city_id"):
        if not pd.api.types.is_integer_dtype(tiles[name]):
            raise ValueError(f"{name} must hold whole numbers, and is {tiles[name].dtype}")
        if tiles[name].isna().any() or not tiles[name].between(0, 2**53 - 1).all():
            raise ValueError(f"{name} must be from 0 to 2^53 - 1, which is as far as JavaScript counts")
    doubled = tiles.loc[tiles["tile_id"].duplicated(), "tile_id"]
    if len(doubled):
        raise ValueError(f"tile_id {doubled.iloc[0]} stands for more than one tile")
    return Places(
        tiles["tile_id"].to_numpy(np.int64),
        tiles["city_id"].to_numpy(np.int64),
        np.array(tiles["country_code"].astype(str).tolist(), np.str_),
        np.array(tiles["continent"].astype(str).tolist(), np.str_),
    )


def _vectors(method: str, vectors: NDArray, places: Places) -> NDArray[np.float32]:
    if not _METHOD.fullmatch(method):
        raise ValueError(
            f"{method!r} is no name for a method: up to 48 of a-z, 0-9 and _, and a letter first"
        )
    vectors = np.asarray(vectors, np.float32)
    if vectors.ndim != 2 or len(vectors) != len(places.tile_id) or not vectors.shape[1]:
        raise WrongVectorError(
            f"{method}: expected one vector for each of {len(places.tile_id)} tiles, got an array of shape "
            f"{vectors.shape}"
        )
    for first in range(0, len(vectors), _PART):
        squares = np.einsum("ij,ij->i", *[vectors[first : first + _PART].astype(np.float64)] * 2)
        wrong = np.flatnonzero(~np.isfinite(squares) | (squares == 0))
        if len(wrong):
            tile = places.tile_id[first + wrong[0]]
            raise WrongVectorError(
                f"{method}: the vector of tile {tile} is zero or not finite, so it points nowhere"
            )
    return vectors
