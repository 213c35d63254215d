"""Boundaries come page by page, all of them, or not at all."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from tests.sources.boundary_service import Service, serving_boundaries
from tools import sources
from tools.sources import DataError
from tools.sources.boundaries import fetch_boundaries

NAMES = ["Camden 001A", "Camden 001B", "Sutton 002A", "Suttonshire 001A", "King's Lynn 001A", "Camden 003C"]


@pytest.fixture
def service():
    codes = [f"E{9 - place}" for place in range(len(NAMES))]
    squares = [box(place, 50, place + 1, 51) for place in range(len(NAMES))]
    table = gpd.GeoDataFrame({"LSOA21CD": codes, "LSOA21NM": NAMES}, geometry=squares, crs="EPSG:4326")
    with serving_boundaries(Service(table)) as running:
        yield running


def fetch(service, quick, beginnings=("Camden", "Sutton"), **more) -> gpd.GeoDataFrame:
    columns = {"key": "LSOA21CD", "name_column": "LSOA21NM", "name_begins_with": beginnings}
    return fetch_boundaries(service.url, **columns, patience=quick, **more)


def test_areas_come_in_the_order_of_their_codes_with_a_crs(service, quick):
    areas = fetch(service, quick)
    assert list(areas["LSOA21CD"]) == ["E4", "E7", "E8", "E9"]
    assert areas.crs == "EPSG:4326"
    assert areas.geometry[3].equals(box(0, 50, 1, 51))


def test_a_borough_is_not_taken_for_another_whose_name_begins_alike(service, quick):
    assert set(fetch(service, quick, ["Sutton"])["LSOA21NM"]) == {"Sutton 002A"}


def test_an_apostrophe_in_a_name_is_no_end_of_the_condition(service, quick):
    assert set(fetch(service, quick, ["King's Lynn"])["LSOA21NM"]) == {"King's Lynn 001A"}


@pytest.mark.parametrize("most", [1, 3, 2000])
def test_pages_are_put_together_however_few_the_service_gives(service, quick, most):
    service.most = most
    assert len(fetch(service, quick)) == 4


def test_a_service_in_trouble_is_asked_again(service, quick):
    service.problems = [{"error": {"code": 503, "message": "Busy"}}, {"error": {"code": 500}}]
    assert len(fetch(service, quick)) == 4


def test_a_refusal_under_status_200_is_an_error(service, quick):
    service.problems = [{"error": {"code": 400, "message": "Invalid query"}}]
    with pytest.raises(DataError, match="400 Invalid query"):
        fetch(service, quick)
    assert len(service.forms) == 1


def test_areas_that_do_not_come_are_noticed(service, quick):
    service.counts_too_many = 1
    with pytest.raises(DataError, match="counted 5 areas but sent 4"):
        fetch(service, quick)


def test_no_area_at_all_is_an_error(service, quick):
    with pytest.raises(DataError, match="knows no area for Paris"):
        fetch(service, quick, ["Paris"])


def test_londons_boroughs_pick_out_londons_areas_and_no_others(shared_data):
    real = gpd.read_parquet(shared_data / "london" / "lsoa21_gen20.parquet").to_crs("EPSG:4326")
    real = real.set_geometry(real.envelope)  # names are what counts here, and boxes are sent sooner
    elsewhere = real.head(3).assign(
        LSOA21CD=["X1", "X2", "X3"],
        LSOA21NM=["Richmondshire 001A", "Kingston upon Hull, City of 001A", "Brentwood 001A"],
    )
    everywhere = pd.concat([real, elsewhere])
    options = dict(sources.find("london-lsoa").origin("earthengine").options["boundaries"])
    with serving_boundaries(Service(everywhere)) as running:
        areas = fetch_boundaries(key="LSOA21CD", **{**options, "url": running.url})
    assert len(areas) == 4994
    assert set(areas["LSOA21CD"]) == set(real["LSOA21CD"])
