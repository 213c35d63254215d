"""What the tests of Earth Engine share."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import box


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    """Five squares from west to east over London's border of two UTM zones, indexed by code."""
    squares = [box(-0.2 + place / 10, 51.5, -0.19 + place / 10, 51.51) for place in range(5)]
    return gpd.GeoDataFrame(geometry=squares, index=list("abcde"), crs="EPSG:4326")


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """Seconds that were to be waited; nobody has that long."""
    kept: list[float] = []
    monkeypatch.setattr("time.sleep", kept.append)
    return kept


@pytest.fixture
def no_account(monkeypatch, tmp_path):
    """A home folder without credentials, and no looking for them on the network."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
