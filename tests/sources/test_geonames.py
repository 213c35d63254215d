"""Cities of the world in GeoNames's layout, with all that makes it hard to read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tools import sources
from tools.sources.geonames import COUNTRY_FIELDS, PLACE_FIELDS, read_places

PLACES = [
    {"geonameid": 3352136, "name": "Nearby Windhoek", "country_code": "NA", "population": 268132},
    {"geonameid": 1, "name": 'Half "quoted', "country_code": "FR", "feature_code": "PPLX"},
    {"geonameid": 2, "name": "Same Name", "country_code": "US", "feature_code": ""},
    {"geonameid": 3, "name": "Same Name", "country_code": "FR", "population": 0},
]
COUNTRIES = [
    {"iso": "NA", "country": "Namibia", "continent": "AF"},
    {"iso": "FR", "country": "France", "continent": "EU"},
    # A sign that elsewhere in the file begins a comment.
    {"iso": "US", "country": "United States", "continent": "NA", "postal_code_format": "#####-####"},
]
_PLACE = {"latitude": -22.5, "longitude": 17.1, "feature_code": "PPL", "population": 150_000}


def write(folder: Path, places=PLACES, countries=COUNTRIES) -> tuple[Path, Path]:
    """Both files, as published."""
    files = folder / "cities15000.txt", folder / "countryInfo.txt"
    lines = [_line(_PLACE | place, PLACE_FIELDS) for place in places]
    files[0].write_text("".join(lines), encoding="utf-8")
    lines = ["# comment\n", "#ISO\tISO3\n", *(_line(country, COUNTRY_FIELDS) for country in countries)]
    files[1].write_text("".join(lines), encoding="utf-8")
    return files


def _line(values: dict, fields: tuple[str, ...]) -> str:
    return "\t".join(str(values.get(name, "")) for name in fields) + "\n"


def test_places_come_with_country_and_continent_in_words(tmp_path):
    table = read_places(*write(tmp_path))
    assert table["city_id"].tolist() == [3352136, 1, 2, 3]
    assert table["city"].tolist() == ["Nearby Windhoek", 'Half "quoted', "Same Name", "Same Name"]
    assert table["country"].tolist() == ["Namibia", "France", "United States", "France"]
    assert table["country_code"].tolist() == ["NA", "FR", "US", "FR"]
    assert table["continent"].tolist() == ["Africa", "Europe", "North America", "Europe"]
    assert table["feature_code"].isna().tolist() == [False, False, True, False]
    assert table[["lon", "lat"]].iloc[0].tolist() == [17.1, -22.5]
    assert [str(table[name].dtype) for name in ("city_id", "population", "lon")] == [
        "int64",
        "int64",
        "float64",
    ]


def test_the_published_archive_is_read_as_it_comes(tmp_path):
    plain, countries = write(tmp_path)
    with zipfile.ZipFile(tmp_path / "cities15000.zip", "w") as archive:
        archive.write(plain, plain.name)
    assert read_places(tmp_path / "cities15000.zip", countries).equals(read_places(plain, countries))


def test_a_broken_archive_is_one_error(tmp_path):
    _, countries = write(tmp_path)
    (tmp_path / "cities15000.zip").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(sources.DataError, match=r"cities15000\.zip cannot be read .*fetch it again"):
        read_places(tmp_path / "cities15000.zip", countries)


def test_a_country_that_the_other_file_has_not_is_named(tmp_path):
    files = write(tmp_path, countries=COUNTRIES[1:])
    with pytest.raises(sources.DataError, match=r"does not have the countries 'NA', in which places"):
        read_places(*files)


def test_an_unknown_continent_is_named(tmp_path):
    files = write(tmp_path, countries=[*COUNTRIES[:2], COUNTRIES[2] | {"continent": "XX"}])
    with pytest.raises(sources.DataError, match=r"a continent 'XX'; expected one of AF, AS"):
        read_places(*files)


def test_a_number_that_is_none_is_named_with_its_line(tmp_path):
    files = write(tmp_path, [*PLACES[:2], PLACES[2] | {"population": "many"}])
    with pytest.raises(sources.DataError, match=r"line 3: population must be a number, not 'many'"):
        read_places(*files)


def test_a_file_of_another_layout_is_refused(tmp_path):
    _, countries = write(tmp_path)
    (tmp_path / "own.txt").write_text("a\tb\n1\t2\n")
    with pytest.raises(sources.DataError, match=r"own\.txt has 2 columns; GeoNames's layout has 19"):
        read_places(tmp_path / "own.txt", countries)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(sources.DataError, match=r"there is no file .*none\.txt"):
        read_places(tmp_path / "none.txt", tmp_path / "none.txt")
