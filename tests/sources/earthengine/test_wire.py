"""The fake wire itself: it fails where it should, or all that rests on it would prove nothing."""

from __future__ import annotations

import ee
import pytest
import requests

from tests.sources.fake_earthengine import Wire, check_graph, served, signed_in
from tools.sources.earthengine import (
    annual_mosaic,
    geometry_of,
    kmeans_classes,
)
from tools.sources.earthengine.pixels import sampled

REGION = (-3.3, 53.2, -2.5, 53.7)


def test_a_request_that_nobody_planned_fails():
    with signed_in(), pytest.raises(AssertionError, match="nobody planned"):
        ee.Number(1).add(2).getInfo()


def test_a_request_that_nobody_planned_fails_over_loopback_too():
    with pytest.raises(AssertionError, match="nobody planned"), served(Wire()) as address:
        assert requests.post(f"{address}/v1/projects/x/value:compute", json={}, timeout=10).status_code == 400


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"functionName": "Image.reduceRegionz", "arguments": {}}, "no function"),
        ({"functionName": "Image.reduceRegions", "arguments": {}}, "needs"),
        ({"functionName": "Reducer.mean", "arguments": {"scal": {"constantValue": 1}}}, "no arguments"),
    ],
)
def test_the_check_of_graphs_can_fail(wrong, said):
    with pytest.raises(AssertionError, match=said):
        check_graph({"result": "0", "values": {"0": {"functionInvocationValue": wrong}}})


@pytest.mark.parametrize(
    "make",
    [
        lambda: geometry_of(REGION),
        lambda: annual_mosaic(2024),
        lambda: annual_mosaic(2024, geometry_of(REGION)),
        lambda: sampled(REGION, 2024, 1000, seed=1, geometries=True),
        lambda: kmeans_classes(REGION, 2024, 5),
    ],
    ids=["region", "mosaic", "mosaic of a region", "sample", "classes"],
)
def test_every_graph_is_right_by_the_signatures_and_survives_the_way_there_and_back(make):
    with signed_in():
        graph = ee.serializer.encode(make(), for_cloud_api=True)
        check_graph(graph)
        again = ee.deserializer.decodeCloudApi(graph)
        assert ee.serializer.encode(again, for_cloud_api=True) == graph
