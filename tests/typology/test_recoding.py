import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.provenance import footnote
from tools.typology import AGE_BANDS, CATEGORIES, recode_characteristics, recoding_counts

PUBLISHED = {
    "BUILT_FORM": {
        "Detached": "Detached",
        "Semi-Detached": "Semi-Detached",
        "Mid-Terrace": "Terrace",
        "End-Terrace": "Terrace",
        "Enclosed Mid-Terrace": "Terrace",
        "Enclosed End-Terrace": "Terrace",
        "NO DATA!": None,
    },
    "PROPERTY_TYPE": {kind: kind for kind in ["House", "Flat", "Bungalow", "Maisonette", "Park home"]},
    "CONSTRUCTION_AGE_BAND": {
        "before 1900": "1900 or earlier",
        "1900": "1900 or earlier",
        "1900-1929": "1900-1929",
        "1930-1949": "1930-1949",
        "1950-1966": "1950-1966",
        "1967-1975": "1967-1975",
        "1976-1982": "1976-1982",
        "1983-1990": "1983-1995",
        "1991-1995": "1983-1995",
        "1996-2002": "1996-2002",
        "2003-2006": "2003 onwards",
        "2007-2011": "2003 onwards",
        "2007 onwards": "2003 onwards",
        "2012 onwards": "2003 onwards",
        **{str(year): "2003 onwards" for year in range(2007, 2026)},
        "NO DATA!": None,
        "INVALID!": None,
    },
    "NON_DOMESTIC": {"Y": "Non-domestic", "N": "Domestic"},
}
RAW = [(column, text) for column, texts in PUBLISHED.items() for text in texts]


def recoded(column, *values, **options):
    table = recode_characteristics(pd.DataFrame({column: list(values)}, dtype=object), **options)
    return [None if pd.isna(value) else value for value in table[column]]


@pytest.mark.parametrize(("column", "text"), RAW)
def test_every_published_text_has_its_category(column, text):
    assert recoded(column, text) == [PUBLISHED[column][text]]


@pytest.mark.parametrize("text", PUBLISHED["CONSTRUCTION_AGE_BAND"])
def test_the_prefix_of_the_form_changes_nothing(text):
    expected = [PUBLISHED["CONSTRUCTION_AGE_BAND"][text]]
    if expected != [None]:
        assert recoded("CONSTRUCTION_AGE_BAND", f"England and Wales: {text}") == expected


@given(st.integers(1500, 2099))
def test_a_single_year_falls_into_the_band_that_holds_it(year):
    (band,) = recoded("CONSTRUCTION_AGE_BAND", str(year))
    if band == "1900 or earlier":
        assert year <= 1900
    elif band == "2003 onwards":
        assert year >= 2003
    else:
        first, last = map(int, band.split("-"))
        assert max(first, 1901) <= year <= last


def test_a_year_that_was_read_as_a_number_is_a_year():
    assert recoded("CONSTRUCTION_AGE_BAND", 2009, 2009.0, 1935) == ["2003 onwards"] * 2 + ["1930-1949"]


@pytest.mark.parametrize("nothing", ["NO DATA!", "no data!", "INVALID!", "", "  ", None, np.nan, pd.NA])
@pytest.mark.parametrize("column", CATEGORIES)
def test_what_is_not_known_is_missing_in_every_column(column, nothing):
    assert recoded(column, nothing) == [None]


@pytest.mark.parametrize(
    ("value", "use"),
    [
        (True, "Non-domestic"),
        (False, "Domestic"),
        (1, "Non-domestic"),
        (0, "Domestic"),
        ("yes", "Non-domestic"),
    ],
)
def test_truths_are_read_however_they_are_written(value, use):
    assert recoded("NON_DOMESTIC", value) == [use]


def test_ages_are_ordered_and_the_rest_is_not(town):
    table = recode_characteristics(town)
    assert table["CONSTRUCTION_AGE_BAND"].cat.ordered
    assert table["CONSTRUCTION_AGE_BAND"].cat.categories.tolist() == AGE_BANDS
    assert (table["CONSTRUCTION_AGE_BAND"] < "1930-1949").sum() == 75
    for column in ("BUILT_FORM", "PROPERTY_TYPE", "NON_DOMESTIC"):
        assert table[column].cat.categories.tolist() == CATEGORIES[column]
        assert not table[column].cat.ordered


def test_all_else_of_the_table_stays_as_it_was(town):
    table = recode_characteristics(town)
    others = [column for column in town.columns if column not in CATEGORIES]
    pd.testing.assert_frame_equal(pd.DataFrame(table[others]), pd.DataFrame(town[others]))
    assert table.crs == town.crs
    assert footnote(table) == footnote(town)
    assert town["BUILT_FORM"].iloc[0] == "NO DATA!", "the reader's own table must not change"


def test_recoding_twice_changes_nothing(town):
    once = recode_characteristics(town)
    pd.testing.assert_frame_equal(recode_characteristics(once), once)


def test_an_unknown_text_is_named_with_its_rows():
    with pytest.raises(
        ValueError, match=r"BUILT_FORM holds 1 text .* in 2 rows: 'Semi-detachd' \(did .*'Semi-D"
    ):
        recoded("BUILT_FORM", "Semi-detachd", "Detached", "Semi-detachd")


def test_an_unknown_text_may_be_taken_for_missing():
    assert recoded("BUILT_FORM", "Yurt", "Detached", unknown="missing") == [None, "Detached"]
    with pytest.raises(ValueError, match="choose 'error'"):
        recoded("BUILT_FORM", "Yurt", unknown="drop")


@pytest.mark.parametrize("text", ["1930-1950", "2007 onward", "19355", "0", "-1900", "1900-", "3001"])
def test_a_band_of_no_edition_is_not_guessed(text):
    with pytest.raises(ValueError, match="no list knows"):
        recoded("CONSTRUCTION_AGE_BAND", text)


def test_a_table_without_certificates_gets_a_suggestion():
    with pytest.raises(ValueError, match="Did you mean 'built_form'"):
        recode_characteristics(pd.DataFrame({"TOID": ["a"], "built_form": ["Detached"]}))


def test_counts_show_what_became_of_what(town):
    counts = recoding_counts(town, "BUILT_FORM")
    assert counts["n"].sum() == len(town)
    assert counts[["raw", "n"]].values.tolist() == [
        ["Detached", 90],
        ["Semi-Detached", 90],
        ["Mid-Terrace", 90],
        ["NO DATA!", 30],
    ]
    assert counts["category"].astype(object).fillna("").tolist() == [
        "Detached",
        "Semi-Detached",
        "Terrace",
        "",
    ]
    assert footnote(counts) == footnote(town)


def test_counts_do_not_stumble_over_what_recoding_would_refuse():
    raw = pd.DataFrame({"CONSTRUCTION_AGE_BAND": ["1900", 2009, "long ago", None, "long ago"]})
    counts = recoding_counts(raw, "CONSTRUCTION_AGE_BAND").set_index("raw")
    assert counts.loc["long ago", "n"] == 2
    assert pd.isna(counts.loc["long ago", "category"])
    assert counts.loc["(empty)", "n"] == 1
    with pytest.raises(ValueError, match="'a' is not recoded"):
        recoding_counts(pd.DataFrame({"a": [1]}), "a")
