"""Change on Earth Engine: the graph that is sent computes what the files' kernel does."""

from __future__ import annotations

import ee
import numpy as np
import pytest

from tests.sources.fake_earthengine import calls, check_graph, signed_in
from tools.change import change_kernel
from tools.embeddings import NODATA, dequantise
from tools.sources.earthengine import export_image
from tools.sources.earthengine.change import annual_change

BERLIN = (13.08, 52.33, 13.76, 52.68)
YEARS = (2017, 2024)

IMAGE = {  # which argument of a function is the image that goes through it
    "Image.select": "input",
    "Image.rename": "input",
    "Image.toFloat": "value",
    "Image.clip": "input",
    "Element.set": "object",
}


def graph_of(image):
    return ee.serializer.encode(image, for_cloud_api=True)


def evaluate(graph, mosaics):
    """Work a graph out in NumPy, with `mosaics` for each year's, as its functions are documented."""

    def value(node):
        if "valueReference" in node:
            return value(graph["values"][node["valueReference"]])
        if "functionInvocationValue" not in node:
            return node.get("constantValue")
        call = node["functionInvocationValue"]
        name, given = call["functionName"], call["arguments"]
        if name == "ImageCollection.mosaic":
            return mosaics[year_of(graph, node)]
        if name in IMAGE:
            return value(given[IMAGE[name]])
        if name == "Image.reduce":
            return value(given["image"]).sum(axis=0, keepdims=True)
        if name == "Image.constant":
            return value(given["value"])
        if name == "Image.sqrt":
            return np.sqrt(value(given["value"]))
        operation = {"Image.multiply": np.multiply, "Image.divide": np.divide, "Image.add": np.add}[name]
        return operation(value(given["image1"]), value(given["image2"]))

    return value({"valueReference": graph["result"]})


def year_of(graph, node):
    """The year whose first of January a part of a graph begins at; its end is the next one's, exclusive."""
    dates = []

    def walk(part):
        if isinstance(part, dict):
            if "valueReference" in part:
                walk(graph["values"][part["valueReference"]])
            elif isinstance(part.get("constantValue"), str) and part["constantValue"].endswith("-01-01"):
                dates.append(int(part["constantValue"][:4]))
            else:
                for below in part.values():
                    walk(below)
        elif isinstance(part, list):
            for below in part:
                walk(below)

    walk(node)
    first, end = sorted(set(dates))
    assert end == first + 1
    return first


@pytest.mark.parametrize("normalise", [True, False])
def test_the_graph_computes_what_the_kernel_does(normalise):
    stored = np.random.default_rng(0).integers(-127, 128, (2, 64, 5, 7), dtype=np.int8)
    stored[0, :, 1, 1], stored[1, :, 2, 2] = NODATA, NODATA
    with signed_in():
        graph = graph_of(annual_change(*YEARS, BERLIN, normalise=normalise))
    mosaics = dict(zip(YEARS, dequantise(stored), strict=True))
    (change,) = evaluate(graph, mosaics)
    np.testing.assert_allclose(change, change_kernel(*stored, normalise=normalise), rtol=0, atol=1e-5)


@pytest.mark.parametrize("region", [None, BERLIN])
def test_the_graph_is_right_by_the_signatures_and_survives_the_way_there_and_back(region):
    with signed_in():
        graph = graph_of(annual_change(*YEARS, region))
        check_graph(graph)
        assert graph_of(ee.deserializer.decodeCloudApi(graph)) == graph
        clipped = any(call["functionName"] == "Image.clip" for call in calls(graph))
    assert clipped == (region is not None)


def test_the_image_is_one_band_that_says_its_years():
    with signed_in():
        graph = graph_of(annual_change(*YEARS))
    text = str(graph)
    for said in ("'change'", "year_from", "year_to", "2017", "2024"):
        assert said in text


def test_it_is_exported_over_the_region_at_ten_metres():
    def begun(request):
        return 200, {"name": f"projects/a-class/operations/{request['requestId']}"}

    with signed_in({"image:export": begun}) as wire:
        task = export_image(annual_change(*YEARS, BERLIN), BERLIN, "berlin-2017-2024")
    assert task.state == "READY"
    (request,) = wire.sent
    assert request["fileExportOptions"]["driveDestination"]["filenamePrefix"] == "berlin-2017-2024"
    check_graph(request["expression"])


@pytest.mark.parametrize(
    ("years", "message"),
    [
        ((2024, 2017), "`year_from` comes before `year_to`, got 2024 and 2017"),
        ((2020, 2020), "comes before"),
        ((2016, 2024), "no embeddings of 2016: the first year is 2017"),
    ],
)
def test_years_that_cannot_be_meant_are_explained(years, message):
    with pytest.raises(ValueError, match=message):
        annual_change(*years)
