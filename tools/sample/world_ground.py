"""The ground of an invented city as a satellite would see it: streets, roofs and gardens of every form."""

from __future__ import annotations

import numpy as np

from tools.sample.fields import stream
from tools.sample.world_forms import FORMS, forms_at

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
"""Bands of Sentinel-2's surface reflectance."""

PIXEL = 10.0
"""Side of the finest pixels, metres."""

MATERIALS = ("asphalt", "tiles", "bright", "metal", "rust", "dark", "soil", "grass", "tree", "crop", "water")

_SPECTRA = np.array(
    [
        [0.090, 0.095, 0.100, 0.105, 0.110, 0.115, 0.120, 0.125, 0.130, 0.130, 0.150, 0.140],
        [0.070, 0.080, 0.110, 0.170, 0.200, 0.220, 0.240, 0.260, 0.270, 0.270, 0.330, 0.290],
        [0.240, 0.270, 0.290, 0.300, 0.310, 0.320, 0.320, 0.330, 0.330, 0.330, 0.310, 0.270],
        [0.200, 0.220, 0.230, 0.230, 0.240, 0.250, 0.250, 0.260, 0.260, 0.260, 0.240, 0.210],
        [0.100, 0.115, 0.135, 0.160, 0.175, 0.185, 0.195, 0.205, 0.210, 0.210, 0.250, 0.230],
        [0.060, 0.065, 0.070, 0.075, 0.080, 0.085, 0.090, 0.095, 0.100, 0.100, 0.120, 0.110],
        [0.090, 0.110, 0.145, 0.190, 0.215, 0.230, 0.245, 0.260, 0.275, 0.280, 0.340, 0.300],
        [0.035, 0.045, 0.080, 0.060, 0.120, 0.260, 0.310, 0.340, 0.355, 0.360, 0.220, 0.120],
        [0.022, 0.026, 0.045, 0.030, 0.070, 0.200, 0.250, 0.280, 0.290, 0.290, 0.140, 0.065],
        [0.030, 0.040, 0.075, 0.050, 0.110, 0.300, 0.370, 0.400, 0.410, 0.410, 0.220, 0.120],
        [0.050, 0.050, 0.045, 0.030, 0.025, 0.020, 0.018, 0.015, 0.013, 0.012, 0.008, 0.006],
    ],
    np.float32,
)
"""Reflectance of each material in each band, drawn by hand after spectra that are well known."""

_GREEN = tuple(MATERIALS.index(name) for name in ("grass", "tree", "crop"))
_FINE = 2  # points along a pixel's side, whose materials the pixel mixes


def ground(
    city_id: int, continent: str, west: float, north: float, shape: tuple[int, int], seed: int
) -> np.ndarray:
    """Return how much of each pixel each material covers.

    Parameters
    ----------
    city_id : int
        The city's number.
    continent : str
        In words.
    west, north : float
        The upper left corner, metres of the city's UTM zone.
    shape : tuple of int
        Rows and columns of 10 m.
    seed : int
        The world's seed.

    Returns
    -------
    ndarray, shape (n_materials, height, width), float32
        Shares that add up to 1, by position in `MATERIALS`.
    """
    step = PIXEL / _FINE
    x = west + (np.arange(_FINE * shape[1]) + 0.5) * step
    y = north - (np.arange(_FINE * shape[0]) + 0.5) * step
    forms = forms_at(city_id, continent, x, y, seed)
    turned = stream(seed, f"streets {city_id}").uniform(0, np.pi / 2)
    xx, yy = np.meshgrid(x, y)
    along = np.cos(turned) * xx + np.sin(turned) * yy
    across = np.cos(turned) * yy - np.sin(turned) * xx
    # Streets bend, or a whole quarter would be one lattice.
    along, across = along + 60 * np.sin(across / 520), across + 60 * np.sin(along / 610)
    rng = stream(seed, f"ground {city_id}")
    material = np.zeros(forms.shape, np.int8)
    for number, form in enumerate(FORMS):
        here = forms == number
        if here.any():
            material[here] = _PATTERNS[form](along[here], across[here], int(rng.integers(1 << 31)))
    shares = (material == np.arange(len(MATERIALS), dtype=np.int8)[:, None, None]).astype(np.float32)
    return shares.reshape(len(MATERIALS), shape[0], _FINE, shape[1], _FINE).mean(axis=(2, 4))


def reflectance(shares: np.ndarray, leaf: float) -> np.ndarray:
    """Return what a clear sky would show.

    Parameters
    ----------
    shares : ndarray, shape (n_materials, height, width)
        As `ground` returns them.
    leaf : float
        How green plants are, 0 to 1.

    Returns
    -------
    ndarray, shape (12, height, width), float32
        Of each of `BANDS`.
    """
    spectra = _SPECTRA.copy()
    dry = _SPECTRA[MATERIALS.index("soil")]
    for number in _GREEN:
        spectra[number] += np.float32(0.55 * (1 - leaf)) * (dry - spectra[number])
    return np.tensordot(spectra.T, shares, 1)


def green_share(shares: np.ndarray) -> np.ndarray:
    """Return how much of each pixel plants cover: shape (height, width)."""
    return shares[list(_GREEN)].sum(axis=0)


def _lot(i: np.ndarray, j: np.ndarray, salt: int) -> np.ndarray:
    """A number from 0 to 1 for each cell of a lattice, by hashing its position."""
    mixed = i.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= j.astype(np.int64).astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(salt)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(11)).astype(float) / (1 << 53)


def _cells(along: np.ndarray, across: np.ndarray, length: float, depth: float) -> tuple:
    """Cell numbers and the place within the cell, metres."""
    i, j = np.floor(along / length), np.floor(across / depth)
    return i, j, along - i * length, across - j * depth


def _pick(lot: np.ndarray, names: tuple[str, ...], upto: tuple[float, ...]) -> np.ndarray:
    return np.array([MATERIALS.index(name) for name in names], np.int8)[np.searchsorted(upto, lot)]


def _material(name: str) -> np.int8:
    return np.int8(MATERIALS.index(name))


def _centre(along, across, salt) -> np.ndarray:
    i, j, u, v = _cells(along, across, 75, 60)
    made = _pick(_lot(i, j, salt), ("dark", "bright", "metal", "tree"), (0.5, 0.75, 0.95))
    return np.where((u < 15) | (v < 15), _material("asphalt"), made)


def _perimeter(along, across, salt) -> np.ndarray:
    i, j, u, v = _cells(along, across, 130, 90)
    court = _pick(_lot(i, j, salt), ("grass", "tree", "asphalt"), (0.5, 0.8))
    ring = np.where(_lot(i, j, salt + 1) < 0.75, _material("tiles"), _material("dark"))
    inside = (u > 37) & (u < 113) & (v > 35) & (v < 72)
    made = np.where(inside, court, ring)
    return np.where((u < 17) | (v < 17), _material("asphalt"), made)


def _houses(along, across, salt) -> np.ndarray:
    i, j, u, v = _cells(along, across, 20, 35)
    roof = _pick(_lot(i, j, salt), ("tiles", "dark", "bright"), (0.5, 0.85))
    garden = _pick(_lot(np.floor(along / 7), np.floor(across / 7), salt + 1), ("grass", "tree"), (0.62,))
    made = np.where((u > 5) & (u < 16) & (v > 8) & (v < 21), roof, garden)
    street = (np.mod(across, 70) < 9) | (np.mod(along, 200) < 9)
    return np.where(street, _material("asphalt"), made)


def _slabs(along, across, salt) -> np.ndarray:
    i, j, u, v = _cells(along, across, 95, 60)
    green = _pick(_lot(np.floor(along / 12), np.floor(across / 12), salt), ("grass", "tree"), (0.6,))
    upright = _lot(i, j, salt + 1) < 0.4
    slab = np.where(upright, (u > 38) & (u < 53) & (v < 50), (u > 15) & (u < 82) & (v > 22) & (v < 36))
    roof = _pick(_lot(i, j, salt + 2), ("bright", "dark", "tiles"), (0.55, 0.9))
    made = np.where(slab & (_lot(i, j, salt + 3) < 0.85), roof, green)
    return np.where(np.mod(along, 190) < 10, _material("asphalt"), made)


def _informal(along, across, salt) -> np.ndarray:
    i, j, _, _ = _cells(along, across, 9, 7)
    made = _pick(_lot(i, j, salt), ("rust", "metal", "soil", "dark", "tree"), (0.5, 0.68, 0.88, 0.96))
    wobble = 25 * np.sin(along / 90) + 12 * np.sin(along / 31)
    return np.where(np.mod(across + wobble, 160) < 8, _material("soil"), made)


def _industry(along, across, salt) -> np.ndarray:
    i, j, u, v = _cells(along, across, 190, 130)
    hall = _pick(_lot(i, j, salt), ("metal", "bright", "dark"), (0.55, 0.8))
    yard = _pick(_lot(i, j, salt + 1), ("asphalt", "soil", "grass"), (0.65, 0.87))
    built = (u > 25) & (u < 70 + 100 * _lot(i, j, salt + 2)) & (v > 25) & (v < 110)
    return np.where((u < 10) | (v < 8), _material("asphalt"), np.where(built, hall, yard))


def _water(along, across, salt) -> np.ndarray:
    i, j, u, v = _cells(along, across, 900, 700)
    pier = (_lot(i, j, salt) < 0.5) & (np.abs(v - 350) < 12) & (u < 500)
    return np.where(pier, _material("asphalt"), _material("water"))


def _fields(along, across, salt) -> np.ndarray:
    i, j, u, v = _cells(along, across, 260, 170)
    sown = _pick(_lot(i, j, salt), ("crop", "grass", "soil", "tree"), (0.42, 0.72, 0.88))
    return np.where((u < 8) & (_lot(i, j, salt + 1) < 0.6) | (v < 5), _material("tree"), sown)


_PATTERNS = {
    "centre": _centre,
    "perimeter": _perimeter,
    "houses": _houses,
    "slabs": _slabs,
    "informal": _informal,
    "industry": _industry,
    "water": _water,
    "fields": _fields,
}
