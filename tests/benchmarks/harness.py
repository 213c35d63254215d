"""How every benchmark is measured and written down."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tools.places import BUILD

REPORT = BUILD / "benchmarks.json"


def compare(
    name: str,
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    *,
    sizes: Mapping[str, int | str],
    check: Callable[[Any, Any], None],
    unit: str = "s",
    rounds: int = 5,
    target: float | None = None,
    libraries: Iterable[str] = ("numpy",),
    note: str = "",
    report: Path = REPORT,
) -> dict[str, Any]:
    """Time two ways of doing one thing, by turns, and write the comparison down.

    Parameters
    ----------
    name : str
        Its key in the report.
    ours, theirs : callable
        Each does the whole work and returns its result.
    sizes : mapping
        What was worked on, in words and numbers: ``{"points": 100_000}``.
    check : callable
        Given both results of each round, raises AssertionError where they are not the same.
    unit : str, optional
        Of the figures.
    rounds : int, optional
        How often each runs; the medians count.
    target : float, optional
        The ratio, theirs over ours, that must be reached.
    libraries : iterable of str, optional
        Distributions whose versions matter.
    note : str, optional
        What exactly the two ways are.
    report : pathlib.Path, optional
        The JSON file that the comparison is merged into.

    Returns
    -------
    dict
        What was written: medians, their ratio, every single time, and on what.
    """
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for turn in range(rounds):
        results = {}
        # Who goes first alternates too, so that neither always finds the disk's cache warm.
        for who, work in sorted({"ours": ours, "theirs": theirs}.items(), reverse=bool(turn % 2)):
            start = time.perf_counter()
            results[who] = work()
            times[who].append(time.perf_counter() - start)
        check(results["ours"], results["theirs"])
    medians = {who: median(taken) for who, taken in times.items()}
    ratio = medians["theirs"] / medians["ours"]
    comparison = {
        **medians,
        "ratio": ratio,
        "unit": unit,
        "sizes": dict(sizes),
        "versions": versions(libraries),
        "rounds": rounds,
        "times": times,
        "target": target,
        "reached": target is None or ratio >= target,
        "note": note,
    }
    return record(name, comparison, report)


def record(name: str, entry: dict[str, Any], report: Path = REPORT) -> dict[str, Any]:
    """Merge one entry into the report, whatever other benchmarks write there meanwhile.

    Parameters
    ----------
    name : str
        Its key.
    entry : dict
        Anything that JSON holds.
    report : pathlib.Path, optional
        The file.

    Returns
    -------
    dict
        The entry, with its name.
    """
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = json.loads(report.read_text("utf-8")) if report.exists() else {}
        entries[name] = entry
        unfinished = report.with_suffix(".part")
        unfinished.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n", "utf-8")
        unfinished.replace(report)
    return {"name": name, **entry}


def versions(libraries: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python, of some distributions, and how many cores there are to share."""
    return {
        "python": platform.python_version(),
        **{library: version(library) for library in libraries},
        "cores": str(os.cpu_count()),
    }


def peak_bytes() -> int:
    """Return the most memory that this process has held, by Linux's own account of it (VmHWM).

    What `resource.getrusage` says of a child process begins with what its parent held.
    """
    status = Path("/proc/self/status").read_text("utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def describe(entry: Mapping[str, Any]) -> str:
    """Say one comparison in one line."""
    unit = entry["unit"]
    verdict = "" if entry["reached"] else f"  MISSED: the target is {entry['target']:g}"
    return (
        f"{entry['name']}: ours {entry['ours']:.3g} {unit}, theirs {entry['theirs']:.3g} {unit}, "
        f"ratio {entry['ratio']:.3g}{verdict}"
    )
