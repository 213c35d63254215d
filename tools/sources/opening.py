"""The one door: a data set by its name, or a reader's own file, as a checked table or array with its mark."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools import provenance
from tools.sources import cache, made
from tools.sources.entries import ORIGINS, DataSet, Size
from tools.sources.errors import DataError, suggest
from tools.sources.listing import catalogue, find
from tools.sources.mosaics import Mosaic, located
from tools.sources.reading import looks_like_a_path, read_table, unknown
from tools.sources.schema import check

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr


def origin_in_force(origin: str | None = None) -> str:
    """Return the origin to use: the argument, else ``COURSE_ORIGIN``, else ``"sample"``.

    Parameters
    ----------
    origin : {"sample", "open", "earthengine"}, optional
        What was asked for.

    Returns
    -------
    str

    Raises
    ------
    DataError
        If there is no such origin.

    Examples
    --------
    >>> origin_in_force("open")
    'open'
    """
    asked = origin or os.environ.get("COURSE_ORIGIN", "").strip() or "sample"
    if asked not in ORIGINS:
        where = "the argument origin=" if origin else "the environment variable COURSE_ORIGIN"
        raise DataError(f"{where} is '{asked}', which is no origin: {suggest(asked, ORIGINS)}")
    return asked


def open(
    name_or_path: str | Path,
    *,
    origin: str | None = None,
    like: str | None = None,
    size: str | None = None,
    progress: bool | None = None,
    **window,
) -> pd.DataFrame | gpd.GeoDataFrame | xr.DataArray:
    """Open a data set of the catalogue, or a reader's own file of the same shape.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        A name of the catalogue (``"london-lsoa"``), a path to a file (``"own/berlin.gpkg"``), or to a folder
        that holds a Landsat scene, one file a band.
    origin : {"sample", "open", "earthengine"}, optional
        Where a named data set comes from; by default ``COURSE_ORIGIN``, else the sample.
    like : str, optional
        Name of the data set whose schema it must have. Needed for a reader's own table.
    size : {"class", "full"}, optional
        How much of a data set to take that comes in sizes, see `DataSet.sizes`; by default its first. A
        reader's own file is always taken whole.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.
    **window
        For pixels: `bounds`, `years` and the further arguments of `tools.alphaearth.open_cube` or, for
        scenes, of `tools.sources.sentinel2.open_medians`.

    Returns
    -------
    geopandas.GeoDataFrame, pandas.DataFrame or xarray.DataArray
        As the data set's kind says, with a mark that `tools.provenance` reads. Areas and points come in the
        schema's CRS.

    Raises
    ------
    DataError
        If there is no such data set or file, it cannot be had, or it does not fit its schema.
    TypeError
        If a table is opened with arguments that only pixels have.

    Examples
    --------
    >>> import tempfile
    >>> header = '"LSOA21CD","IMD_decile","Percent no qualifications 16 and over",'
    >>> header += '"Percent bad and very band health","Population density per km",'
    >>> header += '"Percent lone family household"'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "own.csv"
    ...     _ = file.write_text(f"{header}\\nX1,3,18.2,5.1,4500,4.2\\n")
    ...     open(file, like="london-socioeconomic")["IMD_decile"].tolist()
    [3]
    """
    data_set = _named(name_or_path)
    if data_set is None:
        if window:
            raise TypeError(f"a reader's own file takes no arguments {', '.join(window)}")
        return _open_own(Path(name_or_path).expanduser(), like)
    _same_shape(data_set, like)
    size = data_set.size(size)
    road = data_set.origin(origin_in_force(origin))
    if data_set.kind == "cube":
        opened = _open_cube(data_set, road.name, size, progress, window)
    elif data_set.kind == "scenes":
        opened = _open_scenes(data_set, road.name, size, progress, window)
    elif window:
        what = "one scene, opened whole," if data_set.kind == "scene" else "a table"
        raise TypeError(f"'{data_set.name}' is {what} and takes no arguments {', '.join(window)}")
    elif data_set.kind == "scene":
        from tools.sources.landsat import open_scene

        opened = open_scene(get(data_set.name, road.name, size=size, progress=progress))
    elif data_set.kind == "places":
        from tools.sources.geonames import read_places

        places, countries, *_ = get(data_set.name, road.name, size=size, progress=progress)
        opened = read_places(places, countries)
        check(opened, data_set.schema, places.name)
    else:
        first = get(data_set.name, road.name, size=size, progress=progress)[0]
        opened = read_table(
            first,
            data_set.schema,
            crs_if_projected=road.files[0].crs_if_projected,
            # The sample is made in the size that is wanted; of published files a part is taken.
            part=data_set.sizes[size] if size and road.name != "sample" else Size(),
        )
    return provenance.mark(opened, data_set.provenance(road.name))


def get(
    name: str, origin: str | None = None, *, size: str | None = None, progress: bool | None = None
) -> list[Path]:
    """Bring the files of a data set onto this machine, unless they are there already.

    Parameters
    ----------
    name : str
        A name of the catalogue.
    origin : {"sample", "open", "earthengine"}, optional
        Where it comes from; by default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Which size of the sample, where it comes in sizes. Published files are one size: `open` takes a part.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    list of pathlib.Path
        Verified files. Of open pixels only the index is fetched; they are read over the network.

    Raises
    ------
    DataError
        If they cannot be had.

    Examples
    --------
    >>> get("london-lsoas")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: no data set is called 'london-lsoas': did you mean 'london-lsoa'? ...
    """
    data_set = find(name)
    size = data_set.size(size)
    road = data_set.origin(origin_in_force(origin))
    if road.name == "sample":
        return made.ensure(data_set, size=size, progress=progress)
    if road.name == "earthengine":
        from tools.sources.earthengine import areas

        return [areas.ensure(data_set, progress=progress)]
    return [cache.ensure(data_set, file, progress=progress) for file in road.files]


def mosaic(
    name: str, origin: str | None = None, *, size: str | None = None, progress: bool | None = None
) -> Mosaic:
    """Return where the tiles of a data set of pixels lie, for work that no single array serves.

    Parameters
    ----------
    name : str
        A name of the catalogue.
    origin : {"sample", "open", "earthengine"}, optional
        Where it comes from; by default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Which size of the sample, where it comes in sizes.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    Mosaic
        ``root`` and ``index``, as the functions of `tools.alphaearth` take them.

    Raises
    ------
    DataError
        If it holds no pixels, or its index cannot be had.

    Examples
    --------
    >>> mosaic("london-lsoa")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: 'london-lsoa' is a table and has no tiles: valid: london-alphaearth...
    """
    from tools.sources.warping import quiet_warps

    quiet_warps()
    data_set = find(name)
    if data_set.kind != "cube":
        cubes = [other for other, entry in catalogue().items() if entry.kind == "cube"]
        raise DataError(f"'{name}' is a table and has no tiles: {suggest('', cubes)}")
    road = data_set.origin(origin_in_force(origin)).name
    return located(data_set, road, get(name, road, size=size, progress=progress)[0])


@dataclass(frozen=True)
class FileState:
    """What a file on this machine is worth.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    state : {"ok", "missing", "changed"}
        Whether its bytes are what they should be.

    Examples
    --------
    >>> FileState(Path("a.csv"), "ok").state
    'ok'
    """

    path: Path
    state: str


def verify(name: str, origin: str | None = None, *, size: str | None = None) -> list[FileState]:
    """Read all files of a data set that are on this machine and check their bytes. Nothing is fetched.

    Parameters
    ----------
    name : str
        A name of the catalogue.
    origin : {"sample", "open", "earthengine"}, optional
        By default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Which size of the sample, where it comes in sizes.

    Returns
    -------
    list of FileState
        A file that is ``missing`` or ``changed`` is fetched or made again by `get` and `open`.

    Examples
    --------
    >>> {file.state for file in verify("london-lsoa", "open")} <= {"ok", "missing", "changed"}
    True
    """
    data_set = find(name)
    road = data_set.origin(origin_in_force(origin))
    if road.name == "sample":
        return [FileState(path, state) for path, state in made.states(data_set, size=size).items()]
    if road.name == "earthengine":
        from tools.sources.earthengine import areas

        return [FileState(*areas.state(data_set))]
    return [FileState(cache.path_of(data_set, file), cache.state_of(data_set, file)) for file in road.files]


def _named(name_or_path: str | Path) -> DataSet | None:
    """Return the data set of that name, or None for a path to a file; a word that is neither is an error."""
    if isinstance(name_or_path, Path):
        return None
    names = catalogue()
    if name_or_path in names:
        return names[name_or_path]
    if looks_like_a_path(name_or_path) or Path(name_or_path).is_file():
        return None
    raise unknown(name_or_path, list(names))


def _open_own(path: Path, like: str | None) -> pd.DataFrame | gpd.GeoDataFrame | xr.DataArray:
    if path.is_dir():
        from tools.sources.landsat import open_scene

        scene = open_scene(path)
        return provenance.mark(scene, provenance.Provenance(str(path), "file", path.name))
    tables = [name for name, data_set in catalogue().items() if data_set.schema]
    if like is None:
        raise DataError(
            f"say which data set {path.name} stands in for, so that it can be checked: "
            f"open({str(path)!r}, like={tables[0]!r}); {suggest('', tables)}"
        )
    model = find(like)
    if model.schema is None:
        raise DataError(f"like='{like}' holds pixels, not a table: {suggest(like, tables)}")
    table = read_table(path, model.schema)
    return provenance.mark(table, provenance.Provenance(str(path), "file", path.name))


def _same_shape(data_set: DataSet, like: str | None) -> None:
    if like is not None and find(like).schema != data_set.schema:
        raise DataError(
            f"'{data_set.name}' does not have the columns of '{like}'; name '{like}', or a file of your own"
        )


def _open_cube(
    data_set: DataSet, road: str, size: str | None, progress: bool | None, window: dict
) -> xr.DataArray:
    from tools import alphaearth

    _say_which(data_set, window)
    tiles = mosaic(data_set.name, road, size=size, progress=progress)
    return alphaearth.open_cube(tiles.root, index=tiles.index, **window)


def _open_scenes(
    data_set: DataSet, road: str, size: str | None, progress: bool | None, window: dict
) -> xr.DataArray:
    from tools.sources import sentinel2
    from tools.sources.scenes import scenes_catalogue
    from tools.sources.warping import quiet_warps

    _say_which(data_set, window)
    quiet_warps()
    catalogue, collection = scenes_catalogue(data_set.name, road, size=size, progress=progress)
    return sentinel2.open_medians(catalogue, collection=collection, **window)


def _say_which(data_set: DataSet, window: dict) -> None:
    for needed in ("bounds", "years"):
        if needed not in window:
            raise DataError(
                f"'{data_set.name}' holds pixels: say which, as in open('{data_set.name}', "
                "bounds=(west, south, east, north), years=2024)"
            )
