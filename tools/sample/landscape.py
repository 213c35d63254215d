"""Invented land cover and the embedding that a satellite would have of it.

A landscape is a mixture: each pixel is part this archetype, part that one. An archetype is described by
traits (built, tall, trees, water, …); every trait is a direction in one 64-dimensional space that all places
share, as all places share AlphaEarth's. On top lie textures: streets and gardens that differ within a few
hundred metres, and a slow drift that makes every district a little unlike the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely

from tools.embeddings import N_BANDS, unit
from tools.sample.fields import Grid, gaussian_field, stream

TRAITS = ("common", "water", "built", "tall", "old", "roofs", "paved", "gardens", "trees", "grass", "crops")
"""What land cover is made of; each is a direction of the embedding space."""

_SPACE_SEED = 1
N_TEXTURES = 24
"""Directions of the space that no trait uses and that textures may take."""


@dataclass(frozen=True)
class Archetype:
    """One kind of land cover.

    Parameters
    ----------
    name : str
        What a person would call it.
    traits : mapping of str to float
        How much it has of each of `TRAITS`; what is not named is 0. Only the proportions matter.
    people : float
        How densely it is lived in, persons per hectare.

    Examples
    --------
    >>> Archetype("lake", {"water": 1.0}).vector.shape
    (64,)
    """

    name: str
    traits: Mapping[str, float]
    people: float = 0.0

    @property
    def vector(self) -> np.ndarray:
        """The archetype's embedding: shape (64,), unit length."""
        unknown = set(self.traits) - set(TRAITS)
        if unknown:
            raise ValueError(
                f"archetype {self.name!r} has unknown traits {sorted(unknown)}; there are {TRAITS}"
            )
        amounts = np.array([self.traits.get(trait, 0.0) for trait in TRAITS])
        return unit(amounts @ _directions()[: len(TRAITS)])


@cache
def _directions() -> np.ndarray:
    """Orthonormal rows: first the traits, then the textures."""
    square = stream(_SPACE_SEED, "embedding space").standard_normal((N_BANDS, N_BANDS))
    q, r = np.linalg.qr(square)
    # LAPACK may return either sign; a positive diagonal makes the space the same on every machine.
    return (q * np.sign(np.diag(r))).T[: len(TRAITS) + N_TEXTURES]


@dataclass(frozen=True)
class Landscape:
    """Land cover on a grid, with all that is needed to see it from above.

    Parameters
    ----------
    grid : Grid
        Where.
    archetypes : sequence of Archetype
        The kinds of land cover.
    cover : ndarray, shape (n_archetypes, height, width), float32
        Their shares of each pixel, which add up to 1.
    textures : ndarray, shape (n_textures, height, width), float32
        What varies without being land cover, in units of the embedding.
    noise : float
        Standard deviation per band of what is different in every pixel.
    """

    grid: Grid
    archetypes: Sequence[Archetype]
    cover: np.ndarray
    textures: np.ndarray
    noise: float = 0.022

    def share(self, name: str) -> np.ndarray:
        """Return one archetype's share of every pixel, shape (height, width).

        Parameters
        ----------
        name : str
            The archetype's name.

        Returns
        -------
        ndarray, shape (height, width), float32

        Raises
        ------
        KeyError
            If there is none of that name.
        """
        names = [archetype.name for archetype in self.archetypes]
        if name not in names:
            raise KeyError(f"no archetype {name!r}; there are {names}")
        return self.cover[names.index(name)]

    def people(self) -> np.ndarray:
        """Return how densely every pixel is lived in: shape (height, width), persons per hectare."""
        return np.tensordot([a.people for a in self.archetypes], self.cover, 1).astype(np.float32)

    def embed(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the embeddings at points.

        Parameters
        ----------
        x, y : ndarray, shape (n,)
            Points in the grid's CRS, metres.
        rng : numpy.random.Generator
            For what is different in every pixel.

        Returns
        -------
        ndarray, shape (n, 64), float32
            Unit length.
        """
        archetypes = np.array([archetype.vector for archetype in self.archetypes], np.float32)
        loadings = _directions()[len(TRAITS) : len(TRAITS) + len(self.textures)].astype(np.float32)
        vectors = self.grid.read(self.cover, x, y).T @ archetypes
        vectors += self.grid.read(self.textures, x, y).T @ loadings
        vectors += self.noise * rng.standard_normal(vectors.shape, dtype=np.float32)
        return unit(vectors).astype(np.float32)


@dataclass(frozen=True)
class Ground:
    """The land before anybody is asked about it.

    Parameters
    ----------
    landscape : Landscape
        Land cover and textures.
    outline : shapely.Polygon
        The edge of the place, in the landscape's CRS.
    river : ndarray, shape (n, 2), optional
        The middle of the river, metres.
    """

    landscape: Landscape
    outline: shapely.Polygon
    river: np.ndarray | None = None


def mix(scores: np.ndarray, shares: Sequence[float], sharpness: float, where: np.ndarray | None = None):
    """Turn scores into shares of each pixel, so that each kind covers as much of the whole as it should.

    Parameters
    ----------
    scores : ndarray, shape (n, height, width), float32
        How much each kind would like to be there.
    shares : sequence of float, length n
        How much of the whole each should cover; only the proportions matter.
    sharpness : float
        Large for hard borders between kinds, small for mixtures.
    where : ndarray of bool, shape (height, width), optional
        The part of the grid on which the shares are to hold; the whole grid by default.

    Returns
    -------
    ndarray, shape (n, height, width), float32
        Adds up to 1 over the kinds.

    Examples
    --------
    >>> scores = np.random.default_rng(1).normal(size=(2, 50, 50))
    >>> mix(scores, [3, 1], 4.0).mean(axis=(1, 2)).round(2).tolist()
    [0.75, 0.25]
    """
    target = np.asarray(shares, float) / np.sum(shares)
    keep = np.ones(scores.shape[1:], bool) if where is None else where
    few = scores[:, keep]
    few = few[:, :: max(1, few.shape[1] // 40_000)].astype(np.float64)
    bias = np.zeros(len(scores))
    for _ in range(60):
        bias += np.log(target / _softmax(sharpness * (few + bias[:, None])).mean(axis=1)) / sharpness
    return _softmax(sharpness * (scores + bias[:, None, None])).astype(np.float32)


def _softmax(logits: np.ndarray) -> np.ndarray:
    logits = logits - logits.max(axis=0)
    np.exp(logits, out=logits)
    return logits / logits.sum(axis=0)


def make_textures(grid: Grid, seed: int, layers: Sequence[tuple[int, float, float, float]]) -> np.ndarray:
    """Return textures of several ranges.

    Parameters
    ----------
    grid : Grid
        Where.
    seed : int
        The sample's seed.
    layers : sequence of (count, range in metres, smoothness, standard deviation)
        How many of which kind, see `gaussian_field`; at most `N_TEXTURES` in all.

    Returns
    -------
    ndarray, shape (n, height, width), float32

    Raises
    ------
    ValueError
        If there are more than the space has room for.

    Examples
    --------
    >>> from tools.sample.fields import local_crs
    >>> grid = Grid(0, 0, 100, 20, 30, local_crs(0, 50))
    >>> make_textures(grid, 1, [(2, 500, 1, 0.1), (1, 900, 1, 0.2)]).shape
    (3, 20, 30)
    """
    wanted = sum(count for count, *_ in layers)
    if wanted > N_TEXTURES:
        raise ValueError(f"{wanted} textures asked for; the embedding space has room for {N_TEXTURES}")
    return np.stack(
        [
            np.float32(spread) * gaussian_field(grid, range_m, stream(seed, f"texture {k} {n}"), smoothness)
            for k, (count, range_m, smoothness, spread) in enumerate(layers)
            for n in range(count)
        ]
    )
