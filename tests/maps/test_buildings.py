"""Maps of buildings: what Kepler is told, what a page weighs, and what each notebook program is given."""

from __future__ import annotations

import base64
import json
import re
import sys
import types

import comm
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tools import maps, provenance
from tools.maps import kepler, palette
from tools.maps.buildings import PUBLISHING

from .conftest import HOSTILE, SAMPLE


def buildings(n: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(0)
    table = gpd.GeoDataFrame(
        {
            "TOID": [f"osgb{5_000_000_000_000_000 + i}" for i in range(n)],
            "cluster": rng.choice(list("ABCDE"), n),
            "cosine": rng.uniform(-0.2, 1.0, n),
        },
        geometry=gpd.points_from_xy(rng.uniform(-3.2, -2.6, n), rng.uniform(53.3, 53.6, n)),
        crs="EPSG:4326",
    )
    return provenance.mark(table, SAMPLE)


@pytest.fixture
def some() -> gpd.GeoDataFrame:
    return buildings(300)


def layer(shown) -> dict:
    (only,) = shown.config["config"]["visState"]["layers"]
    return only


def carried(spec) -> pd.DataFrame:
    """The table that a page holds, read as Kepler reads it."""
    return pa.ipc.open_stream(base64.b64decode(spec["data"][kepler.DATA]["data"])).read_pandas()


def test_a_page_carries_every_building_where_it_is(some):
    table = carried(maps.map_buildings(some).spec)
    assert table["TOID"].tolist() == some["TOID"].tolist()
    assert table["cluster"].tolist() == some["cluster"].tolist()
    assert np.abs(table["lon"] - some.geometry.x).max() < 1e-6
    assert np.abs(table["lat"] - some.geometry.y).max() < 1e-6


def test_buildings_in_metres_are_brought_to_degrees(some):
    there = carried(maps.map_buildings(some.to_crs("EPSG:27700")).spec)
    assert np.abs(there["lat"] - some.geometry.y).max() < 1e-5


def test_classes_have_their_colours_in_kepler_and_in_the_legend(some):
    shown = maps.map_buildings(some)
    colours = maps.class_palette("ABCDE")
    assert layer(shown)["config"]["visConfig"]["colorRange"]["colorMap"] == [
        [k, v] for k, v in colours.items()
    ]
    assert layer(shown)["visualChannels"]["colorField"] == {"name": "cluster", "type": "string"}
    assert shown.legend == [(k, v, int((some["cluster"] == k).sum())) for k, v in colours.items()]


def test_a_palette_of_ones_own_is_used(some):
    own = dict.fromkeys("ABCDE", "#123456")
    assert {colour for _, colour, _ in maps.map_buildings(some, palette=own).legend} == {"#123456"}


def test_numbers_become_classes_along_a_ramp_in_their_order(some):
    shown = maps.map_buildings(some, "cosine", scheme="equal", k=4)
    names = [name for name, _, _ in shown.legend]
    assert [float(name.split(" to ")[0]) for name in names] == sorted(
        float(n.split(" to ")[0]) for n in names
    )
    assert len(names) == 4
    assert shown.tooltips == ("TOID", "cosine (class)")
    assert set(carried(shown.spec)["cosine (class)"]) <= set(names)


def test_ordered_bands_keep_their_order(some):
    bands = ["1900 or earlier", "1900-1929", "2003 onwards"]
    some["band"] = pd.Categorical.from_codes(np.arange(300) % 3, bands, ordered=True)
    assert [name for name, _, _ in maps.map_buildings(some, "band").legend] == bands


def test_buildings_without_a_class_are_grey_and_counted(some):
    some.loc[:9, "cluster"] = None
    shown = maps.map_buildings(some)
    assert shown.legend[-1] == ("no data", palette.MISSING, 10)
    assert carried(shown.spec)["cluster"].tolist()[:10] == ["no data"] * 10


def test_tooltips_show_what_was_asked_for_and_the_class(some):
    fields = maps.map_buildings(some, tooltip_cols=("TOID", "cosine")).config["config"]["visState"][
        "interactionConfig"
    ]["tooltip"]["fieldsToShow"]
    assert [field["name"] for field in fields[kepler.DATA]] == ["TOID", "cosine", "cluster"]


def test_no_base_map_is_asked_for_and_nothing_is_typed_to_another_host(some):
    config = maps.map_buildings(some).config["config"]
    assert config["mapStyle"]["styleType"] == "no_map"
    assert config["visState"]["interactionConfig"]["geocoder"]["enabled"] is False


def test_all_buildings_are_in_view_at_first(some):
    state = maps.map_buildings(some).config["config"]["mapState"]
    across = 512 * 2 ** state["zoom"] / 360 * (some.geometry.x.max() - some.geometry.x.min())
    up = 512 * 2 ** state["zoom"] / 360 * (some.geometry.y.max() - some.geometry.y.min())
    up /= np.cos(np.radians(state["latitude"]))
    assert across <= 700.5
    assert up <= 430.5
    assert max(across / 700, up / 430) > 0.98


def test_too_many_buildings_are_drawn_by_lot_and_the_map_says_so(some):
    shown = maps.map_buildings(some, most=50)
    assert len(shown.table) == 50
    assert shown.notice == f"50 of 300 buildings drawn, chosen by lot. {SAMPLE.notice}"
    assert sum(count for _, _, count in shown.legend) == 300
    again = maps.map_buildings(some, most=50)
    assert again.table.equals(shown.table)


def test_a_page_of_twenty_thousand_buildings_weighs_less_than_one_and_a_half_megabytes():
    page = kepler.page(maps.map_buildings(buildings(20_000)).spec, "../vendor/kepler.js")
    assert len(page.encode()) < 1_500_000


def test_the_page_says_what_must_be_said_and_no_text_can_become_markup(some):
    some["TOID"] = HOSTILE
    some["cluster"] = HOSTILE
    page = kepler.page(maps.map_buildings(some, title=HOSTILE).spec, "../vendor/kepler.js")
    assert re.search(f'<footer class="foot synthetic"[^>]*>{SAMPLE.notice}</footer>', page)
    assert "<img" not in page
    assert page.count("</script>") == 2


def test_the_program_is_the_one_that_came_with_the_package():
    name, path = kepler.library()
    assert name.startswith("keplergl-0.")
    assert path.stat().st_size > 10_000_000


def test_a_notebook_gets_the_live_widget_with_legend_and_notice(some):
    head, live, foot = maps.map_buildings(some, title="A <title>").widget().children
    assert "A &lt;title&gt;" in head.value
    assert head.value.count("<li") == 5
    assert live.config == maps.map_buildings(some).config
    assert live.data[kepler.DATA]["TOID"].tolist() == some["TOID"].tolist()
    assert SAMPLE.notice in foot.value
    bundle = maps.map_buildings(some)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_widget_is_complete_in_its_first_message(some, monkeypatch):
    """JupyterLab drops what follows while the program is on its way, and the map would stay empty."""
    first = []
    make = comm.create_comm
    monkeypatch.setattr(
        comm, "create_comm", lambda **sent: first.append(sent["data"]["state"]) or make(**sent)
    )
    shown = maps.map_buildings(some)
    shown.widget()
    (state,) = [state for state in first if "_esm" in state]
    assert state["config"] == shown.config
    assert state["data"][kepler.DATA]["format"] == "arrow"
    assert (state["height"], state["theme"]) == (620, "light")


def test_a_lesson_that_is_run_for_the_book_stores_data_and_settings_alone(some, monkeypatch):
    monkeypatch.setenv(PUBLISHING, "frames")
    bundle = maps.map_buildings(some)._repr_mimebundle_()
    assert set(bundle) == {kepler.MIME, "text/plain"}
    assert json.loads(json.dumps(bundle))[kepler.MIME]["title"] == "300 buildings by cluster"


@pytest.mark.parametrize("program", ["colab", "vscode"])
def test_programs_without_widgets_get_a_figure_that_they_can_draw(some, monkeypatch, program):
    if program == "colab":
        monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    else:
        monkeypatch.setenv("VSCODE_PID", "1")
    monkeypatch.setattr("plotly.io.renderers.default", "plotly_mimetype")
    bundle = maps.map_buildings(some)._repr_mimebundle_()
    (kind,) = [key for key in bundle if "plotly" in key]
    assert [trace["name"][0] for trace in bundle[kind]["data"]] == list("ABCDE")


def test_the_figure_shows_the_same_buildings_as_kepler(some):
    some.loc[:4, "cluster"] = None
    figure = maps.map_buildings(some, tooltip_cols=("TOID", "cosine")).figure()
    assert sum(len(trace.x) for trace in figure.data) == 300
    first = next(trace for trace in figure.data if trace.name.startswith("A"))
    assert first.text[0].startswith("osgb")
    assert "<br>" in first.text[0]
    assert figure.layout.annotations[0].text == SAMPLE.notice
    assert figure.layout.yaxis.scaleratio == pytest.approx(1 / np.cos(np.radians(53.45)), rel=0.01)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda b: b.set_crs(None, allow_override=True), "set_crs"),
        (lambda b: b.set_geometry(b.buffer(1)), "representative_point"),
        (lambda b: b.assign(geometry=None), "nothing to draw"),
        (lambda b: b.rename(columns={"cluster": "clusters"}), "Did you mean 'clusters'"),
        (lambda b: b.drop(columns="TOID"), "TOID"),
    ],
)
@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_what_cannot_be_mapped_is_refused_with_the_remedy(some, change, complaint):
    with pytest.raises(ValueError, match=complaint):
        maps.map_buildings(change(some))


def test_a_map_of_nothing_by_lot_is_refused(some):
    with pytest.raises(ValueError, match="at least 1 building"):
        maps.map_buildings(some, most=0)
