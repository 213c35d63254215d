"""The loops of k-means, compiled: Lloyd's algorithm with Hamerly's bounds.

All of them let other threads run. They write only into the arrays that they are given.
"""

import numpy as np
from numba import njit

# Sums may be regrouped, so that a distance is worked out several bands at a time; NaN keeps its meaning.
_compiled = njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})


@_compiled
def squared_distance(A, a, B, b):
    """Return the squared distance of row `a` of `A` to row `b` of `B`."""
    # Rows by number: a view of each row would be counted in and out by all threads at once.
    total = A.dtype.type(0)
    for j in range(A.shape[1]):
        difference = A[a, j] - B[b, j]
        total += difference * difference
    return total


@_compiled
def run(X, start, max_iter):
    """Run from the centres `start` until nothing moves; return where they went, and their inertia."""
    centres = start.copy()
    k = len(centres)
    labels = np.full(len(X), -1, np.int32)
    upper, lower = np.zeros(len(X), X.dtype), np.zeros(len(X), X.dtype)
    sums, counts, moved = np.zeros(centres.shape), np.zeros(k, np.int64), np.zeros(k)
    for _ in range(max_iter):
        if sweep(X, centres, labels, upper, lower, moved, half_gaps(centres), sums, counts) == 0:
            break
        move(centres, sums, counts, moved)
    return centres, assign(X, centres, labels)


@_compiled
def half_gaps(centres):
    """Return half the distance of each centre to the nearest other: within it no row can change."""
    half = np.empty(len(centres))
    for a in range(len(centres)):
        nearest = np.inf
        for b in range(len(centres)):
            if a != b:
                nearest = min(nearest, squared_distance(centres, a, centres, b))
        half[a] = np.sqrt(nearest) / 2
    return half


@_compiled
def sweep(X, centres, labels, upper, lower, moved, half, sums, counts):
    """Give each row its nearest centre, keep sums and counts, and return how many rows changed."""
    farthest, most, next_most = 0, 0.0, 0.0
    for c in range(len(moved)):
        if moved[c] > most:
            farthest, most, next_most = c, moved[c], most
        elif moved[c] > next_most:
            next_most = moved[c]
    changed = 0
    for i in range(X.shape[0]):
        old = labels[i]
        if old >= 0:
            # A row is no farther than `upper` from its centre, no nearer than `lower` to any other.
            upper[i] += moved[old]
            lower[i] -= next_most if old == farthest else most
            bound = max(half[old], lower[i])
            if upper[i] <= bound:
                continue
            upper[i] = np.sqrt(squared_distance(X, i, centres, old))
            if upper[i] <= bound:
                continue
        new, nearest, second = 0, np.inf, np.inf
        for c in range(centres.shape[0]):
            distance = squared_distance(X, i, centres, c)
            if distance < nearest:
                new, nearest, second = c, distance, nearest
            elif distance < second:
                second = distance
        upper[i], lower[i] = np.sqrt(nearest), np.sqrt(second)
        if new != old:
            changed += 1
            labels[i] = new
            counts[new] += 1
            for j in range(X.shape[1]):
                sums[new, j] += X[i, j]
            if old >= 0:
                counts[old] -= 1
                for j in range(X.shape[1]):
                    sums[old, j] -= X[i, j]
    return changed


@_compiled
def move(centres, sums, counts, moved):
    """Put each centre at the mean of its rows, and note how far it moved."""
    for c in range(centres.shape[0]):
        total = 0.0
        if counts[c] > 0:
            for j in range(centres.shape[1]):
                old = centres[c, j]
                centres[c, j] = sums[c, j] / counts[c]
                difference = centres[c, j] - old
                total += difference * difference
        moved[c] = np.sqrt(total)


@_compiled
def assign(X, centres, labels):
    """Write the nearest centre of every row into `labels`, and return the sum of squared distances."""
    inertia = 0.0
    for i in range(X.shape[0]):
        nearest = np.inf
        for c in range(centres.shape[0]):
            distance = squared_distance(X, i, centres, c)
            if distance < nearest:
                labels[i], nearest = c, distance
        inertia += nearest
    return inertia
