"""Where data come from: the catalogue, verified downloads, the sample, Earth Engine, a reader's own files.

Lessons use one function: ``sources.open("london-lsoa")``.
"""

from tools.doors import lazy
from tools.sources.entries import ORIGINS, SYNTHETIC, DataSet, Origin, Size, SourceFile
from tools.sources.errors import DataError
from tools.sources.intake_catalogue import open_intake
from tools.sources.listing import catalogue, find
from tools.sources.mosaics import Mosaic
from tools.sources.opening import FileState, get, mosaic, open, origin_in_force, verify
from tools.sources.scenes import scenes_catalogue
from tools.sources.schema import Column, Schema

__all__ = [
    "ORIGINS",
    "SYNTHETIC",
    "Column",
    "DataError",
    "DataSet",
    "FileState",
    "Mosaic",
    "Origin",
    "Schema",
    "Size",
    "SourceFile",
    "catalogue",
    "find",
    "get",
    "landsat_items",
    "mosaic",
    "open",
    "open_intake",
    "open_item",
    "origin_in_force",
    "scenes_catalogue",
    "verify",
]

# What needs xarray at once is loaded when it is asked for, so that the command line need not wait for it.
__getattr__, _, _ = lazy(__name__, {"landsat_stac": ("landsat_items", "open_item")})
