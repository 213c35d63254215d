"""The steps from a region and its buildings to embeddings, alike on files and on Earth Engine."""

from tools.extraction.classes import classify_region
from tools.extraction.consolidating import Consolidated, consolidate
from tools.extraction.counting import available_years, pixel_count
from tools.extraction.points import Extraction, extract_embeddings
from tools.extraction.reading import read_points, write_points
from tools.extraction.sampling import sample_pixels

__all__ = [
    "Consolidated",
    "Extraction",
    "available_years",
    "classify_region",
    "consolidate",
    "extract_embeddings",
    "pixel_count",
    "read_points",
    "sample_pixels",
    "write_points",
]
