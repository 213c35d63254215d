"""How much water went between two dates, and within what: areas of masks, and what mixed pixels do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from tools.rasters.grids import Grid

THRESHOLD_SD = 0.15
"""How far from one half the share may lie above which a mixed pixel is called water; see `lost_area`."""


@dataclass(frozen=True)
class MaskAgreement:
    """How far two masks agree.

    Parameters
    ----------
    iou : float
        Pixels that both call water, of those that either does: 0 to 1; NaN where neither has any.
    kappa : float
        Cohen's kappa: agreement beyond what chance would give, 1 for masks that are the same; NaN where both
        masks have one value only.
    n_pixels : int
        Pixels that both know.

    Examples
    --------
    >>> MaskAgreement(0.96, 0.97, 22_801).iou
    0.96
    """

    iou: float
    kappa: float
    n_pixels: int


def mask_agreement(mask: xr.DataArray, reference: xr.DataArray) -> MaskAgreement:
    """Compare two masks pixel by pixel.

    Parameters
    ----------
    mask, reference : xarray.DataArray, dims (y, x)
        Of bool, or of 1 and 0 with NaN for unknown; on the same pixels.

    Returns
    -------
    MaskAgreement

    Raises
    ------
    ValueError
        If they lie on different pixels, or have none in common.

    References
    ----------
    .. [1] Cohen, J. (1960), A coefficient of agreement for nominal scales, Educational and Psychological
       Measurement 20(1), 37–46.

    Examples
    --------
    >>> a = xr.DataArray([[True, True, False, False]], dims=("y", "x"))
    >>> b = xr.DataArray([[True, False, False, False]], dims=("y", "x"))
    >>> mask_agreement(a, b)
    MaskAgreement(iou=0.5, kappa=0.5, n_pixels=4)
    """
    first, second, known = both_masks(mask, reference)
    n = int(known.sum())
    both, either = int((first & second).sum()), int((first | second).sum())
    share_first, share_second = first.sum() / n, second.sum() / n
    chance = share_first * share_second + (1 - share_first) * (1 - share_second)
    same = (n - either + both) / n
    return MaskAgreement(
        iou=both / either if either else float("nan"),
        kappa=float((same - chance) / (1 - chance)) if chance < 1 else float("nan"),
        n_pixels=n,
    )


@dataclass(frozen=True)
class LostArea:
    """Water at two dates, in square kilometres, over the pixels that both dates know.

    Parameters
    ----------
    before, after : float
        Areas of water.
    lost, gained : float
        Water before that is none after, and the reverse.
    random, systematic : float
        Standard deviations of the net loss from mixed pixels, see `lost_area`.
    unseen : float
        Area that one of the dates does not know.

    Examples
    --------
    >>> LostArea(156.0, 131.0, 25.5, 0.5, 0.3, 0.4, 0.0).net, LostArea(156, 131, 25.5, 0.5, 0.3, 0.4, 0).sd
    (25.0, 0.5)
    """

    before: float
    after: float
    lost: float
    gained: float
    random: float
    systematic: float
    unseen: float

    @property
    def net(self) -> float:
        """How much less water there is."""
        return self.before - self.after

    @property
    def sd(self) -> float:
        """Standard deviation of the net loss from both causes."""
        return float(np.hypot(self.random, self.systematic))


def lost_area(before: xr.DataArray, after: xr.DataArray, *, threshold_sd: float = THRESHOLD_SD) -> LostArea:
    """Return how much water was lost between two masks, with an uncertainty that comes from their shores.

    Parameters
    ----------
    before, after : xarray.DataArray, dims (y, x)
        Water: bool, or 1 and 0 with NaN for unknown; on the same pixels, in a CRS in metres.
    threshold_sd : float, optional
        Standard deviation of the share of water, around one half, above which a mixed pixel is called water.

    Returns
    -------
    LostArea

    Raises
    ------
    ValueError
        If the masks lie on different pixels, have none in common, or their CRS is missing or not in metres.

    Notes
    -----
    Only pixels that a shore crosses can be wrong by being mixed. There are about as many as the mean of the
    water pixels beside land and the land pixels beside water; call it n, and a the area of a pixel.

    - Where water begins at a share of one half, each mixed pixel is wrong by between minus and plus half its
      area, evenly: a standard deviation of a / √12 each and of a √(n / 12) in all [1]_ (``random``).
    - Clustering does not know of shares. If water begins at a share of 1/2 + d instead, the area is wrong by
      -a n d, all to one side. `threshold_sd` is the standard deviation of d (``systematic``); its default is
      the course's own estimate, not a measurement.

    Both dates' errors are taken as independent, which overstates them where the shore did not move. Water or
    land that is taken for the other away from the shore is not part of it.

    References
    ----------
    .. [1] Crapper, P. F. (1980), Errors incurred in estimating an area of uniform land cover using Landsat,
       Photogrammetric Engineering and Remote Sensing 46(10), 1295–1301.

    Examples
    --------
    >>> import rioxarray
    >>> place = {"y": np.arange(40)[::-1] * 100.0, "x": np.arange(40) * 100.0}
    >>> lake = xr.DataArray(np.zeros((40, 40)), place, ("y", "x")).rio.write_crs("EPSG:32611")
    >>> before, after = lake.copy(), lake.copy()
    >>> before[10:30, 10:30], after[15:30, 10:30] = 1, 1
    >>> loss = lost_area(before, after)
    >>> loss.before, loss.after, loss.net, round(loss.random, 3), round(loss.systematic, 3)
    (4.0, 3.0, 1.0, 0.035, 0.155)
    """
    first, second, known = both_masks(before, after)
    grid = Grid.of(before)
    if not grid.crs.is_projected or grid.crs.linear_units_factor[1] != 1:
        raise ValueError(
            f"areas need pixels in metres, and these are in {grid.crs}: reproject the masks, to UTM say"
        )
    pixel = abs(grid.transform.a * grid.transform.e) / 1e6
    shores = np.array([_mixed(water, known) for water in (first, second)])
    return LostArea(
        before=pixel * int(first.sum()),
        after=pixel * int(second.sum()),
        lost=pixel * int((first & ~second).sum()),
        gained=pixel * int((second & ~first).sum()),
        random=float(pixel * np.sqrt(shores.sum() / 12)),
        systematic=float(pixel * threshold_sd * np.sqrt((shores**2).sum())),
        unseen=pixel * int((~known).sum()),
    )


def both_masks(mask: xr.DataArray, other: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the first is water, where the second is, and where both are known; water only where they are."""
    if mask.dims != ("y", "x") or mask.shape != other.shape or mask.dims != other.dims:
        raise ValueError(
            f"expected two masks (y, x) of one shape, got {mask.dims} {mask.shape} "
            f"and {other.dims} {other.shape}"
        )
    for axis in ("x", "y"):
        if axis in mask.coords and axis in other.coords and not np.allclose(mask[axis], other[axis]):
            raise ValueError(
                f"the masks lie elsewhere: their {axis} differ; regrid both scenes to one grid first"
            )
    first, second = np.asarray(mask.data), np.asarray(other.data)
    known = np.ones(first.shape, bool)
    for values in (first, second):
        if values.dtype.kind == "f":
            known &= np.isfinite(values)
    if not known.any():
        raise ValueError("there is no pixel that both masks know")
    return known & (first == 1), known & (second == 1), known


def _mixed(water: np.ndarray, known: np.ndarray) -> float:
    """About how many pixels a shore crosses."""
    land = known & ~water
    return (_beside(water, land) + _beside(land, water)) / 2


def _beside(these: np.ndarray, those: np.ndarray) -> int:
    near = np.zeros_like(those)
    near[1:] |= those[:-1]
    near[:-1] |= those[1:]
    near[:, 1:] |= those[:, :-1]
    near[:, :-1] |= those[:, 1:]
    return int((these & near).sum())
