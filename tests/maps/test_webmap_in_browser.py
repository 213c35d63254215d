"""Web maps as a reader meets them: in a browser, with a mouse, a finger or a keyboard, and no network."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from tools.maps.webmaps import make_webmap_general, map_closest_lsoas, show_two_maps_side_by_side

pytestmark = pytest.mark.browser

NAMES = ("LSOA21CD", "LSOA21NM")
POINTS = """
"Westminster", 51.4975, -0.1357
"King's Cross, ""the"" station", 51.5308, -0.1238
<b>Heathrow</b>, 51.4700, -0.2
"""


def clusters(areas, **options):
    return make_webmap_general(areas, "cluster", "Clusters", NAMES, pois=POINTS, **options)


def pixels(page, selector=".map") -> np.ndarray:
    """The colours that are on the screen, as (n, 3) whole numbers."""
    shot = Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("RGB")
    return np.asarray(shot).reshape(-1, 3)


def share_of(page, colour: str, selector=".map") -> float:
    wanted = np.rint(np.array(to_rgb(colour)) * 255)
    return float((np.abs(pixels(page, selector) - wanted).max(axis=1) <= 2).mean())


def place_of(page, area: int, view: int = 0) -> tuple[float, float]:
    """Where on the screen an area's middle is."""
    x, y = page.evaluate(
        """([area, view]) => {
            const { shapes, origin, views } = window.courseMap;
            const at = L.point(shapes[area].middle[0] + origin[0], shapes[area].middle[1] + origin[1]);
            const { map, container } = views[view];
            const point = map.latLngToContainerPoint(L.CRS.EPSG3857.pointToLatLng(at, 12));
            const { x, y } = container.getBoundingClientRect();
            return [x + point.x, y + point.y];
        }""",
        [area, view],
    )
    return x, y


def test_a_map_asks_no_other_host_and_nothing_goes_wrong(areas, opened):
    page = opened(clusters(areas))
    page.mouse.click(*place_of(page, 5))
    page.wait_for_timeout(300)
    assert (page.asked, page.wrong) == ([], [])


def test_every_class_is_drawn_in_the_colour_of_the_legend(areas, opened):
    page = opened(make_webmap_general(areas, "cluster"))
    for colour in page.evaluate("window.courseMap.content.views[0].colours"):
        assert share_of(page, colour) > 0.05


def test_a_click_opens_the_card_of_the_area_under_it(areas, opened):
    page = opened(clusters(areas))
    page.mouse.click(*place_of(page, 7))
    assert page.locator(".card h2").inner_text() == "Sampleborough 007"
    assert page.locator(".card dl").inner_text().split() == ["LSOA21CD", "SYN000007", "cluster", "0"]


def test_a_hostile_name_is_shown_and_not_run(areas, opened):
    page = opened(clusters(areas))
    page.mouse.move(*place_of(page, 0))
    page.mouse.click(*place_of(page, 0))
    assert page.locator(".card h2").inner_text() == areas["LSOA21NM"][0]
    assert page.locator(".tip b").inner_text() == areas["LSOA21NM"][0]
    assert page.title() == "Clusters: 24 areas by cluster"
    assert page.locator("img").count() == 0


def test_reference_points_are_named_as_written(areas, opened):
    page = opened(clusters(areas))
    names = page.locator(".point b").all_inner_texts()
    assert names == ["Westminster", 'King\'s Cross, "the" station', "<b>Heathrow</b>"]


def test_names_of_points_do_not_cover_each_other(areas, opened):
    near = [("First place", 51.42, 0.0), ("Second place", 51.4205, 0.001), ("Third place", 51.421, -0.001)]
    page = opened(make_webmap_general(areas, "cluster", pois=near))
    boxes = [b.bounding_box() for b in page.locator(".point b:visible").all()]
    assert len(boxes) >= 2
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            beside = a["x"] + a["width"] < b["x"] or b["x"] + b["width"] < a["x"]
            above = a["y"] + a["height"] < b["y"] or b["y"] + b["height"] < a["y"]
            assert beside or above


def test_pointing_names_the_area_and_outlines_it(areas, opened):
    page = opened(clusters(areas))
    before = share_of(page, "#1f2a37")
    page.mouse.move(*place_of(page, 9))
    assert page.locator(".tip:visible b").inner_text() == "Sampleborough 009"
    page.wait_for_timeout(100)
    assert share_of(page, "#1f2a37") > before


def test_the_search_box_leads_to_an_area_without_a_mouse(areas, opened):
    page = opened(clusters(areas))
    page.keyboard.press("Tab")
    page.keyboard.type("borough 012")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".card h2").inner_text() == "Sampleborough 012"
    page.keyboard.press("Escape")
    assert page.locator(".card").is_hidden()


def test_the_map_itself_answers_to_keys(areas, opened):
    page = opened(clusters(areas))
    page.locator(".map").focus()
    page.keyboard.press("Enter")
    chosen = page.locator(".card h2").inner_text()
    zoom = page.evaluate("window.courseMap.maps[0].getZoom()")
    page.keyboard.press("+")
    page.wait_for_function(f"window.courseMap.maps[0].getZoom() > {zoom}")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(350)
    page.keyboard.press("Enter")
    assert page.locator(".card h2").inner_text() != chosen


def test_a_legend_entry_leaves_only_its_class_in_colour(areas, opened):
    page = opened(make_webmap_general(areas, "cluster"))
    first, second, _ = page.evaluate("window.courseMap.content.views[0].colours")
    page.locator(".legend button").first.click()
    page.wait_for_timeout(100)
    assert page.locator(".legend button").first.get_attribute("aria-pressed") == "true"
    assert share_of(page, first) > 0.05
    assert share_of(page, second) < 0.001


def test_a_basemap_is_asked_for_only_when_a_reader_picks_it(areas, opened):
    page = opened(clusters(areas))
    assert (
        page.locator("input[name=basemap]:checked").evaluate("input => input.parentNode.textContent")
        == "No basemap"
    )
    page.locator(".layers summary").click()
    page.get_by_label("OpenStreetMap").check()
    page.wait_for_timeout(300)
    assert page.asked
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in page.asked)
    assert "OpenStreetMap" in page.locator(".leaflet-control-attribution").inner_text()


def test_a_layer_can_be_put_away(areas, opened):
    page = opened(clusters(areas))
    page.locator(".layers summary").click()
    page.get_by_label("Reference points").uncheck()
    assert page.locator(".point").count() == 0
    page.get_by_role("checkbox", name="Clusters").uncheck()
    page.wait_for_timeout(100)
    colour = page.evaluate("window.courseMap.content.views[0].colours[1]")
    assert share_of(page, colour) == 0


def test_the_card_and_the_open_layer_list_do_not_cover_each_other(areas, opened):
    page = opened(clusters(areas, layer_control_collapsed=False))
    assert page.get_by_label("OpenStreetMap").is_visible()
    page.mouse.click(*place_of(page, 7))
    assert page.locator(".card").is_visible()
    assert page.get_by_label("OpenStreetMap").is_hidden()
    page.locator(".layers summary").click()
    page.get_by_label("OpenStreetMap").check()


def test_the_mark_of_a_synthetic_sample_is_on_the_page(areas, opened):
    page = opened(clusters(areas))
    assert page.locator(".foot.synthetic").inner_text() == "Synthetic sample: not real places."


def test_data_without_a_notice_get_no_foot(areas, opened):
    areas.attrs.clear()
    assert opened(clusters(areas)).locator(".foot").is_hidden()


def test_two_maps_share_one_copy_of_the_geometry_and_move_as_one(areas, opened):
    page = opened(show_two_maps_side_by_side(areas, "IMD_decile", "density", NAMES, k=4))
    assert page.evaluate("window.courseMap.views[0].page.shapes === window.courseMap.views[1].page.shapes")
    x, y = place_of(page, 8, view=1)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=5)
    page.mouse.up()
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(600)
    left, right = page.evaluate(
        "window.courseMap.maps.map((m) => [m.getCenter().lat, m.getCenter().lng, m.getZoom()])"
    )
    assert left == pytest.approx(right, abs=1e-3)


def test_pointing_at_one_map_shows_both_values(areas, opened):
    page = opened(show_two_maps_side_by_side(areas, "IMD_decile", "density", NAMES, k=4))
    page.mouse.move(*place_of(page, 8))
    tips = page.locator(".tip:visible").all_inner_texts()
    assert [tip.split("\n")[0] for tip in tips] == ["Sampleborough 008"] * 2
    assert tips[0].split("\n")[-1].strip() == "9"
    page.mouse.click(*place_of(page, 8))
    assert "density" in page.locator(".card").inner_text()


def test_few_small_areas_stay_visible_as_dots_that_can_be_clicked(london, opened):
    few = london.head(2)
    page = opened(
        make_webmap_general(few, None, "Two areas", NAMES, context_gdf=london.head(500), fit_to="context")
    )
    x, y = place_of(page, 1)
    page.mouse.click(x + 4, y + 3)
    assert page.locator(".card h2").inner_text() == few["LSOA21NM"].iloc[1]


def test_the_nearest_areas_are_mapped_over_all_others(areas, opened):
    shown, closest = map_closest_lsoas(areas, 1, 3, among="rest")
    page = opened(shown)
    assert page.evaluate("window.courseMap.shapes.length") == len(closest) == 3
    assert page.evaluate("window.courseMap.context.length") == 24
    assert (closest["cluster"] != 1).all()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(860, 600), (390, 740)], ids=["wide", "phone"])
@pytest.mark.parametrize("kind", ["one", "ramp", "two"])
def test_assistive_technology_finds_nothing_to_stumble_over(areas, opened, axe, theme, width, height, kind):
    shown = {
        "one": lambda: clusters(areas, context_gdf=areas, layer_control_collapsed=False),
        "ramp": lambda: make_webmap_general(areas, "density", focus_categorical=False),
        "two": lambda: show_two_maps_side_by_side(areas, "IMD_decile", "density", NAMES, pois=POINTS, k=4),
    }[kind]()
    page = opened(shown, width=width, height=height, theme=theme)
    assert page.locator("html").get_attribute("data-theme") == theme
    page.mouse.click(*place_of(page, 7))
    page.evaluate(axe)
    found = page.evaluate("axe.run().then((result) => result.violations)")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_map_in_a_dark_page_is_dark(areas, browser, tmp_path):
    frame = clusters(areas)._repr_html_()
    (tmp_path / "book.html").write_text(
        f"<html style='background:#121212'><body>{frame}</body></html>", "utf-8"
    )
    page = browser.new_page(color_scheme="light")
    page.goto((tmp_path / "book.html").as_uri())
    inside = page.frame_locator("iframe").locator("html[data-ready=true]")
    assert inside.get_attribute("data-theme") == "dark"
    page.evaluate("document.documentElement.style.background = 'white'")
    page.frame_locator("iframe").locator("html[data-theme=light]").wait_for(state="attached")
    page.close()


def test_on_paper_the_legend_stays_and_the_controls_go(areas, opened):
    page = opened(clusters(areas), theme="dark")
    page.emulate_media(media="print")
    assert page.locator(".legend button").first.is_visible()
    assert page.locator(".search, .layers, .buttons").first.is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_all_of_london_is_drawn_and_answers(london, opened):
    shown = make_webmap_general(london, "IMD_decile", "Deciles", NAMES, focus_cmap="YlOrRd_r")
    page = opened(shown)
    assert page.evaluate("window.courseMap.shapes.length") == 4994
    ground = share_of(page, "#f6f8f7")
    assert 0.3 < ground < 0.75
    assert all(share_of(page, colour) > 0.001 for colour in shown.content["views"][0]["colours"])
    page.mouse.click(*place_of(page, 100))
    assert page.locator(".card").is_visible()
    assert page.wrong == []
