"""A map of change for other programs: one cloud-optimised GeoTIFF, and how QGIS should draw it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import dask.array as da
import numpy as np
import rasterio
import rasterio.shutil
import xarray as xr
from rasterio.windows import Window

from tools import provenance, qgis
from tools.change.checks import require_map
from tools.ramps import PUBLISHED
from tools.rasters.grids import Grid, blocks

LIMITS = (0.0, 0.5)
"""The values between which the published colours ran."""

_BLOCK = 512
_STOPS = 9  # of a named colour map: between them QGIS interpolates


def export_change(
    change: xr.DataArray,
    path: str | Path,
    *,
    palette: str | Sequence[str] = "cividis",
    limits: tuple[float, float] = LIMITS,
) -> dict[str, Path]:
    """Write a map as a cloud-optimised GeoTIFF, and beside it the style in which QGIS opens it.

    Parameters
    ----------
    change : xarray.DataArray, dims (y, x)
        From `tools.change.change_between` or another map whose ``attrs`` say ``year_from``, ``year_to`` and
        ``meaning``. A lazy one is computed and written a row of blocks at a time.
    path : str or pathlib.Path
        The file to write, ``….tif``; its folder is made. An old file is replaced only by a whole new one.
    palette : str or sequence of colours, optional
        ``"published"``, the name of a matplotlib colour map (``"cividis"`` reads the same to all kinds of
        sight), or colours from low to high.
    limits : (float, float), optional
        Values of the first and the last colour; what lies beyond is drawn as they are.

    Returns
    -------
    dict of str to pathlib.Path
        ``"geotiff"`` and ``"style"`` (``….qml``).

    Raises
    ------
    ValueError
        If `change` is no map or does not say its years, if the name does not end in ``.tif`` or ``.tiff``, or
        if there are no such colours or limits.

    Notes
    -----
    The file holds float32 with NaN for no data, overviews that are means, and tags: the years, the meaning of
    the values, the notices of the data it was made from, and whether they are synthetic.

    Examples
    --------
    >>> import tempfile, rioxarray
    >>> values, where = np.float32([[0.25, 0.5], [np.nan, 0]]), {"y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> change = xr.DataArray(values, where, ("y", "x")).rio.write_crs("EPSG:32633")
    >>> change.attrs |= {"year_from": 2017, "year_to": 2024, "meaning": "1 − cosine similarity"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = export_change(change, f"{folder}/berlin.tif", palette="published")
    ...     with rasterio.open(files["geotiff"]) as written:
    ...         files["style"].name, written.tags()["YEAR_TO"], written.read(1).tolist()
    ('berlin.qml', '2024', [[0.25, 0.5], [nan, 0.0]])
    """
    grid = require_map(change)
    path = Path(path)
    if path.suffix.lower() not in (".tif", ".tiff"):
        raise ValueError(f"a GeoTIFF is named ….tif, got {path.name!r}")
    lacking = [key for key in ("year_from", "year_to", "meaning") if key not in change.attrs]
    if lacking:
        raise ValueError(
            f"the map does not say its {' and '.join(lacking)}: write it into `change.attrs`, so that the "
            "file can be understood without the program that made it"
        )
    style = qgis_style(palette, limits)

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".qml")
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        plain, whole, drawn = (Path(folder, name) for name in ("plain.tif", "whole.tif", "style.qml"))
        _write_pixels(plain, change, grid)
        rasterio.shutil.copy(
            plain,
            whole,
            driver="COG",
            blocksize=_BLOCK,
            compress="deflate",
            predictor="yes",
            overview_resampling="average",
            bigtiff="if_safer",
            num_threads="all_cpus",
        )
        drawn.write_text(style, encoding="utf-8")
        os.replace(whole, path)
        os.replace(drawn, beside)
    return {"geotiff": path, "style": beside}


def qgis_style(palette: str | Sequence[str], limits: tuple[float, float] = LIMITS) -> str:
    """Return a QGIS style for a raster of one band: colours that run from one value to another.

    Parameters
    ----------
    palette : str or sequence of colours
        As for `export_change`.
    limits : (float, float), optional
        Values of the first and the last colour.

    Returns
    -------
    str
        The text of a ``.qml`` file.

    Raises
    ------
    ValueError
        If there are no such colours or limits.

    Notes
    -----
    Written are the elements and attributes that QGIS 3 reads for a single-band pseudocolour renderer [1]_:
    the renderer with its band and limits, the shader with its items, and the gradient that they were taken
    from, without which the ramp could not be edited.

    References
    ----------
    .. [1] QGIS source, ``QgsSingleBandPseudoColorRenderer::create`` and ``QgsColorRampShader::readXml``.

    Examples
    --------
    >>> style = ET.fromstring(qgis_style("published"))
    >>> [(item.get("value"), item.get("color")) for item in style.iter("item")][:2]
    [('0', '#000000'), ('0.125', '#0000ff')]
    """
    low, high = limits
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError(f"limits are (lowest, highest), got {limits}")
    colours = palette_colours(palette)
    shares = np.linspace(0, 1, len(colours))
    values = [f"{low + share * (high - low):.10g}" for share in shares]

    root = ET.Element("qgis", version=qgis.VERSION, styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    resampling = {
        "zoomedInResamplingMethod": "nearestNeighbour",
        "zoomedOutResamplingMethod": "nearestNeighbour",
    }
    provider = ET.SubElement(pipe, "provider")
    ET.SubElement(provider, "resampling", enabled="false", maxOversampling="2", **resampling)
    span = {"classificationMin": values[0], "classificationMax": values[-1]}
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        type="singlebandpseudocolor",
        band="1",
        alphaBand="-1",
        opacity="1",
        nodataColor="",
        **span,
    )
    ET.SubElement(renderer, "rasterTransparency")
    origin = ET.SubElement(renderer, "minMaxOrigin")
    # Limits that belong to the style, not to whatever part of the map is in view.
    for name, text in (("limits", "None"), ("extent", "WholeRaster"), ("statAccuracy", "Exact")):
        ET.SubElement(origin, name).text = text
    shader = ET.SubElement(
        ET.SubElement(renderer, "rastershader"),
        "colorrampshader",
        colorRampType="INTERPOLATED",
        classificationMode="1",
        clip="0",
        minimumValue=values[0],
        maximumValue=values[-1],
        labelPrecision="3",
    )
    _add_gradient(shader, colours, shares)
    for value, colour in zip(values, colours, strict=True):
        ET.SubElement(shader, "item", value=value, label=value, color=colour, alpha="255")
    ET.SubElement(pipe, "brightnesscontrast", brightness="0", contrast="0", gamma="1")
    ET.SubElement(pipe, "huesaturation", saturation="0", grayscaleMode="0", colorizeOn="0")
    ET.SubElement(pipe, "rasterresampler", maxOversampling="2")
    ET.SubElement(root, "blendMode").text = "0"
    return qgis.written(root)


def palette_colours(palette: str | Sequence[str]) -> list[str]:
    """Return the colours of a palette, from low to high.

    Parameters
    ----------
    palette : str or sequence of colours
        As for `export_change`.

    Returns
    -------
    list of str
        Two or more, as ``#rrggbb``.

    Raises
    ------
    ValueError
        If there are no such colours.

    Examples
    --------
    >>> palette_colours(["white", "red"])
    ['#ffffff', '#ff0000']
    >>> palette_colours("cividis")[0]
    '#00224e'
    """
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    if palette == "published":
        return list(PUBLISHED)
    if isinstance(palette, str):
        if palette not in mpl.colormaps:
            raise ValueError(
                f"there is no palette {palette!r}: choose 'published', a colour map of matplotlib such as "
                "'cividis' or 'viridis', or give a list of colours"
            )
        return [to_hex(mpl.colormaps[palette](share)) for share in np.linspace(0, 1, _STOPS)]
    if len(palette) < 2:
        raise ValueError(f"a palette has two colours or more, got {list(palette)}")
    return [to_hex(colour) for colour in palette]


def _write_pixels(path: Path, change: xr.DataArray, grid: Grid) -> None:
    attrs = change.attrs
    notice, titles = provenance.footnote(change), [mark.title for mark in provenance.every(change)]
    tags = {
        "YEAR_FROM": str(attrs["year_from"]),
        "YEAR_TO": str(attrs["year_to"]),
        "MEANING": str(attrs["meaning"]),
        "NOTICE": notice,
        "SOURCE": "; ".join(titles),
        "SYNTHETIC": "yes" if provenance.is_synthetic(change) else "no",
        "TIFFTAG_IMAGEDESCRIPTION": ". ".join(filter(None, [str(attrs["meaning"]), notice])),
        "TIFFTAG_SOFTWARE": "Places as Vectors",
    }
    profile = {"driver": "GTiff", "dtype": "float32", "nodata": np.nan, "count": 1, "BIGTIFF": "IF_SAFER"}
    shape = {"height": grid.height, "width": grid.width, "crs": grid.crs, "transform": grid.transform}
    data = change.data if change.chunks else da.from_array(change.data, (_BLOCK, -1), name=False)
    with rasterio.open(path, "w", **profile, **shape) as out:
        out.update_tags(**{name: text for name, text in tags.items() if text})
        out.set_band_description(1, str(attrs.get("long_name", change.name or "change")))
        for rows in blocks(data.chunks[0]):
            # One row of blocks at a time: they are worked out side by side, and then are let go.
            strip = np.asarray(data[rows].compute(), np.float32)
            out.write(strip, 1, window=Window(0, rows.start, grid.width, len(strip)))


def _add_gradient(shader: ET.Element, colours: list[str], shares: np.ndarray) -> None:
    inks = [qgis.channels(colour) for colour in colours]
    stops = [f"{share:.10g};{ink}" for share, ink in zip(shares[1:-1], inks[1:-1], strict=True)]
    gradient = ET.SubElement(shader, "colorramp", name="[source]", type="gradient")
    described = {
        "color1": inks[0],
        "color2": inks[-1],
        "discrete": "0",
        "rampType": "gradient",
        "stops": ":".join(stops),
    }
    qgis.add_settings(gradient, described)
