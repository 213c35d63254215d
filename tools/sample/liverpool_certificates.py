"""Energy certificates, invented: what an assessor wrote down of each building, with the gaps that there are.

The columns and the raw words are those of the published pack, to be recoded by the reader. Age follows when
the building was put up, built form follows what kind of land it stands on, and some of both is missing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from tools.sample.fields import stream
from tools.sample.liverpool_buildings import Buildings, toid
from tools.sample.liverpool_land import ARCHETYPES

BAND_SHARES = (0.07, 0.225, 0.205, 0.19, 0.095, 0.045, 0.07, 0.04, 0.06)
"""How many buildings are of each of the nine ages that the lesson predicts, oldest first."""

_OLDER = (0.0, 0.11, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.01)
_NEWER = (0.30, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.01, 0.0)
"""How often an assessor notes the band before, or after, the right one: none can tell 1890 from 1910."""

FORMS = (
    "Detached",
    "Semi-Detached",
    "Mid-Terrace",
    "End-Terrace",
    "Enclosed Mid-Terrace",
    "Enclosed End-Terrace",
)
TYPES = ("House", "Flat", "Bungalow", "Maisonette", "Park home")

_HABITS = {
    #            detached, semi, mid, end, encl. mid, encl. end | house, flat, bungalow, maisonette, park home
    "villas": ((0.34, 0.30, 0.20, 0.12, 0.02, 0.02), (0.58, 0.36, 0.02, 0.04, 0)),
    "terraces": ((0.01, 0.06, 0.63, 0.22, 0.05, 0.03), (0.90, 0.07, 0.00, 0.03, 0)),
    "semis": ((0.09, 0.70, 0.11, 0.10, 0.00, 0.00), (0.92, 0.03, 0.04, 0.01, 0)),
    "estates": ((0.03, 0.42, 0.32, 0.21, 0.01, 0.01), (0.80, 0.12, 0.05, 0.03, 0)),
    "slabs": ((0.08, 0.14, 0.47, 0.26, 0.03, 0.02), (0.30, 0.52, 0.04, 0.14, 0)),
    "new town": ((0.07, 0.22, 0.43, 0.25, 0.02, 0.01), (0.75, 0.15, 0.06, 0.04, 0)),
    "leafy": ((0.66, 0.27, 0.04, 0.03, 0.00, 0.00), (0.76, 0.04, 0.20, 0.00, 0)),
    "closes": ((0.33, 0.40, 0.15, 0.12, 0.00, 0.00), (0.83, 0.10, 0.06, 0.01, 0)),
    "new build": ((0.22, 0.34, 0.24, 0.18, 0.01, 0.01), (0.62, 0.34, 0.01, 0.03, 0)),
    "centre": ((0.07, 0.05, 0.55, 0.25, 0.05, 0.03), (0.14, 0.80, 0.00, 0.06, 0)),
    "industry": ((0.20, 0.20, 0.36, 0.20, 0.02, 0.02), (0.55, 0.41, 0.01, 0.03, 0)),
    "parks": ((0.75, 0.15, 0.06, 0.04, 0.00, 0.00), (0.70, 0.06, 0.14, 0.00, 0.10)),
    "farmland": ((0.62, 0.25, 0.08, 0.05, 0.00, 0.00), (0.76, 0.02, 0.14, 0.00, 0.08)),
}

_WORKS = {"centre": 0.34, "industry": 0.62, "villas": 0.05, "parks": 0.15, "farmland": 0.08}
"""How many buildings are no homes; elsewhere one in fifty."""

_NEVER_ASKED = {
    "semis": 0.21,
    "leafy": 0.23,
    "closes": 0.17,
    "centre": 0.06,
    "new build": 0.02,
    "slabs": 0.07,
}
"""How many homes have no certificate: those that were neither sold nor let since 2008; elsewhere 0.15."""

N_STRANGERS = 15_000
"""Certificates of buildings that the map does not have."""


def make_certificates(buildings: Buildings, seed: int) -> pd.DataFrame:
    """Write down the buildings' certificates.

    Parameters
    ----------
    buildings : Buildings
        All of the region.
    seed : int
        The sample's seed.

    Returns
    -------
    pandas.DataFrame
        TOID, BUILT_FORM, PROPERTY_TYPE, CONSTRUCTION_AGE_BAND, NON_DOMESTIC: in raw words, None where nothing
        is written. Some buildings have no row, some rows have no building.
    """
    rng = stream(seed, "certificates")
    n = len(buildings.x)
    names = np.array([archetype.name for archetype in ARCHETYPES])[buildings.kind]
    works = rng.random(n) < _by_name(names, _WORKS, 0.02)
    form = _choose(names, {name: habit[0] for name, habit in _HABITS.items()}, FORMS, rng)
    kind = _choose(names, {name: habit[1] for name, habit in _HABITS.items()}, TYPES, rng)
    table = pd.DataFrame(
        {
            "TOID": buildings.toid,
            "BUILT_FORM": np.where(rng.random(n) < 0.035, "NO DATA!", form),
            "PROPERTY_TYPE": kind,
            "CONSTRUCTION_AGE_BAND": _written_ages(buildings.age, rng),
            "NON_DOMESTIC": np.where(works, "Y", "N"),
        }
    )
    dwelling = ["BUILT_FORM", "PROPERTY_TYPE", "CONSTRUCTION_AGE_BAND"]
    # Half of them hold homes too: flats above a shop.
    table.loc[works & (rng.random(n) < 0.5), dwelling] = None
    asked = works | (rng.random(n) >= _by_name(names, _NEVER_ASKED, 0.15))
    strangers = table[~works].sample(min(N_STRANGERS, n // 40), random_state=rng)
    strangers["TOID"] = [toid(10**9 + number) for number in range(len(strangers))]
    return pd.concat([table[asked], strangers], ignore_index=True)


def _written_ages(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The age band as it stands on a certificate: in the words of its year, and sometimes a band off."""
    band = np.searchsorted(np.cumsum(BAND_SHARES)[:-1], (rankdata(age) - 0.5) / len(age), side="right")
    chance = rng.random(len(age))
    older = chance < np.array(_OLDER)[band]
    newer = chance > 1 - np.array(_NEWER)[band]
    band = band - older + newer
    words = [
        (("before 1900", "1900"), (0.97, 0.03)),
        (("1900-1929",), (1,)),
        (("1930-1949",), (1,)),
        (("1950-1966",), (1,)),
        (("1967-1975",), (1,)),
        (("1976-1982",), (1,)),
        (("1983-1990", "1991-1995"), (0.6, 0.4)),
        (("1996-2002",), (1,)),
        (
            ("2003-2006", "2007-2011", "2007 onwards", "2012 onwards", *map(str, range(2007, 2026))),
            (0.30, 0.14, 0.12, 0.25, *[0.01] * 19),
        ),
    ]
    written = np.empty(len(age), object)
    for number, (choices, shares) in enumerate(words):
        here = band == number
        written[here] = rng.choice(np.array(choices, object), here.sum(), p=shares)
    unknown = rng.random(len(age))
    written[unknown < 0.2575] = "NO DATA!"
    written[unknown < 0.012] = "INVALID!"
    written[unknown > 0.99] = None
    return written


def _by_name(names: np.ndarray, values: dict[str, float], otherwise: float) -> np.ndarray:
    return pd.Series(names).map(values).fillna(otherwise).to_numpy()


def _choose(names: np.ndarray, shares: dict, words: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
    chosen = np.empty(len(names), object)
    for name, weights in shares.items():
        here = names == name
        chosen[here] = rng.choice(np.array(words, object), here.sum(), p=weights)
    return chosen
