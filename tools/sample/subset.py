"""A part of a table that everybody finds alike: the rows whose identifiers hash lowest.

Tables that share identifiers and are thinned by the same share keep the same identifiers, whatever else is in
them, and the part says nothing of where the rows are or what is in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import numpy as np


def lottery(keys: Iterable[object]) -> np.ndarray:
    """Return a number from 0 to 1 for each key, always the same for the same key.

    Parameters
    ----------
    keys : iterable
        Identifiers; what counts is their text.

    Returns
    -------
    ndarray, shape (n,)
        The first 8 bytes of the text's SHA-256, as a fraction.

    Examples
    --------
    >>> lottery(["osgb1", "osgb2"]).round(3).tolist()
    [0.489, 0.074]
    """
    first = b"".join(sha256(str(key).encode()).digest()[:8] for key in keys)
    return np.frombuffer(first, ">u8") / 2.0**64


def kept(keys: Iterable[object], share: float) -> np.ndarray:
    """Tell which keys belong to a share of all keys.

    Parameters
    ----------
    keys : iterable
        Identifiers.
    share : float
        How much of the whole to keep, from 0 to 1.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> kept(["osgb1", "osgb2", "osgb3"], 0.5).tolist()
    [True, True, False]
    """
    return lottery(keys) < share
