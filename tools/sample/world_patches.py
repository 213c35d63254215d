"""Patch embeddings of an invented world, computed whenever they are asked for and never stored.

The 196 × 768 numbers of a tile are a sum: what all places share; the form of each patch; how this tile and
this city differ from others of the form; the climate; noise. Some dimensions hold the place on the globe
instead, hardly anything of the form, and the same all over a tile: these a filter should find.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from scipy import special
from scipy.linalg.blas import sgemm
from threadpoolctl import ThreadpoolController

from tools.sample.world_forms import FORMS, PATCHES, each_tile, patch_forms
from tools.sample.writing import NOTICE

N_DIMENSIONS = 768
N_LOCATION_BOUND = 61
"""How many dimensions hold the place: 8 % of them."""

_TRAITS = {
    "centre": (0.9, 0.8, 0.1, 0.0, 0.5, 0.4, 0.7),
    "perimeter": (0.8, 0.5, 0.3, 0.0, 0.7, 0.3, 0.5),
    "houses": (0.4, 0.1, 0.6, 0.0, 0.9, 0.1, 0.4),
    "slabs": (0.4, 0.7, 0.6, 0.0, 0.6, 0.3, 0.4),
    "informal": (0.8, 0.1, 0.1, 0.0, 0.1, 0.1, 0.2),
    "industry": (0.6, 0.2, 0.1, 0.0, 0.5, 1.0, 0.7),
    "water": (0.1, 0.1, 0.1, 1.0, 0.1, 0.1, 0.2),
    "fields": (0.0, 0.0, 0.9, 0.0, 0.4, 0.0, 0.0),
}
"""How built-up, tall, green, watery, regular, large-roofed and paved a form is: like forms, like vectors."""

_SHARED = 1.0  # standard deviation of what all places have in common
_OUTLYING = (6, 9.0)  # a few dimensions are large everywhere, as in a transformer's last layer
_BY_TRAITS, _BY_FORM = 0.85, 0.22
_TILE_TRAITS, _TILE_REST = 0.16, 0.15
_CITY_TRAITS, _CITY_REST = 0.05, 0.09
_CLIMATE = 0.05
_PATCH_TRAITS, _PATCH_REST = 0.22, 0.75
_PLACE = (1.6, 3.6)  # standard deviations over the globe of dimensions that hold the place
_FORM_IN_PLACE = 0.15
_NOISE_IN_PLACE = (0.35, 0.9)
_GLOBE = 2000


class WorldPatches:
    """Where the patches of the invented world come from.

    Parameters
    ----------
    seed : int, optional
        Another seed makes another world.

    Attributes
    ----------
    location_bound : ndarray, shape (768,), bool
        The dimensions that hold the place.

    Examples
    --------
    >>> import pandas as pd
    >>> tile = pd.DataFrame({"tile_id": [900000010000], "city_id": [90000001], "continent": ["Africa"],
    ...                      "left": [330000.0], "top": [3320000.0], "lon": [31.2], "lat": [30.0]})
    >>> world = WorldPatches()
    >>> world.patches(tile).shape, int(world.location_bound.sum())
    ((1, 196, 768), 61)
    """

    def __init__(self, seed: int = 42):
        self.seed = int(seed)
        rng = np.random.default_rng([self.seed, 2])
        self.location_bound = np.zeros(N_DIMENSIONS, bool)
        self.location_bound[rng.choice(N_DIMENSIONS, N_LOCATION_BOUND, replace=False)] = True
        self._globe = _Globe(rng)
        free = ~self.location_bound
        traits = np.array([_TRAITS[form] for form in FORMS])
        self._axes = _normal(rng, traits.shape[1], N_DIMENSIONS)
        ways = np.where(free, 1, _FORM_IN_PLACE)
        forms = _BY_TRAITS * (traits - traits.mean(axis=0)) @ self._axes
        forms += _BY_FORM * _normal(rng, len(FORMS), N_DIMENSIONS)
        shared = _SHARED * _normal(rng, N_DIMENSIONS)
        outlying = rng.choice(np.flatnonzero(free), _OUTLYING[0], replace=False)
        shared[outlying] = _OUTLYING[1] * rng.choice([-1, 1], len(outlying))
        self._forms = (shared + ways * forms).astype(np.float32)
        self._axes *= ways.astype(np.float32)
        self._rest = np.where(free, 1, 0).astype(np.float32)
        # The noisiest are no more the same all over a tile than some that only show how it looks.
        quiet = np.random.default_rng([self.seed, 5]).uniform(*np.log(_NOISE_IN_PLACE), N_DIMENSIONS)
        self._noise = np.where(free, _PATCH_REST * rng.uniform(0.6, 1.4, N_DIMENSIONS), np.exp(quiet))
        self._noise = self._noise.astype(np.float32)
        # Looked up by random 16 bits: several times as fast as drawing from the normal distribution.
        self._bell = special.ndtri((np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.float32)
        # Few dimensions feel the climate much, many a little: else a threshold would have nothing to decide.
        self._climate = (
            _CLIMATE * _normal(rng, _Globe.CLIMATES, N_DIMENSIONS) * rng.gamma(0.5, 2, N_DIMENSIONS)
        )
        self._climate *= free
        self._place = np.exp(rng.uniform(*np.log(_PLACE), N_DIMENSIONS)) * self.location_bound
        self._cities: dict[int, np.ndarray] = {}

    def patches(self, tiles: pd.DataFrame) -> np.ndarray:
        """Return the embeddings of tiles, the same for a tile whatever others are asked for with it.

        Parameters
        ----------
        tiles : pandas.DataFrame
            As `tools.tiling.lay_tiles` returns them.

        Returns
        -------
        ndarray, shape (n_tiles, 196, 768), float32
            Patches from the north-west row by row. A tile takes 0.6 MB.

        Raises
        ------
        ValueError
            If a column is missing, or a continent is unknown.
        """
        made = np.empty((len(tiles), PATCHES**2, N_DIMENSIONS), np.float32)
        forms = self.forms(tiles).reshape(-1, PATCHES**2)
        columns = ("tile_id", "city_id", "lon", "lat")
        # Threads cost many times what they bring to products as small as these.
        with _pools().limit(limits=1, user_api="blas"):
            for out, of, tile in zip(made, forms, each_tile(tiles, columns), strict=True):
                rng = np.random.Generator(np.random.SFC64([self.seed, 4, tile["tile_id"]]))
                dice = np.frombuffer(rng.bytes(2 * out.size), "<u2").reshape(out.shape)
                np.take(self._bell, dice, out=out, mode="clip")
                out *= self._noise
                look = self._look(rng) + self._city(tile["city_id"]) + self._where(tile["lon"], tile["lat"])
                rows = np.concatenate([self._forms + look.astype(np.float32), self._axes])
                traits = _PATCH_TRAITS * _normal(rng, len(of), len(self._axes))
                weights = np.concatenate(
                    [of[:, None] == np.arange(len(FORMS)), traits], axis=1, dtype=np.float32
                )
                sgemm(1, rows.T, weights.T, beta=1, c=out.T, overwrite_c=True)
        return made

    def forms(self, tiles: pd.DataFrame) -> np.ndarray:
        """Return the true form of each patch.

        Parameters
        ----------
        tiles : pandas.DataFrame
            As `tools.tiling.lay_tiles` returns them.

        Returns
        -------
        ndarray, shape (n_tiles, 14, 14), int8
            Positions in `tools.sample.world_forms.FORMS`.
        """
        return patch_forms(tiles, self.seed)

    def describe(self) -> dict:
        """Return what tells this source from others, as JSON holds it.

        Returns
        -------
        dict
        """
        return self._description.copy()

    @cached_property
    def _description(self) -> dict:
        from tools.sample import generator_version

        kind = {"source": "world sample", "synthetic": NOTICE, "seed": self.seed}
        return kind | {"generator": generator_version("world")}

    def _look(self, rng: np.random.Generator) -> np.ndarray:
        """How a tile differs from others of its forms."""
        traits = _TILE_TRAITS * _normal(rng, len(self._axes))
        return traits @ self._axes + _TILE_REST * _normal(rng, N_DIMENSIONS) * self._rest

    def _city(self, city_id: int) -> np.ndarray:
        """How a city differs from others."""
        if city_id not in self._cities:
            rng = np.random.default_rng([self.seed, 3, city_id])
            traits = _CITY_TRAITS * _normal(rng, len(self._axes))
            rest = _CITY_REST * _normal(rng, N_DIMENSIONS) * self._rest
            self._cities[city_id] = traits @ self._axes + rest
        return self._cities[city_id]

    def _where(self, lon: float, lat: float) -> np.ndarray:
        """What the place itself does to each dimension: climate here, longitude and latitude there."""
        climates, places = self._globe.at(lon, lat)
        return climates @ self._climate + places * self._place


class _Globe:
    """Smooth fields over the globe, each of mean 0 and standard deviation 1 on it."""

    CLIMATES = 5

    def __init__(self, rng: np.random.Generator):
        number = self.CLIMATES + N_DIMENSIONS
        self._ways = rng.standard_normal((number, 2, 3)) * 0.9
        self._shifts = rng.uniform(0, 2 * np.pi, (number, 2))
        height = 1 - (2 * np.arange(_GLOBE) + 1) / _GLOBE
        turn = np.pi * (1 + 5**0.5) * np.arange(_GLOBE)
        out = np.sqrt(1 - height**2)
        everywhere = self._fields(np.stack([out * np.cos(turn), out * np.sin(turn), height]))
        self._mean, self._spread = everywhere.mean(axis=1), everywhere.std(axis=1)

    def at(self, lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the climates and the places' fields at a point, shapes (5,) and (768,)."""
        east, north = np.radians(lon), np.radians(lat)
        point = np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
        values = (self._fields(point[:, None])[:, 0] - self._mean) / self._spread
        return values[: self.CLIMATES], values[self.CLIMATES :]

    def _fields(self, points: np.ndarray) -> np.ndarray:
        return np.sin(self._ways @ points + self._shifts[..., None]).sum(axis=1)


@lru_cache(maxsize=1)
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


def _normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32)
