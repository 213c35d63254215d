"""The steps from a region and its buildings to embeddings, alike on files and on Earth Engine."""

from tools.extraction.points import Extraction, extract_embeddings
from tools.extraction.reading import read_points, write_points

__all__ = ["Extraction", "extract_embeddings", "read_points", "write_points"]
