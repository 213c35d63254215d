"""Colours for the vectors of patches: alike vectors get alike colours, over one tile or over many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 14
"""Patches along a tile's side."""

PATCHES = SIDE * SIDE
ENDS = (0.02, 0.98)
"""Quantiles of the first component that become no light and full light, so that odd patches dim no others."""


@dataclass(frozen=True)
class PatchColours:
    """Three directions in the space of vectors, and the ends of each, as red, green and blue.

    Parameters
    ----------
    middle : numpy.ndarray of float32, shape (dimensions,)
        What is subtracted from a vector.
    directions : numpy.ndarray of float32, shape (dimensions, 3)
        The first three principal components.
    ends : numpy.ndarray of float32, shape (2, 3)
        The values along each that become 0 and 255.
    share : float
        Of the variance, that the three hold.

    Examples
    --------
    >>> patches = np.random.default_rng(0).normal(size=(5, 196, 8)).astype("float32")
    >>> patch_colours(patches).paint(patches).shape
    (5, 14, 14, 3)
    """

    middle: NDArray[np.float32]
    directions: NDArray[np.float32]
    ends: NDArray[np.float32]
    share: float

    def paint(self, patches: NDArray) -> NDArray[np.uint8]:
        """Return tiles as little pictures, a pixel a patch.

        Parameters
        ----------
        patches : numpy.ndarray of float, shape (n, 196, dimensions) or (196, dimensions)
            Row by row from the north-west.

        Returns
        -------
        numpy.ndarray of uint8, shape (n, 14, 14, 3) or (14, 14, 3)

        Raises
        ------
        ValueError
            If there are other than 196 patches, or as many dimensions as the colours were made from.
        """
        patches = checked(patches)
        if patches.shape[-1] != len(self.middle):
            raise ValueError(
                f"These patches have {patches.shape[-1]} dimensions; the colours were made from patches of "
                f"{len(self.middle)}."
            )
        along = (patches - self.middle) @ self.directions
        low, high = self.ends
        light = np.clip((along - low) / np.maximum(high - low, 1e-12), 0, 1)
        return np.rint(light * 255).astype(np.uint8).reshape(*patches.shape[:-2], SIDE, SIDE, 3)


def patch_colours(patches: NDArray) -> PatchColours:
    """Find colours for the patches of one tile or of many: their first three principal components.

    Parameters
    ----------
    patches : numpy.ndarray of float, shape (n, 196, dimensions) or (196, dimensions)
        Some tiles are enough to paint all: colours can be compared between tiles that were painted by the
        same `PatchColours`, and between no others.

    Returns
    -------
    PatchColours
        The same for the same patches: a direction points to where its largest weight is positive.

    Raises
    ------
    ValueError
        If there are other than 196 patches, or fewer than three dimensions.

    Examples
    --------
    >>> patches = np.zeros((196, 4), "float32")
    >>> patches[:98, 2] = 1  # the north differs from the south
    >>> picture = patch_colours(patches).paint(patches)
    >>> picture[0, 0].tolist(), picture[13, 0].tolist()
    ([255, 128, 128], [0, 128, 128])
    """
    rows = checked(patches).reshape(-1, np.shape(patches)[-1])
    if rows.shape[1] < 3:
        raise ValueError(f"Three colours need three dimensions or more; these patches have {rows.shape[1]}.")
    middle = rows.mean(axis=0, dtype=np.float64)
    centred = rows - middle.astype(np.float32)
    # Of 768 × 768, whatever the number of patches: they need not be decomposed themselves.
    values, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    directions = vectors[:, :-4:-1]
    directions *= np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(3)])
    directions = directions.astype(np.float32)
    spread = values.sum()
    share = float(values[:-4:-1].sum() / spread) if spread > 0 else 1.0
    low, high = np.quantile(centred @ directions, ENDS, axis=0)
    # One scale for all three, so that colours differ as much as vectors do; noise stays faint.
    half = max(high[0] - low[0], 1e-6) / 2
    middles = (low + high) / 2
    ends = np.array([middles - half, middles + half], dtype=np.float32)
    return PatchColours(middle.astype(np.float32), directions, ends, share)


def checked(patches: NDArray) -> NDArray[np.float32]:
    """Return patches as float32, or say what is wrong with their shape.

    Parameters
    ----------
    patches : array of float, shape (..., 196, dimensions)

    Returns
    -------
    numpy.ndarray of float32

    Raises
    ------
    ValueError
        If there are other than 196 patches to a tile.

    Examples
    --------
    >>> checked(np.zeros((196, 8))).dtype
    dtype('float32')
    """
    patches = np.asarray(patches, dtype=np.float32)
    if patches.ndim not in (2, 3) or patches.shape[-2] != PATCHES:
        raise ValueError(
            f"Expected patches of shape (196, dimensions) or (n, 196, dimensions), got {patches.shape}."
        )
    return patches
