"""Google Earth Engine, as far as the lessons need it; the account and its project are the reader's own."""

from tools.sources.earthengine.client import annual_mosaic, explain, initialise
from tools.sources.earthengine.zonal import utm_zone, zonal_means

__all__ = ["annual_mosaic", "explain", "initialise", "utm_zone", "zonal_means"]
