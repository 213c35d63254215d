"""The panel: where to begin, what was selected, what looks like it, and what goes wrong on the way."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Route, expect

pytestmark = pytest.mark.browser

SIMILAR = re.compile(r"/api/v1/tiles/\d+/similar")


def test_a_reader_is_shown_where_to_begin_and_that_all_is_invented(visit):
    seen = visit()
    expect(seen.panel).to_contain_text("Synthetic sample")
    seen.panel.get_by_role("listitem").get_by_role("button").first.click()
    seen.answered()
    assert seen.results.count() == 24


def test_results_are_those_of_the_index_with_place_score_and_picture(visit, explorer, rows, tile):
    seen = visit(f"?tile={tile}")
    seen.answered()
    hits = explorer.get(f"/api/v1/tiles/{tile}/similar").json()["hits"]
    assert [int(id) for id in seen.results.evaluate_all("all => all.map(one => one.dataset.tile)")] == [
        hit["tile_id"] for hit in hits
    ]
    expect(seen.results.first).to_contain_text(hits[0]["city"])
    expect(seen.results.first).to_contain_text(f"{hits[0]['score']:.2f}")
    assert rows.loc[tile, "city"] not in {hit["city"] for hit in hits}
    seen.page.wait_for_function(
        "document.querySelector('.panel-result .panel-picture').style.backgroundImage.includes('thumbnail')"
        " || document.querySelector('.panel-result img')?.naturalWidth > 0"
    )


def test_method_and_same_city_switch_ask_again(visit, explorer, rows, tile):
    seen = visit(f"?tile={tile}")
    seen.answered()
    switch = seen.panel.get_by_role("switch", name="Only other cities")
    expect(switch).to_have_attribute("aria-checked", "true")
    with seen.page.expect_response(SIMILAR) as answer:
        switch.click()
    assert "other_cities_only=false" in answer.value.url
    seen.answered()
    with seen.page.expect_response(SIMILAR) as answer:
        seen.panel.get_by_label("Compare by").select_option("median")
    assert "method=median" in answer.value.url
    seen.answered()
    hits = explorer.get(
        f"/api/v1/tiles/{tile}/similar", params={"method": "median", "other_cities_only": False}
    ).json()["hits"]
    expect(seen.results.first).to_have_attribute("data-tile", str(hits[0]["tile_id"]))


def test_more_are_shown_until_the_list_ends(visit, rows, tile):
    seen = visit(f"?tile={tile}")
    seen.answered()
    elsewhere = int((rows["city_id"] != rows.loc[tile, "city_id"]).sum())
    while (more := seen.panel.get_by_role("button", name="Show more")).count():
        shown = seen.results.count()
        more.click()
        expect(seen.results.nth(shown)).to_be_visible()
        seen.answered()
    assert seen.results.count() == min(elsewhere, 100)
    ids = seen.results.evaluate_all("all => all.map(one => one.dataset.tile)")
    assert len(set(ids)) == len(ids)
    expect(seen.panel).to_contain_text(re.compile("end of the list|That is all|no more", re.I))


def test_a_result_is_pointed_out_in_the_views_and_selected_by_a_click(visit, tile):
    seen = visit(f"?tile={tile}")
    seen.answered()
    second = int(seen.results.nth(1).get_attribute("data-tile"))
    seen.results.nth(1).hover()
    expect(seen.results.nth(1)).to_have_attribute("data-hovered", "true")
    expect(seen.map.locator(".maplibregl-popup").first).to_be_visible()
    seen.results.nth(1).click()
    seen.selected(second)
    seen.answered()


def test_a_filter_keeps_the_list_to_its_part_of_the_world(visit, rows, tile):
    other = rows[rows["continent"] != rows.loc[tile, "continent"]].iloc[0]
    seen = visit(f"?tile={tile}&in=continent:{other['continent']}")
    seen.answered()
    ids = [int(id) for id in seen.results.evaluate_all("all => all.map(one => one.dataset.tile)")]
    assert ids
    assert set(rows.loc[ids, "continent"]) == {other["continent"]}
    expect(seen.panel).to_contain_text(f"Only look-alikes in {other['continent']}")


def test_nothing_to_be_found_is_said(visit, rows, tile):
    own = rows.loc[tile, "city_id"]
    seen = visit(f"?tile={tile}&in=city:{own}")
    seen.answered()
    assert seen.results.count() == 0
    expect(seen.panel).to_contain_text(re.compile("no other tile", re.I))


def test_what_goes_wrong_is_said_in_the_servers_words_and_can_be_tried_again(visit, context, tile):
    problem = {"type": "urn:x", "title": "The index is gone", "status": 503, "detail": "the index went away"}
    fails = [True]

    def answer(route: Route) -> None:
        if fails[0]:
            route.fulfill(
                status=503,
                content_type="application/problem+json",
                body=json.dumps(problem | {"instance": ""}),
            )
        else:
            route.continue_()

    context.route(SIMILAR, answer)
    seen = visit(f"?tile={tile}", forgives=True)
    alert = seen.panel.get_by_role("alert")
    expect(alert).to_contain_text("the index went away")
    fails[0] = False
    seen.panel.get_by_role("button", name="Try again").click()
    seen.answered()
    assert seen.results.count() == 24


def test_too_many_requests_count_down_before_another_try(visit, context, tile):
    problem = {"type": "urn:x", "title": "Too many", "status": 429, "detail": "wait a little", "instance": ""}
    headers = {"Retry-After": "30", "Content-Type": "application/problem+json"}
    context.route(SIMILAR, lambda route: route.fulfill(status=429, headers=headers, body=json.dumps(problem)))
    seen = visit(f"?tile={tile}", forgives=True)
    expect(seen.panel.get_by_role("alert")).to_contain_text("wait a little")
    button = seen.panel.get_by_role("button", name=re.compile("again"))
    expect(button).to_contain_text(re.compile(r"in \d+"))
    assert button.is_disabled() or button.get_attribute("aria-disabled") == "true"


def test_a_stale_answer_never_replaces_a_newer_one(visit, context, rows, tile):
    other = int(rows.index[rows["city_id"] != rows.loc[tile, "city_id"]][0])
    held: list[Route] = []

    def answer(route: Route) -> None:
        held.append(route) if f"/{tile}/" in route.request.url else route.continue_()

    context.route(SIMILAR, answer)
    seen = visit(f"?tile={tile}")
    expect(seen.panel.locator("[data-status]")).to_have_attribute("data-status", "loading")
    seen.page.evaluate(
        "address => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')); }",
        f"?tile={other}",
    )
    seen.selected(other)
    seen.answered()
    first = seen.results.first.get_attribute("data-tile")
    for route in held:
        route.continue_()
    seen.page.wait_for_timeout(1_000)
    assert seen.results.first.get_attribute("data-tile") == first
    seen.selected(other)


def test_data_that_cannot_be_had_at_the_start_are_said_to_be_missing_and_tried_again(visit, context):
    context.route("**/api/v1/locations", lambda route: route.abort())
    seen = visit(waits=False, forgives=True)
    expect(seen.page.get_by_role("alert")).to_contain_text("cannot")
    context.unroute("**/api/v1/locations")
    seen.page.get_by_role("button", name="Try again").click()
    expect(seen.map).to_have_attribute("data-ready", "true")


def test_names_from_the_data_are_text(visit, context, site, tile):
    evil = "<img src=x onerror=document.title='owned'>"

    def answer(route: Route) -> None:
        from tools.explorer.packing import pack, unpack

        about, arrays = unpack(route.fetch().body())
        for city in about["cities"]:
            city["name"] = city["country"] = evil
        route.fulfill(body=pack(about, arrays), content_type="application/octet-stream")

    context.route("**/api/v1/locations", answer)
    seen = visit(f"?tile={tile}")
    seen.answered()
    expect(seen.panel).to_contain_text(evil)
    x, y = seen.middle("map")
    seen.page.mouse.move(x, y)
    search = seen.page.get_by_role("combobox", name=re.compile("Search"))
    search.fill("img")
    expect(seen.page.get_by_role("option").first).to_contain_text(evil)
    assert seen.page.title() != "owned"
    assert seen.page.locator("img[src=x]").count() == 0
