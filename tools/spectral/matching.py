"""Clusters of one image told by those of another."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist


def match_labels(centres, reference) -> np.ndarray:
    """Return, for each cluster, the cluster of a reference whose centre is nearest, one to one.

    Parameters
    ----------
    centres : array of float, shape (n_clusters, n_features)
        Of the clusters to be renumbered.
    reference : array of float, shape (n_reference, n_features)
        Of the clusters whose numbers they are to take: the same features in the same units, so bands matched
        by wavelength and standardised together.

    Returns
    -------
    array of int64, shape (n_clusters,)
        The numbers to take, each once: ``match[i]`` for cluster ``i``. Where there are more clusters than in
        the reference, those left over get new numbers, from ``n_reference`` on.

    Raises
    ------
    ValueError
        If features differ in number, or a centre is not finite.

    Notes
    -----
    The pairing with the least sum of squared distances, by the Hungarian method: H. W. Kuhn (1955), *The
    Hungarian method for the assignment problem*, Naval Research Logistics Quarterly 2. It pairs all that it
    can; that two centres are paired does not make them alike.

    Examples
    --------
    >>> match_labels([[5.0], [1.0], [9.0]], [[0.9], [5.2]]).tolist()
    [1, 0, 2]
    """
    centres, reference = np.asarray(centres, float), np.asarray(reference, float)
    if centres.ndim != 2 or reference.ndim != 2 or centres.shape[1] != reference.shape[1]:
        raise ValueError(
            f"expected centres (clusters, features) with the same features twice, got {centres.shape} and "
            f"{reference.shape}"
        )
    if not (np.isfinite(centres).all() and np.isfinite(reference).all()):
        raise ValueError("a centre is not finite: leave clusters without rows out")
    clusters, taken = linear_sum_assignment(cdist(centres, reference, "sqeuclidean"))
    match = np.full(len(centres), -1)
    match[clusters] = taken
    left = match < 0
    match[left] = len(reference) + np.arange(left.sum())
    return match


def relabel(labels, match):
    """Return labels under their new numbers; those below 0 stay as they are.

    Parameters
    ----------
    labels : array or xarray.DataArray of int
        Of any shape; lazy ones stay lazy.
    match : array of int, shape (n_clusters,)
        As from `match_labels`.

    Returns
    -------
    same as `labels`
        int32, with the coordinates and attributes of a DataArray.

    Raises
    ------
    ValueError
        If a label has no new number.

    Examples
    --------
    >>> relabel(np.array([0, 1, -1]), [1, 0]).tolist()
    [1, 0, -1]
    """
    match = np.asarray(match, np.int32)

    def look_up(block):
        if block.size and block.max() >= len(match):
            raise ValueError(f"label {block.max()} has no new number: there are {len(match)}, from 0")
        return np.where(block < 0, block, match[np.maximum(block, 0)]).astype(np.int32)

    return xr.apply_ufunc(look_up, labels, dask="parallelized", keep_attrs=True, output_dtypes=[np.int32])
