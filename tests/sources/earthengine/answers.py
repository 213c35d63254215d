"""What the server answers about areas, in these tests."""

from __future__ import annotations

from tests.sources.fake_earthengine import arguments
from tools.embeddings import BANDS

TABLE = "table:computeFeatures"


def rows_of(request: dict) -> list[int]:
    # The region that limits the tiles is a feature too, but none of ours.
    features = arguments(request["expression"], "Feature")
    return [given["metadata"]["course_row"] for given in features if "metadata" in given]


def feature(row: int, **properties) -> dict:
    values = {band: row + number / 100 for number, band in enumerate(BANDS)}
    return {"type": "Feature", "geometry": None, "properties": {"course_row": row, **values, **properties}}


def means(request: dict) -> tuple[int, dict]:
    """A mean that tells its row and band: row + band / 100."""
    return 200, {"type": "FeatureCollection", "features": [feature(row) for row in rows_of(request)]}
