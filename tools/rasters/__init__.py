"""Pixels and the shapes that lie on them: grids, their blocks, and means over areas."""

from tools.rasters.grids import Grid
from tools.rasters.zonal import zonal_means

__all__ = ["Grid", "zonal_means"]
