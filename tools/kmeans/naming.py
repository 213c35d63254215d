"""Numbers and letters for clusters that are the same from run to run."""

from __future__ import annotations

import numpy as np


def order_centres(centres: np.ndarray) -> np.ndarray:
    """Return the order in which clusters are numbered: along the line on which their centres differ most.

    The line is the first principal component of the centres, each counted once. It points to the side on
    which its largest loading (the first of them, in a tie) is positive. So neighbours in the alphabet are
    alike, the first and the last cluster least so, and the order does not depend on which start won or how
    that start happened to number its clusters. Centres level with each other on the line, to a millionth of
    its length, are taken by their values, first column first.

    Where centres differ about as much along two lines, a little more data can tip the balance from one to
    the other and change the order.

    Parameters
    ----------
    centres : array of float, shape (n_clusters, n_features)

    Returns
    -------
    array of int, shape (n_clusters,)
        ``centres[order_centres(centres)]`` is in order.

    Examples
    --------
    >>> order_centres(np.array([[0.0, 3.0], [0.1, 1.0], [0.0, 2.0]])).tolist()
    [1, 2, 0]
    """
    centres = np.asarray(centres, dtype=np.float64)
    from_mean = centres - np.sort(centres, axis=0).mean(axis=0)
    line = np.linalg.svd(from_mean, full_matrices=False)[2][0]
    loading = np.abs(line)
    line = line * np.sign(line[np.flatnonzero(loading >= loading.max() * (1 - 1e-6))[0]])
    along = from_mean @ line
    level = np.rint(along / (np.ptp(along) or 1.0) * 1e6)
    return np.lexsort([*centres.T[::-1], level])


def name_clusters(labels: np.ndarray) -> np.ndarray:
    """Name clusters by letters: 0 is A, 1 is B, …, 25 is Z, 26 is AA.

    Parameters
    ----------
    labels : array of int
        As from `kmeans_many_starts`; nought or more.

    Returns
    -------
    array of str, same shape

    Raises
    ------
    ValueError
        If a label is not a whole number, or is negative.

    Examples
    --------
    >>> name_clusters(np.array([0, 4, 1, 26])).tolist()
    ['A', 'E', 'B', 'AA']
    """
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer) or (labels.size and labels.min() < 0):
        raise ValueError(
            f"labels of dtype {labels.dtype} are not all whole numbers from 0 up, so they have no letter. "
            "Drop rows without a cluster first."
        )
    names = [""] * (int(labels.max()) + 1 if labels.size else 0)
    for number in range(len(names)):
        rest, last = divmod(number, 26)
        names[number] = (names[rest - 1] if rest else "") + chr(ord("A") + last)
    return np.array(names, dtype=str)[labels] if names else labels.astype(str)
