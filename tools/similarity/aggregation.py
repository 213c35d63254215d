"""From the vectors of a tile's patches to one vector: six ways, and how much the patches differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.similarity.dominant import dominant_cluster

PATCHES = 196
"""Patches of a tile, row by row: 14 × 14 of 16 × 16 pixels each."""
DIMENSIONS = 768
"""Numbers of an embedding."""
METHODS = ("mean", "median", "min", "max", "dominant", "contrastive")
"""The ways to make one vector of a tile, in the words that are used everywhere."""


def aggregate(
    patches: NDArray[np.floating],
    method: str,
    *,
    global_mean: NDArray[np.floating] | None = None,
    random_state: int = 0,
) -> NDArray[np.float32]:
    """Make one vector of each tile's patches.

    Parameters
    ----------
    patches : array of float, shape (n_tiles, n_patches, n_dimensions)
        Embeddings; all finite. TerraMind gives 196 patches of 768 numbers.
    method : {"mean", "median", "min", "max", "dominant", "contrastive"}
        ``mean``, ``median``, ``min`` and ``max`` go dimension by dimension; ``dominant`` is the mean of the
        largest cluster of patches (`dominant_cluster`); ``contrastive`` is the mean less `global_mean`: what
        the tile has that the average patch of the world has not.
    global_mean : array of float, shape (n_dimensions,), optional
        Mean over all patches of all tiles. Needed for ``contrastive``, which is none without it.
    random_state : int, optional
        Seed of ``dominant``.

    Returns
    -------
    array of float32, shape (n_tiles, n_dimensions)
        Not scaled to unit length.

    Raises
    ------
    ValueError
        If there is no such method, the patches have another shape or numbers that are not finite, or
        `global_mean` is missing or of another length.

    Examples
    --------
    >>> tile = np.array([[[0.0, 1.0], [1.0, 1.0], [5.0, 1.0]]])
    >>> aggregate(tile, "mean").tolist(), aggregate(tile, "median").tolist()
    ([[2.0, 1.0]], [[1.0, 1.0]])
    >>> aggregate(tile, "contrastive", global_mean=np.array([0.5, 1.0])).tolist()
    [[1.5, 0.0]]
    """
    if method not in METHODS:
        raise ValueError(f"no method {method!r}; there are: {', '.join(METHODS)}")
    patches = checked(patches)
    if method == "dominant":
        return dominant_cluster(patches, random_state=random_state)[0]
    if method == "median":
        return _median(patches)
    if method in ("min", "max"):
        return getattr(patches, method)(axis=1).astype(np.float32)
    mean = _mean(patches)
    if method == "mean":
        return mean
    if global_mean is None:
        raise ValueError("contrastive: pass global_mean=, the mean over all patches of all tiles")
    return contrasted(mean, global_mean)


def contrasted(means: NDArray[np.floating], global_mean: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return what is left of tiles' means without the mean of all.

    Parameters
    ----------
    means : array of float, shape (n_tiles, n_dimensions)
        Mean of each tile's patches.
    global_mean : array of float, shape (n_dimensions,)
        Mean over all patches of all tiles.

    Returns
    -------
    array of float32, shape (n_tiles, n_dimensions)

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> contrasted(np.array([[2.0, 1.0]]), np.array([0.5, 1.0])).tolist()
    [[1.5, 0.0]]
    """
    global_mean = np.asarray(global_mean)
    if global_mean.shape != (means.shape[-1],):
        raise ValueError(
            f"global_mean has the shape {global_mean.shape}; expected one number for each of "
            f"{means.shape[-1]} dimensions"
        )
    return (means - global_mean).astype(np.float32)


def patch_spread(patches: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the standard deviation among each tile's patches, dimension by dimension.

    Parameters
    ----------
    patches : array of float, shape (n_tiles, n_patches, n_dimensions)
        Embeddings; all finite.

    Returns
    -------
    array of float32, shape (n_tiles, n_dimensions)
        Of the patches at hand, not an estimate for more (divided by their number).

    Raises
    ------
    ValueError
        If the patches have another shape or numbers that are not finite.

    Examples
    --------
    >>> patch_spread(np.array([[[0.0, 1.0], [2.0, 1.0]]])).tolist()
    [[1.0, 0.0]]
    """
    patches = checked(patches)
    return patches.std(axis=1, mean=_mean(patches)[:, None]).astype(np.float32)


def summaries(patches: NDArray[np.floating], *, random_state: int = 0) -> dict[str, NDArray[np.float32]]:
    """Work out all that is kept of tiles' patches, so that the patches themselves need not be kept.

    Parameters
    ----------
    patches : array of float, shape (n_tiles, n_patches, n_dimensions)
        Embeddings; all finite.
    random_state : int, optional
        Seed of ``dominant``.

    Returns
    -------
    dict of str to array of float32
        ``mean``, ``median``, ``min``, ``max``, ``dominant`` and ``spread``, each of shape (n_tiles,
        n_dimensions), and ``dominant_share``, of shape (n_tiles,). ``contrastive`` follows from the means
        when all tiles are there (`contrasted`).

    Raises
    ------
    ValueError
        If the patches have another shape or numbers that are not finite.

    Examples
    --------
    >>> sorted(summaries(np.zeros((1, 4, 2))))
    ['dominant', 'dominant_share', 'max', 'mean', 'median', 'min', 'spread']
    """
    patches = checked(patches)
    dominant, share, _ = dominant_cluster(patches, random_state=random_state)
    plain = {method: aggregate(patches, method) for method in ("mean", "median", "min", "max")}
    return {**plain, "dominant": dominant, "dominant_share": share, "spread": patch_spread(patches)}


def checked(patches: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the patches as an array, if that is what they are.

    Parameters
    ----------
    patches : array of float, shape (n_tiles, n_patches, n_dimensions)
        Embeddings.

    Returns
    -------
    array of float, shape (n_tiles, n_patches, n_dimensions)

    Raises
    ------
    ValueError
        If they have another shape or numbers that are not finite.

    Examples
    --------
    >>> checked(np.zeros((196, 768)))
    Traceback (most recent call last):
        ...
    ValueError: expected patches of shape (tiles, patches, dimensions), got (196, 768)
    """
    patches = np.asarray(patches)
    if patches.ndim != 3 or 0 in patches.shape[1:]:
        raise ValueError(f"expected patches of shape (tiles, patches, dimensions), got {patches.shape}")
    bad = ~np.isfinite(patches).all(axis=(1, 2))
    if bad.any():
        raise ValueError(
            f"tile number {int(bad.argmax())} has patches with numbers that are not finite: an encoder gives "
            "none, so look at its input"
        )
    return patches


def _mean(patches: NDArray[np.floating]) -> NDArray[np.float32]:
    return patches.mean(axis=1, dtype=np.float64).astype(np.float32)


def _median(patches: NDArray[np.floating]) -> NDArray[np.float32]:
    # Sorted whole, each dimension in a row: on so few numbers that is quicker than to partition them.
    ranked = np.sort(np.ascontiguousarray(patches.swapaxes(1, 2)), axis=2)
    n = ranked.shape[2]
    return ranked[..., (n - 1) // 2 : n // 2 + 1].mean(axis=2).astype(np.float32)
