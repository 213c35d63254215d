import json
import sqlite3
from itertools import pairwise
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from tools.embeddings import BANDS
from tools.maps import class_palette
from tools.provenance import every, is_synthetic
from tools.typology import cosine_to, export_buildings, mean_profile, recode_characteristics
from tools.typology.styling import style_of

COLOURS = {"A": "#332288", "B": "#44aa99", "C": "#ddcc77"}


@pytest.fixture(scope="module")
def buildings(town):
    table = recode_characteristics(town)
    return table.assign(cosine=cosine_to(table, mean_profile(table, table["cluster"] == "A")))


@pytest.fixture(scope="module")
def files(buildings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports") / "not yet there"
    styles = ["cluster", "CONSTRUCTION_AGE_BAND", "cosine"]
    return export_buildings(buildings, folder, stem="town", style_by=styles, palette=COLOURS)


@pytest.fixture(scope="module")
def styles(files):
    """The table in which QGIS looks, by name of style."""
    with sqlite3.connect(files["gpkg"]) as database:
        database.row_factory = sqlite3.Row
        return {row["styleName"]: dict(row) for row in database.execute("SELECT * FROM layer_styles")}


def renderer_of(document):
    """The renderer of a style document, read as strictly as XML is."""
    head, body = document.split("\n", 1)
    assert head == "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
    ElementTree.fromstring(document)
    root = ElementTree.fromstring(body)
    assert root.tag == "qgis"
    assert root.get("version")
    return root.find("renderer-v2")


def colours_of(renderer):
    """Name of each symbol and its colour as QGIS would read it."""
    return {
        symbol.get("name"): symbol.find("layer/Option[@type='Map']/Option[@name='color']").get("value")
        for symbol in renderer.findall("symbols/symbol")
    }


def test_both_files_hold_every_building_and_no_embedding(files, buildings):
    package, parquet = gpd.read_file(files["gpkg"], layer="town"), gpd.read_parquet(files["parquet"])
    for table in (package, parquet):
        assert table["TOID"].tolist() == buildings["TOID"].tolist()
        assert table.crs == buildings.crs
        assert table.geometry.to_numpy().tolist() == buildings.geometry.to_numpy().tolist()
        assert not set(BANDS) & set(table.columns)
        np.testing.assert_allclose(table["cosine"], buildings["cosine"])
        missing = table["CONSTRUCTION_AGE_BAND"].isna().to_numpy()
        assert missing.tolist() == buildings["CONSTRUCTION_AGE_BAND"].isna().tolist()


def test_the_parquet_file_keeps_the_order_of_ages(files):
    ages = gpd.read_parquet(files["parquet"])["CONSTRUCTION_AGE_BAND"]
    assert ages.cat.ordered
    assert (ages < "1930-1949").sum() == 75


def test_embeddings_are_written_when_asked_for(buildings, tmp_path):
    files = export_buildings(buildings, tmp_path, columns=["TOID", *BANDS])
    table = gpd.read_parquet(files["parquet"])
    assert list(table.columns) == ["TOID", *BANDS, "cluster", "geometry"]
    np.testing.assert_array_equal(table[list(BANDS)], buildings[list(BANDS)])


def test_the_package_is_one_layer_of_features_and_the_styles_in_its_contents(files):
    assert [name for name, _ in pyogrio.list_layers(files["gpkg"])] == ["town", "layer_styles"]
    with sqlite3.connect(files["gpkg"]) as database:
        contents = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"GPKG", "big"),)
    assert contents == {"town": "features", "layer_styles": "attributes"}
    assert pyogrio.read_info(files["gpkg"], layer="town")["geometry_type"] == "Point"
    assert len(pyogrio.read_dataframe(files["gpkg"], layer="layer_styles")) == 3


def test_the_style_is_found_by_the_names_of_layer_and_geometry(files, styles):
    with sqlite3.connect(files["gpkg"]) as database:
        place = database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchone()
    for row in styles.values():
        assert (row["f_table_name"], row["f_geometry_column"]) == place == ("town", "geom")
        assert (row["f_table_catalog"], row["f_table_schema"]) == ("", "")
        assert row["update_time"].endswith("Z")


def test_the_first_style_is_the_default_and_the_only_one(styles):
    assert {name: row["useAsDefault"] for name, row in styles.items()} == {
        "cluster": 1,
        "CONSTRUCTION_AGE_BAND": 0,
        "cosine": 0,
    }


def test_each_class_has_its_colour_and_the_rest_is_grey(styles):
    renderer = renderer_of(styles["cluster"]["styleQML"])
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "cluster")
    colours = colours_of(renderer)
    found = {c.get("value"): colours[c.get("symbol")] for c in renderer.findall("categories/category")}
    assert found == {
        "A": "51,34,136,255",
        "B": "68,170,153,255",
        "C": "221,204,119,255",
        "NULL": "179,179,179,255",
    }
    kinds = [c.get("type") for c in renderer.findall("categories/category")]
    assert kinds == ["string", "string", "string", "NULL"]
    assert all(c.get("render") == "true" for c in renderer.findall("categories/category"))


def test_the_course_s_own_colours_of_classes_are_taken(town):
    palette = class_palette(town["cluster"])
    colours = colours_of(renderer_of(style_of(town, "cluster", palette)))
    for number, letter in enumerate("ABC"):
        red, green, blue = bytes.fromhex(palette[letter].removeprefix("#"))
        assert colours[str(number)] == f"{red},{green},{blue},255"


def test_every_category_names_a_symbol_of_its_own_that_draws_points(styles):
    for row in styles.values():
        renderer = renderer_of(row["styleQML"])
        entries = renderer.findall("categories/category") + renderer.findall("ranges/range")
        symbols = {symbol.get("name"): symbol for symbol in renderer.findall("symbols/symbol")}
        assert sorted(entry.get("symbol") for entry in entries) == sorted(symbols)
        assert {symbol.get("type") for symbol in symbols.values()} == {"marker"}
        assert {symbol.find("layer").get("class") for symbol in symbols.values()} == {"SimpleMarker"}


def test_the_legend_of_ages_is_in_their_order_from_dark_to_light(styles):
    renderer = renderer_of(styles["CONSTRUCTION_AGE_BAND"]["styleQML"])
    labels = [c.get("label") for c in renderer.findall("categories/category")]
    assert labels == ["1900 or earlier", "1930-1949", "2003 onwards", "no class"]
    brightness = [sum(map(int, colour.split(",")[:3])) for colour in list(colours_of(renderer).values())[:3]]
    assert brightness == sorted(brightness)


def test_ranges_of_numbers_hold_all_of_them_and_equally_many(files, styles):
    renderer = renderer_of(styles["cosine"]["styleQML"])
    assert (renderer.get("type"), renderer.get("graduatedMethod")) == ("graduatedSymbol", "GraduatedColor")
    ranges = [(float(r.get("lower")), float(r.get("upper"))) for r in renderer.findall("ranges/range")]
    values = gpd.read_file(files["gpkg"], layer="town")["cosine"].to_numpy()
    assert len(ranges) == 7
    assert all(one[1] == two[0] for one, two in pairwise(ranges))
    within = np.array([[low <= value <= high for low, high in ranges] for value in values])
    assert within.any(axis=1).all(), "a building outside all ranges would not be drawn"
    assert within.sum(axis=0).min() > 300 / 7 - 3


def test_both_files_say_that_they_are_synthetic(files, buildings):
    info = pyogrio.read_info(files["gpkg"], layer="town")
    assert info["layer_metadata"]["notice"] == "Synthetic sample: invented."
    assert info["layer_metadata"]["synthetic"] == "true"
    with sqlite3.connect(files["gpkg"]) as database:
        (said,) = database.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'town'"
        ).fetchone()
    assert said == "A town of buildings. Synthetic sample: invented"
    keys = pq.read_schema(files["parquet"]).metadata
    assert keys[b"notice"].decode() == "Synthetic sample: invented."
    assert json.loads(keys[b"course_provenance"])[0]["name"] == "town"
    assert {b"geo", b"pandas"} <= set(keys)
    read = gpd.read_parquet(files["parquet"])
    assert every(read) == every(buildings)
    assert is_synthetic(read)


def test_unmarked_buildings_claim_nothing(buildings, tmp_path):
    plain = buildings[["TOID", "cluster", "geometry"]].copy()
    plain.attrs = {}
    files = export_buildings(plain, tmp_path)
    assert not {b"notice", b"synthetic"} & set(pq.read_schema(files["parquet"]).metadata)
    assert "notice" not in (pyogrio.read_info(files["gpkg"], layer="buildings")["layer_metadata"] or {})


def test_an_older_export_is_replaced_as_a_whole(buildings, tmp_path):
    export_buildings(buildings, tmp_path)
    files = export_buildings(buildings.iloc[:10], tmp_path, style_by="BUILT_FORM")
    assert (
        len(gpd.read_file(files["gpkg"], layer="buildings")) == len(gpd.read_parquet(files["parquet"])) == 10
    )
    with sqlite3.connect(files["gpkg"]) as database:
        assert database.execute("SELECT styleName FROM layer_styles").fetchall() == [("BUILT_FORM",)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["buildings.gpkg", "buildings.parquet"]


def test_a_failed_export_leaves_the_older_one_alone(buildings, tmp_path):
    files = export_buildings(buildings, tmp_path)
    before = {name: path.read_bytes() for name, path in files.items()}
    odd = buildings.assign(odd=[1, "a"] * (len(buildings) // 2))
    with pytest.raises(pa.ArrowException, match="odd"):
        export_buildings(odd, tmp_path)
    assert {name: path.read_bytes() for name, path in files.items()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["buildings.gpkg", "buildings.parquet"]


def test_areas_are_filled_and_lines_drawn(town):
    areas = town.set_geometry(town.buffer(10))
    lines = town.set_geometry([shapely.LineString([(x, 0), (x, 9)]) for x in range(300)], crs=town.crs)
    for table, kind, layer, name in (
        (areas, "fill", "SimpleFill", "color"),
        (lines, "line", "SimpleLine", "line_color"),
    ):
        renderer = renderer_of(style_of(table, "cluster", COLOURS))
        symbol = renderer.find("symbols/symbol")
        assert (symbol.get("type"), symbol.find("layer").get("class")) == (kind, layer)
        assert symbol.find(f"layer/Option/Option[@name='{name}']").get("value") == "51,34,136,255"


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([3, 1, 2], [("1", "long"), ("2", "long"), ("3", "long")]),
        ([True, False, True], [("false", "bool"), ("true", "bool")]),
        (["<b>", "a & b", 'say "x"'], [("<b>", "string"), ("a & b", "string"), ('say "x"', "string")]),
    ],
)
def test_values_reach_qgis_in_their_type_and_spelling(town, values, kinds):
    renderer = renderer_of(style_of(town.iloc[:3].assign(it=values), "it"))
    categories = [(c.get("value"), c.get("type")) for c in renderer.findall("categories/category")]
    assert categories == [*kinds, ("NULL", "NULL")]


def test_a_column_that_is_all_one_number_is_one_range(town):
    renderer = renderer_of(style_of(town.assign(it=0.5), "it"))
    (only,) = renderer.findall("ranges/range")
    assert float(only.get("lower")) == float(only.get("upper")) == 0.5


def test_what_cannot_be_exported_is_said(buildings, tmp_path):
    def refused(match, table=buildings, **options):
        with pytest.raises(ValueError, match=match):
            export_buildings(table, tmp_path, **options)

    refused("no CRS", buildings.set_crs(None, allow_override=True))
    refused("Buildings need geometry", pd.DataFrame(buildings.drop(columns="geometry")))
    refused("cannot name a layer", stem="my file")
    refused("cannot name a layer", stem="gpkg_mine")
    refused("Did you mean 'cluster'", style_by="clster")
    refused("no colour for 'C' of 'cluster'", palette={"A": "#332288", "B": "#44aa99"})
    refused("'blue' is no colour of the form", palette={**COLOURS, "A": "blue"})
    refused("2 colours for 3 categories", palette=["#332288", "#44aa99"])
    refused("'TOID' has 300 different values, too many", style_by="TOID")
    refused("holds numbers: give its colours as a list", style_by="cosine", palette=COLOURS)
    refused("all are missing", buildings.assign(cluster=None))
    refused("'fid': it is reserved", buildings.assign(fid=1))
    refused("'cluster': it is there twice", buildings.assign(Cluster=1))
    mixed = buildings.copy()
    mixed.loc[mixed.index[:5], "geometry"] = mixed.geometry.iloc[:5].buffer(3)
    refused("one kind of geometry", mixed)
    assert not list(tmp_path.iterdir())
