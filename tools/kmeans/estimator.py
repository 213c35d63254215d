"""K-means with very many random starts on very many rows: the starts on a sample, the best of them on all."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from numbers import Integral
from operator import itemgetter

import numpy as np
from joblib import cpu_count
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from tools.kmeans import kernels
from tools.kmeans.naming import order_centres

BLOCK = 65_536
"""Rows a thread takes at a time. Fixed, so that sums are formed alike on any number of cores."""

ALIKE = 1e-4
"""Two starts whose inertias differ by a smaller share are taken to have found the same clusters."""


class ManyStartsKMeans(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):  # the mixins' order is scikit-learn's own
    """K-means that can afford a thousand random starts on half a million rows.

    K-means only ever finds a local optimum, which depends on where it starts. The remedy is to start often;
    the price, on all rows, is a thousand full runs. But a sample is enough to learn which starts are good,
    and a small one to learn which are bad. So every start is run until nothing moves on the first tenth of a
    random sample; the best tenth of the different outcomes is run on, again until nothing moves, on the whole
    sample; the best few of those on all rows; and the one with the lowest inertia on all rows is kept.

    Parameters
    ----------
    n_clusters : int, default 8
        How many clusters.
    n_starts : int, default 1000
        How many times to start from `n_clusters` rows drawn at random.
    sample_size : int or None, default 20_000
        How many rows the better starts see; None, or a number not below that of the rows, for all. At first
        a start sees a tenth of them, or a hundred rows a cluster if that is more.
    n_refined : int, default 3
        How many different outcomes are refined on all rows.
    max_iter : int, default 300
        After how many rounds a run is stopped, finished or not.
    random_state : int, RandomState instance or None, default None
        Seed of the sample and of the starts. With one, the outcome is the same on any number of cores.

    Attributes
    ----------
    cluster_centers_ : array of shape (n_clusters, n_features)
        Mean of each cluster's rows, in the order of `order_centres`; of the rows' dtype.
    labels_ : array of int32, shape (n_samples,)
        Which centre each row is nearest.
    inertia_ : float
        Sum of squared distances of all rows to their centres.
    n_iter_ : int
        Rounds on all rows that the kept outcome took.
    start_inertias_ : array of float64, shape (n_starts,)
        What each start reached on the first part of the sample: how many agree on the best, or nearly, tells
        how hard the search was.
    n_features_in_ : int
        Columns seen by `fit`.

    Notes
    -----
    Lloyd's algorithm with Hamerly's bounds [1]_, which skip rows that cannot have changed cluster and change
    nothing else. Rows are kept as they are given, float32 or float64; other numbers become float64. Beyond
    the rows themselves it needs the sample, and about 12 bytes a row.

    What is given up: an optimum that shows only in rows the sample missed will not be found. A cluster needs
    some dozens of rows to be seen: with 20,000 rows, one smaller than about 0.2 % of the data may be lost,
    and one smaller than about 2 % may lose its best starts in the first part. Then the answer is at best as
    good as that of the starts that lack it. Raise `sample_size`, up to all rows, where such clusters matter.
    Outcomes that differ in a few rows on a border count as one, so a thousand full runs could still find an
    inertia lower by some millionths. A cluster that loses its last row keeps its
    centre where it was (scikit-learn moves it to the row farthest off); such a start is simply a bad one.
    And no number of starts makes the clusters true: it finds the best partition into `n_clusters` round
    groups, of data that may have none.

    References
    ----------
    .. [1] G. Hamerly (2010), *Making k-means even faster*, SIAM International Conference on Data Mining.

    Examples
    --------
    >>> rows = np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0], [5.1, 5.0]])
    >>> ManyStartsKMeans(n_clusters=2, n_starts=10, random_state=0).fit_predict(rows)
    array([0, 0, 1, 1], dtype=int32)
    """

    def __init__(
        self,
        n_clusters=8,
        *,
        n_starts=1000,
        sample_size=20_000,
        n_refined=3,
        max_iter=300,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.n_starts = n_starts
        self.sample_size = sample_size
        self.n_refined = n_refined
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X, y=None):
        """Find the clusters of `X`.

        Parameters
        ----------
        X : array or table of numbers, shape (n_samples, n_features)
            float32 halves memory and time, and is precise enough for embeddings.
        y : ignored

        Returns
        -------
        ManyStartsKMeans
            Itself.

        Raises
        ------
        ValueError
            If `X` has missing values or fewer rows than clusters, or if a parameter makes no sense.
        """
        X = validate_data(self, X, dtype=[np.float64, np.float32], order="C")
        self._check_parameters(len(X))
        random = check_random_state(self.random_state)
        n_sampled = min(len(X), self.sample_size or len(X))
        sample = X[random.choice(len(X), n_sampled, replace=False)]
        first = sample[: max(n_sampled // 10, 100 * self.n_clusters)]
        rows = [random.choice(len(first), self.n_clusters, replace=False) for _ in range(self.n_starts)]
        with ThreadPoolExecutor(cpu_count()) as pool:

            def run(part, starts):
                return list(pool.map(lambda centres: kernels.run(part, centres, self.max_iter), starts))

            ends = run(first, (first[start] for start in rows))
            self.start_inertias_ = np.array([inertia for _, inertia in ends])
            ends = run(sample, _best_different(ends, max(self.n_starts // 10, 20)))
            best = None
            for start in _best_different(ends, self.n_refined):
                centres, n_iter, settled = _refine(pool, X, start, self.max_iter)
                _, inertia = _assign_all(pool, X, centres)
                if best is None or inertia < best[1]:
                    best = centres, inertia, n_iter, settled
            centres, _, self.n_iter_, settled = best
            self.cluster_centers_ = centres[order_centres(centres)]
            self.labels_, self.inertia_ = _assign_all(pool, X, self.cluster_centers_)
        self._n_features_out = len(self.cluster_centers_)
        self._warn(settled)
        return self

    def predict(self, X):
        """Return which centre each row is nearest.

        Parameters
        ----------
        X : array or table of numbers, shape (n_samples, n_features)

        Returns
        -------
        array of int32, shape (n_samples,)
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=self.cluster_centers_.dtype, order="C", reset=False)
        with ThreadPoolExecutor(cpu_count()) as pool:
            return _assign_all(pool, X, self.cluster_centers_)[0]

    def transform(self, X):
        """Return the distance of each row to each centre.

        Parameters
        ----------
        X : array or table of numbers, shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_clusters)
            Euclidean, in the units of `X`; 0 to 2 for unit vectors.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=self.cluster_centers_.dtype, order="C", reset=False)
        return euclidean_distances(X, self.cluster_centers_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _check_parameters(self, n_samples):
        for name in ("n_clusters", "n_starts", "n_refined", "max_iter", "sample_size"):
            value = getattr(self, name)
            if name == "sample_size" and value is None:
                continue
            if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name}={value!r}: expected a whole number, 1 or more.")
        if n_samples < self.n_clusters:
            raise ValueError(
                f"n_clusters={self.n_clusters} needs at least that many rows, but n_samples={n_samples}. "
                "Choose fewer clusters."
            )
        if self.sample_size is not None and self.sample_size < self.n_clusters:
            raise ValueError(
                f"sample_size={self.sample_size} cannot hold n_clusters={self.n_clusters} different starting "
                "rows. Raise it; some hundreds of rows for each cluster are sensible."
            )

    def _warn(self, settled):
        found = len(np.unique(self.labels_))
        if found < self.n_clusters:
            warnings.warn(
                f"Only {found} of {self.n_clusters} clusters hold any rows: the data may have fewer "
                "different rows than clusters. Choose fewer clusters.",
                ConvergenceWarning,
                stacklevel=3,
            )
        elif not settled:
            warnings.warn(
                f"Rows were still changing cluster after max_iter={self.max_iter} rounds. Raise max_iter.",
                ConvergenceWarning,
                stacklevel=3,
            )


@dataclass(frozen=True)
class Clusters:
    """What `kmeans_many_starts` found; see `ManyStartsKMeans` for each part."""

    labels: np.ndarray
    centres: np.ndarray
    inertia: float
    start_inertias: np.ndarray


def kmeans_many_starts(X, n_clusters: int, *, n_starts: int = 1000, random_state=None, **options) -> Clusters:
    """Group rows into clusters, keeping the best of very many random starts.

    The function to `ManyStartsKMeans`, which explains the method and its limits.

    Parameters
    ----------
    X : array or table of numbers, shape (n_samples, n_features)
        Rows to group.
    n_clusters : int
        How many clusters.
    n_starts : int, default 1000
        How many random starts.
    random_state : int, RandomState instance or None, default None
        Seed.
    **options
        ``sample_size``, ``n_refined`` and ``max_iter`` of `ManyStartsKMeans`.

    Returns
    -------
    Clusters
        ``labels`` (int32, a row each; 0 to ``n_clusters - 1`` in the order of `order_centres`), ``centres``,
        ``inertia`` on all rows, and ``start_inertias`` on the first part of the sample.

    Raises
    ------
    ValueError
        As `ManyStartsKMeans.fit`.

    Examples
    --------
    >>> found = kmeans_many_starts(np.array([[0.0], [0.2], [9.0]]), 2, n_starts=10, random_state=0)
    >>> found.labels.tolist(), found.centres.ravel().tolist(), round(found.inertia, 3)
    ([0, 0, 1], [0.1, 9.0], 0.02)
    """
    model = ManyStartsKMeans(n_clusters, n_starts=n_starts, random_state=random_state, **options).fit(X)
    return Clusters(model.labels_, model.cluster_centers_, model.inertia_, model.start_inertias_)


def _best_different(ends: list[tuple[np.ndarray, float]], wanted: int) -> list[np.ndarray]:
    """Return the centres of the outcomes with the lowest inertias, best first, each outcome once."""
    chosen: list[np.ndarray] = []
    last = -np.inf
    for centres, inertia in sorted(ends, key=itemgetter(1)):
        if inertia > last * (1 + ALIKE) or not chosen:
            chosen.append(centres)
            last = inertia
        if len(chosen) == wanted:
            break
    return chosen


def _blocks(n_rows: int) -> list[slice]:
    return [slice(first, min(first + BLOCK, n_rows)) for first in range(0, n_rows, BLOCK)]


def _assign_all(pool, X, centres):
    labels = np.empty(len(X), np.int32)
    inertias = pool.map(lambda rows: kernels.assign(X[rows], centres, labels[rows]), _blocks(len(X)))
    return labels, float(sum(inertias))


def _refine(pool, X, centres, max_iter):
    centres, blocks = centres.copy(), _blocks(len(X))
    labels = np.full(len(X), -1, np.int32)
    upper, lower = np.zeros((2, len(X)), X.dtype)
    sums = np.zeros((len(blocks), *centres.shape))
    counts = np.zeros((len(blocks), len(centres)), np.int64)
    moved = np.zeros(len(centres))
    for n_iter in range(1, max_iter + 1):
        half = kernels.half_gaps(centres)

        def sweep(at, half=half):
            rows = blocks[at]
            state = labels[rows], upper[rows], lower[rows]
            return kernels.sweep(X[rows], centres, *state, moved, half, sums[at], counts[at])

        if sum(pool.map(sweep, range(len(blocks)))) == 0:
            return centres, n_iter, True
        kernels.move(centres, sums.sum(axis=0), counts.sum(axis=0), moved)
    return centres, max_iter, False
