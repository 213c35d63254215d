"""Google Earth Engine, as far as the lessons need it; the account and its project are the reader's own."""

from tools.sources.earthengine.change import annual_change
from tools.sources.earthengine.classes import class_raster, kmeans_classes
from tools.sources.earthengine.client import initialise
from tools.sources.earthengine.exports import export_image, export_samples, export_table
from tools.sources.earthengine.mosaic import annual_mosaic, available_years
from tools.sources.earthengine.pictures import thumbnail
from tools.sources.earthengine.pixels import pixel_count, sample_pixels
from tools.sources.earthengine.points import embeddings_at
from tools.sources.earthengine.regions import geometry_of, utm_zone
from tools.sources.earthengine.remedies import explain
from tools.sources.earthengine.scrubbing import scrub
from tools.sources.earthengine.tasks import watch
from tools.sources.earthengine.zonal import zonal_means

__all__ = [
    "annual_change",
    "annual_mosaic",
    "available_years",
    "class_raster",
    "embeddings_at",
    "explain",
    "export_image",
    "export_samples",
    "export_table",
    "geometry_of",
    "initialise",
    "kmeans_classes",
    "pixel_count",
    "sample_pixels",
    "scrub",
    "thumbnail",
    "utm_zone",
    "watch",
    "zonal_means",
]
