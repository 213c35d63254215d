"""The invented Berlin as Sentinel-2 would see it: reflectance by season, clouds, and shadows that mislead.

What changed shows here only as far as it is optical: bare ground at Tegel does, a burnt forest under its
crowns hardly does. Over Treptow, clouds leave three usable scenes in 2017, and in two of these the shadow of
a cloud lies there that the scene classification does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from affine import Affine
from pyproj import Transformer
from scipy import ndimage

from tools.sample.berlin_events import Planted
from tools.sample.fields import Grid, gaussian_field, stream
from tools.sample.landscape import Landscape

CRS_OF_SCENES = "EPSG:32633"
BANDS = ("B02", "B03", "B04", "B08", "B11")
HALF_BANDS = ("B11", "SCL")
"""Bands with pixels twice as large as the others', as in the real scenes."""

_SPECTRA = {
    "water": ((0.045, 0.050, 0.035, 0.025, 0.015), (0.040, 0.042, 0.032, 0.025, 0.015)),
    "airfield": ((0.065, 0.085, 0.085, 0.270, 0.210), (0.075, 0.090, 0.100, 0.210, 0.230)),
    "blocks": ((0.090, 0.100, 0.110, 0.200, 0.190), (0.085, 0.095, 0.105, 0.165, 0.180)),
    "estates": ((0.090, 0.105, 0.110, 0.245, 0.205), (0.085, 0.100, 0.108, 0.185, 0.195)),
    "houses": ((0.055, 0.075, 0.075, 0.285, 0.190), (0.060, 0.075, 0.085, 0.200, 0.195)),
    "leafy": ((0.040, 0.060, 0.055, 0.300, 0.160), (0.048, 0.060, 0.070, 0.190, 0.175)),
    "parks": ((0.040, 0.070, 0.055, 0.360, 0.200), (0.050, 0.070, 0.075, 0.240, 0.215)),
    "woods": ((0.022, 0.038, 0.030, 0.275, 0.120), (0.028, 0.038, 0.042, 0.170, 0.125)),
    "farmland": ((0.050, 0.080, 0.085, 0.310, 0.230), (0.075, 0.095, 0.120, 0.220, 0.275)),
    "industry": ((0.140, 0.150, 0.160, 0.230, 0.230), (0.135, 0.145, 0.155, 0.210, 0.225)),
}
"""Reflectance of each kind of land cover in the five bands, in leaf and out of leaf."""

_SURFACES = {
    "construction": (0.130, 0.150, 0.170, 0.220, 0.240),
    "works": (0.140, 0.180, 0.225, 0.290, 0.340),
    "housing": (0.150, 0.160, 0.170, 0.230, 0.230),
    "fire": (0.035, 0.045, 0.055, 0.160, 0.200),
    "felling": (0.060, 0.085, 0.100, 0.230, 0.260),
    "solar": (0.060, 0.062, 0.065, 0.110, 0.120),
    "pit": (0.050, 0.060, 0.045, 0.030, 0.015),
    "road": (0.115, 0.125, 0.135, 0.180, 0.200),
    "industry": (0.200, 0.210, 0.215, 0.260, 0.250),
}
"""What is there once all of a change is optical."""

_GREEN = ("leafy", "parks", "woods", "farmland", "airfield")
_CLOUD = np.array([0.52, 0.52, 0.52, 0.55, 0.40], np.float32)
_SHADE = np.array([0.62, 0.58, 0.54, 0.48, 0.46], np.float32)
"""What a shadow leaves of the light: more of the blue, which the sky gives."""

TREPTOW = (13.475, 52.487)
OVALS = ((-900, 500, 1500, 800), (1100, -700, 1300, 900), (300, 1500, 800, 500))
"""Middles, metres from Treptow, and half axes of the shadows that no flag tells of."""


@dataclass(frozen=True)
class Scene:
    """One overpass.

    Parameters
    ----------
    day : str
        ISO date.
    cloud : float
        Share of the scene under clouds.
    treptow : {"", "cloud", "shadow"}
        What lies over Treptow besides.
    cut : bool
        Whether the western edge lies beyond the swath, without data.
    """

    day: str
    cloud: float
    treptow: str = ""
    cut: bool = False

    @property
    def year(self) -> int:
        """The year of the overpass."""
        return date.fromisoformat(self.day).year

    @property
    def leaf(self) -> float:
        """How much of the leaves is out: 0 in winter, 1 in summer."""
        number = date.fromisoformat(self.day).timetuple().tm_yday
        return float(np.clip((number - 85) / 50, 0, 1) * np.clip((320 - number) / 60, 0, 1))


SCENES = (
    Scene("2017-03-28", 0.08, "cloud"),
    Scene("2017-05-07", 0.14, "shadow"),
    Scene("2017-06-19", 0.05, "cloud"),
    Scene("2017-07-19", 0.17, cut=True),
    Scene("2017-08-28", 0.10, "shadow"),
    Scene("2017-09-17", 0.66),
    Scene("2017-10-14", 0.12, "cloud"),
    Scene("2024-03-17", 0.62),
    Scene("2024-04-29", 0.06),
    Scene("2024-05-19", 0.15),
    Scene("2024-06-28", 0.04),
    Scene("2024-07-18", 0.12, cut=True),
    Scene("2024-08-12", 0.09),
    Scene("2024-09-06", 0.16),
    Scene("2024-10-21", 0.07),
)
"""Seven overpasses in 2017, when one satellite flew, eight in 2024; one of each year is mostly cloud."""


@dataclass(frozen=True)
class Sensor:
    """The scenes' grid and what lies on it, the same for every overpass.

    Parameters
    ----------
    grid : Grid
        In UTM, an even number of rows and columns.
    cover : ndarray, shape (n_archetypes, height, width)
        Land cover on it.
    names : sequence of str, length n_archetypes
        Of the land cover.
    planted : Planted
        What changes.
    home : ndarray, shape (2, height × width)
        The pixels' centres in the CRS of `planted`.
    seed : int
        The sample's seed.
    """

    grid: Grid
    cover: np.ndarray
    names: tuple[str, ...]
    planted: Planted
    home: np.ndarray
    seed: int

    @classmethod
    def over(
        cls,
        bounds: tuple[float, float, float, float],
        land: Landscape,
        planted: Planted,
        pixel: float,
        seed: int,
    ) -> Sensor:
        """Look at a land.

        Parameters
        ----------
        bounds : tuple of float
            West, south, east, north, degrees.
        land : Landscape
            What to look at.
        planted : Planted
            What changes.
        pixel : float
            Side of the finer pixels, metres.
        seed : int
            The sample's seed.

        Returns
        -------
        Sensor
        """
        to_utm = Transformer.from_crs("EPSG:4326", CRS_OF_SCENES, always_xy=True)
        west, south, east, north = to_utm.transform_bounds(*bounds)
        step = 2 * pixel
        west, north = np.floor(west / step) * step, np.ceil(north / step) * step
        columns, rows = 2 * int(np.ceil((east - west) / step)), 2 * int(np.ceil((north - south) / step))
        grid = Grid(float(west), float(north), pixel, rows, columns, to_utm.target_crs)
        x, y = (axis.ravel() for axis in np.meshgrid(grid.x, grid.y))
        home = np.array(Transformer.from_crs(CRS_OF_SCENES, land.grid.crs, always_xy=True).transform(x, y))
        cover = land.grid.read(land.cover, *home).reshape(-1, *grid.shape)
        return cls(grid, cover, tuple(each.name for each in land.archetypes), planted, home, seed)

    @property
    def transform(self) -> Affine:
        """From (column, row) to metres, for the finer pixels."""
        return Affine(self.grid.resolution, 0, self.grid.west, 0, -self.grid.resolution, self.grid.north)

    def see(self, scene: Scene) -> tuple[dict[str, np.ndarray], float]:
        """Return a scene's bands.

        Parameters
        ----------
        scene : Scene
            The overpass.

        Returns
        -------
        bands : dict of str to ndarray
            `BANDS` as uint16, reflectance times 10,000 and 0 for no data; ``SCL`` as uint8.
        cloud_cover : float
            Share of the valid pixels that are flagged as cloud, per cent.
        """
        image = self._ground(scene)
        opacity, flagged, shade = self._sky(scene)
        image *= 1 - shade * (1 - _SHADE[:, None, None])
        image += opacity * (_CLOUD[:, None, None] - image)
        rng = stream(self.seed, "sensor", scene.day)
        image *= 1 + 0.01 * rng.standard_normal(image.shape, dtype=np.float32)
        numbers = np.clip(np.rint(image * 10_000), 1, 16_000)
        valid = np.ones(self.grid.shape, bool)
        if scene.cut:
            valid[:, : 2 * (self.grid.width // 20)] = False
        bands = {name: np.where(valid, band, 0) for name, band in zip(BANDS, numbers, strict=True)}
        scl = np.where(valid[::2, ::2], self._classes(scene, flagged), 0).astype(np.uint8)
        bands["B11"] = _halved(bands["B11"])
        found = {name: band.astype(np.uint16) for name, band in bands.items()}
        cloud_cover = 100 * float(np.isin(scl, (8, 9, 10)).sum() / (scl > 0).sum())
        return found | {"SCL": scl}, cloud_cover

    def _ground(self, scene: Scene) -> np.ndarray:
        """Reflectance under a clear sky: shape (5, height, width), float32."""
        leaf, bare = (np.array([_SPECTRA[name][side] for name in self.names], np.float32) for side in (0, 1))
        spectra = scene.leaf * leaf + (1 - scene.leaf) * bare
        image = np.tensordot(spectra.T, self.cover, 1)
        still = 0.11 * gaussian_field(self.grid, 220, stream(self.seed, "brightness"), 0.5)
        this_year = 0.03 * gaussian_field(self.grid, 900, stream(self.seed, f"brightness {scene.year}"))
        light = 1 + 0.03 * stream(self.seed, "light", scene.day).standard_normal()
        image *= (light * np.exp(still + this_year)).astype(np.float32)
        flat = image.reshape(len(BANDS), -1)
        for number, event in enumerate(self.planted.events):
            where, share = self.planted.weights(number, *self.home, self.grid.resolution)
            new = np.array(_SURFACES[event.kind], np.float32)[:, None]
            flat[:, where] += (event.optical * event.progress(scene.year) * share) * (new - flat[:, where])
        return image

    def _sky(self, scene: Scene) -> tuple[np.ndarray, dict[int, np.ndarray], np.ndarray]:
        """Opacity of clouds, what is flagged (SCL value → where, on the finer grid), and depth of shadows."""
        field = gaussian_field(self.grid, 5000, stream(self.seed, "clouds", scene.day), 1.5)
        above = field - np.quantile(field, 1 - scene.cloud)
        ovals = self._ovals()
        if scene.treptow == "cloud":
            above = np.maximum(above, 2 * (1.35 - ovals))
        elif scene.treptow == "shadow":
            above = np.minimum(above, 2 * (ovals - 1.5))  # else the shadow would be masked with a cloud
        # A veil reaches some 100 m beyond what is flagged.
        opacity = np.clip(0.5 + above / 0.12, 0, 1).astype(np.float32)
        # The sun stands in the south-south-east, clouds at about two kilometres.
        away = (-1700 / self.grid.resolution, -600 / self.grid.resolution)
        cast = ndimage.shift(opacity, away, order=1, mode="nearest")
        if scene.treptow:
            cast *= np.clip((ovals - 1.1) / 0.4, 0, 1)
        flagged = {9: above > 0.25, 8: (above > 0) & (above <= 0.25), 3: (cast > 0.35) & (above <= 0)}
        shade = 0.8 * cast
        if scene.treptow == "shadow":
            shade = np.maximum(shade, np.clip((1.1 - ovals) / 0.2, 0, 1))
        return opacity, flagged, shade.astype(np.float32)

    def _ovals(self) -> np.ndarray:
        """How far each pixel is from the nearest middle of the unflagged shadows; 1 at their edges."""
        x, y = Transformer.from_crs("EPSG:4326", CRS_OF_SCENES, always_xy=True).transform(*TREPTOW)
        xx, yy = np.meshgrid(self.grid.x - x, self.grid.y - y)
        each = [np.hypot((xx - dx) / half_x, (yy - dy) / half_y) for dx, dy, half_x, half_y in OVALS]
        return np.min(each, axis=0)

    def _classes(self, scene: Scene, flagged: dict[int, np.ndarray]) -> np.ndarray:
        """The scene classification, on the coarser grid."""
        green = sum(_halved(self.cover[self.names.index(name)]) for name in _GREEN)
        water = _halved(self.cover[self.names.index("water")])
        scl = np.where(green * (0.4 + 0.6 * scene.leaf) > 0.35, 4, 5)
        scl[water > 0.5] = 6
        for value in (3, 8, 9):
            scl[_halved(flagged[value].astype(np.float32)) >= 0.5] = value
        return scl

    def all_scenes(self) -> Iterator[tuple[Scene, dict[str, np.ndarray], float]]:
        """Yield every overpass with its bands and its cloud cover in per cent."""
        for scene in SCENES:
            yield scene, *self.see(scene)


def _halved(image: np.ndarray) -> np.ndarray:
    """Means of 2 × 2 pixels."""
    return image.reshape(image.shape[0] // 2, 2, image.shape[1] // 2, 2).mean(axis=(1, 3))
