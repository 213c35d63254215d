"""Opening by name: from a mirror or an address, through the cache, checked and marked."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pytest

from tests.sources.mirror_server import serving_folder
from tools import provenance, sources
from tools.embeddings import BANDS
from tools.sources import DataError, listing

MEANS = [f"{band}_mean" for band in BANDS]
TABLE, AREAS, PIXELS = "london-socioeconomic", "london-lsoa", "london-alphaearth"
AREAS_FILE = "uk_lsoa_london_embeds_2024.geojson"
WISCONSIN = (-88.7740, 44.2910, -88.7640, 44.2980)


@pytest.fixture
def mirror(shared_data, tmp_path):
    """A folder laid out as a mirror is, with the real files that are openly licensed."""
    folder = tmp_path / "mirror"
    (folder / TABLE).mkdir(parents=True)
    shutil.copy(shared_data / "london" / "Socioeconomic.csv", folder / TABLE)
    shutil.copytree(shared_data / "alphaearth" / "v1" / "annual", folder / PIXELS)
    return folder


@pytest.fixture(params=["folder", "address"])
def mirror_in_force(request, mirror, monkeypatch, own_cache):
    if request.param == "folder":
        monkeypatch.setenv("COURSE_MIRROR", f"{mirror}/")
        yield mirror
    else:
        with serving_folder(mirror) as address:
            monkeypatch.setenv("COURSE_MIRROR", f"{address}/")
            yield mirror


def test_the_real_table_is_the_one_that_the_catalogue_pins(mirror_in_force, own_cache):
    people = sources.open(TABLE, origin="open")
    assert people.shape == (33_755, 6)
    assert list(people.columns) == list(sources.find(TABLE).schema.names)
    assert people["LSOA21CD"].is_unique
    assert sorted(path.name for path in (own_cache / "open" / TABLE).iterdir()) == ["Socioeconomic.csv"]
    assert [file.state for file in sources.verify(TABLE, "open")] == ["ok"]


def test_the_mark_says_what_it_is_and_whose(mirror_in_force):
    mark = provenance.of(sources.open(TABLE, origin="open"))
    assert (mark.name, mark.origin, mark.synthetic) == (TABLE, "open", False)
    assert "Open Government Licence" in mark.notice


def test_the_origin_may_be_set_for_the_whole_session(mirror_in_force, monkeypatch):
    monkeypatch.setenv("COURSE_ORIGIN", "open")
    assert len(sources.open(TABLE)) == 33_755


def test_statistics_come_by_the_open_road_where_earth_engine_has_none(mirror_in_force):
    people = sources.open(TABLE, origin="earthengine")
    assert provenance.of(people).origin == "open"


def test_what_is_in_the_cache_needs_no_mirror(mirror_in_force, monkeypatch, tmp_path):
    sources.get(TABLE, "open")
    monkeypatch.setenv("COURSE_MIRROR", str(tmp_path / "gone"))
    assert len(sources.open(TABLE, origin="open")) == 33_755


def test_a_cached_file_that_was_changed_is_fetched_again(mirror_in_force):
    (path,) = sources.get(TABLE, "open")
    right = path.read_bytes()
    path.write_bytes(right.replace(b"E01000001,8", b"E01000001,1", 1))
    assert [file.state for file in sources.verify(TABLE, "open")] == ["changed"]
    people = sources.open(TABLE, origin="open").set_index("LSOA21CD")
    assert people.loc["E01000001", "IMD_decile"] == 8
    assert path.read_bytes() == right


def test_a_cached_file_that_was_changed_is_never_used_even_if_no_other_can_be_had(
    mirror_in_force, monkeypatch, tmp_path
):
    (path,) = sources.get(TABLE, "open")
    path.write_bytes(path.read_bytes()[:-100])
    monkeypatch.setenv("COURSE_MIRROR", str(tmp_path / "gone"))
    with pytest.raises(DataError, match=r"Socioeconomic\.csv.*unset COURSE_MIRROR"):
        sources.open(TABLE, origin="open")


def test_a_damaged_mirror_is_not_believed(mirror_in_force, own_cache):
    real = mirror_in_force / TABLE / "Socioeconomic.csv"
    real.write_bytes(real.read_bytes().replace(b"E01000001,8", b"E01000001,1", 1))
    with pytest.raises(DataError, match=r"Socioeconomic\.csv from .* not the file that was meant"):
        sources.open(TABLE, origin="open")
    assert list((own_cache / "open" / TABLE).iterdir()) == []


def test_a_mirror_that_lacks_the_file_says_where_it_was_looked_for(mirror_in_force):
    (mirror_in_force / TABLE / "Socioeconomic.csv").unlink()
    with pytest.raises(DataError, match=rf"{TABLE}/Socioeconomic\.csv"):
        sources.open(TABLE, origin="open")


def test_one_persons_cache_is_anothers_mirror(mirror_in_force, own_cache, monkeypatch, tmp_path):
    sources.get(TABLE, "open")
    monkeypatch.setenv("COURSE_MIRROR", str(own_cache / "open"))
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "second"))
    assert len(sources.open(TABLE, origin="open")) == 33_755


def test_nothing_is_fetched_to_verify(own_cache):
    assert [file.state for file in sources.verify(TABLE, "open")] == ["missing"]
    assert not own_cache.exists()


@pytest.fixture
def london(shared_data) -> gpd.GeoDataFrame:
    """The real areas of London in metres, with vectors that stand in for embeddings."""
    real = gpd.read_parquet(shared_data / "london" / "lsoa21_gen20.parquet").iloc[::20]
    vectors = np.random.default_rng(5).normal(size=(len(real), 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return real.assign(**dict(zip(MEANS, vectors.T, strict=True))).reset_index(drop=True)


def publish(london, mirror, monkeypatch, crs: str | None):
    """Put a table of areas into the mirror, and its blob id into a catalogue in place of the real one's."""
    path = mirror / AREAS / AREAS_FILE
    path.parent.mkdir()
    table = london.to_crs(crs) if crs else london.set_crs(None, allow_override=True)
    path.write_text(table.to_json(drop_id=True, show_bbox=False, to_wgs84=False))
    body = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
    real = listing._FILE.read_text()
    pinned = sources.find(AREAS).origin("open").files[0].checksum.digest
    assert real.count(pinned) == 1
    catalogue = mirror / "catalog.yml"
    catalogue.write_text(real.replace(pinned, blob))
    monkeypatch.setattr(listing, "_FILE", catalogue)


@pytest.mark.parametrize("crs", ["EPSG:4326", None], ids=["degrees", "metres without a CRS"])
def test_areas_come_with_geometry_and_embeddings(london, mirror, own_cache, monkeypatch, crs):
    publish(london, mirror, monkeypatch, crs)
    monkeypatch.setenv("COURSE_MIRROR", str(mirror))
    areas = sources.open(AREAS, origin="open")
    assert areas.crs == "EPSG:4326"
    assert list(areas["LSOA21CD"]) == list(london["LSOA21CD"])
    np.testing.assert_allclose(areas[MEANS], london[MEANS])
    west, south, east, north = areas.total_bounds
    assert -0.55 < west < east < 0.35
    assert 51.25 < south < north < 51.72


def test_areas_that_are_not_the_pinned_ones_are_refused(london, mirror, own_cache, monkeypatch):
    publish(london, mirror, monkeypatch, "EPSG:4326")
    monkeypatch.undo()
    monkeypatch.setenv("COURSE_CACHE", str(own_cache))
    monkeypatch.setenv("COURSE_MIRROR", str(mirror))
    with pytest.raises(DataError, match=rf"{AREAS_FILE} from .*not the file.*git_blob 4608a205"):
        sources.open(AREAS, origin="open")


def test_pixels_come_from_the_mirror_as_they_lie_there(mirror_in_force):
    cube = sources.open(PIXELS, origin="open", bounds=WISCONSIN, years=2024)
    assert cube.dims == ("band", "y", "x")
    norms = np.linalg.norm(cube.values, axis=0)
    assert np.isfinite(norms).mean() > 0.9
    np.testing.assert_allclose(norms[np.isfinite(norms)], 1, atol=0.008)
    assert "produced by Google" in provenance.footnote(cube)


def test_an_index_that_cannot_be_pinned_is_kept_with_its_own_digest(mirror_in_force, own_cache):
    (index,) = sources.get(PIXELS, "open")
    digest = hashlib.sha256(index.read_bytes()).hexdigest()
    assert index.with_name("aef_index.parquet.sha256").read_text() == f"{digest}  aef_index.parquet\n"
    index.write_bytes(index.read_bytes()[:-1])
    assert [file.state for file in sources.verify(PIXELS, "open")] == ["changed"]
    sources.get(PIXELS, "open")
    assert [file.state for file in sources.verify(PIXELS, "open")] == ["ok"]


def test_an_index_that_several_want_at_once_is_fetched_once(own_cache, server, monkeypatch):
    monkeypatch.setenv("COURSE_MIRROR", server.url.rpartition("/")[0])
    server.slowly = 0.02
    with ThreadPoolExecutor(3) as pool:
        paths = set(pool.map(lambda _: sources.get(PIXELS, "open")[0], range(3)))
    assert [path.name for path in paths] == ["aef_index.parquet"]
    assert [request.path for request in server.requests] == [f"/{PIXELS}/aef_index.parquet"]


def test_an_index_that_is_none_says_so(mirror_in_force):
    (mirror_in_force / PIXELS / "aef_index.parquet").write_text("no parquet")
    with pytest.raises(DataError, match=r"aef_index\.parquet cannot be read.*delete it"):
        sources.open(PIXELS, origin="open", bounds=WISCONSIN, years=2024)


@pytest.mark.parametrize("window", [{}, {"bounds": WISCONSIN}, {"years": 2024}])
def test_pixels_want_a_window(window):
    with pytest.raises(DataError, match=r"bounds=\(west, south, east, north\), years=2024"):
        sources.open(PIXELS, origin="open", **window)


def test_a_table_takes_no_window(own_cache):
    with pytest.raises(TypeError, match="bounds"):
        sources.open(TABLE, origin="open", bounds=WISCONSIN)
