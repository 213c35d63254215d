"""The catalogue is complete, and says which line of it is wrong where one is."""

from __future__ import annotations

import re

import pytest
import yaml

from tools import sources
from tools.sources import DataError
from tools.sources.schema import expand

ENTRY = """\
demo:
  title: A demo
  description: For the test
  coverage: Nowhere
  kind: table
  licence: {name: CC0, url: "https://example.org"}
  citation: None
  notice: Nothing need be said
  schema:
    key: code
    columns:
      code: {type: text, description: Code}
  origins:
    open:
      files:
        - name: demo.csv
          url: https://example.org/demo.csv
          sha256: "%s"
""" % ("0" * 64)


@pytest.fixture
def read(tmp_path):
    def written(text: str):
        path = tmp_path / "catalog.yml"
        path.write_text(text)
        return sources.catalogue(path)

    return written


@pytest.mark.parametrize("name", sources.catalogue())
def test_every_data_set_says_whose_it_is(name):
    data_set = sources.find(name)
    for said in (data_set.title, data_set.description, data_set.licence, data_set.citation, data_set.notice):
        assert len(said) > 5
    assert data_set.licence_url.startswith("https://")


INVENTED = {
    *("berlin-truth", "walker-truth", "landsat-5-full", "landsat-8-full"),
    *("world-tiles", "world-truth", "world-dimensions"),
}
"""What only the sample can have: nobody knows it of the real place."""


@pytest.mark.parametrize("name", sources.catalogue())
def test_every_data_set_comes_by_every_origin_but_for_what_is_invented(name):
    assert tuple(sources.find(name).origins) == (("sample",) if name in INVENTED else sources.ORIGINS)


@pytest.mark.parametrize("name", sorted(INVENTED))
def test_asking_for_what_is_invented_from_elsewhere_says_that_only_the_sample_has_it(name):
    with pytest.raises(DataError, match=f"'{name}' has no origin 'open'.*sample"):
        sources.open(name, origin="open")


@pytest.mark.parametrize("name", sorted(set(sources.catalogue()) - INVENTED))
def test_open_files_are_published_safely_and_tables_are_pinned(name):
    data_set = sources.find(name)
    for file in data_set.origin("open").files:
        assert file.url.startswith("https://")
        # An index grows, places change daily, the scenes' publisher names no checksums: the first download
        # pins them.
        assert data_set.kind in ("cube", "scene", "places") or file.checksum
        assert file.megabytes


def test_the_embeddings_come_with_the_text_that_google_requires():
    required = (
        "The AlphaEarth Foundations Satellite Embedding dataset is produced by Google and Google DeepMind."
    )
    assert required in sources.find("london-lsoa").notice_for("open")
    assert required in sources.find("london-alphaearth").notice_for("open")


def test_the_sample_is_called_synthetic_whatever_the_data_set():
    assert all("ynthetic" in sources.find(name).notice_for("sample") for name in sources.catalogue())


def test_a_range_of_columns_stands_for_each_of_them():
    assert list(expand("A00_mean..A63_mean"))[::63] == ["A00_mean", "A63_mean"]
    assert len(sources.find("london-lsoa").schema.columns) == 66


@pytest.mark.parametrize("wrong", ["A63_mean..A00_mean", "A00_mean..B63_mean", "A_mean..B_mean"])
def test_a_range_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="no range of columns"):
        list(expand(wrong))


def test_a_sound_entry_is_read(read):
    assert read(ENTRY)["demo"].origin("open").files[0].name == "demo.csv"


@pytest.mark.parametrize(
    ("good", "bad", "line", "said"),
    [
        ("  title: A demo\n", "", 1, "demo lacks the key 'title'"),
        ("title: A demo", "title: [A, demo]", 2, "demo.title must be text"),
        ("title:", "titel:", 1, "demo lacks the key 'title'"),
        ("kind: table", "kind: tabel", 5, "did you mean 'table'"),
        ("key: code", "key: coed", 10, "did you mean 'code'"),
        ("type: text", "type: txt", 12, "did you mean 'text'"),
        ("    open:", "    opne:", 14, "did you mean 'open'"),
        ("sha256:", "md5:", 18, "md5 is no key that is known here"),
        ('00"', '"', 18, "expected 64 digits"),
        ("name: demo.csv", "nmae: demo.csv", 16, "lacks the key 'name'"),
        ("  title: A demo\n", "  title: A demo\n  title: Again\n", 3, "there twice"),
        ("  title: A demo\n", "  title: [A demo\n", 3, "no valid YAML"),
        ("      code: {", "      c9..c1: {type: text, description: x}\n      code: {", 12, "no range"),
    ],
)
def test_a_mistake_is_reported_with_its_line(read, good, bad, line, said):
    assert good in ENTRY
    with pytest.raises(DataError) as caught:
        read(ENTRY.replace(good, bad, 1))
    assert f"catalog.yml, line {line}:" in str(caught.value)
    assert said in str(caught.value)


SIZED = ENTRY.replace("  schema:", "  sizes: {class: {rows: 20, of: 100}, full: all}\n  schema:")


def test_sizes_are_read_and_the_first_is_the_default(read):
    demo = read(SIZED)["demo"]
    assert demo.size() == "class"
    assert demo.sizes["class"].words == "about 20 of 100 rows"
    assert demo.sizes["full"].words == "all rows"


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("full: all", "full: everything", "demo.sizes.full must be 'all', or a mapping with the key 'rows'"),
        ("rows: 20, of: 100", "of: 100", "demo.sizes.class lacks the key 'rows'"),
        ("rows: 20, of: 100", "rows: many", "must be a number"),
        ("kind: table", "kind: points", "must name 'geometry: point' and 'crs'"),
        ("kind: table", "kind: cube", "lacks the key 'example'"),
    ],
)
def test_a_mistake_in_a_size_or_a_kind_is_reported(read, good, bad, said):
    with pytest.raises(DataError, match=rf"catalog\.yml, line \d+: .*{re.escape(said)}"):
        read(SIZED.replace(good, bad, 1))


def test_the_liverpool_pack_is_never_said_to_be_ours_to_pass_on():
    pack = [name for name in sources.catalogue() if name.startswith("liverpool-")]
    assert len(pack) == 6
    for name in pack[:-1]:
        entry = sources.find(name)
        assert "none given" in entry.licence
        assert "not to be passed on" in " ".join(entry.notice_for("open").split())
        assert all("b75826d42c71200d1afccbaab906866848940733" in f.url for f in entry.origin("open").files)


def test_an_empty_catalogue_is_refused(read):
    with pytest.raises(DataError, match="must be a mapping"):
        read("")


def test_a_catalogue_that_is_not_there_says_how_to_get_it_back(tmp_path):
    with pytest.raises(DataError, match="git checkout"):
        sources.catalogue(tmp_path / "none.yml")


def test_a_changed_catalogue_is_read_again(read):
    read(ENTRY)
    assert read(ENTRY.replace("A demo", "Another title"))["demo"].title == "Another title"


def test_an_unknown_name_suggests_the_nearest_and_lists_all():
    with pytest.raises(DataError, match="did you mean 'london-lsoa'") as caught:
        sources.get("London_LSOA")
    assert all(name in str(caught.value) for name in sources.catalogue())


@pytest.mark.parametrize("by", ["argument", "variable"])
def test_an_unknown_origin_suggests_the_nearest_and_says_where_it_was_set(monkeypatch, by):
    monkeypatch.setenv("COURSE_ORIGIN", "opne")
    with pytest.raises(DataError, match="did you mean 'open'") as caught:
        sources.origin_in_force("opne" if by == "argument" else None)
    assert ("COURSE_ORIGIN" in str(caught.value)) == (by == "variable")


def test_the_argument_beats_the_variable_and_the_variable_beats_the_sample(monkeypatch):
    assert sources.origin_in_force() == "sample"
    monkeypatch.setenv("COURSE_ORIGIN", "earthengine")
    assert sources.origin_in_force() == "earthengine"
    assert sources.origin_in_force("open") == "open"


def test_the_catalogue_is_plain_yaml_that_other_programs_can_read(root):
    assert set(yaml.safe_load((root / "data" / "catalog.yml").read_text())) == set(sources.catalogue())
