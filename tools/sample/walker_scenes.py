"""The two Landsat scenes of the sample "walker": what each sensor's bands see of each surface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MATERIALS = ("desert", "rock", "playa", "mud", "vegetation")
"""What land is made of; the further rows of a band's spectra are waters, clouds and haze."""

_ROWS = (*MATERIALS, "water", "shallow", "cloud", "haze")


@dataclass(frozen=True)
class Scene:
    """One overpass.

    Parameters
    ----------
    sensor : str
        In words.
    year : int
        When.
    stem : str
        How its files' names begin.
    spectra : mapping of int to tuple of float
        For each band's number the reflectance of each material.
    haze : float
        How thick it is, 1 being what the spectra say.
    noise : float
        Standard deviation of the sensor's noise, reflectance.
    step : float
        What one step of the sensor's numbers is worth, reflectance.
    vigour : float
        How green plants are, from 0 to 1.
    drift : float
        How far the swath lies to the west, metres.
    cloudy : bool
        Whether there are clouds.
    """

    sensor: str
    year: int
    stem: str
    spectra: Mapping[int, tuple[float, ...]]
    haze: float
    noise: float
    step: float
    vigour: float
    drift: float = 0.0
    cloudy: bool = False

    def file_name(self, band: int) -> str:
        """Return the name of a band's file.

        Parameters
        ----------
        band : int
            Its number.

        Returns
        -------
        str

        Examples
        --------
        >>> SCENES[0].file_name(1)
        'LT05_L1TP_042033_19881022_20161001_01_T1_sr_band1.tif'
        """
        return f"{self.stem}_sr_band{band}.tif"

    def colours(self) -> Iterator[dict[str, float]]:
        """Yield for each band what every surface reflects there.

        Yields
        ------
        dict of str to float

        Examples
        --------
        >>> next(SCENES[0].colours())["playa"]
        0.265
        """
        for values in self.spectra.values():
            yield dict(zip(_ROWS, values, strict=True))


#    desert   rock  playa    mud  veget.  water shallow  cloud   haze
_TM = {
    1: (0.108, 0.074, 0.265, 0.118, 0.036, 0.042, 0.080, 0.610, 0.022),
    2: (0.143, 0.096, 0.330, 0.140, 0.062, 0.040, 0.096, 0.615, 0.016),
    3: (0.172, 0.117, 0.375, 0.158, 0.047, 0.021, 0.070, 0.625, 0.011),
    4: (0.216, 0.148, 0.420, 0.172, 0.305, 0.011, 0.034, 0.645, 0.006),
    5: (0.272, 0.196, 0.455, 0.168, 0.175, 0.005, 0.012, 0.470, 0.002),
    7: (0.226, 0.168, 0.410, 0.080, 0.090, 0.004, 0.009, 0.350, 0.001),
}
_OLI = {
    1: (0.085, 0.060, 0.220, 0.098, 0.030, 0.036, 0.062, 0.620, 0.030),
    2: (0.104, 0.072, 0.258, 0.114, 0.034, 0.040, 0.076, 0.620, 0.023),
    3: (0.141, 0.095, 0.328, 0.138, 0.064, 0.041, 0.098, 0.620, 0.016),
    4: (0.176, 0.118, 0.380, 0.160, 0.043, 0.020, 0.068, 0.630, 0.010),
    5: (0.222, 0.152, 0.432, 0.176, 0.335, 0.009, 0.030, 0.660, 0.005),
    6: (0.274, 0.197, 0.458, 0.166, 0.170, 0.005, 0.012, 0.480, 0.002),
    7: (0.228, 0.169, 0.412, 0.078, 0.086, 0.004, 0.009, 0.355, 0.001),
}

SCENES = (
    Scene(
        "Landsat 5 TM", 1988, "LT05_L1TP_042033_19881022_20161001_01_T1", _TM,
        haze=1.0, noise=0.0030, step=0.0025, vigour=0.95, drift=-1_500.0,
    ),
    Scene(
        "Landsat 8 OLI", 2017, "LC08_L1TP_042033_20171022_20171107_01_T1", _OLI,
        haze=0.4, noise=0.0010, step=0.0001, vigour=0.80, drift=1_200.0, cloudy=True,
    ),
)  # fmt: skip
