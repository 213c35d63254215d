"""Spectral clustering of very many rows: cut on a sample through landmarks, every row labelled by them."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral, Real

import numpy as np
from joblib import cpu_count
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from tools.spectral.nystrom import partition

BLOCK = 65_536
"""Rows a thread takes at a time."""

CANDIDATES = 4
"""So many times the sample is drawn at first; enough where three quarters of the rows have no data."""


class NystromSpectralClustering(ClusterMixin, BaseEstimator):
    """Spectral clustering that can afford millions of rows.

    Spectral clustering joins rows that resemble each other, directly or through others, so that little
    similarity is cut: it looks for the partition of lowest normalised cut (see `normalised_cut`). The exact
    way needs the similarity of every row to every other. Here the similarities to some landmarks stand for
    all [1]_, and the cut is sought on a random sample of the rows. Then one pass labels every row, in blocks,
    so the work grows in proportion to the rows, and memory does not grow but for the labels.

    Parameters
    ----------
    n_clusters : int, default 4
        How many clusters. With 1, every row without missing values is labelled 0.
    gamma : float or None, default None
        Similarity of two rows is ``exp(-gamma * squared distance)``; None for 1 / n_features. Columns must be
        on one scale: standardise first.
    n_landmarks : int, default 100
        How many landmarks; not more than there are different rows, and at least `n_clusters`.
    landmarks : {"kmeans", "uniform"}, default "kmeans"
        Centres of k-means on some thousand rows, which cover rare kinds of rows too, or rows at random.
    sample_size : int, default 100_000
        On how many rows the cut is sought. All of them where there are no more.
    n_starts : int, default 12
        From how many partitions the search starts: by turns k-means in the eigenvectors, k-means in the
        columns themselves, and the rows nearest to seeds drawn far from each other in the affinity.
    max_iter : int, default 100
        After how many rounds a refinement is stopped.
    random_state : int, RandomState instance or None, default None
        Seed. With one, the outcome is the same on any number of cores, and on NumPy and Dask arrays.

    Attributes
    ----------
    labels_ : array of int32, shape (n_samples,)
        0 to ``n_clusters - 1``, in the order of `tools.kmeans.order_centres` on the centres; -1 for rows with
        a missing value. A lazy Dask array where `X` is one.
    cluster_centers_ : array of float64, shape (n_clusters, n_features)
        Mean of each cluster's rows in the sample. Not what rows are labelled by.
    landmarks_ : array of float64, shape (n_landmarks, n_features)
        The landmarks.
    eigenvalues_ : array of float64
        The largest eigenvalues of the normalised affinity of the first rows of the sample, one more than
        clusters. The first is 1; a gap behind the last but one speaks for the number of clusters.
    normalised_cut_ : float
        Of the sample, by the approximated affinity.
    start_cuts_ : array of float64, shape (n_starts,)
        What each start reached on the first part of the sample.
    n_iter_ : int
        Rounds of refinement on the whole sample that the kept partition took.
    rank_ : int
        How many eigenvalues of the landmarks' affinity were kept.
    n_features_in_ : int
        Columns seen by `fit`.

    Notes
    -----
    With ``C`` the similarities of rows to landmarks and ``W`` those among landmarks, the affinity is
    approximated by ``C W⁺ Cᵀ = F Fᵀ`` [1]_. Eigenvalues of ``W`` below a millionth of the largest are cut,
    since dividing by them would only magnify rounding. Degrees are the row sums of the same approximation,
    ``F (Fᵀ 1)``, and at least a row's similarity to itself. The eigenvectors of the normalised affinity,
    which are orthogonal as those of the one-shot method are not, give the starts. Each is refined by
    weighted kernel k-means in ``F``, which lowers the normalised cut itself in every round [2]_. From the
    best, more are tried that have two clusters merged and another split, since single rows cannot take that
    step. All this on the first 10,000 rows; the best few outcomes are refined on the whole sample.

    What is given up: the affinity has the rank of the landmarks. Its error is that of ``C W⁺ Cᵀ``; the
    centres of k-means bound it by how far rows are from them [3]_, so it is small where rows are dense. A row
    far from every landmark (similarity below 0.001) has no place in it, and takes the label of the nearest
    one. The cut is a sample's: a cluster of fewer than some dozens of its first 10,000 rows may be missed,
    and two partitions whose cuts differ by less than the sampling error may change places with the seed. An
    exact normalised cut would at times rather set single odd rows apart than halve a crowd.

    References
    ----------
    .. [1] C. Fowlkes, S. Belongie, F. Chung, J. Malik (2004), *Spectral grouping using the Nyström method*,
       IEEE Transactions on Pattern Analysis and Machine Intelligence 26(2).
    .. [2] I. Dhillon, Y. Guan, B. Kulis (2004), *Kernel k-means, spectral clustering and normalized cuts*,
       KDD.
    .. [3] K. Zhang, I. Tsang, J. Kwok (2008), *Improved Nyström low-rank approximation and error analysis*,
       ICML.

    Examples
    --------
    Two rings, which k-means would halve:

    >>> angle = np.linspace(0, 2 * np.pi, 200)
    >>> ring = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> model = NystromSpectralClustering(n_clusters=2, gamma=20, n_landmarks=300, random_state=0)
    >>> labels = model.fit_predict(np.concatenate([ring, 3 * ring]))
    >>> len(set(labels[:200])), len(set(labels[200:])), len(set(labels))
    (1, 1, 2)
    """

    def __init__(
        self,
        n_clusters=4,
        *,
        gamma=None,
        n_landmarks=100,
        landmarks="kmeans",
        sample_size=100_000,
        n_starts=12,
        max_iter=100,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.gamma = gamma
        self.n_landmarks = n_landmarks
        self.landmarks = landmarks
        self.sample_size = sample_size
        self.n_starts = n_starts
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X, y=None):
        """Find the clusters of `X`.

        Parameters
        ----------
        X : array, table or Dask array of numbers, shape (n_samples, n_features)
            float32 or float64 with NaN for missing values; other numbers become float64, a block at a time.
        y : ignored

        Returns
        -------
        NystromSpectralClustering
            Itself.

        Raises
        ------
        ValueError
            If fewer rows than clusters are without missing values, if a value is infinite, if nearly all rows
            are unlike every landmark, or if a parameter makes no sense.
        """
        X = self._validated(X, reset=True)
        self._check_parameters(X.shape[0])
        seed = check_random_state(self.random_state).randint(2**31)
        random = np.random.default_rng(seed)
        sample = _sample(X, self.sample_size, random)
        if len(sample) < self.n_clusters:
            raise ValueError(
                f"n_clusters={self.n_clusters}, but only {len(sample)} of n_samples={X.shape[0]} rows are "
                "without missing values. Choose fewer clusters, or look at what the nodata value was."
            )
        gamma = 1 / X.shape[1] if self.gamma is None else float(self.gamma)
        self._partition = partition(
            sample, self.n_clusters, gamma, self.n_landmarks, self.landmarks, self.n_starts,
            self.max_iter, random,
        )  # fmt: skip
        self.cluster_centers_ = self._partition.centres
        self.landmarks_ = self._partition.landmarks
        self.eigenvalues_ = self._partition.eigenvalues
        self.normalised_cut_ = self._partition.cut
        self.start_cuts_ = self._partition.start_cuts
        self.rank_ = self._partition.rank
        self.n_iter_ = self._partition.n_iter
        self.labels_ = self._label(X)
        if len(self.cluster_centers_) < self.n_clusters:
            warnings.warn(
                f"Only {len(self.cluster_centers_)} of {self.n_clusters} clusters hold any rows: the data "
                "may have fewer different rows than clusters. Choose fewer clusters.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X):
        """Return the cluster of each row, seen by `fit` or not.

        Parameters
        ----------
        X : array, table or Dask array of numbers, shape (n_samples, n_features)
            On the same scale as the rows given to `fit`.

        Returns
        -------
        array of int32, shape (n_samples,)
            -1 where a value is missing; a lazy Dask array where `X` is one.
        """
        check_is_fitted(self)
        return self._label(self._validated(X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _validated(self, X, *, reset):
        if not _is_lazy(X):
            return validate_data(self, X, dtype="numeric", ensure_all_finite="allow-nan", reset=reset)
        if X.ndim != 2:
            raise ValueError(f"Expected 2D array, got {X.ndim}D: stack pixels to (samples, features) first.")
        if np.isnan(X.shape[0]):
            raise ValueError("The Dask array does not know its length: call its compute_chunk_sizes() first.")
        validate_data(self, X, skip_check_array=True, reset=reset)
        return X.rechunk({1: -1})

    def _label(self, X):
        if _is_lazy(X):
            # A method would carry labels_ along to every worker, and with them the whole graph.
            return X.map_blocks(_label_block, part=self._partition, drop_axis=1, dtype=np.int32)
        blocks = [X[first : first + BLOCK] for first in range(0, X.shape[0], BLOCK)]
        with ThreadPoolExecutor(cpu_count()) as pool:
            return np.concatenate(list(pool.map(lambda rows: _label_block(rows, self._partition), blocks)))

    def _check_parameters(self, n_samples):
        for name in ("n_clusters", "n_landmarks", "sample_size", "n_starts", "max_iter"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name}={value!r}: expected a whole number, 1 or more.")
        if self.gamma is not None and not (isinstance(self.gamma, Real) and 0 < self.gamma < np.inf):
            raise ValueError(f"gamma={self.gamma!r}: expected a number above 0, or None for 1 / n_features.")
        if self.landmarks not in ("kmeans", "uniform"):
            raise ValueError(f"landmarks={self.landmarks!r}: expected 'kmeans' or 'uniform'.")
        if n_samples < self.n_clusters:
            raise ValueError(
                f"n_clusters={self.n_clusters} needs at least that many rows, but n_samples={n_samples}. "
                "Choose fewer clusters."
            )
        for name in ("n_landmarks", "sample_size"):
            if getattr(self, name) < self.n_clusters:
                raise ValueError(
                    f"{name}={getattr(self, name)} cannot tell n_clusters={self.n_clusters} apart. Raise it: "
                    "100 landmarks and some thousand rows are sensible."
                )


def _is_lazy(X) -> bool:
    return hasattr(X, "dask") and hasattr(X, "map_blocks") and hasattr(X, "rechunk")


def _as_floats(rows) -> np.ndarray:
    rows = np.asarray(rows)
    rows = rows if rows.dtype in (np.float32, np.float64) else rows.astype(np.float64)
    if np.isinf(rows).any():
        raise ValueError("Input X contains infinity. Missing values must be NaN.")
    return np.ascontiguousarray(rows)


def _label_block(rows, part) -> np.ndarray:
    return part.label(_as_floats(rows))


def _sample(X, size: int, random: np.random.Generator) -> np.ndarray:
    """Return at most `size` rows without missing values, in random order: the same from NumPy and Dask."""
    n_rows = X.shape[0]
    drawn = random.choice(n_rows, min(n_rows, CANDIDATES * size), replace=False)
    rows = _take(X, drawn)
    rows = rows[~np.isnan(rows).any(axis=1)]
    if len(rows) < size and len(drawn) < n_rows:
        # So much is missing that the whole must be looked through.
        valid = ~np.isnan(X).any(axis=1)
        valid = np.flatnonzero(valid.compute() if _is_lazy(X) else valid)
        rows = _take(X, random.choice(valid, min(size, len(valid)), replace=False))
    return np.ascontiguousarray(rows[:size])


def _take(X, drawn: np.ndarray) -> np.ndarray:
    # In rising order each block of a lazy array is read once.
    order = np.argsort(drawn)
    rows = X[drawn[order]]
    rows = _as_floats(rows.compute() if _is_lazy(rows) else rows)
    back = np.empty_like(rows)
    back[order] = rows
    return back
