"""Pictures of tiles without clouds: medians of Sentinel-2's scenes, a file a tile, each made once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from tools import provenance, sources
from tools.files import appearing
from tools.provenance import Provenance
from tools.similarity.composing import compose, told
from tools.sources import DataError
from tools.sources.footprints import footprint_of
from tools.sources.scene_pixels import ALL_BANDS
from tools.sources.stac import scenes_over
from tools.tiling import tile_grid

if TYPE_CHECKING:
    import pystac
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from tools.rasters.grids import Grid

SCENES = "world-sentinel-2"
"""The data set that says where scenes are listed."""

NODATA = -9_999
_ONE = 10_000
_RULES = 2
"""Of composing: raised when it changes, so that what was decided by other rules is decided anew."""

COLUMNS = ("status", "reason", "valid_share", "scenes", "max_cloud")


def compose_tiles(
    tiles: gpd.GeoDataFrame,
    folder: Path | str,
    *,
    until: str | datetime,
    months: int = 6,
    cloud_steps: Sequence[float] = (10, 20, 40, 60),
    least_valid: float = 0.95,
    dilate_m: float = 60.0,
    origin: str | None = None,
    catalogue: tuple[str | Path, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Make a picture of each tile from the scenes of some months, without clouds.

    Scenes with little cloud are tried first. If too few pixels are clear in them, those with more cloud are
    taken in, step by step. Of each pixel, classes that are no ground and what lies near a cloud, a shadow or
    the edge of a scene are left out, and the median of the rest is taken. A tile of which too little is clear
    at the last step is rejected. What is decided of a tile, for or against it, is kept: it is not read again.

    A scene that cannot be read is left out and named in the tile's reason. A tile that was rejected for want
    of it is tried again the next time.

    Parameters
    ----------
    tiles : geopandas.GeoDataFrame
        As `tools.tiling.lay_tiles` returns them.
    folder : path
        Pictures go to ``<folder>/imagery/<city_id>/<tile_id>.tif``: cloud-optimised GeoTIFFs of twelve bands,
        int16, reflectance times 10,000 and at most 32,767, -9999 for no data, on the tile's own pixels.
    until : str or datetime
        The last day, as 2024-09-30; its own scenes count, to 24:00 UTC.
    months : int, optional
        How far back scenes are looked for.
    cloud_steps : sequence of float, optional
        Scenes with this much cloud or more, in per cent, are left out: rising.
    least_valid : float, optional
        Share of a tile's pixels that must be clear in every band.
    dilate_m : float, optional
        What lies so near a flagged cloud or shadow is left out, metres; also where that stands beside the
        tile.
    origin : {"sample", "open"}, optional
        Where scenes come from; by default ``COURSE_ORIGIN``, else the sample.
    catalogue : (path or URL, collection), optional
        A STAC catalogue instead: an API, or a static ``catalog.json``.
    progress : callable, optional
        Called with the number of tiles that are done, and of all.

    Returns
    -------
    pandas.DataFrame
        Index ``tile_id``, in the order of the tiles; ``status`` ("made", "kept" from an earlier run, or
        "rejected"), ``reason`` of a rejection, and which scenes could not be read; ``valid_share``,
        ``scenes`` (days that went in), ``max_cloud`` (the step that sufficed).

    Raises
    ------
    DataError
        If the catalogue cannot be read, or none of a tile's scenes.
    ValueError
        If the steps do not rise, or a share or a span makes no sense.

    Notes
    -----
    Bands of 20 and 60 m are brought to 10 m bilinearly, scene classes by the nearest pixel: between "water"
    and "cloud" there is no class.

    What is no data, the scenes' classes say. Where they say ground, a stored 0 is taken for a reflectance of
    0, although files declare it as no data as well: in shade and on water, what fell below 0 was cut there.

    A city's scenes are searched for once, on both sides where its tiles reach over the 180th meridian. Where
    there is a client of `tools.scale`, its workers do the reading, and must reach the scenes' files.
    """
    steps = [float(step) for step in cloud_steps]
    if not steps or sorted(set(steps)) != steps or not 0 < least_valid <= 1 or months < 1:
        raise ValueError(
            f"cloud_steps={cloud_steps} must rise, least_valid={least_valid} lie above 0 and up to 1, and "
            f"months={months} be 1 or more"
        )
    last = pd.Timestamp(until)
    last = last if last.tzinfo is None else last.tz_convert(UTC)
    where = catalogue or sources.scenes_catalogue(SCENES, origin)
    mark = None if catalogue else sources.find(SCENES).provenance(sources.origin_in_force(origin))
    asked = {
        "until": last.date().isoformat(), "months": months, "cloud_steps": steps,
        "least_valid": least_valid, "dilate_m": dilate_m, "rules": _RULES,
    }  # fmt: skip
    paths = {row.tile_id: _path(folder, row.city_id, row.tile_id) for row in tiles.itertuples()}
    known = {tile_id: decided for tile_id, path in paths.items() if (decided := _decided(path, asked))}
    searched, over_city, rows = None, [], {}
    for number, (_, tile) in enumerate(tiles.iterrows(), 1):
        tile_id, city = tile["tile_id"], tile["city_id"]
        decided = known.get(tile_id)
        if decided is None:
            if city != searched:  # of one city at a time: scenes of all would not fit in memory
                missing = tiles[(tiles["city_id"] == city) & ~tiles["tile_id"].isin(list(known))]
                searched, over_city = city, _scenes_over(missing, where, asked)
            found = [item for item, footprint in over_city if footprint.intersects(tile.geometry)]
            decided = _decide(paths[tile_id], tile, found, asked, mark)
        elif decided["status"] == "made":
            decided = decided | {"status": "kept"}
        rows[int(tile_id)] = [decided[name] for name in COLUMNS]
        if progress:
            progress(number, len(tiles))
    report = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    return report.rename_axis("tile_id")


def read_composite(folder: Path | str, tile_id: int) -> xr.DataArray:
    """Read the picture of a tile.

    Parameters
    ----------
    folder : path
        As given to `compose_tiles`.
    tile_id : int
        Its number.

    Returns
    -------
    xarray.DataArray of int16, dims (band, y, x), 12 × 224 × 224
        Reflectance times 10,000, -9999 for no data; bands B01 to B12 with their ``wavelength`` in
        micrometres. What it was made from stands in ``attrs``.

    Raises
    ------
    FileNotFoundError
        If there is no picture of it.
    """
    import rioxarray

    path = _path(folder, int(tile_id) // 10_000, tile_id)
    if not path.exists():
        raise FileNotFoundError(
            f"there is no picture of tile {tile_id} in {folder}: it was not composed, or was rejected"
        )
    with rioxarray.open_rasterio(path) as opened:
        picture = opened.load()
    about = json.loads(picture.attrs.get("course", "{}"))
    bands = list(ALL_BANDS)
    picture = picture.assign_coords(band=bands, wavelength=("band", [ALL_BANDS[name][1] for name in bands]))
    picture.attrs = {"valid_share": about.get("valid_share"), "scenes": about.get("scenes"), "units": "1e-4"}
    picture = picture.rename("reflectance").rio.write_nodata(NODATA)
    return provenance.mark(picture, Provenance(**about["mark"])) if "mark" in about else picture


def _path(folder: Path | str, city_id: int, tile_id: int) -> Path:
    return Path(folder) / "imagery" / str(int(city_id)) / f"{int(tile_id)}.tif"


def _decided(path: Path, asked: dict) -> dict | None:
    """What an earlier run decided of a tile, if it was asked the same."""
    note = path.with_suffix(".json")
    if not note.exists():
        return None
    written = json.loads(note.read_text("utf-8"))
    if written.pop("asked") != asked or (written["status"] == "made" and not path.exists()):
        return None
    if written["status"] == "rejected" and written["unreadable"]:
        return None
    return written


def _scenes_over(
    tiles: gpd.GeoDataFrame, catalogue: tuple[str | Path, str], asked: dict
) -> list[tuple[pystac.Item, BaseGeometry]]:
    """The scenes around some tiles, by one search, each with where it lies."""
    import shapely

    root, collection = catalogue
    # The last day belongs to the span, to its end.
    last = pd.Timestamp(asked["until"], tz=UTC) + pd.Timedelta(days=1, milliseconds=-1)
    first = pd.Timestamp(asked["until"], tz=UTC) - pd.DateOffset(months=asked["months"])
    area = shapely.GeometryCollection(shapely.get_parts(tiles.geometry.to_numpy()))
    found = scenes_over(
        root, area, first.to_pydatetime(), last.to_pydatetime(),
        max_cloud=asked["cloud_steps"][-1], collection=collection,
    )  # fmt: skip
    return [(item, footprint_of(item)) for item in found]


def _decide(
    path: Path, tile: pd.Series, found: list[pystac.Item], asked: dict, mark: Provenance | None
) -> dict:
    grid, conditions = tile_grid(tile), ("cloud_steps", "least_valid", "dilate_m")
    try:
        made = compose(found, grid, **{name: asked[name] for name in conditions})
    except DataError as error:
        raise DataError(
            f"tile {tile['tile_id']} of {tile['city']}: {error}. Check the network and the catalogue of "
            "scenes, then run again: tiles that are decided are kept"
        ) from error
    decided = {name: getattr(made, name) for name in ("valid_share", "scenes", "max_cloud", "unreadable")}
    reasons = [f"left out, since unreadable: {told(made.unreadable)}"] if made.unreadable else []
    if made.values is None:
        clear = f"{made.valid_share:.0%} of its pixels are clear, {asked['least_valid']:.0%} are needed"
        none = f"no scene with less than {asked['cloud_steps'][-1]:g} % cloud"
        reasons.insert(0, clear if made.scenes else none)
    decided |= {"status": "rejected" if made.values is None else "made", "reason": "; ".join(reasons)}
    if made.values is not None:
        _write(path, made.values, grid, decided | ({"mark": asdict(mark)} if mark else {}))
    path.parent.mkdir(parents=True, exist_ok=True)
    with appearing(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(decided | {"asked": asked}), "utf-8")
    return decided


def _write(path: Path, values: np.ndarray, grid: Grid, about: dict) -> None:
    import rioxarray  # noqa: F401  registers ``.rio``
    import xarray as xr

    brightest = np.iinfo(np.int16).max  # a cloud that no class flags may be brighter than int16 can say
    numbers = np.minimum(np.rint(values * _ONE), brightest)
    stored = np.where(np.isfinite(values), numbers, NODATA).astype(np.int16)
    picture = xr.DataArray(stored, {"band": np.arange(1, 13), **grid.centres}, ("band", "y", "x"))
    picture = picture.rio.write_crs(grid.crs).rio.write_transform(grid.transform).rio.write_nodata(NODATA)
    path.parent.mkdir(parents=True, exist_ok=True)
    tags = {"course": json.dumps(about), "bands": " ".join(ALL_BANDS)}
    with appearing(path, suffix=".part.tif") as part:
        picture.rio.to_raster(part, driver="COG", compress="DEFLATE", predictor=2, tags=tags)
