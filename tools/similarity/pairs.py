"""Pairs of tiles: a fair sample of them, how far apart they are, and how far in worlds with cities moved."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

EARTH_RADIUS_KM = 6371.0088
"""The mean of the ellipsoid's radii (IUGG)."""


def sample_pairs(n_tiles: int, n_pairs: int, random_state: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw pairs of tiles so that each pair has the same chance, or return all where they are few.

    Parameters
    ----------
    n_tiles : int
        How many tiles there are, at least two.
    n_pairs : int
        How many pairs to draw, with replacement. If there are no more than that, all are returned.
    random_state : int, default 0
        Seed.

    Returns
    -------
    first, second : array of int64, shape (n,)
        Row numbers, never the same tile twice in a pair.

    Raises
    ------
    ValueError
        If there are fewer than two tiles or one pair.

    Examples
    --------
    >>> [numbers.tolist() for numbers in sample_pairs(3, 100)]
    [[0, 0, 1], [1, 2, 2]]
    >>> first, second = sample_pairs(1_000, 50)
    >>> len(first), bool((first == second).any())
    (50, False)
    """
    if n_tiles < 2 or n_pairs < 1:
        raise ValueError(f"n_tiles={n_tiles}, n_pairs={n_pairs}: expected two tiles and a pair, or more")
    if n_tiles * (n_tiles - 1) // 2 <= n_pairs:
        return np.triu_indices(n_tiles, 1)
    random = np.random.default_rng(random_state)
    first = random.integers(n_tiles, size=n_pairs)
    return first, (first + random.integers(1, n_tiles, size=n_pairs)) % n_tiles


def great_circle_km(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how far points are from others on a sphere.

    Parameters
    ----------
    points, others : array of float, shape (..., 2)
        Longitude and latitude in degrees, of shapes that broadcast.

    Returns
    -------
    array of float64, shape (...)
        Kilometres.

    Examples
    --------
    >>> london, paris, auckland = [-0.1, 51.5], [2.4, 48.9], [174.8, -36.9]
    >>> great_circle_km(np.array(london), np.array([paris, auckland])).round().tolist()
    [339.0, 18343.0]
    """
    # By the chord, which is exact for close points and, unlike the cosine, does not round them to nought.
    chord = np.linalg.norm(on_sphere(points) - on_sphere(others), axis=-1)
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1))


def moved_distances(
    points: np.ndarray, cities: np.ndarray, pairs: np.ndarray, *, n_moves: int, random_state: int = 0
) -> Iterator[np.ndarray]:
    """Yield how far cities would be apart if whole cities changed places at random.

    Parameters
    ----------
    points : array of float, shape (n_tiles, 2)
        Longitude and latitude in degrees.
    cities : array of int, shape (n_tiles,)
        Each tile's city, numbered from 0 without gaps.
    pairs : array of int, shape (2, n_pairs)
        Numbers of two cities each; a city's distance to itself is 0.
    n_moves : int
        How many such worlds.
    random_state : int, default 0
        Seed.

    Yields
    ------
    array of float64, shape (n_pairs,)
        Kilometres between the places that the two cities came to; a city's place is the middle of its tiles.

    Examples
    --------
    >>> points, cities = np.array([[0, 0], [0, 2], [90, 0]]), np.array([0, 0, 1])
    >>> worlds = moved_distances(points, cities, np.array([[0, 0], [0, 1]]), n_moves=2)
    >>> [world.round().tolist() for world in worlds]
    [[0.0, 10008.0], [0.0, 10008.0]]
    """
    middles = np.stack([np.bincount(cities, along) for along in on_sphere(points).T], axis=-1)
    east, north = (
        np.arctan2(middles[:, 1], middles[:, 0]),
        np.arctan2(middles[:, 2], np.hypot(*middles.T[:2])),
    )
    places = np.degrees(np.stack([east, north], axis=-1))
    apart = great_circle_km(places[:, None], places[None])
    random = np.random.default_rng(random_state)
    for _ in range(n_moves):
        now_at = random.permutation(len(places))
        yield apart[now_at[pairs[0]], now_at[pairs[1]]]


def on_sphere(points: np.ndarray) -> np.ndarray:
    """Return places as unit vectors from the centre of a sphere.

    Parameters
    ----------
    points : array of float, shape (..., 2)
        Longitude and latitude in degrees.

    Returns
    -------
    array of float64, shape (..., 3)

    Examples
    --------
    >>> on_sphere([[0, 0], [90, 0], [0, 90]]).round(6).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    east, north = np.moveaxis(np.radians(np.asarray(points, np.float64)), -1, 0)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)
