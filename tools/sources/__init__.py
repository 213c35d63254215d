"""Where data come from: the catalogue, verified downloads, the sample, Earth Engine, a reader's own files.

Lessons use one function: ``sources.open("london-lsoa")``.
"""

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
    "mosaic",
    "open",
    "open_intake",
    "origin_in_force",
    "scenes_catalogue",
    "verify",
]
