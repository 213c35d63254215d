"""Web maps as pages: whole, small, safe with any data, and described for those who cannot see them."""

from __future__ import annotations

import html
import inspect
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from tools import places, provenance
from tools.maps import webmap
from tools.maps.webmaps import make_webmap_general, map_closest_lsoas, show_two_maps_side_by_side

NAMES = ("LSOA21CD", "LSOA21NM")


class Tags(HTMLParser):
    """The tags of a page with their attributes, and the text in its script elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.scripts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


@pytest.fixture
def with_leaflet():
    if places.npm_asset("leaflet/dist/leaflet.js") is None:
        pytest.skip("Leaflet is not installed: run `course assets`")


def test_the_page_holds_all_it_needs(areas, with_leaflet):
    page = make_webmap_general(areas, "cluster").html
    for tag, attributes in Tags(page).tags:
        assert "src" not in attributes
        assert tag not in ("link", "img", "iframe")
    assert len(re.findall("Leaflet 1.9.4", page)) >= 1


def test_without_installed_packages_leaflet_comes_checked_from_its_public_address(areas, monkeypatch):
    monkeypatch.setattr(places, "npm_asset", lambda name: None)
    tags = Tags(make_webmap_general(areas, "cluster").html).tags
    remote = [attributes for _, attributes in tags if "integrity" in attributes]
    assert [r.get("src") or r.get("href") for r in remote] == [
        f"{webmap._LEAFLET}/{n}" for n in webmap._INTEGRITY
    ]


def test_the_checksums_are_those_of_the_installed_leaflet(with_leaflet):
    import base64
    import hashlib

    for name, check in webmap._INTEGRITY.items():
        data = places.npm_asset(f"leaflet/dist/{name}").read_bytes()
        assert check == "sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode()


def test_names_from_data_cannot_become_tags(areas):
    hostile = areas["LSOA21NM"][0]
    shown = make_webmap_general(areas, "cluster", hostile, NAMES, title=hostile, pois=[(hostile, 51.4, 0.0)])
    tags = Tags(shown.html)
    assert "img" not in [tag for tag, _ in tags.tags]
    content = json.loads(next(script for script in tags.scripts if script.startswith('{"name"')))
    assert content["columns"][1]["values"][0] == content["points"][0]["name"] == hostile
    frame = Tags(shown._repr_html_()).tags
    assert [tag for tag, _ in frame] == ["iframe"]
    assert frame[0][1]["title"] == hostile
    assert html.unescape(frame[0][1]["srcdoc"]) == shown.html or frame[0][1]["srcdoc"] == shown.html


def test_a_name_that_looks_like_a_mark_of_the_template_stays_a_name(areas):
    assert "<title>{{script}}</title>" in make_webmap_general(areas, "cluster", title="{{script}}").html


@pytest.mark.parametrize(
    ("make", "title"),
    [
        (lambda a: make_webmap_general(a, "cluster", "Clusters"), "Clusters: 24 areas by cluster"),
        (lambda a: make_webmap_general(a.head(1)), "Focus: 1 area"),
        (lambda a: map_closest_lsoas(a, 0, 3)[0], "The 3 areas inside cluster 0 nearest to its centre"),
        (
            lambda a: map_closest_lsoas(a, 0, 1, among="rest")[0],
            "The area outside cluster 0 nearest to its centre",
        ),
        (
            lambda a: show_two_maps_side_by_side(a, "IMD_decile", "density", k=4),
            "IMD_decile beside density (quantiles)",
        ),
        (lambda a: show_two_maps_side_by_side(a, "IMD_decile", "cluster"), "IMD_decile beside cluster"),
    ],
)
def test_every_map_says_what_it_shows(areas, make, title):
    shown = make(areas)
    assert shown.title == title
    assert f'<iframe class="course-frame" title="{html.escape(title)}" loading="lazy"' in shown._repr_html_()


def test_london_with_values_and_names_weighs_less_than_three_megabytes(london):
    one = make_webmap_general(
        london, "IMD_decile", "IMD", (*NAMES, *london.columns[5:]), focus_cmap="YlOrRd_r"
    )
    two = show_two_maps_side_by_side(london, "IMD_decile", "Percent no qualifications 16 and over", NAMES)
    for shown in (one, two):
        assert len(shown._repr_html_().encode()) < 3_000_000


def test_two_maps_weigh_hardly_more_than_one(london):
    column = "Percent no qualifications 16 and over"
    one = make_webmap_general(london, "IMD_decile", focus_tooltip_cols=(column,))
    two = show_two_maps_side_by_side(london, "IMD_decile", column)
    assert len(two.html) < 1.05 * len(one.html)


def test_a_saved_page_is_the_page(areas, tmp_path):
    shown = make_webmap_general(areas, "cluster")
    assert shown.save(tmp_path / "maps" / "one.html").read_text("utf-8") == shown.html


def test_missing_values_are_missing_and_not_nan(areas):
    areas.loc[2, "density"] = np.nan
    areas["LSOA21NM"] = areas["LSOA21NM"].where(areas.index != 4)
    content = make_webmap_general(areas, "density", "Density", NAMES, focus_categorical=False).content
    assert content["columns"][1]["values"][4] is None
    assert content["columns"][2]["values"][2] is None
    json.dumps(content, allow_nan=False)


def test_areas_without_a_geometry_are_left_out(areas):
    areas.loc[0, "geometry"] = None
    assert (
        make_webmap_general(areas, "cluster", focus_tooltip_cols=NAMES).content["columns"][0]["values"][0]
        == "SYN000001"
    )


def test_any_index_and_column_order_will_do(areas):
    mixed = areas[areas.columns[::-1]].sample(frac=1, random_state=0).set_index("LSOA21CD", drop=False)
    content = make_webmap_general(mixed, "cluster", focus_tooltip_cols=NAMES).content
    assert content["columns"][0]["values"] == mixed["LSOA21CD"].tolist()


def test_the_first_view_fits_what_was_asked_for(areas):
    points = [("Here", 51.4, 0.0), ("There", 51.5, 0.1)]
    bounds = {
        fit: make_webmap_general(areas.head(1), pois=points, context_gdf=areas, fit_to=fit).content["bounds"]
        for fit in ("focus", "context", "pois")
    }
    assert bounds["focus"] == [[51.3, -0.3], [51.36, -0.2]]
    assert bounds["context"] == [[51.3, -0.3], [51.54, 0.3]]
    assert bounds["pois"] == [[51.4, 0.0], [51.5, 0.1]]
    assert make_webmap_general(areas, fit_to=None, zoom_start=11).content["zoom"] == 11


def test_notices_of_all_layers_are_told_once(areas):
    real = provenance.mark(areas.copy(), provenance.Provenance("real", "open", "Real", "OGL v3"))
    content = make_webmap_general(areas, context_gdf=real).content
    assert content["notice"] == "Synthetic sample: not real places. · OGL v3"
    assert content["synthetic"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"focus_col": "clustr"}, "Did you mean 'cluster'"),
        (
            {"focus_tooltip_cols": ("LSOA21XX",)},
            "Did you mean 'LSOA21NM' or 'LSOA21CD'|Did you mean 'LSOA21CD'",
        ),
        (
            {"focus_style_kwds": {"fillOpacty": 1}},
            "focus_style_kwds has no 'fillOpacty'. Did you mean 'fillOpacity'",
        ),
        ({"fit_to": "all"}, "expected one of 'focus', 'context', 'pois', None"),
        ({"fit_to": "context"}, "nothing in context_gdf"),
        ({"fit_to": "pois"}, "nothing in pois"),
        ({"pois": "Soho"}, "line 1: found 1 field"),
        ({"focus_col": "LSOA21NM", "focus_categorical": False}, "needs numbers"),
        ({"focus_col": "cluster", "focus_cmap": "Set99"}, "no colour map 'Set99'"),
    ],
)
def test_a_wrong_call_says_what_is_right(areas, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        make_webmap_general(areas, **options)


def test_no_crs_is_an_error_that_teaches(areas):
    with pytest.raises(ValueError, match="set_crs"):
        make_webmap_general(areas.set_crs(None, allow_override=True), "cluster")


def test_the_parameters_of_the_lab_are_all_there():
    first = "focus_gdf focus_col focus_name focus_tooltip_cols focus_categorical focus_legend focus_cmap"
    then = "focus_style_kwds context_gdf context_name context_style_kwds pois layer_control_collapsed fit_to"
    expected = {
        make_webmap_general: f"{first} {then} zoom_start",
        map_closest_lsoas: "gdf cluster_number n_closest context_gdf cluster_col tooltip_cols",
        show_two_maps_side_by_side: "gdf left_var right_var tooltip_cols scheme k min_unique_to_bin",
    }
    for function, names in expected.items():
        assert list(inspect.signature(function).parameters)[: len(names.split())] == names.split()
