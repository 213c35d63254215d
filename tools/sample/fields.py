"""Fields on a grid: the raw stuff that invented landscapes are made of, for any bounds and any resolution."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from pyproj import CRS, Transformer
from scipy import fft, ndimage
from scipy.interpolate import CubicSpline


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return the random numbers that belong to one named thing, whatever else was drawn before.

    Naming the streams keeps a landscape the same when a new field is added beside the old ones.

    Parameters
    ----------
    seed : int
        The sample's seed.
    *names : str
        What the numbers are for.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> a, b = stream(42, "water").normal(), stream(42, "water").normal()
    >>> a == b, a == stream(42, "parks").normal()
    (True, False)
    """
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def local_crs(lon: float, lat: float) -> CRS:
    """Return a metric CRS centred on a place: metres east and north of it.

    Parameters
    ----------
    lon, lat : float
        The place's centre, degrees (WGS 84).

    Returns
    -------
    pyproj.CRS
        Transverse Mercator on WGS 84, so that going to UTM needs no datum grid and is exact everywhere.

    Examples
    --------
    >>> local_crs(-0.12, 51.5).axis_info[0].unit_name
    'metre'
    """
    return CRS.from_proj4(f"+proj=tmerc +lat_0={lat} +lon_0={lon} +k=1 +datum=WGS84 +units=m +no_defs")


@dataclass(frozen=True)
class Grid:
    """A north-up raster in a metric CRS, on which fields are made and from which they are read.

    Parameters
    ----------
    west, north : float
        The upper left corner, metres.
    resolution : float
        Pixel size, metres.
    height, width : int
        Rows and columns.
    crs : pyproj.CRS
        A metric CRS.

    Examples
    --------
    >>> grid = Grid.around((-0.2, 51.4, 0.0, 51.6), 500, local_crs(-0.1, 51.5))
    >>> grid.shape, grid.west < 0 < grid.north
    ((45, 28), True)
    """

    west: float
    north: float
    resolution: float
    height: int
    width: int
    crs: CRS

    @classmethod
    def around(
        cls,
        bounds: tuple[float, float, float, float],
        resolution: float,
        crs: CRS,
        margin: float = 0.0,
    ) -> Grid:
        """Return the grid that covers geographic bounds.

        Parameters
        ----------
        bounds : tuple of float
            West, south, east, north, degrees (WGS 84).
        resolution : float
            Pixel size, metres.
        crs : pyproj.CRS
            A metric CRS, see `local_crs`.
        margin : float
            Metres to add on each side.

        Returns
        -------
        Grid
            Its edges are multiples of half a pixel.
        """
        projected = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform_bounds(*bounds)
        centre_x, centre_y = (projected[0] + projected[2]) / 2, (projected[1] + projected[3]) / 2
        width = int(np.ceil((projected[2] - projected[0] + 2 * margin) / resolution))
        height = int(np.ceil((projected[3] - projected[1] + 2 * margin) / resolution))
        step = resolution / 2
        west = round((centre_x - width * step) / step) * step
        north = round((centre_y + height * step) / step) * step
        return cls(west, north, resolution, height, width, crs)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def x(self) -> np.ndarray:
        """Metres east of every column's centre, shape (width,)."""
        return self.west + (np.arange(self.width) + 0.5) * self.resolution

    @property
    def y(self) -> np.ndarray:
        """Metres north of every row's centre, shape (height,), falling."""
        return self.north - (np.arange(self.height) + 0.5) * self.resolution

    def read(self, fields: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Read fields at points, bilinearly; beyond the edge the edge goes on.

        Parameters
        ----------
        fields : ndarray, shape (..., height, width)
            One or more fields on this grid.
        x, y : ndarray, shape (n,)
            Points in this grid's CRS, metres.

        Returns
        -------
        ndarray, shape (..., n), float32
        """
        rows = (self.north - np.asarray(y)) / self.resolution - 0.5
        columns = (np.asarray(x) - self.west) / self.resolution - 0.5
        stack = np.asarray(fields).reshape(-1, *self.shape)
        values = np.empty((len(stack), len(rows)), np.float32)
        for layer, out in zip(stack, values, strict=True):
            ndimage.map_coordinates(layer, (rows, columns), out, order=1, mode="nearest")
        return values.reshape(*np.shape(fields)[:-2], len(rows))


def gaussian_field(
    grid: Grid, range_m: float, rng: np.random.Generator, smoothness: float = 1.0
) -> np.ndarray:
    """Return a random field whose values are alike nearby and unrelated far away.

    White noise is filtered to the spectrum of a Matérn covariance. The grid is padded before the Fourier
    transform, so that opposite edges do not resemble each other.

    Parameters
    ----------
    grid : Grid
        Where.
    range_m : float
        Distance at which the correlation has fallen to about 0.14, metres.
    rng : numpy.random.Generator
        See `stream`.
    smoothness : float
        The Matérn ν: 0.5 is rough, 2 is smooth.

    Returns
    -------
    ndarray, shape (height, width), float32
        Mean 0 and standard deviation 1 over the grid.

    References
    ----------
    Lindgren, Rue and Lindström (2011), "An explicit link between Gaussian fields and Gaussian Markov
    random fields", section 2: spectrum (κ² + |k|²)^-(ν + 1), range √(8ν)/κ.

    Examples
    --------
    >>> grid = Grid(0, 64_000, 1000, 64, 64, local_crs(0, 50))
    >>> field = gaussian_field(grid, 8000, stream(1, "hills"))
    >>> bool(np.corrcoef(field[:, :-1].ravel(), field[:, 1:].ravel())[0, 1] > 0.8)
    True
    """
    pad = int(min(2 * range_m / grid.resolution, max(grid.shape)))
    shape = [fft.next_fast_len(n + pad, real=True) for n in grid.shape]
    kappa = np.sqrt(8 * smoothness) / (range_m / grid.resolution)
    ky = 2 * np.pi * fft.fftfreq(shape[0])[:, None]
    kx = 2 * np.pi * fft.rfftfreq(shape[1])[None, :]
    amplitude = (kappa**2 + ky**2 + kx**2) ** (-(smoothness + 1) / 2)
    noise = rng.standard_normal(shape, dtype=np.float32)
    field = fft.irfft2(fft.rfft2(noise) * amplitude.astype(np.float32), s=shape)[: grid.height, : grid.width]
    field = field - field.mean(dtype=np.float64)
    return (field / field.std(dtype=np.float64)).astype(np.float32)


def distance_to(grid: Grid, line: np.ndarray) -> np.ndarray:
    """Return the distance of every pixel's centre to a line.

    Parameters
    ----------
    grid : Grid
        Where.
    line : ndarray, shape (n, 2)
        Points of the line in the grid's CRS, closer together than a pixel; what lies off the grid is ignored.

    Returns
    -------
    ndarray, shape (height, width), float32
        Metres, right to about half the spacing of the points.

    Raises
    ------
    ValueError
        If no point lies on the grid.

    Examples
    --------
    >>> grid = Grid(0, 4000, 1000, 4, 4, local_crs(0, 50))
    >>> distance_to(grid, np.array([[500.0, 500.0]]))[:, 0].tolist()
    [3000.0, 2000.0, 1000.0, 0.0]
    """
    rows = np.floor((grid.north - line[:, 1]) / grid.resolution).astype(int)
    columns = np.floor((line[:, 0] - grid.west) / grid.resolution).astype(int)
    on = (rows >= 0) & (rows < grid.height) & (columns >= 0) & (columns < grid.width)
    if not on.any():
        raise ValueError("no point of the line lies on the grid: are both in the same CRS, in metres?")
    point = np.full(grid.shape, -1)
    point[rows[on], columns[on]] = np.flatnonzero(on)
    # One transform finds the nearest pixel that the line crosses; the point kept there gives the distance.
    near = ndimage.distance_transform_edt(point < 0, return_distances=False, return_indices=True)
    nearest = line[point[tuple(near)]]
    return np.hypot(nearest[..., 0] - grid.x, nearest[..., 1] - grid.y[:, None]).astype(np.float32)


def smooth_line(points: np.ndarray, spacing: float, *, closed: bool = False) -> np.ndarray:
    """Return a smooth curve through hand-drawn points.

    Parameters
    ----------
    points : array_like, shape (n, 2)
        Where the curve passes, metres.
    spacing : float
        About how far apart the returned vertices are, metres.
    closed : bool
        Whether the end joins the beginning.

    Returns
    -------
    ndarray, shape (m, 2)

    Examples
    --------
    >>> smooth_line([(0, 0), (1000, 500), (2000, 0)], 100).shape
    (23, 2)
    """
    points = np.asarray(points, float)
    if closed:
        points = np.vstack([points, points[:1]])
    along = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    curve = CubicSpline(along, points, bc_type="periodic" if closed else "natural")
    return curve(np.linspace(0, along[-1], int(along[-1] / spacing) + 1))
