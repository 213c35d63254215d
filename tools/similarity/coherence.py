"""How far a tile's patches agree in each dimension, and whether in some they do so more than in others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

MUCH_EVIDENCE = 10.0
"""How much lower the information criterion of two kinds must be than that of one (Kass and Raftery 1995)."""

_STARTS = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99)
_LEAST_VARIANCE = 1e-4
_HIGHEST = 0.999  # a dimension that does not vary within tiles at all would be infinitely far off


def intraclass_correlation(vectors: np.ndarray, spread: np.ndarray, n_patches: int) -> np.ndarray:
    """Return the share of a patch's variance that its whole tile has in common.

    Parameters
    ----------
    vectors : array of float, shape (n_tiles, n_dimensions)
        The mean of each tile's patches.
    spread : array of float, shape (n_tiles, n_dimensions)
        Their standard deviation, with `n_patches` below the fraction line.
    n_patches : int
        Patches in a tile, two or more.

    Returns
    -------
    array of float64, shape (n_dimensions,)
        1 where patches of a tile are the same; about 0, or a little less by chance, where tiles differ no
        more than their patches' scatter makes them; NaN for a dimension with one value.

    References
    ----------
    .. [1] P. E. Shrout and J. L. Fleiss (1979), *Intraclass correlations: uses in assessing rater
       reliability*, Psychological Bulletin 86(2), 420–428: ICC(1, 1).

    Examples
    --------
    >>> tiles = np.array([[1.0, 0.1], [2.0, 0.0], [3.0, -0.1]])
    >>> intraclass_correlation(tiles, np.array([[0.5, 1.0]] * 3), n_patches=196).round(2).tolist()
    [0.8, 0.0]
    """
    within = np.mean(np.square(spread, dtype=np.float64), axis=0) * n_patches / (n_patches - 1)
    between = n_patches * vectors.var(axis=0, ddof=1, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return (between - within) / (between + (n_patches - 1) * within)


class Kinds(NamedTuple):
    """Ordinary and coherent dimensions.

    Parameters
    ----------
    threshold : float or None
        The coherence from which on a dimension is more probably a coherent one; None if undecided.
    probability : array of float64, shape (n_dimensions,)
        Of being a coherent one.
    precision, recall : float or None
        What the curves promise for dimensions above the threshold; None where there is one kind.
    reason : str
        Why it is undecided; else empty.
    """

    threshold: float | None
    probability: np.ndarray
    precision: float | None
    recall: float | None
    reason: str


def two_kinds(coherence: np.ndarray, n_patches: int, *, certainty: float = 0.9) -> Kinds:
    """Tell coherent dimensions from ordinary ones by two bell curves, if there are two.

    Parameters
    ----------
    coherence : array of float, shape (n_dimensions,)
        Intraclass correlations.
    n_patches : int
        Patches in a tile.
    certainty : float, default 0.9
        The precision and the recall that the curves must promise.
    Returns
    -------
    Kinds
        Without a threshold where one curve fits about as well as two, or the two overlap too much.

    Notes
    -----
    Fitted to ½ ln F, where F is the ratio of the mean squares between and within tiles.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> coherence = np.r_[random.normal(0.3, 0.05, 300), random.normal(0.9, 0.02, 20)]
    >>> kinds = two_kinds(coherence, 196)
    >>> 0.4 < kinds.threshold < 0.9, int((coherence > kinds.threshold).sum())
    (True, 20)
    >>> two_kinds(coherence[:300], 196).reason
    'their coherences are all of one kind'
    """
    from sklearn.mixture import GaussianMixture

    one_kind = "their coherences are all of one kind"
    if len(coherence) < 3 or not np.ptp(coherence):
        return Kinds(None, np.zeros(len(coherence)), None, None, one_kind)
    values = _half_log_ratio(coherence, n_patches)[:, None]
    one, two = GaussianMixture(1).fit(values), _two_curves(values)
    low, high = np.argsort(two.means_[:, 0])
    middle, top = two.means_[[low, high], 0]
    probability = two.predict_proba(values)[:, high]
    # The wider curve also overtakes the other far out on the wrong side, where nothing coherent is.
    probability[values[:, 0] < middle] = 0
    likely = probability >= 0.5
    if one.bic(values) - two.bic(values) < MUCH_EVIDENCE or not likely.any():
        return Kinds(None, probability, None, None, one_kind)
    precision, recall = probability[likely].mean(), probability[likely].sum() / probability.sum()
    between = np.linspace(middle, top, 10_001)
    crossing = between[np.argmax(two.predict_proba(between[:, None])[:, high] >= 0.5)]
    threshold, reason = _coherence_at(crossing, n_patches), ""
    if min(precision, recall) < certainty:
        threshold = None
        reason = (
            f"coherent and ordinary ones overlap (expected precision {precision:.2f} and recall "
            f"{recall:.2f}, asked for {certainty:g})"
        )
    return Kinds(threshold, probability, float(precision), float(recall), reason)


def _two_curves(values: np.ndarray) -> GaussianMixture:
    """The best fit from several starts, the coherent ones being from half of all to one in a hundred."""
    from sklearn.mixture import GaussianMixture

    fits = []
    for share in _STARTS:
        cut = np.quantile(values, share)
        parts = values[values <= cut], values[values > cut]
        if all(len(part) for part in parts):
            start = GaussianMixture(
                2,
                weights_init=[len(part) / len(values) for part in parts],
                means_init=[[part.mean()] for part in parts],
                precisions_init=[[[1 / max(part.var(), _LEAST_VARIANCE)]] for part in parts],
                max_iter=1_000,
            )
            fits.append(start.fit(values))
    return max(fits, key=lambda fit: fit.lower_bound_)


def _half_log_ratio(coherence: np.ndarray, n_patches: int) -> np.ndarray:
    coherence = np.clip(coherence, -_HIGHEST / (n_patches - 1), _HIGHEST)
    return np.log((1 + (n_patches - 1) * coherence) / (1 - coherence)) / 2


def _coherence_at(half_log_ratio: float, n_patches: int) -> float:
    ratio = np.exp(2 * half_log_ratio)
    return float((ratio - 1) / (ratio + n_patches - 1))
