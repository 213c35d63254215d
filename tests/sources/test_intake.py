"""Landsat scenes through an Intake catalogue: the same pixels as by the course's own door."""

from __future__ import annotations

import shutil
from fnmatch import fnmatch

import intake
import numpy as np
import pytest
import xarray as xr

from tools import places, provenance, sources
from tools.sources import DataError
from tools.sources.intake_driver import LandsatSource
from tools.sources.landsat import open_scene

ABOUT = {"sensor": "LT05", "date": "1988-10-22", "scale": 1e-4, "offset": 0.0, "nodata": -9999}


@pytest.fixture(scope="module")
def catalogue():
    return intake.open_catalog(str(places.ROOT / "data" / "landsat.yml"))


@pytest.fixture
def real_as_open(shared_data, tmp_path, monkeypatch):
    """The real scenes of Walker Lake where the origin "open" looks for its files, in an odd folder."""
    mirror = tmp_path / "mirror [1]"
    for name, stem in (("landsat-5-small", "LT05"), ("landsat-8-small", "LC08")):
        (mirror / name).mkdir(parents=True)
        for path in (shared_data / "landsat" / "walker_lake_3km").glob(f"{stem}*"):
            shutil.copy(path, mirror / name)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache [1]"))
    monkeypatch.setenv("COURSE_MIRROR", str(mirror))
    monkeypatch.setenv("COURSE_ORIGIN", "open")
    return mirror


@pytest.mark.parametrize("sensor", [5, 8])
def test_intake_and_the_courses_own_reader_see_the_same_scene(sensor, catalogue, real_as_open):
    by_intake = catalogue[f"landsat_{sensor}_small"].to_dask()
    own = sources.open(f"landsat-{sensor}-small")
    assert by_intake.chunks is not None
    assert by_intake.dtype == np.float32
    assert np.isnan(by_intake.values).any()
    xr.testing.assert_identical(by_intake.drop_vars("spatial_ref"), own.drop_vars("spatial_ref"))
    assert by_intake.rio.crs == own.rio.crs == "EPSG:32611"
    assert by_intake.rio.transform() == own.rio.transform()
    assert by_intake.attrs["nodata"] == -9999
    assert provenance.of(by_intake) == provenance.of(own)


def test_the_sample_comes_through_intake_with_its_mark(catalogue, own_cache):
    scene = catalogue.landsat_5_small.read()
    assert scene.dims == ("band", "y", "x")
    assert scene.shape == (6, 300, 300)
    assert scene.chunks is None
    assert provenance.is_synthetic(scene)
    assert scene.equals(sources.open("landsat-5-small"))


def test_every_entry_names_files_that_the_course_lists_and_says_what_their_names_say(catalogue):
    for name in catalogue:
        entry = catalogue[name]
        for origin in sources.find(entry.data_set).origins.values():
            listed = [file.name.rpartition("/")[2] for file in origin.files]
            assert all(fnmatch(file, entry.urlpath.replace("{band:d}", "?")) for file in listed)
        assert entry.urlpath.startswith(entry.metadata["sensor"])
        assert entry.metadata["date"].replace("-", "") in entry.urlpath
    assert len(list(catalogue)) == 4


def test_opening_the_catalogue_and_naming_an_entry_makes_nothing(own_cache):
    assert repr(sources.open_intake("landsat").landsat_8_full) == "<LandsatSource: landsat-8-full>"
    assert not own_cache.exists()


def test_an_entry_that_does_not_say_what_its_numbers_mean_is_refused():
    about = {key: value for key, value in ABOUT.items() if key != "scale"}
    with pytest.raises(DataError, match="does not say its scale"):
        LandsatSource("LT05_{band:d}.tif", "landsat-5-small", metadata=about)


def test_an_entry_of_a_data_set_that_is_not_there_is_refused():
    with pytest.raises(DataError, match="did you mean 'landsat-5-small'"):
        LandsatSource("LT05_{band:d}.tif", "landsat-5-smal", metadata=ABOUT).to_dask()


def test_a_folder_whose_name_intake_would_misread_is_refused(catalogue, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "{band}"))
    with pytest.raises(DataError, match=r"holds a brace; set COURSE_CACHE"):
        catalogue.landsat_5_small.to_dask()


def test_a_wrong_sensor_is_refused_by_what_its_bands_are(shared_data):
    from tools.sources.landsat import labelled

    scene = open_scene(shared_data / "landsat" / "walker_lake_3km", scene="LT05")
    with pytest.raises(DataError, match="LT05 has no reflective band 6: it has 1, 2, 3, 4, 5, 7"):
        labelled(scene, [1, 2, 3, 4, 5, 6], **ABOUT)
    with pytest.raises(DataError, match="sensor LT99 is not known"):
        labelled(scene, [1, 2, 3, 4, 5, 7], **ABOUT | {"sensor": "LT99"})
