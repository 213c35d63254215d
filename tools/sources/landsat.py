"""A Landsat scene from one file a band: a lazy, labelled array of reflectance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools.sources.errors import DataError, suggest
from tools.spectral.bands import BANDS

if TYPE_CHECKING:
    import xarray as xr

_CHUNK = 1024
_NAMES = (
    # The older layout, of Collection 1: reflectance times 10,000.
    (re.compile(r"((L[A-Z]\d\d)_\w+?_(\d{8})_\w*?)_sr_band(\d+)\.tif", re.IGNORECASE), 1e-4, 0.0),
    # Collection 2, Level 2: U.S. Geological Survey, LSDS-1619, Landsat 8-9 Level 2 Science Product Guide.
    (re.compile(r"((L[A-Z]\d\d)_\w+?_(\d{8})_\w*?)_SR_B(\d+)\.tif", re.IGNORECASE), 2.75e-5, -0.2),
)


class BandFile(NamedTuple):
    """What the name of a band's file says.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    scene : str
        How the names of all the scene's files begin.
    sensor : str
        Such as ``LT05``.
    day : str
        ``YYYYMMDD``.
    number : int
        Of the band.
    scale, offset : float
        Reflectance is the file's numbers times the scale, plus the offset.

    Examples
    --------
    >>> BandFile(Path("a.tif"), "a", "LT05", "19881022", 4, 1e-4, 0.0).date
    '1988-10-22'
    """

    path: Path
    scene: str
    sensor: str
    day: str
    number: int
    scale: float
    offset: float

    @property
    def date(self) -> str:
        """The day, ``YYYY-MM-DD``."""
        return f"{self.day[:4]}-{self.day[4:6]}-{self.day[6:]}"


def open_scene(source: str | Path | Iterable[str | Path], *, scene: str | None = None) -> xr.DataArray:
    """Open one scene, of which every band is a file, as one lazy array.

    Parameters
    ----------
    source : str, pathlib.Path, or iterable of them
        A folder, or the files themselves. Their names must be the published ones, which say sensor, date and
        band: ``LT05_…_19881022_…_sr_band1.tif``, or ``LC08_…_SR_B1.TIF``.
    scene : str, optional
        How the wanted files' names begin, where a folder holds more than one scene.

    Returns
    -------
    xarray.DataArray of float32, dims (band, y, x)
        Reflectance, NaN without data, in blocks of Dask, rows running south. Along ``band``, which names what
        is seen (blue, green, red, nir, swir16, swir22), stand the band's ``number`` and its ``wavelength`` in
        micrometres; ``attrs`` tell ``sensor``, ``date``, and the ``scale``, ``offset`` and ``nodata`` of the
        files.

    Raises
    ------
    DataError
        If there is no such file, names do not fit, several scenes lie there, or bands lie on different grids.

    Examples
    --------
    >>> open_scene("nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: there is no folder nowhere; give ...
    """
    import rioxarray
    import xarray as xr

    files = _one_scene(band_files(source), scene)
    first = files[0]
    bands, stored = [], None
    for file in files:
        opened = rioxarray.open_rasterio(
            file.path, chunks={"y": _CHUNK, "x": _CHUNK}, masked=True, lock=False
        )
        if opened.sizes["band"] != 1:
            raise DataError(
                f"{file.path.name} holds {opened.sizes['band']} bands; every band must be a file of its own"
            )
        if bands and not _same_grid(opened, bands[0]):
            raise DataError(
                f"{file.path.name} lies on another grid than {first.path.name}; "
                "take the bands of one download"
            )
        if stored is None and opened.rio.encoded_nodata is not None:
            stored = float(opened.rio.encoded_nodata)
        bands.append(opened.isel(band=0, drop=True))
    image = xr.concat(bands, "band", combine_attrs="drop")
    image = image.rio.write_crs(bands[0].rio.crs).rio.write_transform(bands[0].rio.transform())
    return labelled(
        image,
        [file.number for file in files],
        sensor=first.sensor,
        date=first.date,
        scale=first.scale,
        offset=first.offset,
        nodata=stored,
    )


def labelled(
    image: xr.DataArray,
    numbers: Sequence[int],
    *,
    sensor: str,
    date: str,
    scale: float,
    offset: float,
    nodata: float | None,
) -> xr.DataArray:
    """Make of the numbers that files hold a scene of reflectance that says what each band sees.

    Parameters
    ----------
    image : xarray.DataArray, dims (band, y, x)
        What the files hold, NaN without data.
    numbers : sequence of int
        For each band its number.
    sensor : str
        How the sensor's file names begin, such as ``LT05``.
    date : str
        The day, ``YYYY-MM-DD``.
    scale, offset : float
        Reflectance is the files' number times the scale, plus the offset.
    nodata : float or None
        What stood in the files where there is no data.

    Returns
    -------
    xarray.DataArray of float32, dims (band, y, x)
        As `open_scene` returns it.

    Raises
    ------
    DataError
        If the sensor is not known, or has no such reflective band.

    Examples
    --------
    >>> import xarray as xr
    >>> stored = xr.DataArray([[[420.0]], [[110.0]]], dims=("band", "y", "x"))
    >>> scene = labelled(stored, [1, 4], sensor="LT05", date="1988-10-22", scale=1e-4, offset=0, nodata=-9999)
    >>> scene.band.values.tolist(), bool(abs(scene.sel(band="nir") - 0.011).max() < 1e-6)
    (['blue', 'nir'], True)
    """
    if sensor not in BANDS:
        raise DataError(f"sensor {sensor} is not known: {suggest(sensor, BANDS)}")
    strange = [number for number in numbers if number not in BANDS[sensor]]
    if strange:
        raise DataError(
            f"{sensor} has no reflective band {strange[0]}: it has {', '.join(map(str, BANDS[sensor]))}"
        )
    about = [BANDS[sensor][number] for number in numbers]
    image = (image.astype("float32") * scale + offset).astype("float32").rename("reflectance")
    image = image.assign_coords(
        band=[band.name for band in about],
        number=("band", list(numbers)),
        wavelength=("band", [round(band.wavelength, 4) for band in about]),
    )
    image.attrs = {"sensor": sensor, "date": date, "scale": scale, "offset": offset, "nodata": nodata}
    return image


def band_files(source: str | Path | Iterable[str | Path]) -> list[BandFile]:
    """Return the files that are reflective bands of Landsat scenes, with what their names say.

    Parameters
    ----------
    source : str, pathlib.Path, or iterable of them
        A folder, or files.

    Returns
    -------
    list of BandFile
        At least one.

    Raises
    ------
    DataError
        If there is no such file, or its sensor is not known.

    Examples
    --------
    >>> [(file.scene, file.number) for file in band_files(["LT05_L1TP_042033_19881022_T1_sr_band4.tif"])]
    [('LT05_L1TP_042033_19881022_T1', 4)]
    """
    paths = _paths(source)
    found = [file for file in map(_read_name, paths) if file]
    if not found:
        names = ", ".join(path.name for path in paths[:3]) or "no GeoTIFF at all"
        raise DataError(
            "no file is named as a band of a Landsat scene: expected LT05_…_sr_band1.tif or "
            f"LC08_…_SR_B1.TIF, found {names}"
        )
    return found


def _paths(source: str | Path | Iterable[str | Path]) -> list[Path]:
    if not isinstance(source, str | Path):
        return [Path(path) for path in source]
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise DataError(
            f"there is no folder {folder}; give the folder that holds a scene's files, one a band"
        )
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".tif", ".tiff"))


def _one_scene(there: list[BandFile], scene: str | None) -> list[BandFile]:
    found = [file for file in there if file.scene.startswith(scene or "")]
    if not found:
        raise DataError(
            f"no scene begins with '{scene}': {suggest(scene or '', {file.scene for file in there})}"
        )
    scenes = sorted({file.scene for file in found})
    if len(scenes) > 1:
        raise DataError(f"{len(scenes)} scenes lie there; say which by scene=: {suggest('', scenes)}")
    found.sort(key=lambda file: file.number)
    twice = [a.path.name for a, b in pairwise(found) if a.number == b.number]
    if twice:
        raise DataError(f"two files are the same band as {twice[0]}; keep one of them")
    return found


def _read_name(path: Path) -> BandFile | None:
    """What a file's name says, or None for one that is no reflective band."""
    for pattern, scale, offset in _NAMES:
        match = pattern.fullmatch(path.name)
        if match:
            scene, sensor, day, number = match.groups()
            sensor = sensor.upper()
            if sensor not in BANDS:
                raise DataError(f"{path.name}: sensor {sensor} is not known: {suggest(sensor, BANDS)}")
            if int(number) in BANDS[sensor]:
                return BandFile(path, scene, sensor, day, int(number), scale, offset)
    return None


def _same_grid(image: xr.DataArray, other: xr.DataArray) -> bool:
    return (
        image.shape[-2:] == other.shape[-2:]
        and image.rio.crs == other.rio.crs
        and image.rio.transform().almost_equals(other.rio.transform())
    )
