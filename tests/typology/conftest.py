"""A small town of buildings: two streets of each of three kinds, with embeddings that differ by kind."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tools.embeddings import BANDS, unit
from tools.provenance import Provenance, mark

NOTICE = "Synthetic sample: invented."


@pytest.fixture(scope="session")
def town() -> gpd.GeoDataFrame:
    """300 buildings 40 m apart with TOID, cluster (A, B, C), certificates as published, and embeddings."""
    rng = np.random.default_rng(3)
    kind = np.repeat([0, 1, 2], 100)
    centres = unit(rng.normal(size=(3, 64)))
    vectors = unit(centres[kind] + 0.05 * rng.normal(size=(300, 64)))
    forms = np.array(["Mid-Terrace", "Semi-Detached", "Detached"])[kind].astype(object)
    forms[::10] = "NO DATA!"
    bands = np.array(["England and Wales: before 1900", "1930-1949", "2007 onwards"])[kind].astype(object)
    bands[::4] = "INVALID!"
    table = gpd.GeoDataFrame(
        {
            "TOID": [f"osgb9{number:05d}" for number in range(300)],
            "cluster": np.array(["A", "B", "C"])[kind],
            "BUILT_FORM": forms,
            "PROPERTY_TYPE": np.where(np.arange(300) % 7 == 0, "Flat", "House"),
            "CONSTRUCTION_AGE_BAND": bands,
            "NON_DOMESTIC": np.where(np.arange(300) % 25 == 0, "Y", "N"),
            **pd.DataFrame(vectors.astype(np.float32), columns=list(BANDS)),
        },
        geometry=gpd.points_from_xy(335_000 + 40.0 * np.arange(300), np.full(300, 390_000.0)),
        crs="EPSG:27700",
    )
    table.index = 500 + np.arange(300)
    return mark(table, Provenance("town", "sample", "A town of buildings", NOTICE))
