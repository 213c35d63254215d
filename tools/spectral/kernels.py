"""The loops of spectral clustering, compiled: affinities to landmarks, labels by them, and refinement.

All of them let other threads run, and write only into the arrays that they are given. A row's result depends
on that row alone, never on which rows come with it: so blocks of any size get the same labels.
"""

import numpy as np
from numba import float32, int32, njit

# Sums may be regrouped, so that several landmarks are worked out at a time; NaN keeps its meaning.
_compiled = njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})

UNLABELLED = -1

_LOG2_E = float32(1.4426950408889634)


@_compiled
def _exp_minus(t):
    """Return exp(-t) for t of 0 or more, to some millionths of its value; at least 2⁻¹²⁶."""
    # The library's own exponential is called row by row; this one is worked out for 16 landmarks at once.
    power = max(-t * _LOG2_E, float32(-126.0))
    whole = np.floor(power + float32(0.5))
    rest = power - whole
    # ln(2)ⁿ / n!, the Taylor series of 2^rest for a rest of at most one half
    value = float32(1.5403530e-4)
    value = value * rest + float32(1.3333558e-3)
    value = value * rest + float32(9.6181291e-3)
    value = value * rest + float32(5.5504109e-2)
    value = value * rest + float32(2.4022651e-1)
    value = value * rest + float32(6.9314718e-1)
    value = value * rest + float32(1.0)
    exponent = np.int32((int32(whole) + int32(127)) << int32(23))
    return value * exponent.view(np.float32)


@_compiled
def _resemble(X, i, columns, gamma, similar):
    """Write the similarity of row `i` to every landmark, whose coordinates are `columns`."""
    similar[:] = float32(0)
    for band in range(columns.shape[0]):
        x = X[i, band]
        for j in range(columns.shape[1]):
            difference = float32(x - columns[band, j])
            similar[j] += difference * difference
    for j in range(len(similar)):
        similar[j] = _exp_minus(gamma * similar[j])


@_compiled
def affinities(X, columns, gamma, out):
    """Write the similarity of every row of `X` to every landmark into `out` (rows, landmarks)."""
    for i in range(X.shape[0]):
        _resemble(X, i, columns, gamma, out[i])


@_compiled
def label(X, columns, gamma, weights, of_landmarks, faint, labels):
    """Write for each row the cluster with the lowest score, `weights` (clusters, landmarks) times similarity.

    A row with a missing value stays unlabelled. One that resembles no landmark by as much as `faint` has no
    score to speak of: it takes the label of the nearest landmark.
    """
    similar = np.empty(columns.shape[1], np.float32)
    for i in range(X.shape[0]):
        missing = False
        for band in range(X.shape[1]):
            missing |= np.isnan(X[i, band])
        if missing:
            labels[i] = UNLABELLED
            continue
        _resemble(X, i, columns, gamma, similar)
        most = float32(0)
        for j in range(len(similar)):
            most = max(most, similar[j])
        if most < faint:
            labels[i] = of_landmarks[_nearest(X, i, columns)]
            continue
        lowest = float32(np.inf)
        for c in range(weights.shape[0]):
            score = float32(0)
            for j in range(len(similar)):
                score += weights[c, j] * similar[j]
            if score < lowest:
                labels[i], lowest = c, score


@_compiled
def _nearest(X, i, columns):
    nearest, lowest = 0, np.inf
    for j in range(columns.shape[1]):
        distance = 0.0
        for band in range(columns.shape[0]):
            difference = float(X[i, band]) - columns[band, j]
            distance += difference * difference
        if distance < lowest:
            nearest, lowest = j, distance
    return nearest


@_compiled
def refine(features, degrees, labels, n_clusters, max_iter, least):
    """Change `labels` for the better until a round lowers the cut by no more than `least`.

    Return the normalised cut, means and rounds.

    Weighted kernel k-means: a row's vector is its features over its degree, its weight is its degree.
    """
    n_rows, n_features = features.shape
    means = np.empty((n_clusters, n_features), np.float32)
    sums, mass = np.empty((n_clusters, n_features)), np.empty(n_clusters)
    lengths, members = np.empty(n_clusters, np.float32), np.zeros(n_clusters, np.int64)
    sums[:], mass[:] = 0, 0
    for i in range(n_rows):
        members[labels[i]] += 1
        mass[labels[i]] += degrees[i]
        for j in range(n_features):
            sums[labels[i], j] += features[i, j]
    cut = np.inf
    rounds = 0
    for rounds in range(max_iter + 1):
        before, cut = cut, 0.0
        for c in range(n_clusters):
            within = 0.0
            for j in range(n_features):
                within += sums[c, j] * sums[c, j]
                means[c, j] = sums[c, j] / mass[c] if members[c] > 0 else 0
            if members[c] > 0:
                cut += 1 - within / mass[c]
                lengths[c] = within / mass[c] / mass[c] / 2
            else:  # nothing joins a cluster that has lost its last row; fewer clusters are no lower cut
                lengths[c] = np.inf
                cut += 1
        if rounds == max_iter or cut >= before - least:
            break
        for i in range(n_rows):
            was, lowest = labels[i], float32(np.inf)
            for c in range(n_clusters):
                dot = float32(0)
                for j in range(n_features):
                    dot += features[i, j] * means[c, j]
                score = lengths[c] * degrees[i] - dot
                if score < lowest:
                    labels[i], lowest = c, score
            if labels[i] != was:  # few do, so moving them is quicker than adding all up again
                c = labels[i]
                members[was] -= 1
                members[c] += 1
                mass[was] -= degrees[i]
                mass[c] += degrees[i]
                for j in range(n_features):
                    sums[was, j] -= features[i, j]
                    sums[c, j] += features[i, j]
    return cut, means, rounds
