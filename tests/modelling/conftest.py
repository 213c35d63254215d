"""Small places to model: a town of areas on a grid, and real London."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tools.provenance import Provenance, mark
from tools.tables import join_tables


@pytest.fixture(scope="session")
def town() -> gpd.GeoDataFrame:
    """400 points on a 20 × 20 grid, 500 m apart; a decile that follows health, noise, and 9 wards."""
    rng = np.random.default_rng(5)
    column, row = np.divmod(np.arange(400), 20)
    health = rng.normal(size=400)
    table = gpd.GeoDataFrame(
        {
            "decile": np.clip(np.round(3 + health + 0.3 * rng.normal(size=400)), 1, 5).astype(int),
            "health": health,
            "noise": rng.normal(size=400),
            "ward": [f"ward {c // 8}-{r // 8}" for c, r in zip(column, row, strict=True)],
        },
        geometry=gpd.points_from_xy(500_000 + 500.0 * column, 180_000 + 500.0 * row),
        crs="EPSG:27700",
    )
    table.index = 1000 + np.arange(400)
    return mark(table, Provenance("town", "sample", "A town", "Synthetic sample"))


@pytest.fixture(scope="session")
def census() -> list[str]:
    """The lab's four predictors."""
    return [
        "Percent no qualifications 16 and over",
        "Percent bad and very band health",
        "Population density per km",
        "Percent lone family household",
    ]


@pytest.fixture(scope="session")
def london(shared_data) -> gpd.GeoDataFrame:
    """Real London: 4,994 areas with deciles and four census variables."""
    areas = gpd.read_parquet(shared_data / "london" / "lsoa21_gen20.parquet")
    people = pd.read_csv(shared_data / "london" / "Socioeconomic.csv", index_col=0)
    return join_tables(areas, people, on="LSOA21CD")[0]
