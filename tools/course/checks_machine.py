"""Checks of this machine: room on its disk and in memory, the cache, the sample, a map that is drawn."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tools.course import assets
from tools.course.finding import INSTALL, Finding

NEEDS_DISK_GB = 2.0
NEEDS_MEMORY_GB = 2.0


def check_disk(folder: Path, needed_gb: float = NEEDS_DISK_GB) -> Finding:
    """Check the free disk space where data go.

    Parameters
    ----------
    folder : pathlib.Path
        It need not exist.
    needed_gb : float
        In GB (10**9 bytes).

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_disk(Path("/"), needed_gb=1e9).ok
    False
    """
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free / 1e9
    fix = f"Free {needed_gb:.0f} GB, or set COURSE_CACHE to a folder on another disk."
    ok = free >= needed_gb
    return Finding("disk", ok, f"{free:.1f} GB free at {there}, {needed_gb:.0f} needed", "" if ok else fix)


def check_memory(needed_gb: float = NEEDS_MEMORY_GB) -> Finding:
    """Check the memory that is available now.

    Parameters
    ----------
    needed_gb : float
        In GB (10**9 bytes).

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_memory(needed_gb=1e9).ok
    False
    """
    import psutil

    available = psutil.virtual_memory().available / 1e9
    fix = "Close other programs, browsers first, or use a machine with more memory."
    ok = available >= needed_gb
    return Finding("memory", ok, f"{available:.1f} GB available, {needed_gb:.0f} needed", "" if ok else fix)


def check_cache(folder: Path) -> Finding:
    """Check that data can be written, by writing.

    Parameters
    ----------
    folder : pathlib.Path
        The cache; it is created.

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_cache(Path(tempfile.mkdtemp()) / "cache").ok
    True
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"can be written")
            file.flush()
    except OSError as error:
        fix = "Set COURSE_CACHE to a folder that you may write to, or put right who owns this one."
        return Finding("cache", False, f"{folder} cannot be written: {error.strerror}", fix)
    return Finding("cache", True, f"{folder} can be written")


def check_sample() -> Finding:
    """Check every byte of the sample data that lie on this machine.

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_sample().check
    'sample data'
    """
    from tools import sources

    states: dict[str, set[str]] = {}
    for name, data_set in sources.catalogue().items():
        if "sample" in data_set.origins:
            states[name] = {file.state for file in sources.verify(name, "sample")}
    changed = [name for name, found in states.items() if "changed" in found]
    if changed:
        fix = f"Make it again: course data get {' '.join(changed)} --origin sample"
        return Finding("sample data", False, f"no longer as made: {', '.join(changed)}", fix)
    absent = [name for name, found in states.items() if "missing" in found]
    if absent:
        return Finding("sample data", True, f"{', '.join(absent)}: not made yet; a lesson makes it, once")
    return Finding("sample data", True, f"{len(states)} data sets, every byte as made")


def check_map() -> Finding:
    """Draw a map of four squares, as lessons draw theirs, and look at the picture.

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_map().ok
    True
    """
    import geopandas
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np
    from shapely.geometry import box

    from tools.maps import plot_simple_map

    squares = [box(x, y, x + 1, y + 1) for x in (0, 1) for y in (0, 1)]
    areas = geopandas.GeoDataFrame({"cluster": [0, 1, 2, 3]}, geometry=squares, crs="EPSG:27700")
    axes = plot_simple_map(areas, title="four squares", figsize=(4, 4), legend=False)
    canvas = axes.get_figure().canvas
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    plt.close(axes.get_figure())
    _, often = np.unique(pixels.reshape(-1, 4), axis=0, return_counts=True)
    wide = int((often > 0.02 * often.sum()).sum()) - 1  # without the background
    if wide < 4:
        return Finding("map", False, f"a map of four areas shows {wide} colours", f"Reinstall: {INSTALL}")
    return Finding("map", True, "a map of four areas was drawn, each in its colour")


def check_assets(root: Path) -> Finding:
    """Tell whether web maps will work without a network.

    Parameters
    ----------
    root : pathlib.Path
        The course's folder.

    Returns
    -------
    Finding
        Always ok: without the assets, maps load their library from the network.

    Examples
    --------
    >>> check_assets(Path("nowhere")).ok
    True
    """
    if assets.are_current(root):
        return Finding("page assets", True, "installed: maps work without a network")
    return Finding("page assets", True, "not installed: maps need a network until you run `course assets`")
