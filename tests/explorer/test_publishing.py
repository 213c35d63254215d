"""The explorer as files: complete, the same each time, and asking nobody."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tools.explorer.holding import Shown, read_shown
from tools.explorer.packing import unpack
from tools.explorer.publishing import publish, publish_world
from tools.explorer.thumbnails import Thumbnails
from tools.similarity import exact_neighbours, open_world, without_location
from tools.similarity.pipeline import INDEXED
from tools.sources import DataError

WEB = Path(__file__).resolve().parents[2] / "tools/explorer/web"


@pytest.fixture(scope="module")
def front_end(tmp_path_factory) -> Path:
    """The page as it is in the source, and a script beside it as Vite lays it."""
    folder = tmp_path_factory.mktemp("front") / "built"
    (folder / "assets").mkdir(parents=True)
    shutil.copyfile(WEB / "index.html", folder / "index.html")
    (folder / "assets" / "index-1.js").write_text("export {};\n")
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def page(world, front_end, tmp_path_factory) -> Path:
    """The folder of the published page."""
    return publish_world(world, tmp_path_factory.mktemp("book") / "explorer", built=front_end).parent


def stamp(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def read_json(page: Path, name: str):
    return json.loads((page / "data" / name).read_text("utf-8"))


def read_pack(page: Path, name: str):
    return unpack(gzip.decompress((page / "data" / name).read_bytes()))


def test_the_page_has_all_that_it_asks_for(page, world):
    cities = open_world(world, methods=[]).tiles["city_id"].unique()
    data = {path for path in stamp(page) if path.startswith("data/")}
    assert data == {
        *(f"data/{name}" for name in ("config.json", "methods.json", "land.json")),
        *(f"data/{name}.pack" for name in ("locations", "umap")),
        *(f"data/neighbours/{name}.pack" for name in INDEXED),
        *(f"data/thumbnails/{city}.png" for city in cities),
    }
    assert (page / "assets" / "index-1.js").is_file()
    assert not (page / ".vite").exists(), "what is hidden is nobody's page"


def test_it_is_the_same_whenever_it_is_published_from_the_same_world(page, world, front_end, tmp_path):
    again = publish_world(world, tmp_path / "again", built=front_end).parent
    assert stamp(again) == stamp(page)


def test_its_page_says_where_its_data_are_and_lets_nothing_else_be_asked(page):
    class Metas(HTMLParser):
        def __init__(self):
            super().__init__()
            self.found: list[dict] = []

        def handle_starttag(self, tag, attrs):
            if tag in ("meta", "script"):
                self.found.append({"tag": tag, **dict(attrs)})

    metas = Metas()
    text = (page / "index.html").read_text("utf-8")
    metas.feed(text)
    (source,) = [meta for meta in metas.found if meta.get("name") == "explorer-source"]
    assert source["content"] == "static:./data"
    (policy,) = [meta for meta in metas.found if meta.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy["content"].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert "frame-ancestors" not in rules, "browsers refuse it in a page, with an error"
    assert not re.search(r"https?:", policy["content"]), "no other site is allowed"
    first_script = next(number for number, meta in enumerate(metas.found) if meta["tag"] == "script")
    assert metas.found.index(policy) < first_script, "a policy binds only what comes after it"


def test_its_look_alikes_are_those_of_an_exact_search(page, world):
    opened = open_world(world, methods=["mean"])
    vectors = without_location(opened.vectors["mean"], pd.read_parquet(world / "bias.parquet"))
    wanted, _ = exact_neighbours(vectors, k=24, groups=opened.tiles["city_id"].to_numpy())
    about, arrays = read_pack(page, "neighbours/mean.pack")
    assert about["k"] == read_json(page, "config.json")["most_results"] == 24
    assert np.array_equal(arrays["other"].reshape(-1, 24), wanted)


def test_a_dot_of_the_view_lies_where_the_layout_has_its_tile(page, world):
    shown = read_shown(world)
    about, arrays = read_pack(page, "umap.pack")
    scale = max(high - low for low, high in about["bounds"].values()) / 65_535
    for axis in "xy":
        again = about["bounds"][axis][0] + arrays[axis] * scale
        np.testing.assert_allclose(again, shown.layout[axis], atol=scale)


def test_its_methods_are_described_and_the_usual_one_is_among_them(page):
    methods = read_json(page, "methods.json")["methods"]
    assert sorted(method["name"] for method in methods if method["available"]) == sorted(INDEXED)
    assert read_json(page, "config.json")["default_method"] in INDEXED


def test_a_tiles_picture_is_its_square_of_the_citys(page, world):
    shown = read_shown(world)
    about, _ = read_pack(page, "locations.pack")
    city = about["cities"][3]
    first = sum(one["count"] for one in about["cities"][:3])
    sheet = np.asarray(Image.open(page / "data" / "thumbnails" / f"{city['id']}.png"))
    columns = int(np.ceil(np.sqrt(city["count"])))
    for at in range(city["count"]):
        picture = shown.thumbnails.pixels(int(shown.tiles["tile_id"].iloc[first + at]))
        height, width, _ = picture.shape
        top, left = at // columns * height, at % columns * width
        assert np.array_equal(sheet[top : top + height, left : left + width], picture)


def test_what_is_invented_is_said_to_be(page):
    about, _ = read_pack(page, "locations.pack")
    assert about["synthetic"] is True
    assert "ynthetic" in about["notice"]


def test_a_tile_without_a_picture_is_told_and_a_world_without_any_too(world, front_end, tmp_path):
    shown = read_shown(world)
    vectors = {"mean": open_world(world, methods=["mean"]).vectors["mean"]}
    lacking = int(shown.tiles["tile_id"].iloc[9])

    def paint(tile_id):
        return None if tile_id == lacking else np.full((4, 4, 3), 9, np.uint8)

    some = Shown(shown.tiles, shown.layout, Thumbnails(paint))
    page = publish(some, tmp_path / "some", methods=vectors, built=front_end).parent
    assert read_json(page, "config.json")["without_thumbnail"] == [9]
    none = Shown(shown.tiles, shown.layout, Thumbnails())
    page = publish(none, tmp_path / "none", methods=vectors, built=front_end).parent
    assert read_json(page, "config.json")["has_thumbnails"] is False
    assert not (page / "data" / "thumbnails").exists()


def test_a_world_of_few_tiles_has_as_many_look_alikes_as_there_are(world, front_end, tmp_path):
    shown = read_shown(world)
    vectors = {"mean": open_world(world, methods=["mean"]).vectors["mean"][:20]}
    few = Shown(shown.tiles.iloc[:20], shown.layout.iloc[:20], Thumbnails())
    page = publish(few, tmp_path / "few", methods=vectors, built=front_end).parent
    about, _ = read_pack(page, "neighbours/mean.pack")
    assert about["k"] == read_json(page, "config.json")["page_size"] == 12


def test_a_page_that_cannot_be_made_leaves_the_old_one(world, front_end, tmp_path):
    shown = read_shown(world)
    there = tmp_path / "explorer"
    there.mkdir()
    (there / "index.html").write_text("the old page")
    broken = Shown(shown.tiles, shown.layout.iloc[1:], shown.thumbnails)
    vectors = {"mean": open_world(world, methods=["mean"]).vectors["mean"]}
    with pytest.raises(ValueError, match="is of other tiles"):
        publish(broken, there, methods=vectors, built=front_end)
    assert (there / "index.html").read_text() == "the old page"
    assert [path.name for path in tmp_path.iterdir()] == ["explorer"], "and nothing half done beside it"


def test_what_is_missing_is_said_with_what_to_do(world, front_end, tmp_path):
    shown = read_shown(world)
    vectors = {"mean": open_world(world, methods=["mean"]).vectors["mean"]}
    with pytest.raises(DataError, match="run `course frontend`"):
        publish(shown, tmp_path / "a", methods=vectors, built=tmp_path / "nowhere")
    with pytest.raises(ValueError, match="no method"):
        publish(shown, tmp_path / "a", methods={}, built=front_end)
    with pytest.raises(ValueError, match=r"'mean' are of 95 tiles, not 96"):
        publish(shown, tmp_path / "a", methods={"mean": vectors["mean"][1:]}, built=front_end)
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_text("<!doctype html><title>Another page</title>")
    with pytest.raises(DataError, match="does not say"):
        publish(shown, tmp_path / "a", methods=vectors, built=other)
    assert not (tmp_path / "a").exists()
