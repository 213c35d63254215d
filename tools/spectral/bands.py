"""What each band of a Landsat sees, and bands of two sensors matched by that, not by their numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr


class Band(NamedTuple):
    """One band of a sensor.

    Parameters
    ----------
    name : str
        The common name of STAC's extension for electro-optical data.
    low, high : float
        Edges of what it sees, micrometres.

    Examples
    --------
    >>> round(Band("blue", 0.45, 0.52).wavelength, 3)
    0.485
    """

    name: str
    low: float
    high: float

    @property
    def wavelength(self) -> float:
        """The middle, micrometres."""
        return (self.low + self.high) / 2


_TM = {
    1: Band("blue", 0.45, 0.52),
    2: Band("green", 0.52, 0.60),
    3: Band("red", 0.63, 0.69),
    4: Band("nir", 0.76, 0.90),
    5: Band("swir16", 1.55, 1.75),
    7: Band("swir22", 2.08, 2.35),
}
_OLI = {
    1: Band("coastal", 0.43, 0.45),
    2: Band("blue", 0.45, 0.51),
    3: Band("green", 0.53, 0.59),
    4: Band("red", 0.64, 0.67),
    5: Band("nir", 0.85, 0.88),
    6: Band("swir16", 1.57, 1.65),
    7: Band("swir22", 2.11, 2.29),
}
BANDS = {"LT04": _TM, "LT05": _TM, "LE07": _TM, "LC08": _OLI, "LC09": _OLI}
"""For each Landsat, as file names begin, its reflective bands of 30 m by number [1]_.

.. [1] U.S. Geological Survey, What are the band designations for the Landsat satellites?,
   https://www.usgs.gov/faqs/what-are-band-designations-landsat-satellites
"""


def match_bands(first: xr.DataArray, *others: xr.DataArray, within: float = 0.06) -> tuple[xr.DataArray, ...]:
    """Reduce scenes to the bands that all of them see, in the order of the first, under its names.

    Parameters
    ----------
    first : xarray.DataArray, dims (band, y, x)
        With a coordinate ``wavelength`` along ``band``, micrometres.
    *others : xarray.DataArray
        Likewise; the same sensor or another.
    within : float, optional
        How far the middles of two bands may lie apart, micrometres.

    Returns
    -------
    tuple of xarray.DataArray
        As many as were given.

    Raises
    ------
    ValueError
        If a scene does not say its wavelengths, or no band is common to all.

    Notes
    -----
    Two bands match where each is the nearest to the other. So band 1 of Landsat 8, which Landsat 5 lacks, is
    left without a partner, although blue is not far from it.

    Examples
    --------
    >>> def scene(sensor):
    ...     numbers, bands = zip(*BANDS[sensor].items())
    ...     waves = ("band", [band.wavelength for band in bands])
    ...     coords = {"band": [band.name for band in bands], "wavelength": waves}
    ...     scene = xr.DataArray(np.zeros((len(bands), 1, 1)), coords, ("band", "y", "x"))
    ...     return scene.assign_coords(number=("band", [*numbers]))
    >>> five, eight = match_bands(scene("LT05"), scene("LC08"))
    >>> five.band.values.tolist()
    ['blue', 'green', 'red', 'nir', 'swir16', 'swir22']
    >>> five.number.values.tolist(), eight.number.values.tolist()
    ([1, 2, 3, 4, 5, 7], [2, 3, 4, 5, 6, 7])
    """
    for scene in (first, *others):
        if "wavelength" not in scene.coords:
            raise ValueError(
                "a scene does not say what its bands see: give it a coordinate 'wavelength' along 'band', in "
                "micrometres, as `scene.assign_coords(wavelength=('band', [0.485, …]))`"
            )
    partners = [_partners(first, other, within) for other in others]
    kept = [band for band in range(first.sizes["band"]) if all(band in pairs for pairs in partners)]
    if not kept:
        raise ValueError(
            f"no band is common to all scenes: none lie within {within:g} micrometres of each other"
        )
    names = first["band"].values[kept]
    matched = [
        other.isel(band=[pairs[band] for band in kept]) for other, pairs in zip(others, partners, strict=True)
    ]
    return first.isel(band=kept), *(scene.assign_coords(band=names) for scene in matched)


def _partners(first: xr.DataArray, other: xr.DataArray, within: float) -> dict[int, int]:
    apart = np.abs(first["wavelength"].values[:, None] - other["wavelength"].values[None])
    theirs, ours = apart.argmin(axis=1), apart.argmin(axis=0)
    return {
        band: int(theirs[band])
        for band in range(len(apart))
        if ours[theirs[band]] == band and apart[band, theirs[band]] <= within
    }
