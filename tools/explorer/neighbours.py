"""Look-alikes of all tiles worked out beforehand, exactly, and packed: a search that needs no server.

Both positions of the same-city switch are served by one list a tile: its `k` nearest tiles in other cities,
and with them those of its own city that stand among the `k` nearest of all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.explorer.packing import pack
from tools.similarity.retrieval import exact_neighbours, group_codes, unit_rows

VERSION = 1
SCORE_STEP = 0.0005
"""Scores are kept in such steps of the cosine, so one is off by a quarter of a thousandth at most. The order
of tiles is kept as it is and does not come from these."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest tiles of every tile; a tile is its row.

    Parameters
    ----------
    others : array of int32, shape (n, k)
        The most alike in other cities, the most alike first.
    other_scores : array of float32, shape (n, k)
        Their cosines.
    owner, own, own_scores : arrays, shape (m,)
        Tiles of the owner's own city among the `k` nearest of all, in the order of the owner, then the most
        alike first; and their cosines.
    place : array of int64, shape (m,)
        At which place of the `k` nearest of all each stands, from 0.
    """

    others: NDArray[np.int32]
    other_scores: NDArray[np.float32]
    owner: NDArray[np.int64]
    own: NDArray[np.int64]
    own_scores: NDArray[np.float32]
    place: NDArray[np.int64]

    def of_all(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the `k` nearest of all tiles, whatever city they lie in.

        Returns
        -------
        neighbours : array of int64, shape (n, k)
            The most alike first.
        scores : array of float32, shape (n, k)
        """
        theirs = np.ones(self.others.shape, bool)
        theirs[self.owner, self.place] = False
        rank = np.maximum(np.cumsum(theirs, axis=1) - 1, 0)
        rows = np.take_along_axis(self.others, rank, axis=1).astype(np.int64)
        scores = np.take_along_axis(self.other_scores, rank, axis=1)
        rows[self.owner, self.place], scores[self.owner, self.place] = self.own, self.own_scores
        return rows, scores


def find_neighbours(vectors: NDArray, cities: NDArray, *, k: int = 24, block: int = 512) -> Neighbours:
    """Compare every tile with every other.

    Parameters
    ----------
    vectors : array of numbers, shape (n, n_dimensions)
        A row a tile, none of them all zeros; compared by cosine.
    cities : array, shape (n,)
        The city of each tile.
    k : int, default 24
        How many neighbours.
    block : int, default 512
        How many rows are compared at a time.

    Returns
    -------
    Neighbours
        Equals are in the order of their rows.

    Raises
    ------
    ValueError
        If vectors have no direction, or there are fewer than `k` tiles outside the largest city.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.8, 0.2]])
    >>> found = find_neighbours(vectors, np.array([1, 1, 2, 3]), k=2)
    >>> found.others.tolist(), found.of_all()[0].tolist()
    ([[3, 2], [3, 2], [3, 1], [1, 0]], [[1, 3], [0, 3], [3, 1], [1, 0]])
    """
    rows = unit_rows(vectors)
    others, scores = exact_neighbours(rows, k=k, groups=cities, block=block)
    codes = group_codes(cities, len(rows))
    parts = [
        _of_own_city(rows, np.flatnonzero(codes == code), others, scores) for code in range(max(codes) + 1)
    ]
    owner, own, own_scores, place = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort([place, owner])
    return Neighbours(others, scores, owner[order], own[order], own_scores[order], place[order])


def packed(found: Neighbours, tiles: pd.DataFrame) -> bytes:
    """Pack neighbours for the static page.

    Parameters
    ----------
    found : Neighbours
        Of these tiles.
    tiles : pandas.DataFrame
        With ``city_id``, city by city.

    Returns
    -------
    bytes
        A pack (`tools.explorer.packing`). ``other`` holds rows, `k` a tile; ``own_count`` how many of its own
        city a tile has, ``own_place`` and ``own`` where each of them stands and which of the city's tiles it
        is. Scores are those of both kinds in one order: ``top`` is how many steps the first of a tile is
        below 1, ``drop`` how many each is below the one before (0 for the first).

    Raises
    ------
    ValueError
        If the tiles are others, or those of a city do not follow each other.

    Examples
    --------
    >>> from tools.explorer.packing import unpack
    >>> vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.8, 0.2]])
    >>> tiles = pd.DataFrame({"city_id": [1, 1, 2, 3]})
    >>> about, arrays = unpack(packed(find_neighbours(vectors, tiles["city_id"].to_numpy(), k=2), tiles))
    >>> about["k"], arrays["other"].tolist(), arrays["own_count"].tolist(), arrays["own"].tolist()
    (2, [3, 2, 3, 2, 3, 1, 1, 0], [1, 1, 0, 0], [1, 0])
    """
    n, k = found.others.shape
    city = tiles["city_id"].to_numpy()
    firsts = np.flatnonzero(np.r_[True, city[1:] != city[:-1]])
    if len(tiles) != n or len(np.unique(city)) != len(firsts):
        raise ValueError(
            f"there are neighbours of {n:,} tiles, and {len(tiles):,} tiles, city by city or not"
        )
    first = np.repeat(firsts, np.diff([*firsts, n]))
    count = np.bincount(found.owner, minlength=n)

    # One line a tile with both kinds in their order: own tiles at their places, the others in what is left.
    starts = np.arange(n) * k + np.cumsum(count) - count
    score = np.empty(n * k + len(found.own), np.float32)
    is_own = np.zeros(len(score), bool)
    is_own[starts[found.owner] + found.place] = True
    score[is_own], score[~is_own] = found.own_scores, found.other_scores.ravel()
    below = np.rint((1 - score.astype(float)) / SCORE_STEP).astype(np.int64)
    drop = np.diff(below, prepend=0)
    top = below[starts]
    drop[starts] = 0
    about = {"version": VERSION, "k": k, "tiles": n, "score_step": SCORE_STEP}
    return pack(
        about,
        {
            "other": _small(found.others.ravel()),
            "own_count": _small(count),
            "own_place": _small(found.place),
            "own": _small(found.own - first[found.owner]),
            "top": _small(top),
            "drop": _small(drop),
        },
    )


def _of_own_city(
    rows: NDArray, here: NDArray, others: NDArray, scores: NDArray
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Tiles of one city that stand among the nearest of all of each other, and their places there."""
    k = scores.shape[1]
    likeness = np.clip(rows[here] @ rows[here].T, -1, 1)
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, : min(k, len(here) - 1)]
    score = np.take_along_axis(likeness, nearest, axis=1)
    # Before a tile of the city stand those of it that are more alike, and so many of the other cities.
    theirs, beside = scores[here][:, None, :], others[here][:, None, :]
    ahead = (theirs > score[..., None]) | ((theirs == score[..., None]) & (beside < here[nearest][..., None]))
    place = ahead.sum(axis=2) + np.arange(nearest.shape[1])
    who, which = np.nonzero(place < k)
    return here[who], here[nearest[who, which]], score[who, which], place[who, which]


def _small(numbers: NDArray) -> NDArray:
    """Whole numbers in the smallest type that holds them all."""
    most = int(numbers.max(initial=0))
    return numbers.astype(np.min_scalar_type(most))
