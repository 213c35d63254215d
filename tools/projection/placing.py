"""Placing rows among others that stay where they are, by UMAP's forces."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
from numba import njit

ROUNDS = 30
"""Fewer than the 70 of UMAP's own transform: those that follow change the trustworthiness by 0.001."""
PUSHES = 5
"""Fitted rows, drawn at random, that push a row off for each one that pulls it: UMAP's own number."""
PIECE = 1_024

_compiled = njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})


class Force(NamedTuple):
    """How strongly rows act on each other: the curve ``1 / (1 + a d^(2 b))``, and what weights add up to."""

    a: float
    b: float
    total_weight: float

    @classmethod
    def of(cls, min_dist: float, n_neighbors: int) -> Force:
        """Return the force that belongs to UMAP's parameters.

        Parameters
        ----------
        min_dist : float
            How close rows may be drawn.
        n_neighbors : int
            How many rows pull.

        Returns
        -------
        Force

        Examples
        --------
        >>> Force.of(0.1, 16).total_weight
        4.0
        """
        from umap.umap_ import find_ab_params

        a, b = find_ab_params(1.0, min_dist)
        return cls(float(a), float(b), float(np.log2(n_neighbors)))


def place(
    pool: Executor,
    numbers: np.ndarray,
    neighbours: np.ndarray,
    distances: np.ndarray,
    layout: np.ndarray,
    force: Force,
    noise: np.uint64,
) -> np.ndarray:
    """Place rows among fitted ones.

    Each row is placed by itself, with random numbers that depend on `noise` and its own number alone. So the
    outcome is the same on any number of cores and in batches of any size.

    Parameters
    ----------
    pool : concurrent.futures.Executor
        Threads to share the work.
    numbers : array of int, shape (n,)
        The rows' own numbers.
    neighbours : array of int32, shape (n, k)
        The fitted rows nearest to each, nearest first.
    distances : array of float32, shape (n, k)
        How far they are.
    layout : array of float32, shape (n_fitted, 2)
        Where the fitted rows are.
    force : Force
        How strongly they act.
    noise : numpy.uint64
        Seed.

    Returns
    -------
    array of float32, shape (n, 2)

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> layout = np.array([[0, 0], [0, 1], [9, 9]], np.float32)
    >>> near, far = np.array([[0, 1]], np.int32), np.array([[0.1, 0.1]], np.float32)
    >>> with ThreadPoolExecutor(1) as pool:
    ...     placed = place(pool, np.array([3]), near, far, layout, Force.of(0.0, 2), np.uint64(1))
    >>> bool(np.linalg.norm(placed - [0, 0.5]) < 2)
    True
    """
    placed = np.empty((len(numbers), 2), np.float32)

    def place_piece(first):
        piece = slice(first, first + PIECE)
        rows = numbers[piece], neighbours[piece], distances[piece]
        _place(
            *rows, layout, np.float32(force.a), np.float32(force.b), force.total_weight, noise, placed[piece]
        )

    list(pool.map(place_piece, range(0, len(numbers), PIECE)))
    return placed


@_compiled
def _place(numbers, neighbours, distances, layout, a, b, total_weight, noise, placed):
    weights = np.empty(neighbours.shape[1])
    for i in range(len(numbers)):
        _weigh(distances, i, total_weight, weights)
        x, y, total = 0.0, 0.0, 0.0
        for j in range(len(weights)):
            x += weights[j] * layout[neighbours[i, j], 0]
            y += weights[j] * layout[neighbours[i, j], 1]
            total += weights[j]
        state = _scramble(noise + _scramble(np.uint64(numbers[i])))
        placed[i, 0], placed[i, 1] = _settle(
            x / total, y / total, neighbours, i, weights, layout, a, b, state
        )


@_compiled
def _weigh(distances, i, total_weight, weights):
    """Weigh neighbours by ``exp(-d / s)``, with the `s` for which the weights add up to `total_weight`."""
    k = distances.shape[1]
    low, high, scale = 0.0, np.inf, 0.0
    for j in range(k):
        scale += distances[i, j] / k
    smallest = scale * 1e-3
    if scale == 0.0:
        weights[:] = 1.0
        return
    for _ in range(64):
        total = 0.0
        for j in range(k):
            weights[j] = np.exp(-distances[i, j] / scale)
            total += weights[j]
        if abs(total - total_weight) < 1e-5:
            break
        if total > total_weight:
            high = scale
            scale = (low + high) / 2
        else:
            low = scale
            scale = scale * 2 if high == np.inf else (low + high) / 2
        if scale < smallest:
            break


@_compiled
def _settle(x, y, neighbours, i, weights, layout, a, b, state):
    # In float32 throughout: powers take most of the time, and half as much of it as in float64.
    x, y, one, two = np.float32(x), np.float32(y), np.float32(1), np.float32(2)
    for epoch in range(ROUNDS):
        step = np.float32(0.25 * (1.0 - epoch / ROUNDS))
        for j in range(len(weights)):
            share = weights[j] / weights[0]
            if np.floor((epoch + 1) * share) == np.floor(epoch * share):
                continue
            dx, dy = x - layout[neighbours[i, j], 0], y - layout[neighbours[i, j], 1]
            squared = dx * dx + dy * dy
            if squared > 0:
                power = squared**b
                pull = -two * a * b * power / (squared * (one + a * power))
                x += step * _at_most_four(pull * dx)
                y += step * _at_most_four(pull * dy)
            for _ in range(PUSHES):
                state = _scramble(state)
                other = np.int64(state >> np.uint64(33)) % layout.shape[0]
                dx, dy = x - layout[other, 0], y - layout[other, 1]
                squared = dx * dx + dy * dy
                if squared > 0:
                    push = two * b / ((np.float32(0.001) + squared) * (one + a * squared**b))
                    x += step * _at_most_four(push * dx)
                    y += step * _at_most_four(push * dy)
    return x, y


@_compiled
def _at_most_four(value):
    return min(max(value, np.float32(-4)), np.float32(4))


@_compiled
def _scramble(state):
    """SplitMix64: the next of a sequence in which every number occurs once (Steele et al. 2014)."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
