"""The sample is made when it is needed, once, and made again when it no longer fits."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tools import provenance, sample, sources
from tools.embeddings import BANDS
from tools.sources import made

AREAS, TABLE, PIXELS = "london-lsoa", "london-socioeconomic", "london-alphaearth"
MEANS = [f"{band}_mean" for band in BANDS]


@pytest.fixture(scope="module")
def once_made(tmp_path_factory) -> Path:
    """A cache with a small sample, made by the generator itself through the front door."""
    cache = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(cache))
        patch.setattr(sample, "make", partial(sample.make, size="small"))
        sources.get(AREAS, "sample")
    return cache


@pytest.fixture
def cache(once_made, own_cache) -> Path:
    """A copy of that cache for one test to spoil."""
    shutil.copytree(once_made, own_cache)  # times of change are copied too
    return own_cache


@pytest.fixture
def makes(once_made, cache, monkeypatch) -> list[str]:
    """The places that were made during the test; to save time, from what the generator made before."""
    noted = []

    def make_again(place, folder, *, seed, progress):
        noted.append(place)
        shutil.copytree(once_made / "sample" / place, folder)
        (folder / "manifest.json").unlink()

    monkeypatch.setattr(sample, "make", make_again)
    return noted


def test_areas_come_with_embeddings_and_say_that_they_are_synthetic(cache):
    areas = sources.open(AREAS)
    norms = np.linalg.norm(areas[MEANS], axis=1)
    assert ((norms > 0.3) & (norms <= 1.001)).all()
    assert areas.crs == "EPSG:4326"
    assert provenance.is_synthetic(areas)
    assert provenance.footnote(areas) == sample.NOTICE


def test_the_table_has_the_real_ones_columns_and_joins_most_areas(cache):
    people = sources.open(TABLE)
    assert list(people.columns) == list(sources.find(TABLE).schema.names)
    assert sources.open(AREAS)["LSOA21CD"].isin(people["LSOA21CD"]).mean() > 0.9


def test_pixels_are_read_from_the_sample_as_from_the_bucket(cache):
    cube = sources.open(PIXELS, bounds=(-0.05, 51.49, 0.05, 51.53), years=2024)
    norms = np.linalg.norm(cube.values, axis=0)
    np.testing.assert_allclose(norms[np.isfinite(norms)], 1, atol=0.01)
    assert np.isfinite(norms).mean() > 0.5
    assert provenance.is_synthetic(cube)


def test_no_code_or_name_can_be_taken_for_a_real_one(cache):
    areas = sources.open(AREAS)
    assert not areas["LSOA21CD"].str.match(r"[EWSN]\d{8}").any()


def test_what_is_made_is_recorded_and_verified(cache):
    manifest = json.loads((cache / "sample" / "london" / "manifest.json").read_text())
    assert (manifest["seed"], manifest["generator"]) == (42, sample.generator_version("london"))
    for name in (AREAS, TABLE, PIXELS):
        assert {file.state for file in sources.verify(name)} == {"ok"}


def test_verifying_pixels_reads_their_tiles_too(cache):
    assert {file.path.suffix for file in sources.verify(PIXELS)} >= {".parquet", ".tiff"}


def test_one_place_is_made_once_for_all_its_data_sets(cache, makes):
    for name in (AREAS, TABLE, PIXELS):
        sources.get(name)
    assert makes == []


@pytest.mark.parametrize("harm", ["changed", "shortened", "removed", "another generator", "no manifest"])
def test_a_sample_that_does_not_fit_is_made_again(cache, makes, harm):
    folder = cache / "sample" / "london"
    table, manifest = folder / "london-socioeconomic.csv", folder / "manifest.json"
    right = table.read_bytes()
    if harm == "changed":
        table.write_bytes(right[:-3] + b"9\r\n")
    elif harm == "shortened":
        table.write_bytes(right[:-100])
    elif harm == "removed":
        table.unlink()
    elif harm == "another generator":
        manifest.write_text(manifest.read_text().replace(sample.generator_version("london"), "0" * 12))
    else:
        manifest.write_text("{")
    sources.open(TABLE)
    assert makes == ["london"]
    assert table.read_bytes() == right
    assert {file.state for file in sources.verify(TABLE)} == {"ok"}


def test_a_file_that_was_only_touched_still_fits(cache, makes):
    (cache / "sample" / "london" / "london-socioeconomic.csv").touch()
    sources.get(TABLE)
    assert makes == []


def test_a_changed_file_is_called_changed_and_a_lost_one_missing(cache):
    folder = cache / "sample" / "london"
    with open(folder / "london-socioeconomic.csv", "ab") as file:
        file.write(b" ")
    (folder / "london-lsoa.geojson").unlink()
    assert [file.state for file in sources.verify(TABLE)] == ["changed"]
    assert [file.state for file in sources.verify(AREAS)] == ["missing"]


def test_a_broken_off_making_leaves_nothing_and_the_old_sample_as_it_was(cache, monkeypatch):
    def broken(place, folder, **_):
        folder.mkdir()
        (folder / "london-lsoa.geojson").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(sample, "make", broken)
    monkeypatch.setattr(sample, "generator_version", lambda place: "1" * 12)
    with pytest.raises(KeyboardInterrupt):
        sources.get(AREAS)
    assert [path.name for path in (cache / "sample").iterdir()] == ["london"]
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_CACHE", str(cache))
    assert {file.state for file in sources.verify(AREAS)} == {"ok"}


def test_what_a_killed_making_left_is_cleared_by_the_next(cache, makes):
    left = cache / "sample" / ".london.making-99999"
    left.mkdir()
    (left / "half.tiff").write_text("half")
    (cache / "sample" / "london" / "manifest.json").unlink()
    sources.get(AREAS)
    assert [path.name for path in (cache / "sample").iterdir()] == ["london"]


def test_no_room_for_the_sample_is_one_error(cache, monkeypatch):
    (cache / "sample" / "london" / "manifest.json").unlink()
    monkeypatch.setattr(made, "ROOM", {"": 10**15})
    with pytest.raises(sources.DataError, match=r"no room on the disk.*set COURSE_CACHE"):
        sources.get(AREAS)


def test_the_catalogue_and_the_generator_say_the_same_of_the_sample():
    assert sources.SYNTHETIC == sample.NOTICE
    assert {d.origin("sample").options["place"] for d in sources.catalogue().values()} <= set(sample.PLACES)
