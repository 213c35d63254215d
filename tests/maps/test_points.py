"""Reference points: any name can be written, and a mistake is found by its line."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.maps.points import parse_reference_points

LAB = """
"Westminster", 51.4975, -0.1357
"City of London", 51.5155, -0.0922
"King's Cross", 51.5308, -0.1238

"WE ARE HERE :)", 51.4962, -0.1298
"""

names = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1)
    .map(str.strip)
    .filter(bool)
)


def test_the_lines_of_the_lab_parse():
    assert [point["name"] for point in parse_reference_points(LAB)] == [
        "Westminster",
        "City of London",
        "King's Cross",
        "WE ARE HERE :)",
    ]


def test_commas_and_quotes_in_a_name_parse():
    assert parse_reference_points('"The ""Gherkin"", London", 51.5145, -0.0803') == [
        {"name": 'The "Gherkin", London', "lat": 51.5145, "lon": -0.0803}
    ]


@given(st.lists(st.tuples(names, st.floats(-90, 90), st.floats(-180, 180)), max_size=5))
def test_whatever_a_csv_writer_quotes_comes_back(points):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(points)
    assert [tuple(point.values()) for point in parse_reference_points(text.getvalue())] == points


def test_points_may_be_given_as_tuples():
    assert parse_reference_points([("Here", 51, 0)]) == [{"name": "Here", "lat": 51.0, "lon": 0.0}]
    assert parse_reference_points(None) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Soho, 51.5", r"line 3: found 2 fields, expected 3 \(name, latitude, longitude\)"),
        ("King's Cross, London, 51.5, -0.1", "line 3: found 4 fields.*needs double quotes"),
        ("Soho, north, -0.1", r"line 3 \(Soho\): latitude and longitude must be numbers.*'north'"),
        ("Soho, 151.5, -0.1", r"line 3 \(Soho\): 151.5, -0.1 is not on Earth"),
        ("Soho, nan, -0.1", r"line 3 \(Soho\): nan, -0.1 is not on Earth"),
        (", 51.5, -0.1", "line 3: the name is empty"),
        ('"Soho, 51.5, -0.1', "line 3: .*double quotes"),
    ],
)
def test_an_error_names_the_line_and_shows_how_it_should_look(line, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_reference_points(f'\n"Westminster", 51.4975, -0.1357\n{line}\n')
