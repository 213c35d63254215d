"""The table of areas by way of Earth Engine: boundaries from their service, means from the server."""

from __future__ import annotations

import pytest

from tests.sources.boundary_service import Service, serving_boundaries
from tests.sources.earthengine.answers import TABLE, means
from tests.sources.fake_earthengine import refuse, signed_in
from tools import provenance, sources
from tools.embeddings import BANDS
from tools.sources import DataError


@pytest.fixture
def boroughs(areas, monkeypatch):
    """The boundaries' service on loopback, with five areas of London's names, in the catalogue's place."""
    names = [f"Camden 00{place}A" for place in range(5)]
    table = areas.assign(LSOA21CD=[f"E0100000{place}" for place in range(5)], LSOA21NM=names)
    with serving_boundaries(Service(table)) as service:
        options = sources.find("london-lsoa").origin("earthengine").options
        monkeypatch.setitem(options["boundaries"], "url", service.url)
        yield service


def unit_means(request):
    """Means in the range that the schema allows."""
    status, answer = means(request)
    for one in answer["features"]:
        one["properties"].update(dict.fromkeys(BANDS, 0.125))
    return status, answer


def test_the_table_of_areas_comes_by_way_of_earth_engine(own_cache, boroughs, monkeypatch):
    monkeypatch.setenv("COURSE_ORIGIN", "earthengine")
    with signed_in({TABLE: unit_means}):
        table = sources.open("london-lsoa")
    assert list(table["LSOA21NM"]) == [f"Camden 00{place}A" for place in range(5)]
    assert (table["A63_mean"] == 0.125).all()
    assert table.crs == "EPSG:4326"
    mark = provenance.of(table)
    assert mark.origin == "earthengine"
    assert "produced by Google" in mark.notice


def test_the_finished_table_needs_no_account_again(own_cache, boroughs):
    with signed_in({TABLE: unit_means}):
        first = sources.open("london-lsoa", origin="earthengine")
    with signed_in() as wire:
        second = sources.open("london-lsoa", origin="earthengine")
    assert wire.sent == []
    assert second.equals(first)
    assert [file.state for file in sources.verify("london-lsoa", "earthengine")] == ["ok"]


def test_a_finished_table_that_was_damaged_is_computed_again(own_cache, boroughs):
    with signed_in({TABLE: unit_means}):
        (path,) = sources.get("london-lsoa", "earthengine")
        path.write_bytes(path.read_bytes()[:-1])
        assert [file.state for file in sources.verify("london-lsoa", "earthengine")] == ["changed"]
        assert len(sources.open("london-lsoa", origin="earthengine")) == 5


def test_boundaries_that_changed_since_a_run_was_broken_off_say_what_to_do(own_cache, boroughs):
    def no(request):
        return refuse(400, "No.")

    with signed_in({TABLE: no}), pytest.raises(DataError, match=r"No\."):
        sources.open("london-lsoa", origin="earthengine")
    boroughs.areas = boroughs.areas.set_geometry(boroughs.areas.geometry.scale(2, 2))
    with signed_in({TABLE: unit_means}), pytest.raises(DataError, match="delete this one to begin anew"):
        sources.open("london-lsoa", origin="earthengine")
