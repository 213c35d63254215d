"""One tile's pixels from the scenes over it: cloud let in step by step, and what cannot be read left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from rasterio.errors import RasterioError

from tools.sources import DataError
from tools.sources.scene_pixels import ALL_BANDS, load_scenes
from tools.sources.sentinel2 import median_over_time, pixels_across, usable_pixels
from tools.sources.stac import cloud_of
from tools.sources.warping import quiet_warps
from tools.tiling import RESOLUTION

if TYPE_CHECKING:
    import dask.array as da
    import pystac
    import xarray as xr

    from tools.rasters.grids import Grid

BANDS = tuple(name for name, _ in ALL_BANDS.values())
"""What Earth Search calls the bands of a picture, in their order."""


@dataclass
class Composed:
    """What came of a tile's scenes.

    Parameters
    ----------
    values : array of float32, shape (12, height, width), or None
        Reflectance, NaN where no scene is clear; None where too little is clear.
    valid_share : float
        Share of pixels that are clear in every band.
    scenes : int
        Days that went in.
    max_cloud : float
        The last step that was tried; NaN if there was none.
    unreadable : dict of str to str
        Scenes that were left out, and what went wrong.
    """

    values: np.ndarray | None = None
    valid_share: float = 0.0
    scenes: int = 0
    max_cloud: float = float("nan")
    unreadable: dict[str, str] = field(default_factory=dict)


def compose(
    items: Sequence[pystac.Item],
    grid: Grid,
    *,
    cloud_steps: Sequence[float],
    least_valid: float,
    dilate_m: float,
) -> Composed:
    """Compose the pixels of a tile from the scenes over it.

    Parameters
    ----------
    items : sequence of pystac.Item
        The scenes.
    grid : tools.rasters.grids.Grid
        The tile's pixels, of `tools.tiling.RESOLUTION`.
    cloud_steps : sequence of float
        Per cent, rising; see `tools.similarity.compose_tiles`, also for the others.
    least_valid, dilate_m : float
        Share of pixels, and metres.

    Returns
    -------
    Composed

    Raises
    ------
    DataError
        If there are scenes and none can be read, or they cannot be read together.

    Examples
    --------
    >>> from tools.rasters.grids import Grid
    >>> grid = Grid.covering((0, 0, 2240, 2240), "EPSG:32631", 10)
    >>> compose([], grid, cloud_steps=[10], least_valid=0.95, dilate_m=60).scenes
    0
    """
    quiet_warps()
    unreadable: dict[str, str] = {}
    while True:
        sound = [item for item in items if item.id not in unreadable]
        if unreadable and not sound:
            raise DataError(f"none of its {len(items)} scenes can be read: {told(unreadable)}")
        try:
            made = _in_steps(sound, grid, cloud_steps, least_valid, dilate_m)
        except _UnreadableError as error:
            unreadable |= error.scenes
        else:
            made.unreadable = unreadable
            return made


def told(unreadable: dict[str, str]) -> str:
    """Say which scenes cannot be read, and why.

    Parameters
    ----------
    unreadable : dict of str to str
        As in `Composed`.

    Returns
    -------
    str

    Examples
    --------
    >>> told({"S2A_1": "OSError: gone"})
    'scene S2A_1 cannot be read (OSError: gone)'
    """
    return "; ".join(f"scene {name} cannot be read ({why})" for name, why in unreadable.items())


# Of a file that says nothing of where it lies, odc asserts that it does.
_READING = (RasterioError, OSError, DataError, AssertionError)


class _UnreadableError(Exception):
    """Some scenes cannot be read: which, and why."""

    def __init__(self, scenes: dict[str, str]):
        super().__init__(told(scenes))
        self.scenes = scenes


def _in_steps(
    items: list[pystac.Item], grid: Grid, steps: Sequence[float], least_valid: float, dilate_m: float
) -> Composed:
    made = Composed()
    rounds = list(_rounds(items, steps))
    for step, chosen in rounds:
        usable = _usable(chosen, grid, dilate_m)
        # Twelve bands are not read where the classes alone leave too little; the last time they are, to be
        # able to say how much is clear.
        if usable.any(axis=0).mean() < least_valid and step != rounds[-1][0]:
            continue
        values = _medians(chosen, grid, usable)
        share = float(np.isfinite(values).all(axis=0).mean())
        made = Composed(None, share, len(usable), step)
        if share >= least_valid:
            made.values = values
            break
    return made


def _rounds(found: list[pystac.Item], steps: Sequence[float]) -> Iterator[tuple[float, list[pystac.Item]]]:
    """The scenes that each step lets in, without steps that let in none more than the one before."""
    before = 0
    for step in steps:
        chosen = [item for item in found if cloud_of(item) < step]
        if len(chosen) > before:
            yield step, chosen
        before = len(chosen)


def _usable(items: list[pystac.Item], grid: Grid, dilate_m: float) -> np.ndarray:
    """Where each day's scenes show the ground, read with a margin: clouds beside the tile reach into it."""
    reach = pixels_across(dilate_m, RESOLUTION)
    rows, columns = (slice(-reach, length + reach) for length in grid.shape)
    classes = _read(items, grid.part(rows, columns), ["scl"], lambda scenes: scenes["scl"].data)
    rows, columns = (slice(reach, reach + length) for length in grid.shape)
    return usable_pixels(classes, reach)[:, rows, columns]


def _medians(items: list[pystac.Item], grid: Grid, usable: np.ndarray) -> np.ndarray:
    import dask.array as da

    where = da.from_array(usable)

    def stacked(scenes: xr.Dataset) -> da.Array:
        return da.stack([median_over_time(scenes[name].data, where) for name in BANDS])

    return _read(items, grid, BANDS, stacked)


def _read(items, grid, assets, wanted) -> np.ndarray:
    """Read what is wanted of scenes, or find out which of them cannot be read."""
    try:
        # No scheduler is named: a client of `tools.scale` does the work where there is one, else threads.
        return wanted(load_scenes(items, grid, assets, chunk=max(grid.shape))).compute()
    except _READING as error:
        # What the reader says names neither scene nor file, so each scene is tried alone.
        trouble = {item.id: _trouble(item, grid, assets) for item in items}
        scenes = {name: why for name, why in trouble.items() if why}
        if not scenes:
            raise DataError(
                f"its {len(items)} scenes cannot be read together ({_said(error)}), though each can alone"
            ) from error
        raise _UnreadableError(scenes) from error


def _trouble(item: pystac.Item, grid: Grid, assets: Sequence[str]) -> str:
    try:
        load_scenes([item], grid, assets, chunk=max(grid.shape)).compute()
    except _READING as error:
        return _said(error)
    return ""


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
