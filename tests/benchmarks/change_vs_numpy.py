"""Change of a million pixels in memory: from the bytes at once, beside a lookup table band by band."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import numpy as np

from tests.benchmarks.harness import compare, record
from tests.benchmarks.stored_images import bandwidth, two_years
from tools.change import change_kernel
from tools.embeddings import N_BANDS, dequantise

SIDE = 1024
ROUNDS = 7


def run() -> list[dict[str, Any]]:
    """Measure and record the comparison, and how far the kernel is from what memory gives."""
    before, after = two_years(SIDE, SIDE)
    small = before[:, :32, :32], after[:, :32, :32]
    for threads in (1, None):  # all is compiled before the clock runs
        change_kernel(before, after, threads=threads)
        change_kernel(*small, threads=threads)

    entry = compare(
        "change_vs_numpy",
        lambda: change_kernel(before, after, normalise=False),
        lambda: band_by_band(before, after),
        sizes={"pixels": SIDE**2, "bands": N_BANDS, "years": 2},
        check=same,
        rounds=ROUNDS,
        target=12,
        libraries=("numpy", "numba"),
        note=(
            "from memory; both give 1 − dot product, though ours works the lengths out as well; theirs looks "
            "up each band in a table of 256 and adds products, in float32, on one core as NumPy does; "
            "`lengths` has both divide by the lengths; `memory` is what one core reads when it only adds up"
        ),
    )
    seconds = {
        "ours, divided by lengths": clock(lambda: change_kernel(before, after)),
        "ours, divided by lengths, one thread": clock(lambda: change_kernel(before, after, threads=1)),
        "theirs, divided by lengths": clock(lambda: band_by_band(before, after, normalise=True), 3),
    }
    same(change_kernel(before, after), band_by_band(before, after, normalise=True))
    one_thread = seconds["ours, divided by lengths, one thread"]
    read = (before.nbytes + after.nbytes) / one_thread
    most = bandwidth(before, after)
    entry["lengths"] = seconds | {
        "ratio": seconds["theirs, divided by lengths"] / seconds["ours, divided by lengths"],
        "ratio to theirs without": entry["theirs"] / seconds["ours, divided by lengths"],
        "ratio of one thread to theirs without": entry["theirs"] / one_thread,
    }
    entry["memory"] = {
        "kernel, one thread, GB/s": read / 1e9,
        "reading only, one thread, GB/s": most / 1e9,
        "share": read / most,
        "million pixels a second, one thread": SIDE**2 / one_thread / 1e6,
    }
    return [record(entry.pop("name"), entry)]


def band_by_band(before: np.ndarray, after: np.ndarray, normalise: bool = False) -> np.ndarray:
    """Look every band up in a table, and add the products."""
    table = dequantise(np.arange(256, dtype=np.uint8).view(np.int8))
    dot, squares = np.zeros(before.shape[1:], np.float32), np.zeros((2, *before.shape[1:]), np.float32)
    for a, b in zip(before, after, strict=True):
        x, y = table[a.view(np.uint8)], table[b.view(np.uint8)]
        dot += x * y
        if normalise:
            squares[0] += x * x
            squares[1] += y * y
    return 1 - (dot / np.sqrt(squares[0] * squares[1]) if normalise else dot)


def clock(work, rounds: int = ROUNDS) -> float:
    """Return the median of some rounds, in seconds."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken)


def same(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Equal to 1e-5, and missing alike."""
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
