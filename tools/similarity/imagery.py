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
from tools.sources.scene_pixels import ALL_BANDS, load_scenes
from tools.sources.sentinel2 import median_over_time, pixels_across, usable_pixels
from tools.sources.stac import cloud_of, scenes_between
from tools.sources.warping import quiet_warps
from tools.tiling import RESOLUTION, TILE_PIXELS, tile_grid

if TYPE_CHECKING:
    import pystac
    import xarray as xr

    from tools.rasters.grids import Grid

SCENES = "world-sentinel-2"
"""The data set that says where scenes are listed."""

NODATA = -9_999
_ONE = 10_000
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
    taken in, step by step. Of each pixel, classes that are no ground and what lies near a cloud or a shadow
    are left out, and the median of the rest is taken. A tile of which too little is clear at the last step is
    rejected. What is decided of a tile, for or against it, is kept: it is not read again.

    Parameters
    ----------
    tiles : geopandas.GeoDataFrame
        As `tools.tiling.lay_tiles` returns them.
    folder : path
        Pictures go to ``<folder>/imagery/<city_id>/<tile_id>.tif``: cloud-optimised GeoTIFFs of twelve bands,
        int16, reflectance times 10,000, -9999 for no data, on the tile's own pixels.
    until : str or datetime
        The last day, as 2024-09-30.
    months : int, optional
        How far back scenes are looked for.
    cloud_steps : sequence of float, optional
        Scenes with this much cloud or more, in per cent, are left out: rising.
    least_valid : float, optional
        Share of a tile's pixels that must be clear in every band.
    dilate_m : float, optional
        What lies so near a flagged cloud or shadow is left out, metres.
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
        "rejected"), ``reason`` of a rejection, ``valid_share``, ``scenes`` (days that went in), ``max_cloud``
        (the step that sufficed).

    Raises
    ------
    DataError
        If the catalogue cannot be read.
    ValueError
        If the steps do not rise, or a share or a span makes no sense.

    Notes
    -----
    Bands of 20 and 60 m are brought to 10 m bilinearly, scene classes by the nearest pixel: between "water"
    and "cloud" there is no class.
    """
    steps = [float(step) for step in cloud_steps]
    if not steps or sorted(set(steps)) != steps or not 0 < least_valid <= 1 or months < 1:
        raise ValueError(
            f"cloud_steps={cloud_steps} must rise, least_valid={least_valid} lie above 0 and up to 1, and "
            f"months={months} be 1 or more"
        )
    last = pd.Timestamp(until)
    last = (last.tz_localize(UTC) if last.tzinfo is None else last).to_pydatetime()
    first = (pd.Timestamp(last) - pd.DateOffset(months=months)).to_pydatetime()
    root, collection = catalogue or sources.scenes_catalogue(SCENES, origin)
    mark = None if catalogue else sources.find(SCENES).provenance(sources.origin_in_force(origin))
    asked = {
        "until": last.date().isoformat(), "months": months, "cloud_steps": steps,
        "least_valid": least_valid, "dilate_m": dilate_m,
    }  # fmt: skip
    rows = {}
    for number, (_, tile) in enumerate(tiles.iterrows(), 1):
        path = _path(folder, tile["city_id"], tile["tile_id"])
        decided = _decided(path, asked)
        if decided is None:
            here = tile.geometry.bounds
            found = scenes_between(root, here, first, last, max_cloud=steps[-1], collection=collection)
            decided = _compose(path, tile, found, asked, mark)
        elif decided["status"] == "made":
            decided = decided | {"status": "kept"}
        rows[int(tile["tile_id"])] = [decided[name] for name in COLUMNS]
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
    return written


def _compose(
    path: Path, tile: pd.Series, found: list[pystac.Item], asked: dict, mark: Provenance | None
) -> dict:
    grid = tile_grid(tile)
    best = {"status": "rejected", "valid_share": 0.0, "scenes": 0, "max_cloud": float("nan")}
    best["reason"] = f"no scene with less than {asked['cloud_steps'][-1]:g} % cloud"
    rounds = _rounds(found, asked["cloud_steps"])
    quiet_warps()
    for step, chosen in rounds:
        scenes, usable = _clear(chosen, grid, asked["dilate_m"])
        # Twelve bands are not read where the classes alone leave too little; the last time they are, to be
        # able to say how much is clear.
        if usable.any(axis=0).mean() < asked["least_valid"] and step != rounds[-1][0]:
            continue
        values, days = _medians(scenes, usable), scenes.sizes["time"]
        share = float(np.isfinite(values).all(axis=0).mean())
        best |= {"valid_share": share, "scenes": days, "max_cloud": step}
        if share >= asked["least_valid"]:
            best |= {"status": "made", "reason": ""}
            _write(path, values, grid, best | ({"mark": asdict(mark)} if mark else {}))
            break
        best["reason"] = f"{share:.0%} of its pixels are clear, {asked['least_valid']:.0%} are needed"
    path.parent.mkdir(parents=True, exist_ok=True)
    with appearing(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(best | {"asked": asked}), "utf-8")
    return best


def _rounds(found: list[pystac.Item], steps: Sequence[float]) -> list[tuple[float, list[pystac.Item]]]:
    """The scenes that each step lets in, without steps that let in none more than the one before."""
    rounds: list[tuple[float, list[pystac.Item]]] = []
    for step in steps:
        chosen = [item for item in found if cloud_of(item) < step]
        if len(chosen) > (len(rounds[-1][1]) if rounds else 0):
            rounds.append((step, chosen))
    return rounds


def _clear(items: list[pystac.Item], grid: Grid, dilate_m: float) -> tuple[xr.Dataset, np.ndarray]:
    """The scenes, lazily, and where each shows the ground, read."""
    names = [name for name, _ in ALL_BANDS.values()]
    scenes = load_scenes(items, grid, [*names, "scl"], chunk=TILE_PIXELS)
    classes = scenes["scl"].data.compute(scheduler="threads")
    return scenes, usable_pixels(classes, pixels_across(dilate_m, RESOLUTION))


def _medians(scenes: xr.Dataset, usable: np.ndarray) -> np.ndarray:
    import dask.array as da

    where = da.from_array(usable)
    layers = [median_over_time(scenes[name].data, where) for name, _ in ALL_BANDS.values()]
    return da.stack(layers).compute(scheduler="threads")


def _write(path: Path, values: np.ndarray, grid: Grid, about: dict) -> None:
    import rioxarray  # noqa: F401  registers ``.rio``
    import xarray as xr

    stored = np.where(np.isfinite(values), np.rint(values * _ONE), NODATA).astype(np.int16)
    picture = xr.DataArray(stored, {"band": np.arange(1, 13), **grid.centres}, ("band", "y", "x"))
    picture = picture.rio.write_crs(grid.crs).rio.write_transform(grid.transform).rio.write_nodata(NODATA)
    path.parent.mkdir(parents=True, exist_ok=True)
    tags = {"course": json.dumps(about), "bands": " ".join(ALL_BANDS)}
    with appearing(path, suffix=".part.tif") as part:
        picture.rio.to_raster(part, driver="COG", compress="DEFLATE", predictor=2, tags=tags)
