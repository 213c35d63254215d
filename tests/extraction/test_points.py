"""Embeddings at points from files: the right values, and an account of every point that is odd."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from tests.extraction.conftest import BARE_ROWS, CRS, NORTH, PIXEL, WEST, YEAR
from tools import provenance
from tools.embeddings import BANDS
from tools.extraction import extract_embeddings
from tools.sources import DataError


def in_metres(points):
    return gpd.GeoDataFrame({"TOID": [f"p{n}" for n in range(len(points))]}, geometry=points, crs=CRS)


@pytest.fixture
def awkward(open_town) -> gpd.GeoDataFrame:
    """One point of each kind: good, its name again, no place three ways, bare ground, beyond all tiles."""
    height, width = open_town.shape
    middle = Point(WEST + width * PIXEL / 2, NORTH - height * PIXEL / 2)
    bare, far = Point(WEST + 50, NORTH - BARE_ROWS * PIXEL / 2), Point(WEST - 90_000, NORTH)
    places = [middle, Point(middle.x + 100, middle.y), None, Point(), Point(np.nan, np.nan), bare, far]
    names = ["good", "good", "none", "empty", "nan", "bare", "far"]
    return gpd.GeoDataFrame({"TOID": names}, geometry=places, crs=CRS, index=list("tuvwxyz"))


class TestValues:
    def test_every_point_gets_the_pixel_that_it_lies_in(self, open_town):
        points = open_town.points(3_000)
        table = extract_embeddings(points, YEAR).table
        np.testing.assert_array_equal(table[list(BANDS)], open_town.at(points))
        assert table["A00"].isna().mean() == pytest.approx(BARE_ROWS / open_town.shape[0], abs=0.02)

    def test_the_table_is_like_the_points_in_order_index_and_names(self, open_town):
        points = open_town.points(50).sample(frac=1, random_state=1)
        table = extract_embeddings(points, YEAR).table
        assert list(table) == ["TOID", *BANDS, "geometry"]
        assert table.index.equals(points.index)
        assert table["TOID"].equals(points["TOID"])
        assert table.dtypes[list(BANDS)].eq("float32").all()
        assert table.geometry.geom_equals(points.geometry).all()

    def test_points_in_another_crs_are_converted_and_it_is_said(self, open_town):
        points = open_town.points(500)
        moved = extract_embeddings(points.to_crs("EPSG:27700"), YEAR)
        same = np.isclose(moved.table[list(BANDS)], open_town.at(points), equal_nan=True).all(axis=1)
        assert same.mean() > 0.9  # a metre or two of doubt, in pixels of 20 m
        assert moved.table.crs == "EPSG:4326"
        assert "from EPSG:27700 to EPSG:4326, to within about" in moved.summary.loc["converted", "which"]
        assert "converted" not in extract_embeddings(points, YEAR).summary.index

    def test_where_it_came_from_is_marked(self, open_town):
        points = open_town.points(3)
        provenance.mark(points, provenance.Provenance("own", "file", "Own points", "By hand"))
        marks = provenance.every(extract_embeddings(points, YEAR).table)
        assert [mark.name for mark in marks] == ["own", "liverpool-alphaearth"]
        assert "Google DeepMind" in marks[1].notice


class TestAwkwardPoints:
    def test_all_are_kept_and_told_in_one_summary(self, awkward):
        found = extract_embeddings(awkward, YEAR)
        assert found.table["TOID"].tolist() == awkward["TOID"].tolist()
        assert found.table["A00"].notna().tolist() == [True, True, *[False] * 5]
        told = found.summary["number"].to_dict()
        assert told == {
            "points": 7,
            "converted": 4,
            "repeated keys": 2,
            "no coordinates": 3,
            "outside all tiles": 1,
            "no data": 1,
            "with an embedding": 2,
            "rows returned": 7,
            "batches done now": 1,
            "batches at hand": 0,
        }
        assert "none, empty, nan" in found.summary.loc["no coordinates", "which"]
        assert found.summary.loc["no data", "done"] == "kept, without an embedding"

    @pytest.mark.parametrize(
        ("policy", "left"),
        [
            ("on_duplicate", ["good", "none", "empty", "nan", "bare", "far"]),
            ("on_empty", ["good", "good", "bare", "far"]),
            ("on_nodata", ["good", "good", "none", "empty", "nan", "far"]),
            ("on_outside", ["good", "good", "none", "empty", "nan", "bare"]),
        ],
    )
    def test_each_kind_is_dropped_where_that_is_asked_and_still_counted(self, awkward, policy, left):
        found = extract_embeddings(awkward, YEAR, **{policy: "drop"})
        assert found.table["TOID"].tolist() == left
        assert (found.summary["done"] == "dropped").sum() == 1
        assert found.summary.loc["rows returned", "number"] == len(left)

    @pytest.mark.parametrize(
        ("policy", "words"),
        [
            ("on_duplicate", "2 of 7 points were refused, since they are points that share their TOID"),
            ("on_empty", "points without usable coordinates: none, empty, nan"),
            ("on_nodata", "on pixels without data: bare"),
            ("on_outside", "where no tile lies: far"),
        ],
    )
    def test_each_kind_is_refused_by_name_where_that_is_asked(self, awkward, policy, words):
        with pytest.raises(DataError, match=words):
            extract_embeddings(awkward, YEAR, **{policy: "refuse"})

    def test_a_point_outside_the_region_keeps_its_embedding_unless_it_is_to_go(self, open_town):
        points, region = open_town.points(400), open_town.region
        outside = ~points.geometry.within(region.to_crs("EPSG:4326").geometry.iloc[0])
        kept = extract_embeddings(points, YEAR, region=region)
        assert kept.summary.loc["outside the region", "number"] == outside.sum() > 20
        np.testing.assert_array_equal(kept.table[list(BANDS)], open_town.at(points))
        gone = extract_embeddings(points, YEAR, region=region, on_outside="drop")
        assert gone.table.index.tolist() == points.index[~outside].tolist()
        with pytest.raises(DataError, match="outside the region"):
            extract_embeddings(points, YEAR, region=region, on_outside="refuse")

    def test_points_without_a_name_are_kept_and_told(self, open_town):
        points = open_town.points(5)
        points.loc[[1, 3], "TOID"] = None
        found = extract_embeddings(points, YEAR, on_duplicate="refuse")
        assert found.summary.loc["no key", "number"] == 2
        assert len(found.table) == 5

    def test_nothing_but_points_without_a_place_is_no_error(self, open_town):
        nowhere = in_metres([None, Point()])
        found = extract_embeddings(nowhere, YEAR)
        assert found.table["A00"].isna().all()
        assert found.summary.loc["no coordinates", "number"] == 2


class TestRefusals:
    @pytest.mark.parametrize(
        ("points", "words"),
        [
            (pd.DataFrame({"TOID": ["a"]}), "as a GeoDataFrame, not as DataFrame"),
            (in_metres([Point(WEST, NORTH)]).rename(columns={"TOID": "toid"}), "did you mean 'toid'"),
            (in_metres([Point(WEST, NORTH)]).set_crs(None, allow_override=True), "no CRS"),
            (in_metres([box(0, 0, 9, 9)]), "got POLYGON: take `points.representative_point"),
            (
                in_metres([Point(WEST, NORTH)]).set_crs(4326, allow_override=True),
                "4326 is not their CRS",
            ),
        ],
    )
    def test_points_that_cannot_be_used_are_refused_with_the_remedy(self, open_town, points, words):
        with pytest.raises(DataError, match=words):
            extract_embeddings(points, YEAR)

    def test_a_year_without_tiles_is_told_with_the_years_there_are(self, open_town):
        with pytest.raises(DataError, match="no tile for 2019; the years there are: 2024"):
            extract_embeddings(open_town.points(3), 2019)

    def test_a_policy_that_is_none_is_told_before_anything_else(self):
        with pytest.raises(ValueError, match="did you mean 'drop'"):
            extract_embeddings(None, YEAR, on_empty="drp")


class TestGoingOn:
    def test_again_nothing_is_read_twice(self, open_town):
        points = open_town.points(500)
        first = extract_embeddings(points, YEAR, batch_size=1)
        again = extract_embeddings(points, YEAR, batch_size=1)
        assert first.summary["number"][["batches done now", "batches at hand"]].tolist() == [12, 0]
        assert again.summary["number"][["batches done now", "batches at hand"]].tolist() == [0, 12]
        pd.testing.assert_frame_equal(first.table, again.table)

    def test_a_damaged_batch_is_read_again_and_no_other(self, open_town, tmp_path):
        points = open_town.points(500)
        first = extract_embeddings(points, YEAR, batch_size=1, folder=tmp_path)
        victim = sorted(tmp_path.glob("*.parquet"))[4]
        victim.write_bytes(victim.read_bytes()[:-20])
        again = extract_embeddings(points, YEAR, batch_size=1, folder=tmp_path)
        assert again.summary["number"][["batches done now", "batches at hand"]].tolist() == [1, 11]
        pd.testing.assert_frame_equal(first.table, again.table)

    def test_a_folder_of_other_work_is_refused(self, open_town, tmp_path):
        extract_embeddings(open_town.points(500), YEAR, folder=tmp_path)
        with pytest.raises(DataError, match="it was of 500 rows, and is of 400 rows now"):
            extract_embeddings(open_town.points(400), YEAR, folder=tmp_path)

    def test_tiles_that_have_changed_are_read_anew(self, open_town, tmp_path):
        points = open_town.points(20)
        extract_embeddings(points, YEAR)
        (tile,) = open_town.mirror.rglob("town00*.tiff")
        tile.touch()
        assert extract_embeddings(points, YEAR).summary.loc["batches at hand", "number"] == 0
