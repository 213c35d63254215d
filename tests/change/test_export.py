import tracemalloc
from xml.etree import ElementTree as ET

import dask
import dask.array as da
import numpy as np
import pytest
import rasterio
import rioxarray
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.change.series import CRS, NORTH, SIDE, WEST, cube_of, map_of, series
from tools import provenance
from tools.change.between import change_between
from tools.change.export import LIMITS, export_change, qgis_style
from tools.change.turning import change_year
from tools.ramps import PUBLISHED

SAMPLE = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")
SAID = {"year_from": 2017, "year_to": 2024, "meaning": "1 − cosine similarity", "long_name": "Change"}


@pytest.fixture(scope="module")
def change():
    """A map larger than a block of the file, with a corner without data."""
    values = np.random.default_rng(1).random((700, 1100)).astype("float32")
    values[:301, :201] = np.nan
    return provenance.mark(map_of(values, **SAID), SAMPLE)


@pytest.fixture(scope="module")
def files(change, tmp_path_factory):
    return export_change(
        change, tmp_path_factory.mktemp("export") / "new" / "berlin.tif", palette="published"
    )


def test_pixels_grid_and_missing_data_come_back_as_they_were(change, files):
    with rioxarray.open_rasterio(files["geotiff"]) as back:
        np.testing.assert_array_equal(back[0], change)
        assert back.rio.crs == CRS
        assert np.isnan(back.rio.nodata)
        np.testing.assert_allclose(back["x"], change["x"])
        np.testing.assert_allclose(back["y"], change["y"])
    with rasterio.open(files["geotiff"]) as written:
        assert (written.transform.a, written.transform.c, written.transform.f) == (SIDE, WEST, NORTH)


def test_the_file_is_laid_out_for_reading_over_a_network(files):
    with rasterio.open(files["geotiff"]) as written:
        assert written.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert written.block_shapes == [(512, 512)]
        assert written.overviews(1) == [2, 4]
        assert written.tags(ns="IMAGE_STRUCTURE")["COMPRESSION"] == "DEFLATE"


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_overviews_are_means_of_the_pixels_that_hold_data(change, files):
    with rasterio.open(files["geotiff"], overview_level=0) as half:
        coarse = half.read(1)
    squares = change.to_numpy().reshape(350, 2, 550, 2)
    np.testing.assert_allclose(coarse, np.nanmean(squares, axis=(1, 3)), rtol=1e-5)


def test_the_file_says_years_meaning_source_and_that_it_is_synthetic(files):
    with rasterio.open(files["geotiff"]) as written:
        tags = written.tags()
        assert written.descriptions == ("Change",)
    assert (tags["YEAR_FROM"], tags["YEAR_TO"]) == ("2017", "2024")
    assert (tags["MEANING"], tags["NOTICE"]) == ("1 − cosine similarity", "Synthetic sample")
    assert (tags["SOURCE"], tags["SYNTHETIC"]) == ("A demo", "yes")
    assert "Synthetic sample" in tags["TIFFTAG_IMAGEDESCRIPTION"]


def test_real_data_carry_their_notice_and_are_not_called_synthetic(tmp_path):
    notice = (
        "The AlphaEarth Foundations Satellite Embedding dataset is produced by Google and Google DeepMind."
    )
    real = provenance.mark(
        map_of(np.ones((4, 4), "float32"), **SAID), provenance.Provenance("aef", "open", "AlphaEarth", notice)
    )
    with rasterio.open(export_change(real, tmp_path / "real.tif")["geotiff"]) as written:
        assert (written.tags()["NOTICE"], written.tags()["SYNTHETIC"]) == (notice, "no")


def test_maps_of_this_room_can_be_exported_as_they_are(tmp_path):
    cube = cube_of(series(np.random.default_rng(2), np.full((6, 7), 2021)))
    maps = {"between": change_between(cube.chunk(3), 2017, 2024)}
    maps |= dict(change_year(cube, threshold=0.05).items())
    for name, each in maps.items():
        written = export_change(each, tmp_path / f"{name}.tif", limits=(0, 3000))
        with rioxarray.open_rasterio(written["geotiff"]) as back:
            np.testing.assert_array_equal(back[0], each)


def test_how_a_lazy_map_is_cut_does_not_show_in_the_file(change, tmp_path):
    lazy = export_change(change.chunk({"y": 130, "x": 400}), tmp_path / "lazy.tif", palette="published")
    whole = export_change(change, tmp_path / "whole.tif", palette="published")
    with rasterio.open(lazy["geotiff"]) as a, rasterio.open(whole["geotiff"]) as b:
        np.testing.assert_array_equal(a.read(), b.read())


def test_a_lazy_map_is_never_in_memory_whole(tmp_path):
    """100 MB of map pass through less than a third of that."""
    data = da.ones((5120, 5120), chunks=512, dtype="float32")
    lazy = map_of(np.broadcast_to(np.float32(0), data.shape), **SAID).copy(data=data)
    tracemalloc.start()
    try:
        with dask.config.set(scheduler="synchronous"):
            export_change(lazy, tmp_path / "large.tif")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < data.nbytes / 3


def test_an_export_that_fails_leaves_the_old_files_and_nothing_else(change, tmp_path):
    export_change(change, tmp_path / "berlin.tif")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(block):
        raise OSError("the disk of the tiles is gone")

    broken = change.copy(data=da.from_array(change.to_numpy(), 400).map_blocks(fail, dtype="float32"))
    with pytest.raises(OSError, match="disk of the tiles"):
        export_change(broken, tmp_path / "berlin.tif")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_style_lies_beside_the_file_under_its_name_where_qgis_looks(files):
    assert files["style"] == files["geotiff"].with_suffix(".qml")
    assert {path.name for path in files["style"].parent.iterdir()} == {"berlin.tif", "berlin.qml"}
    text = files["style"].read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE qgis PUBLIC")
    assert text == qgis_style("published")


def as_qgis_reads(text):
    """What QGIS makes of a style: its renderer's and shader's reading routines, element by element."""
    root = ET.fromstring(text)
    assert root.tag == "qgis"
    renderer = root.find("pipe/rasterrenderer")
    shader = renderer.find("rastershader/colorrampshader")
    gradient = shader.find("colorramp[@name='[source]']")
    options = {option.get("name"): option.get("value") for option in gradient.find("Option").iter("Option")}
    stops = [stop.split(";") for stop in options["stops"].split(":") if stop]

    def colour(text):
        return tuple(int(channel) for channel in text.split(","))

    span = float(shader.get("minimumValue")), float(shader.get("maximumValue"))
    return {
        "type": renderer.get("type"),
        "band": int(renderer.get("band")),
        "opacity": float(renderer.get("opacity")),
        "limits": (float(renderer.get("classificationMin")), float(renderer.get("classificationMax"))),
        "span": span,
        "ramp": shader.get("colorRampType"),
        "clip": shader.get("clip") == "1",
        "items": [
            (float(item.get("value")), item.get("color"), int(item.get("alpha")))
            for item in shader.iter("item")
        ],
        "gradient": [
            (span[0], colour(options["color1"])),
            *((span[0] + float(at) * (span[1] - span[0]), colour(c)) for at, c in stops),
            (span[1], colour(options["color2"])),
        ],
    }


def test_qgis_reads_a_pseudocolour_renderer_of_the_published_colours_over_the_published_range():
    style = as_qgis_reads(qgis_style("published"))
    assert (style["type"], style["band"], style["opacity"]) == ("singlebandpseudocolor", 1, 1)
    assert style["limits"] == style["span"] == LIMITS == (0, 0.5)
    assert (style["ramp"], style["clip"]) == ("INTERPOLATED", False)
    assert style["items"] == [(0.125 * n, colour, 255) for n, colour in enumerate(PUBLISHED)]


@settings(max_examples=25)
@given(
    st.lists(st.from_regex(r"\A#[0-9a-f]{6}\Z"), min_size=2, max_size=12),
    st.floats(-1e4, 1e4),
    st.floats(1e-3, 1e4),
)
def test_items_run_evenly_from_limit_to_limit_and_the_gradient_is_made_of_them(colours, low, width):
    style = as_qgis_reads(qgis_style(colours, (low, low + width)))
    values = [value for value, _, _ in style["items"]]
    np.testing.assert_allclose(values, np.linspace(low, low + width, len(colours)), rtol=1e-9, atol=1e-6)
    assert [colour for _, colour, _ in style["items"]] == colours
    drawn = ["#" + bytes(colour[:3]).hex() for _, colour in style["gradient"]]
    assert drawn == colours
    np.testing.assert_allclose([value for value, _ in style["gradient"]], values, rtol=1e-6, atol=1e-5)


def test_the_same_map_makes_the_same_files(change, tmp_path):
    first, second = (export_change(change, tmp_path / str(n) / "map.tif") for n in (1, 2))
    for name in ("geotiff", "style"):
        assert first[name].read_bytes() == second[name].read_bytes()


@pytest.mark.parametrize(
    ("attrs", "name", "keywords", "words"),
    [
        (SAID, "map.png", {}, "named"),
        ({}, "map.tif", {}, "does not say its year_from and year_to and meaning"),
        (SAID, "map.tif", {"palette": "viridisch"}, "no palette 'viridisch'"),
        (SAID, "map.tif", {"palette": ["red"]}, "two colours or more"),
        (SAID, "map.tif", {"palette": ["red", "rot"]}, "rot"),
        (SAID, "map.tif", {"limits": (0.5, 0)}, "lowest, highest"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(tmp_path, attrs, name, keywords, words):
    with pytest.raises(ValueError, match=words):
        export_change(map_of(np.ones((3, 3), "float32"), **attrs), tmp_path / "new" / name, **keywords)
    assert not list(tmp_path.iterdir())
