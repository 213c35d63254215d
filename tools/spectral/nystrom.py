"""The mathematics of Nyström spectral clustering, on a sample that fits memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from operator import itemgetter

import numpy as np
from joblib import cpu_count
from threadpoolctl import threadpool_limits

from tools.kmeans import kernels as kmeans_kernels
from tools.kmeans import order_centres
from tools.spectral import kernels

SMALL = 1e-6
"""Eigenvalues below this share of the largest are cut: float32 similarities know nothing of them."""

FAINT = np.float32(1e-3)
"""A row less similar than this to every landmark is too far off for its similarities to say much."""

FIRST_ROWS = 10_000
"""On so many rows of the sample all starts are tried; a cluster needs some dozens of them to be seen."""

KEPT_STARTS = 3
KEPT_MERGES = 3
GLANCE = 3
"""Rounds on the whole sample after which only the best outcomes of the first rows are followed further."""

TIE = 0.01
"""Outcomes that have a cut this little above the lowest by then may still end below it."""

ROUGHLY, FULLY = 1e-4, 1e-6
"""What a round must gain in the cut for another to follow, on the first rows and on the whole sample."""

SAME_CUT = 1e-4
"""Outcomes whose cuts differ by less are taken for one."""

LANDMARK_ROUNDS, START_ROUNDS = 10, 20


@dataclass(frozen=True)
class Partition:
    """What labels any row: landmarks, and for each cluster a weight a landmark."""

    landmarks: np.ndarray  # (n_landmarks, n_features)
    weights: np.ndarray  # (n_clusters, n_landmarks), float32: the lowest weighted sum of similarities wins
    of_landmarks: np.ndarray  # (n_landmarks,), the label of each
    centres: np.ndarray  # (n_clusters, n_features), means of the sample's rows
    gamma: float
    rank: int
    eigenvalues: np.ndarray  # the largest of the normalised affinity, first 1
    cut: float
    start_cuts: np.ndarray
    n_iter: int

    def label(self, rows: np.ndarray) -> np.ndarray:
        """Return the label of every row, -1 where a value is missing."""
        labels = np.empty(len(rows), np.int32)
        columns = np.ascontiguousarray(self.landmarks.T, dtype=rows.dtype)
        kernels.label(rows, columns, np.float32(self.gamma), self.weights, self.of_landmarks, FAINT, labels)
        return labels


def partition(
    sample: np.ndarray, n_clusters: int, gamma: float, n_landmarks: int, landmarks: str, n_starts: int,
    max_iter: int, random: np.random.Generator,
) -> Partition:  # fmt: skip
    """Cut the rows of `sample`, in random order and without missing values, into clusters."""
    # Two levels of threads would only get into each other's way; one also adds up alike on any machine.
    with threadpool_limits(1), ThreadPoolExecutor(cpu_count()) as pool:
        chosen = choose_landmarks(sample[:FIRST_ROWS], n_landmarks, landmarks, random)
        basis = _basis(_affinities(chosen, chosen, gamma))
        similar = _affinities(sample, chosen, gamma)
        near = similar.max(axis=1) >= FAINT
        _check_reach(near, n_clusters, gamma)
        similar = similar if near.all() else similar[near]
        features = similar @ basis.astype(np.float32)
        degrees = _degrees(features)
        first = features[:FIRST_ROWS], _degrees(features[:FIRST_ROWS])
        spectrum, embedding = _embed(*first, n_clusters)
        starts = _starts(sample[near][:FIRST_ROWS], embedding, *first, n_clusters, n_starts, random)
        del similar

        def settle(rows_and_degrees, labels, rounds=max_iter, least=ROUGHLY):
            cut, means, rounds = kernels.refine(*rows_and_degrees, labels, n_clusters, rounds, least)
            return cut, means, labels, rounds

        ends = list(pool.map(lambda labels: settle(first, labels), pool.map(_run_start, starts)))
        best = min(ends, key=itemgetter(0))[2]
        others = _split_and_merged(*first, best, n_clusters, random)
        ends += pool.map(lambda labels: settle(first, labels), others)
        whole = features, degrees
        glance = min(GLANCE, max_iter)
        tried = pool.map(
            lambda means: settle(whole, _nearest(*whole, means), glance, FULLY), _best_different(ends)
        )
        tried = [(*end, 0) for end in tried]
        lowest = min(cut for cut, *_ in tried)

        def follow(end):
            *_, labels, rounds, _ = end
            further = glance < max_iter and rounds == glance
            return (*settle(whole, labels, max_iter - glance, FULLY), rounds) if further else end

        tried = pool.map(follow, [end for end in tried if end[0] <= lowest + TIE])
        cut, means, labels, *rounds = min(tried, key=itemgetter(0))
    found = np.unique(labels)
    means = means[found].astype(np.float64)
    rows = sample if near.all() else sample[near]
    centres = np.stack([rows[labels == c].mean(axis=0, dtype=np.float64) for c in found])
    order = order_centres(centres)
    means, centres = means[order], centres[order]
    # A row's score is lengths · degree - features · means, and both are linear in its similarities.
    degree_of = basis @ features.sum(axis=0, dtype=np.float64)
    weights = (means**2).sum(axis=1)[:, np.newaxis] / 2 * degree_of - means @ basis.T
    weights = np.ascontiguousarray(weights / np.abs(weights).max(), dtype=np.float32)
    own = _affinities(chosen, chosen, gamma) @ weights.T
    return Partition(
        landmarks=chosen,
        weights=weights,
        of_landmarks=own.argmin(axis=1).astype(np.int32),
        centres=centres,
        gamma=gamma,
        rank=basis.shape[1],
        eigenvalues=spectrum,
        cut=float(cut) - (n_clusters - len(found)),
        start_cuts=np.array([end[0] for end in ends[: len(starts)]]),
        n_iter=max(sum(rounds), 1),
    )


def _check_reach(near: np.ndarray, n_clusters: int, gamma: float) -> None:
    if near.mean() < 0.5 or near.sum() < n_clusters:
        raise ValueError(
            f"{1 - near.mean():.0%} of the rows resemble no landmark: with gamma={gamma:g} nearly every row "
            "is alone. Standardise the columns, lower gamma, or raise n_landmarks."
        )


def choose_landmarks(rows: np.ndarray, n_landmarks: int, how: str, random: np.random.Generator) -> np.ndarray:
    """Return different landmarks, at most `n_landmarks`: rows at random, or centres of k-means from there."""
    different = _different(rows)
    if len(different) <= n_landmarks:
        return different.astype(np.float64)
    chosen = different[random.choice(len(different), n_landmarks, replace=False)]
    if how == "kmeans":
        chosen, _ = kmeans_kernels.run(rows, chosen, LANDMARK_ROUNDS)
        chosen = _different(chosen)
    return chosen.astype(np.float64)


def _different(rows: np.ndarray) -> np.ndarray:
    rows = rows[np.lexsort(rows.T)]
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[new]


def _affinities(rows: np.ndarray, landmarks: np.ndarray, gamma: float) -> np.ndarray:
    similar = np.empty((len(rows), len(landmarks)), np.float32)
    columns = np.ascontiguousarray(landmarks.T, dtype=rows.dtype)
    kernels.affinities(np.ascontiguousarray(rows), columns, np.float32(gamma), similar)
    return similar


def _basis(own: np.ndarray) -> np.ndarray:
    """Return what turns similarities to landmarks into features whose products are the affinity."""
    values, vectors = np.linalg.eigh(own.astype(np.float64))
    kept = values > values[-1] * SMALL
    return vectors[:, kept] / np.sqrt(values[kept])


def _degrees(features: np.ndarray) -> np.ndarray:
    """Return each row's similarity to all, by the approximated affinity; at least that to itself."""
    degrees = features @ features.sum(axis=0, dtype=np.float64).astype(np.float32)
    return np.maximum(degrees, np.einsum("ij,ij->i", features, features))


def _embed(features: np.ndarray, degrees: np.ndarray, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest eigenvalues of the normalised affinity, and its eigenvectors, rows of length 1."""
    normalised = features / np.sqrt(degrees)[:, np.newaxis]
    values, vectors = np.linalg.eigh((normalised.T @ normalised).astype(np.float64))
    wanted = min(wanted, int((values > values[-1] * SMALL).sum()))
    embedding = normalised @ (vectors[:, -wanted:] / np.sqrt(values[-wanted:]))
    lengths = np.linalg.norm(embedding, axis=1, keepdims=True)
    return values[::-1][: wanted + 1].clip(0, 1), embedding / np.maximum(lengths, 1e-30)


def _starts(rows, embedding, features, degrees, n_clusters, n_starts, random):
    """Return first partitions to begin from, by turns of three kinds, each from seeds far from each other."""
    # The last kind finds small crowds aside, which both others tend to pass over; it needs no k-means first.
    own = (features / degrees[:, np.newaxis]).astype(np.float64)
    spaces = [np.ascontiguousarray(embedding, dtype=np.float64), rows.astype(np.float64), own]
    alike = np.ones(len(rows))
    starts = []
    for turn in range(n_starts):
        space = spaces[turn % 3]
        weight, rounds = (degrees, 0) if space is own else (alike, START_ROUNDS)
        starts.append((space, _far_seeds(space, weight, n_clusters, random), rounds))
    return starts


def _far_seeds(space, weight, n_clusters, random):
    """Draw rows by weight times squared distance to those drawn before, as k-means++ does."""
    drawn = [random.choice(len(space), p=weight / weight.sum(dtype=np.float64))]
    squared = np.full(len(space), np.inf)
    lengths = np.einsum("ij,ij->i", space, space)
    while len(drawn) < n_clusters:
        last = drawn[-1]
        squared = np.minimum(squared, np.maximum(lengths + lengths[last] - 2 * (space @ space[last]), 0))
        squared[squared <= 1e-12 * (lengths + lengths[last])] = 0  # what rounding leaves of nothing
        chance = np.cumsum(weight * squared)
        if chance[-1] <= 0:
            break
        drawn.append(min(np.searchsorted(chance, random.random() * chance[-1], "right"), len(space) - 1))
    # Fewer different rows than clusters: the rest hold none.
    return space[drawn]


def _split_and_merged(features, degrees, labels, n_clusters, random):
    """Return partitions in which two clusters are one and another is two: ways out of a local optimum."""
    own = (features / degrees[:, np.newaxis]).astype(np.float64)
    member = np.eye(n_clusters)[labels]
    sums, mass = member.T @ features, np.maximum(member.T @ degrees, 1e-30)
    found = np.flatnonzero(member.any(axis=0))
    pairs = {(a, b): _loss(sums, mass, a, b) for a, b in combinations(found, 2)}
    others = []
    for a, b in sorted(pairs, key=pairs.get)[:KEPT_MERGES]:
        for split in set(found) - {a, b}:
            changed = np.where(labels == b, a, labels).astype(np.int32)
            rows = np.flatnonzero(labels == split)
            seeds = _far_seeds(own[rows], degrees[rows], 2, random)
            if len(seeds) == 2:
                second = ((own[rows] - seeds[1]) ** 2).sum(1) < ((own[rows] - seeds[0]) ** 2).sum(1)
                changed[rows[second]] = b
                others.append(changed)
    return others


def _loss(sums, mass, a, b):
    """Return by how much less the similarity within counts once clusters `a` and `b` are one."""
    apart = (sums[a] ** 2).sum() / mass[a] + (sums[b] ** 2).sum() / mass[b]
    return apart - ((sums[a] + sums[b]) ** 2).sum() / (mass[a] + mass[b])


def _run_start(start):
    space, centres, rounds = start
    labels = np.empty(len(space), np.int32)
    if rounds:
        centres, _ = kmeans_kernels.run(space, centres, rounds)
    kmeans_kernels.assign(space, centres, labels)
    return labels


def _best_different(ends: list) -> list[np.ndarray]:
    """Return the means of the ends with the lowest cuts, best first, each outcome once."""
    chosen, last = [], -np.inf
    for cut, means, *_ in sorted(ends, key=itemgetter(0)):
        if not chosen or cut > last + SAME_CUT:
            chosen.append(means)
            last = cut
        if len(chosen) == KEPT_STARTS:
            break
    return chosen


def _nearest(features: np.ndarray, degrees: np.ndarray, means: np.ndarray) -> np.ndarray:
    # Means of another number of rows: degrees differ by that number, features over degrees alike.
    scale = len(features) / FIRST_ROWS if len(features) > FIRST_ROWS else 1.0
    lengths = (means.astype(np.float64) ** 2).sum(axis=1) / 2
    lengths[lengths == 0] = np.inf  # of a cluster without rows
    score = lengths * (degrees[:, np.newaxis] / scale) - features @ means.T
    return score.argmin(axis=1).astype(np.int32)
