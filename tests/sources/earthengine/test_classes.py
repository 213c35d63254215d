"""k-means on the server: what it is asked, how its classes get their numbers, and how they come here."""

from __future__ import annotations

import io

import ee
import numpy as np
import pytest
from affine import Affine

from tests.sources.fake_earthengine import Busy, arguments, names, refuse, signed_in
from tools import provenance
from tools.kmeans import order_centres
from tools.sources import DataError
from tools.sources.earthengine import class_raster, classes, kmeans_classes, thumbnail
from tools.sources.earthengine.grids import extent

REGION = (-3.0, 53.4, -2.97, 53.42)
PIXELS = "image:computePixels"
COLOURS = ["#4477aa", "#ee6677", "#228833"]


def npy(values: np.ndarray, band: str = "class") -> bytes:
    """Pixels in the form in which the server sends them."""
    file = io.BytesIO()
    np.save(file, values.astype([(band, values.dtype)]))
    return file.getvalue()


def planted_classes(request):
    """Classes that follow from the coordinates, so that a pixel in the wrong place is noticed."""
    grid = request["grid"]
    place, size = grid["affineTransform"], grid["dimensions"]
    x = place["translateX"] + (np.arange(size["width"]) + 0.5) * place["scaleX"]
    y = place["translateY"] + (np.arange(size["height"]) + 0.5) * place["scaleY"]
    return 200, npy(class_at(*np.meshgrid(x, y)))


def class_at(x, y):
    return ((x // 170 + 3 * (y // 130)) % 7 - 1).astype(np.int8)


def test_k_means_is_trained_on_a_sample_of_all_bands_and_its_seed():
    with signed_in():
        graph = ee.serializer.encode(kmeans_classes(REGION, 2024, 5, n_samples=3_000, seed=9))
    (sample,) = arguments(graph, "Image.sample")
    (weka,) = arguments(graph, "Clusterer.wekaKMeans")
    (train,) = arguments(graph, "Clusterer.train")
    assert (sample["numPixels"], sample["seed"], sample["scale"]) == (3_000, 9, 10)
    assert (weka["nClusters"], weka["seed"]) == (5, 9)
    assert train["inputProperties"] == [f"A{number:02d}" for number in range(64)]
    assert "Image.clip" in names(graph)


def test_nothing_is_asked_until_the_classes_are_wanted():
    with signed_in() as wire:
        kmeans_classes(REGION, 2024, 5)
    assert wire.sent == []


CENTRES = np.random.default_rng(5).normal(size=(5, 64))


def test_classes_are_numbered_by_the_courses_rule():
    numbers = [3, 0, 4, 1, 2]  # the server's, in the order in which it happens to answer
    groups = [{"class": number, "mean": CENTRES[number].tolist()} for number in numbers]
    with signed_in({"value:compute": lambda request: (200, {"result": groups})}) as wire:
        graph = ee.serializer.encode(kmeans_classes(REGION, 2024, 5, ordered=True))
    (remap,) = arguments(graph, "Image.remap")
    assert remap["from"] == order_centres(CENTRES).tolist()
    assert remap["to"] == [0, 1, 2, 3, 4]
    (reduce,) = arguments(wire.sent[0]["expression"], "Collection.reduceColumns")
    assert reduce["selectors"][-1] == "class"
    assert len(reduce["selectors"]) == 65
    (group,) = arguments(wire.sent[0]["expression"], "Reducer.group")
    assert (group["groupField"], group["groupName"]) == (64, "class")


def test_another_numbering_by_the_server_changes_no_name():
    renumbered = np.array([4, 2, 0, 3, 1])
    order = []
    for numbers in (np.arange(5), renumbered):
        groups = [{"class": int(n), "mean": c.tolist()} for n, c in zip(numbers, CENTRES, strict=True)]
        with signed_in({"value:compute": lambda request, groups=groups: (200, {"result": groups})}):
            graph = ee.serializer.encode(kmeans_classes(REGION, 2024, 5, ordered=True))
        order.append(arguments(graph, "Image.remap")[0]["from"])
    assert renumbered[order[0]].tolist() == order[1]


def test_a_class_without_a_pixel_in_the_sample_keeps_a_number():
    groups = [{"class": number, "mean": CENTRES[number].tolist()} for number in (0, 2)]
    with signed_in({"value:compute": lambda request: (200, {"result": groups})}):
        graph = ee.serializer.encode(kmeans_classes(REGION, 2024, 3, ordered=True))
    assert sorted(arguments(graph, "Image.remap")[0]["from"]) == [0, 1, 2]
    assert arguments(graph, "Image.remap")[0]["from"][-1] == 1


@pytest.mark.parametrize("n_clusters", [1, 128])
def test_numbers_of_classes_that_make_no_sense_are_refused(n_clusters):
    with pytest.raises(ValueError, match="take 2 to 127"):
        kmeans_classes(REGION, 2024, n_clusters)


def raster(planned, **options):
    """The classes of the region, by a planned answer."""
    with signed_in({PIXELS: planned}) as wire:
        made = class_raster(kmeans_classes(REGION, 2024, 5), REGION, 2024, **options)
    return made, wire


def test_classes_come_north_up_with_their_grid_and_nodata():
    array, _ = raster(planted_classes)
    assert array.dims == ("y", "x")
    assert array.dtype == np.int8
    assert array.rio.crs == "EPSG:32630"
    assert array.rio.nodata == -1
    assert array.rio.transform() == Affine(10, 0, float(array.x[0]) - 5, 0, -10, float(array.y[0]) + 5)
    assert (np.diff(array.y) == -10).all()
    np.testing.assert_array_equal(array, class_at(*np.meshgrid(array.x, array.y)))
    assert "produced by Google" in provenance.footnote(array)


def test_what_lies_outside_comes_as_nodata_not_as_the_first_class():
    _, wire = raster(planted_classes)
    (unmask,) = arguments(wire.sent[0]["expression"], "Image.unmask")
    assert unmask["value"]["functionInvocationValue"]["arguments"]["value"] == {"constantValue": -1}
    assert unmask["sameFootprint"] is False
    assert "Image.toInt8" in names(wire.sent[0]["expression"])


def test_a_raster_may_be_coarser_and_in_another_crs():
    array, _ = raster(planted_classes, scale=50, crs="EPSG:27700")
    assert array.rio.crs == "EPSG:27700"
    assert array.rio.resolution() == (50, -50)
    np.testing.assert_array_equal(array, class_at(*np.meshgrid(array.x, array.y)))


def test_tiles_are_put_in_their_places(monkeypatch):
    monkeypatch.setattr(classes, "_TILE", 50)
    told = []
    array, wire = raster(planted_classes, progress=lambda *now: told.append(now))
    assert len(wire.sent) > 10
    np.testing.assert_array_equal(array, class_at(*np.meshgrid(array.x, array.y)))
    assert told[-1] == (array.size, array.size)


def test_a_tile_that_is_too_much_is_asked_in_halves(monkeypatch):
    def at_most(request):
        size = request["grid"]["dimensions"]
        if size["width"] * size["height"] > 9_000:
            return refuse(400, "User memory limit exceeded.")
        return planted_classes(request)

    array, _ = raster(at_most)
    np.testing.assert_array_equal(array, class_at(*np.meshgrid(array.x, array.y)))


def test_a_tile_that_stays_too_much_is_an_error():
    with pytest.raises(DataError, match="coarser scale"):
        raster(lambda request: refuse(400, "Computation timed out."))


def test_a_busy_server_is_asked_again_later(slept):
    array, _ = raster(Busy(8, 503, "Unavailable.", planted_classes))
    np.testing.assert_array_equal(array, class_at(*np.meshgrid(array.x, array.y)))


@pytest.mark.parametrize("wrong", [npy(np.zeros((3, 4), np.int8)), npy(np.zeros((224, 201), np.int8), "B1")])
def test_other_pixels_than_asked_for_are_refused(wrong):
    with pytest.raises(DataError, match="not with"):
        raster(lambda request: (200, wrong))


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND\xaeB`\x82"


def draw(planned, path, **options):
    """A picture of three classes, by a planned answer."""
    with signed_in({PIXELS: planned}) as wire:
        thumbnail(kmeans_classes(REGION, 2024, 3), REGION, path, palette=COLOURS, **options)
    return wire


def test_a_picture_is_drawn_by_the_server_and_kept(tmp_path):
    path = tmp_path / "pictures" / "classes.png"
    wire = draw(lambda request: (200, PNG), path, size=800)
    assert path.read_bytes() == PNG
    assert [file.name for file in path.parent.iterdir()] == ["classes.png"]
    (request,) = wire.sent
    (visual,) = arguments(request["expression"], "Image.visualize")
    assert (visual["min"], visual["max"], visual["palette"]) == (0, 2, COLOURS)
    assert request["fileFormat"] == "PNG"
    assert request["grid"]["crsCode"] == "EPSG:32630"
    assert max(request["grid"]["dimensions"].values()) in (799, 800)


@pytest.mark.parametrize("size", [16, 333, 1024])
@pytest.mark.parametrize("crs", [None, "EPSG:27700"])
def test_a_picture_has_the_size_that_was_asked_for_and_all_of_the_region(tmp_path, size, crs):
    (request,) = draw(lambda request: (200, PNG), tmp_path / "a.png", size=size, crs=crs).sent
    grid = request["grid"]
    assert max(grid["dimensions"].values()) in (size - 1, size)
    place = grid["affineTransform"]
    assert place["scaleX"] == -place["scaleY"]
    west, south, east, north = extent(REGION, crs or "EPSG:32630")
    assert place["translateX"] <= west + 0.001
    assert place["translateY"] >= north - 0.001
    assert place["translateX"] + grid["dimensions"]["width"] * place["scaleX"] >= east - 0.001
    assert place["translateY"] + grid["dimensions"]["height"] * place["scaleY"] <= south + 0.001


def test_no_open_address_is_made_of_a_picture(tmp_path):
    wire = draw(lambda request: (200, PNG), tmp_path / "a.png")
    assert [request.path.rpartition("/")[2] for request in wire.sent] == [PIXELS]


@pytest.mark.parametrize("sent", [b"", PNG[:30], b"<html>" + PNG])
def test_half_a_picture_does_not_replace_a_whole_one(tmp_path, sent):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    with pytest.raises(DataError, match="no whole picture"):
        draw(lambda request: (200, sent), path)
    assert path.read_bytes() == b"before"


def test_a_picture_is_asked_for_again_where_the_server_is_busy(tmp_path, slept):
    draw(Busy(7, 429, "Too many requests.", lambda request: (200, PNG)), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == PNG


def test_pictures_need_a_name_colours_and_a_size(tmp_path):
    with signed_in():
        image = kmeans_classes(REGION, 2024, 3)
        with pytest.raises(ValueError, match="is to be a PNG"):
            thumbnail(image, REGION, tmp_path / "a.jpg", palette=COLOURS)
        with pytest.raises(ValueError, match="a colour for each class"):
            thumbnail(image, REGION, tmp_path / "a.png", palette=COLOURS[:1])
        with pytest.raises(ValueError, match="take 2 to 4096"):
            thumbnail(image, REGION, tmp_path / "a.png", palette=COLOURS, size=10_000)
