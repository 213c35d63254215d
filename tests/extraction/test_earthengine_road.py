"""The same steps by Earth Engine: the real client over a fake wire, and results of the same shape."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pandas as pd
import pytest

from tests.extraction.conftest import YEAR
from tests.sources.fake_earthengine import arguments, planted, refuse, signed_in, under_points
from tools import provenance
from tools.embeddings import BANDS
from tools.extraction import (
    available_years,
    classify_region,
    consolidate,
    extract_embeddings,
    pixel_count,
    sample_pixels,
)
from tools.extraction.sampling import COLUMNS
from tools.sources import DataError

REGION = (-3.0, 53.4, -2.98, 53.41)
TABLE, VALUE, PIXELS = "table:computeFeatures", "value:compute", "image:computePixels"


@pytest.fixture(autouse=True)
def _by_earthengine(own_cache, monkeypatch):
    monkeypatch.setenv("COURSE_ORIGIN", "earthengine")


def wanted(points) -> np.ndarray:
    """What the fake server has planted at each point."""
    places = zip(points.geometry.x.round(7), points.geometry.y.round(7), strict=True)
    return np.array([list(planted(lon, lat).values()) for lon, lat in places])


class TestPoints:
    def test_the_table_is_as_from_files(self, open_town_points):
        with signed_in({TABLE: under_points}):
            found = extract_embeddings(open_town_points, YEAR, batch_size=10)
        table = found.table
        assert list(table) == ["TOID", *BANDS, "geometry"]
        assert table.index.equals(open_town_points.index)
        assert table.dtypes[list(BANDS)].eq("float32").all()
        np.testing.assert_allclose(table[list(BANDS)], wanted(open_town_points), atol=1e-6)
        assert [mark.origin for mark in provenance.every(table)] == ["earthengine"]

    def test_what_is_odd_is_told_as_from_files(self, open_town_points):
        points = open_town_points.copy()
        points.loc[points.index[3], "TOID"] = points["TOID"].iloc[7]
        points.loc[points.index[5], "geometry"] = None
        with signed_in({TABLE: under_points}):
            found = extract_embeddings(points, YEAR)
        told = found.summary["number"]
        assert told[["points", "repeated keys", "no coordinates", "with an embedding"]].tolist() == [
            40,
            2,
            1,
            39,
        ]
        assert found.table["A00"].isna().tolist() == [number == 5 for number in range(40)]

    def test_broken_off_it_goes_on_with_the_batches_that_are_missing(self, open_town_points, tmp_path):
        turns = itertools.count()  # one step is never taken twice, though requests come side by side

        def breaking(request):
            if next(turns) >= 2:
                return refuse(403, "Caller does not have required permission to use project")
            return under_points(request)

        with signed_in({TABLE: breaking}), pytest.raises(DataError, match="may not use this project"):
            extract_embeddings(open_town_points, YEAR, folder=tmp_path, batch_size=10)
        kept = len(list(tmp_path.glob("*.parquet")))
        assert kept == 2
        with signed_in({TABLE: under_points}) as wire:
            found = extract_embeddings(open_town_points, YEAR, folder=tmp_path, batch_size=10)
        assert len(wire.sent) == 4 - kept
        told = found.summary["number"]
        assert told[["batches done now", "batches at hand"]].tolist() == [4 - kept, kept]
        np.testing.assert_allclose(found.table[list(BANDS)], wanted(open_town_points), atol=1e-6)

    def test_a_folder_of_files_is_not_taken_for_earth_engines(self, open_town, tmp_path):
        points = open_town.points(40)
        extract_embeddings(points, YEAR, folder=tmp_path, origin="open")
        with signed_in({TABLE: under_points}), pytest.raises((DataError, ValueError), match="other work"):
            extract_embeddings(points, YEAR, folder=tmp_path, origin="earthengine")


class TestRegion:
    def test_years_are_the_servers(self):
        with signed_in({VALUE: lambda request: (200, {"result": [2018, 2017]})}):
            assert available_years(REGION) == [2017, 2018]

    def test_pixels_are_counted_by_the_server_on_both_grids(self):
        def count(request):
            (asked,) = arguments(request["expression"], "Image.reduceRegion")
            return 200, {"result": {"A00": 14_000 if "crs" in asked else 23_500}}

        with signed_in({VALUE: count}):
            counts = pixel_count(REGION, YEAR)
        assert counts["with_data"].to_dict() == {"stored": 14_000, "mosaic": 23_500}
        assert counts.loc["stored", "pixels"] == pytest.approx(14_770, rel=0.01)

    def test_a_sample_is_drawn_batch_by_batch_with_seeds_of_their_own(self, tmp_path):
        with signed_in({TABLE: drawn}) as wire:
            files = sample_pixels(REGION, YEAR, 25, folder=tmp_path, batch_size=10, seed=7)
            again = sample_pixels(REGION, YEAR, 25, folder=tmp_path, batch_size=10, seed=7)
        asked = [arguments(request["expression"], "Image.sample")[0] for request in wire.sent]
        assert [(each["numPixels"], each["seed"]) for each in asked] == [(10, 7), (10, 8), (5, 9)]
        assert files == again
        assert [list(pd.read_csv(file)) for file in files] == [list(COLUMNS)] * 3
        made = consolidate(files, tmp_path / "all.parquet")
        assert made.files["rows"].tolist() == [10, 10, 5]
        assert made.files["repeated"].tolist() == [0, 9, 5], "the fake draws nearly the same pixels each time"
        assert provenance.of(pd.read_parquet(made)).origin == "earthengine"

    def test_classes_are_as_from_files(self):
        groups = [{"class": n, "mean": np.roll(np.eye(64)[0], n).tolist()} for n in range(3)]

        def pixels(request):
            size = request["grid"]["dimensions"]
            values = np.zeros((size["height"], size["width"]), [("class", np.int8)])
            values["class"][:, 3:] = 2
            file = io.BytesIO()
            np.save(file, values)
            return 200, file.getvalue()

        with signed_in({VALUE: lambda request: (200, {"result": groups}), PIXELS: pixels}) as wire:
            classes = classify_region(REGION, YEAR, 3, resolution=50, n_samples=900, seed=4)
        (sample,) = arguments(wire.sent[0]["expression"], "Image.sample")
        assert (sample["numPixels"], sample["seed"]) == (900, 4)
        assert classes.dims == ("y", "x")
        assert classes.dtype == "int8"
        assert classes.rio.nodata == -1
        assert classes.rio.resolution() == (50, -50)
        assert classes.attrs["flag_meanings"] == "A B C"
        assert set(np.unique(classes)) == {0, 2}


def drawn(request):
    """Pixels one after the other, from the seed on: so each batch shares all but one with the next."""
    (sample,) = arguments(request["expression"], "Image.sample")
    places = [(-3 + (sample["seed"] + number) / 1e4, 53.4) for number in range(sample["numPixels"])]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": place},
            "properties": planted(*place),
        }
        for place in places
    ]
    return 200, {"type": "FeatureCollection", "features": features}


@pytest.fixture
def open_town_points(town):
    return town.points(40)
