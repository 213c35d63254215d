"""People, invented: how deprived areas are, and what a census would say of them.

Deprivation depends on what the land looks like (embeddings see it), on where it is (coordinates tell it),
and on chance. Census variables depend on deprivation, and on chance of their own. How much of each decides
which model wins under which split: the numbers were set to teach what London's real data teach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

DECILE_SHARES = (0.040, 0.139, 0.170, 0.143, 0.115, 0.094, 0.086, 0.077, 0.072, 0.064)
"""How many of London's areas lie in each tenth of England's (1 = most deprived): facts of the real table."""


@dataclass(frozen=True)
class Mix:
    """How much of what makes an area well off.

    Parameters
    ----------
    form : float
        What the land looks like.
    place : float
        Where it is: fields that change over kilometres.
    borough : float
        Which borough it is in.
    chance : float
        What nothing else explains.
    """

    form: float
    place: float
    borough: float
    chance: float


def wellbeing(
    cover: np.ndarray,
    merit: Mapping[str, float],
    names: list[str],
    place: np.ndarray,
    borough: np.ndarray,
    mix: Mix,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return how well off each area is, in standard deviations.

    Parameters
    ----------
    cover : ndarray, shape (k, n)
        Mean share of each kind of land cover.
    merit : mapping of str to float
        What a kind of land cover says of those who live there; kinds not named say nothing.
    names : list of str, length k
        The kinds.
    place : ndarray, shape (n,)
        A field that changes over kilometres.
    borough : ndarray of int, shape (n,)
        The borough of each area.
    mix : Mix
        How much of what.
    rng : numpy.random.Generator
        For boroughs and chance.

    Returns
    -------
    ndarray, shape (n,)
        Mean 0, standard deviation 1.
    """
    form = np.array([merit.get(name, 0.0) for name in names]) @ cover
    of_borough = rng.normal(size=borough.max() + 1)[borough]
    parts = (form, place, of_borough, rng.normal(size=len(form)))
    amounts = (mix.form, mix.place, mix.borough, mix.chance)
    return standard(sum(amount * standard(part) for amount, part in zip(amounts, parts, strict=True)))


def deciles(score: np.ndarray, shares: tuple[float, ...] = DECILE_SHARES) -> np.ndarray:
    """Cut scores into ten classes of given sizes.

    Parameters
    ----------
    score : ndarray, shape (n,)
        High for well off.
    shares : tuple of float, length 10
        Of the whole, for classes 1 to 10.

    Returns
    -------
    ndarray of int, shape (n,)
        1 for the lowest scores.

    Examples
    --------
    >>> deciles(np.arange(1000.0)).min(), deciles(np.arange(1000.0)).max()
    (np.int64(1), np.int64(10))
    """
    edges = np.cumsum(shares) / np.sum(shares)
    place = (rankdata(score, method="ordinal") - 0.5) / len(score)
    return np.searchsorted(edges[:-1], place, side="right") + 1


def census(
    score: np.ndarray,
    schooling: np.ndarray,
    hectares: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the four census variables, in the columns of the real table.

    Parameters
    ----------
    score : ndarray, shape (n,)
        How well off, in standard deviations.
    schooling : ndarray, shape (n,)
        A field that changes over kilometres, in standard deviations: where those live who left school early.
    hectares : ndarray, shape (n,)
        How large each area is.
    rng : numpy.random.Generator
        For chance.

    Returns
    -------
    pandas.DataFrame
        Percentages, and persons per square kilometre.
    """
    n = len(score)
    old = rng.normal(size=n)  # where more of the old live, more left school early and more are unwell
    unschooled = -0.66 * score + 0.42 * schooling + 0.38 * old + 0.46 * rng.normal(size=n)
    unwell = -0.65 * score + 0.20 * schooling + 0.38 * old + 0.62 * rng.normal(size=n)
    alone = -0.15 * score + 0.99 * rng.normal(size=n)
    residents = np.clip(rng.lognormal(np.log(1720), 0.16, n), 1000, 3200).round()
    return pd.DataFrame(
        {
            "Percent no qualifications 16 and over": _lognormal(unschooled, 15.9, 0.40, 1.5, 45).round(8),
            "Percent bad and very band health": _lognormal(unwell, 3.95, 0.38, 0.4, 14).round(9),
            "Population density per km": (residents / hectares * 100).round(1),
            "Percent lone family household": _lognormal(alone, 3.85, 0.38, 0.0, 14).round(9),
        }
    )


def standard(values: np.ndarray) -> np.ndarray:
    """Return values with mean 0 and standard deviation 1.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Not all the same.

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> standard(np.array([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """
    return (values - values.mean()) / values.std()


def _lognormal(latent: np.ndarray, median: float, spread: float, low: float, high: float) -> np.ndarray:
    """Turn a latent of any shape into percentages with a long upper tail, keeping its order."""
    normal = norm.ppf((rankdata(latent) - 0.5) / len(latent))
    return np.clip(median * np.exp(spread * normal), low, high)
