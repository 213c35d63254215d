"""The shape of noise, told from a mixture in which most places are stable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import boxcox, inv_boxcox
from scipy.stats import norm

_QUARTILES = np.array([0.25, 0.5, 0.75])
_POWERS = (0.0, 2.0)
_STARTS = (0.0, 0.1, 0.2, 0.3)  # shares that may have changed


@dataclass(frozen=True)
class NoiseCurve:
    """Noise as a normal distribution of a power of change, and the share of pixels beyond it.

    Parameters
    ----------
    power : float
        Of the Box-Cox transform: change to this power, and its logarithm for 0.
    centre, spread : float
        Mean and standard deviation after the transform.
    share_beyond : float
        Of all pixels, those that are beyond the noise: changed, or of a noisier kind.

    Examples
    --------
    >>> curve = NoiseCurve(power=0.5, centre=-1.6, spread=0.05, share_beyond=0.02)
    >>> threshold = curve.upper(0.01)
    >>> round(float(threshold), 3), round(float(curve.rate(threshold)), 3)
    (0.067, 0.01)
    """

    power: float
    centre: float
    spread: float
    share_beyond: float

    def upper(self, rate: float | np.ndarray) -> np.ndarray:
        """Return the change that a share `rate` of stable pixels exceeds."""
        return inv_boxcox(self.centre + self.spread * norm.isf(rate), self.power)

    def rate(self, threshold: float | np.ndarray) -> np.ndarray:
        """Return the share of stable pixels that exceed a change of `threshold`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            away = boxcox(np.maximum(threshold, 0), self.power) - self.centre
            return np.where(np.asarray(threshold) < 0, 1.0, norm.sf(away / self.spread))


def fit_noise(change: np.ndarray) -> NoiseCurve:
    """Fit the noise of those places that are stable, without being told which they are.

    Parameters
    ----------
    change : array of float, shape (n,), sorted
        1 − cosine of many places; most of them stable.

    Returns
    -------
    NoiseCurve

    Raises
    ------
    ValueError
        If half of the places show one and the same change.

    Notes
    -----
    A power of change is taken that makes its three quartiles symmetric [1]_ (for Gaussian noise in the bands
    that is about the cube root, since change is then a scaled chi-square variable [2]_). A normal
    distribution through the quartiles is the noise. What lies beyond its 99th percentile in excess of 1 %
    is something else; the quartiles are taken anew among the rest, until that share stays the same. Where it
    settles can depend on the share that one began with; of several beginnings the one is kept whose curve is
    nearest to the pixels within it.

    References
    ----------
    .. [1] Hinkley, D. V. (1975). On power transformations to symmetry. Biometrika, 62, 101–111.
    .. [2] Wilson, E. B. and Hilferty, M. M. (1931). The distribution of chi-square. Proceedings of the
       National Academy of Sciences, 17, 684–688.

    Examples
    --------
    >>> noise = np.random.default_rng(1).chisquare(60, 10_000) / 2000
    >>> curve = fit_noise(np.sort(np.append(noise, np.full(1000, 0.3))))
    >>> f"{curve.upper(0.01):.3f}, {np.quantile(noise, 0.99):.3f}; {curve.share_beyond:.2f} beyond"
    '0.044, 0.044; 0.09 beyond'
    """
    curves = [_settle(change, start) for start in _STARTS]
    return min(curves, key=lambda curve: _misfit(change, curve))


def _settle(change: np.ndarray, share: float) -> NoiseCurve:
    """Leave out what lies beyond the noise until its share stays the same."""
    for _ in range(100):
        low, middle, high = _quantiles(change, _QUARTILES * (1 - share))
        power = _symmetric_power(low, middle, high)
        centre = float(boxcox(middle, power))
        spread = float(boxcox(high, power) - boxcox(low, power)) / (2 * norm.ppf(0.75))
        if not spread > 0:
            raise ValueError(
                f"half of the pixels show one and the same change, {middle:g}: "
                "there is no noise to learn from"
            )
        curve = NoiseCurve(power, centre, spread, share)
        beyond = 1 - np.searchsorted(change, curve.upper(0.01), side="right") / len(change)
        last, share = share, float(max(0.0, (beyond - 0.01) / 0.99))
        if abs(share - last) < 1e-5:
            break
    return curve


def _misfit(change: np.ndarray, curve: NoiseCurve) -> float:
    """Return the farthest that pixels within the noise are from its curve, in shares of all pixels."""
    places = np.arange(0, np.searchsorted(change, curve.upper(0.01)), max(1, len(change) // 10_000))
    within, reached = change[places], (places + 0.5) / len(change)
    expected = (1 - curve.share_beyond) * (1 - curve.rate(within))
    return float(np.abs(reached - expected).max(initial=0.0))


def _quantiles(change: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return quantiles of what is sorted already, which `numpy.quantile` would not know."""
    places = shares * (len(change) - 1)
    below = places.astype(int)
    above = np.minimum(below + 1, len(change) - 1)
    return change[below] + (change[above] - change[below]) * (places - below)


def _symmetric_power(low: float, middle: float, high: float) -> float:
    """Return the power that puts the median half-way between the quartiles, as far as it may go."""

    def skew(power: float) -> float:
        a, b, c = boxcox([low, middle, high], power)
        return (c - b) - (b - a)

    first = _POWERS[0] if low > 0 else 0.05  # nought has no logarithm
    ends = skew(first), skew(_POWERS[1])
    if ends[0] >= 0:
        return first
    return _POWERS[1] if ends[1] <= 0 else float(brentq(skew, first, _POWERS[1]))
