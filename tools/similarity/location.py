"""Which dimensions of an embedding say where a tile is rather than how it looks, and vectors without them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from joblib import cpu_count

from tools import provenance
from tools.similarity.coherence import intraclass_correlation, two_kinds
from tools.similarity.pairs import great_circle_km, moved_distances, sample_pairs
from tools.similarity.rank_correlation import product, standard_ranks
from tools.similarity.retrieval import unit_rows

FEWEST_CITIES = 8
"""Fewer can be moved in so few ways that chance and place cannot be told apart."""


class LocationUndecidedError(ValueError):
    """The vectors do not show by themselves which dimensions are location-bound."""


def location_bias(
    vectors: np.ndarray,
    spread: np.ndarray,
    tiles: pd.DataFrame,
    *,
    n_patches: int = 196,
    n_pairs: int = 200_000,
    n_moves: int = 199,
    false_discovery_rate: float = 0.05,
    certainty: float = 0.9,
    least_coherence: float | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Find the dimensions that are the same all over a tile and change with distance between tiles.

    A dimension is location-bound if both hold:

    1. It is *coherent*: patches of a tile agree in it far more than in other dimensions, whatever they show.
       Two bell curves, of ordinary and of coherent dimensions, are fitted to all coherences; a dimension
       belongs where it is more probable.
    2. It is *bound to place*: the further two tiles are apart, the more they differ in it, beyond what chance
       gives. Chance is measured in worlds where whole cities have changed places.

    Parameters
    ----------
    vectors : array of float, shape (n_tiles, n_dimensions)
        The mean of each tile's patches, as it is: neither centred nor scaled to a length of one.
    spread : array of float, shape (n_tiles, n_dimensions)
        The standard deviation among each tile's patches.
    tiles : pandas.DataFrame
        A row a tile, with ``city_id``, and ``lon`` and ``lat`` of its centre in degrees.
    n_patches : int, default 196
        Patches in a tile.
    n_pairs : int, default 200_000
        How many pairs of tiles are drawn. Every pair of the world has the same chance, near or far, of one
        city or two; so the correlation estimates that of all pairs.
    n_moves : int, default 199
        Worlds with cities moved.
    false_discovery_rate : float, default 0.05
        Which share of the coherent dimensions called bound to place may be so by chance.
    certainty : float, default 0.9
        The precision and the recall that the fitted curves must promise for coherent dimensions.
    least_coherence : float, optional
        Take this threshold instead of that of the two curves, for vectors that do not decide by themselves.
    random_state : int, default 0
        Seed of the pairs and the moves.

    Returns
    -------
    pandas.DataFrame
        Index ``dimension``; columns:

        - ``coherence``: intraclass correlation, the share of a patch's variance that its whole tile shares;
        - ``rank_correlation``: Spearman's, between the difference of two tiles in this dimension and their
          distance on the globe;
        - ``p_value``: how often moved cities give as much;
        - ``coherent_probability``: of belonging to the coherent ones (NaN if `least_coherence` is given);
        - ``location_bound``: bool.

        A dimension with one value has NaN and is not bound. ``attrs`` say how it was decided:
        ``coherence_threshold`` and ``rank_correlation_threshold`` (the lowest among the bound; both None
        where none is bound), ``decided_by`` (``"two kinds"``, ``"given"`` or ``"none bound to place"``),
        ``share_dropped``, ``n_pairs``, ``n_moves``, ``n_cities``, ``expected_precision`` and
        ``expected_recall``, beside the marks of `tiles`.

    Raises
    ------
    LocationUndecidedError
        If dimensions are bound to place, but the coherences show no two kinds, or kinds that overlap too much
        for `certainty`; or if there are fewer than eight cities. Nothing else is put in place of an answer.
    ValueError
        If shapes do not fit each other, columns or values are missing, or a parameter makes no sense.

    Notes
    -----
    The curves are fitted to ½ ln F, where F is the ratio of the variances between and within tiles: Fisher's
    transformation, under which sampling errors of an intraclass correlation are nearly normal. Neighbouring
    patches are alike for visual reasons too, so that no dimension has a coherence of nought; this is why
    the threshold comes from the dimensions themselves. Moving cities does not change a coherence, so the
    second test may be confined to the coherent dimensions without making it too lenient. Its p-values pool,
    over all dimensions, what each gives in moved worlds, standardised. A dimension in which cities differ
    without order on the globe is not bound to place: that may be how they look.

    References
    ----------
    .. [1] R. A. Fisher (1921), *On the "probable error" of a coefficient of correlation deduced from a small
       sample*, Metron 1, 3–32.
    .. [2] N. Mantel (1967), *The detection of disease clustering and a generalized regression approach*,
       Cancer Research 27(2), 209–220.
    .. [3] R. E. Kass and A. E. Raftery (1995), *Bayes factors*, JASA 90(430), 773–795.
    .. [4] Y. Benjamini and Y. Hochberg (1995), *Controlling the false discovery rate*, JRSS B 57(1), 289–300.

    Examples
    --------
    Of 40 dimensions, the first four hold longitude; 20 cities of 6 tiles lie along the equator.

    >>> random = np.random.default_rng(0)
    >>> tiles = pd.DataFrame({"city_id": np.repeat(np.arange(20), 6), "lat": 0.0})
    >>> tiles["lon"] = tiles["city_id"] * 4.0
    >>> vectors, spread = random.normal(size=(120, 40)), np.full((120, 40), 1.5)
    >>> vectors[:, :4] += tiles[["lon"]].to_numpy() / 3
    >>> bias = location_bias(vectors, spread, tiles)
    >>> bias.index[bias["location_bound"]].tolist(), bias.attrs["decided_by"]
    ([0, 1, 2, 3], 'two kinds')
    """
    for name, value, least in (
        ("n_patches", n_patches, 2),
        ("n_pairs", n_pairs, 1),
        ("n_moves", n_moves, 19),
    ):
        if value < least:
            raise ValueError(f"{name}={value}: expected {least} or more")
    for name, value in (("false_discovery_rate", false_discovery_rate), ("certainty", certainty)):
        if not 0 < value < 1:
            raise ValueError(f"{name}={value}: expected a share between 0 and 1")
    vectors, spread, points, cities = _checked(vectors, spread, tiles)
    coherence = intraclass_correlation(vectors, spread, n_patches)
    varied = np.flatnonzero(np.isfinite(coherence))
    pairs = sample_pairs(len(vectors), n_pairs, random_state)
    correlation, p_value = np.full((2, len(coherence)), np.nan)
    correlation[varied], p_value[varied] = _against_distance(
        vectors[:, varied], points, cities, pairs, n_moves, random_state
    )

    kinds = None
    if least_coherence is None:
        kinds = two_kinds(coherence[varied], n_patches, certainty=certainty)
        least_coherence = kinds.threshold
    chosen = np.zeros(len(coherence), bool)
    with np.errstate(invalid="ignore"):
        candidates = np.flatnonzero(coherence >= (-1 if least_coherence is None else least_coherence))
    if len(candidates):
        chosen[candidates] = _discoveries(p_value[candidates], false_discovery_rate)
    if chosen.any() and least_coherence is None:
        raise LocationUndecidedError(
            f"{chosen.sum()} of {len(chosen)} dimensions change with distance, but it cannot be decided "
            f"which of them say where a tile is rather than how it looks: {kinds.reason}. Look at the "
            "coherences (`least_coherence=0` returns them all) and give a threshold as `least_coherence=`"
        )

    bias = pd.DataFrame(
        {
            "coherence": coherence,
            "rank_correlation": correlation,
            "p_value": p_value,
            "coherent_probability": np.nan,
            "location_bound": chosen,
        },
        index=pd.RangeIndex(len(chosen), name="dimension"),
    )
    if kinds is not None:
        bias.loc[varied, "coherent_probability"] = kinds.probability
    bias.attrs.update(
        coherence_threshold=float(least_coherence) if chosen.any() else None,
        rank_correlation_threshold=float(correlation[chosen].min()) if chosen.any() else None,
        decided_by=("two kinds" if kinds else "given") if chosen.any() else "none bound to place",
        share_dropped=float(chosen.mean()),
        n_pairs=len(pairs[0]),
        n_moves=int(n_moves),
        n_cities=int(cities.max()) + 1,
        false_discovery_rate=float(false_discovery_rate),
        expected_precision=kinds.precision if kinds else None,
        expected_recall=kinds.recall if kinds else None,
    )
    return provenance.carry(bias, tiles)


def without_location(vectors: np.ndarray, bias: pd.DataFrame) -> np.ndarray:
    """Return vectors without the location-bound dimensions, scaled to a length of one.

    Parameters
    ----------
    vectors : array of float, shape (n_tiles, n_dimensions)
        Of any aggregation.
    bias : pandas.DataFrame
        As `location_bias` returns it.

    Returns
    -------
    array of float32, shape (n_tiles, n_dimensions - n_bound)
        In the order of the dimensions that are kept.

    Raises
    ------
    ValueError
        If `bias` is not of as many dimensions, or binds all of them.

    Examples
    --------
    >>> bias = pd.DataFrame({"location_bound": [False, True, False]})
    >>> without_location(np.array([[3.0, 9.0, 4.0]]), bias).round(2).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    vectors = np.asarray(vectors)
    bound = bias["location_bound"].to_numpy(bool)
    if vectors.ndim != 2 or vectors.shape[1] != len(bound):
        raise ValueError(f"vectors have shape {vectors.shape}, but the bias is of {len(bound)} dimensions")
    if bound.all():
        raise ValueError("all dimensions are location-bound: nothing of how a tile looks would be left")
    return unit_rows(vectors[:, ~bound])


def _against_distance(
    vectors: np.ndarray,
    points: np.ndarray,
    cities: np.ndarray,
    pairs: tuple[np.ndarray, np.ndarray],
    n_moves: int,
    random_state: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Rank correlations of all dimensions with distance, and how often moved cities give as much."""
    first, second = pairs
    distance = standard_ranks(great_circle_km(points[first], points[second]))
    n_cities = cities.max() + 1
    a, b = cities[first], cities[second]
    # In moved worlds a distance depends on the two cities alone: sums of ranks over their pairs suffice.
    met, of_pair, counts = np.unique(
        np.minimum(a, b) * n_cities + np.maximum(a, b), return_inverse=True, return_counts=True
    )
    worlds = moved_distances(
        points, cities, np.stack(np.divmod(met, n_cities)), n_moves=n_moves, random_state=random_state
    )
    moved = np.stack([standard_ranks(world, counts) for world in worlds])

    def one(column: np.ndarray) -> tuple[float, np.ndarray]:
        ranks = standard_ranks(np.abs(column[first] - column[second]))
        return product(ranks, distance), np.bincount(of_pair, ranks)

    with ThreadPoolExecutor(cpu_count()) as pool:
        found, sums = zip(*pool.map(one, np.ascontiguousarray(vectors.T)), strict=True)
    correlation, by_chance = np.array(found), np.array(sums) @ moved.T
    usual, error = by_chance.mean(axis=1), by_chance.std(axis=1)
    pooled = np.sort(((by_chance - usual[:, None]) / error[:, None]).ravel())
    as_much = len(pooled) - np.searchsorted(pooled, (correlation - usual) / error)
    return correlation, (1 + as_much) / (1 + len(pooled))


def _discoveries(p_values: np.ndarray, rate: float) -> np.ndarray:
    from scipy.stats import false_discovery_control

    return false_discovery_control(p_values) <= rate


def _checked(
    vectors: Any, spread: Any, tiles: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    vectors, spread = (np.asarray(values) for values in (vectors, spread))
    if vectors.ndim != 2 or vectors.shape != spread.shape or len(vectors) != len(tiles):
        raise ValueError(
            f"vectors have shape {vectors.shape}, spread {spread.shape}, and there are {len(tiles)} tiles: "
            "expected (n_tiles, n_dimensions) twice"
        )
    missing = [name for name in ("city_id", "lon", "lat") if name not in tiles]
    if missing:
        raise ValueError(f"tiles have no column {', '.join(missing)}")
    points = tiles[["lon", "lat"]].to_numpy(np.float64)
    for name, values in (("vectors", vectors), ("spread", spread), ("lon and lat", points)):
        if not np.isfinite(values).all():
            wrong = int((~np.isfinite(values)).any(axis=1).sum())
            raise ValueError(f"{name} of {wrong:,} of {len(values):,} tiles have missing values: drop them")
    if (spread < 0).any():
        raise ValueError("spread must not be negative: it is the standard deviation among a tile's patches")
    cities = np.unique(tiles["city_id"], return_inverse=True)[1]
    number = int(cities.max(initial=-1)) + 1
    if number < FEWEST_CITIES:
        raise LocationUndecidedError(
            f"there are {number} cities, and it takes {FEWEST_CITIES} to tell what distance does from "
            "chance: take more cities"
        )
    return vectors, spread, points, cities
