"""Exports: what is asked for, where it goes, and how it is told that a task has ended, or why it failed."""

from __future__ import annotations

import itertools

import pytest

from tests.sources.fake_earthengine import Busy, arguments, names, refuse, signed_in
from tools.embeddings import BANDS
from tools.sources import DataError
from tools.sources.earthengine import (
    annual_mosaic,
    export_image,
    export_samples,
    export_table,
    kmeans_classes,
    watch,
)
from tools.sources.earthengine.pixels import sampled

REGION = (-3.3, 53.2, -2.5, 53.7)


def begun(request):
    """The server takes a task on."""
    project = request.path.split("/projects/")[1].split("/")[0]
    return 200, {"name": f"projects/{project}/operations/{request['requestId']}"}


BEGUN = {"table:export": begun, "image:export": begun}


def test_samples_are_exported_in_batches_that_differ_in_seed():
    with signed_in(BEGUN) as wire:
        tasks = export_samples(REGION, 2024, 120_000, seed=5)
    assert [task.state for task in tasks] == ["READY"] * 3
    drawn = [arguments(request["expression"], "Image.sample")[0] for request in wire.sent]
    assert [sample["numPixels"] for sample in drawn] == [50_000, 50_000, 20_000]
    assert [sample["seed"] for sample in drawn] == [5, 6, 7]
    assert all(sample["geometries"] is True for sample in drawn)


def test_sample_files_have_the_columns_that_are_joined_later_and_names_in_order():
    with signed_in(BEGUN) as wire:
        export_samples(REGION, 2024, 150, batch_size=100, folder="EE", prefix="lcr")
    assert [request["selectors"] for request in wire.sent] == [["system:index", *BANDS, ".geo"]] * 2
    options = [request["fileExportOptions"] for request in wire.sent]
    assert options == [
        {"fileFormat": "CSV", "driveDestination": {"folder": "EE", "filenamePrefix": f"lcr-2024-{number}"}}
        for number in ("001", "002")
    ]


def test_a_bucket_takes_exports_as_well():
    with signed_in(BEGUN) as wire:
        export_samples(REGION, 2024, 10, to="cloud", bucket="our-bucket")
        export_table(sampled(REGION, 2024, 10, seed=1), "table", to="cloud", bucket="our-bucket")
        export_image(annual_mosaic(2024), REGION, "image", to="cloud", bucket="our-bucket")
    places = [request["fileExportOptions"]["cloudStorageDestination"] for request in wire.sent]
    assert [place["bucket"] for place in places] == ["our-bucket"] * 3
    assert [place["filenamePrefix"] for place in places] == ["pixels-2024-001", "table", "image"]


def test_an_image_is_exported_on_the_stored_grid_as_a_file_that_opens_anywhere():
    with signed_in(BEGUN) as wire:
        export_image(kmeans_classes(REGION, 2024, 5), REGION, "classes", scale=20)
    (request,) = wire.sent
    (projected,) = arguments(request["expression"], "Image.setDefaultProjection")
    assert projected["crs"]["functionInvocationValue"]["arguments"]["crs"]["constantValue"] == "EPSG:32630"
    (cut,) = arguments(request["expression"], "Image.clipToBoundsAndScale")
    assert cut["scale"] == 20
    assert request["fileExportOptions"]["fileFormat"] == "GEO_TIFF"
    assert request["fileExportOptions"]["geoTiffOptions"] == {"cloudOptimized": True}
    assert int(request["maxPixels"]["value"]) > 10**8  # the default, less than Liverpool in 64 bands


def test_a_table_is_exported_in_the_format_and_columns_that_were_asked_for():
    with signed_in(BEGUN) as wire:
        export_table(sampled(REGION, 2024, 10, seed=1), "few", file_format="GeoJSON", columns=["A00", "A01"])
    (request,) = wire.sent
    assert request["selectors"] == ["A00", "A01"]
    assert request["fileExportOptions"]["fileFormat"] == "GEO_JSON"
    assert "Image.sample" in names(request["expression"])


def test_a_busy_server_takes_the_task_on_once(slept):
    with signed_in({"table:export": Busy(8, 503, "Unavailable.", begun)}) as wire:
        (task,) = export_samples(REGION, 2024, 10)
    # The server knows a repeated request by its id, and does not begin the work twice.
    assert {request["requestId"] for request in wire.sent} == {task.id}


def test_when_some_tasks_have_begun_before_one_is_refused_they_are_named():
    turns = itertools.count()

    def two_only(request):
        return begun(request) if next(turns) < 2 else refuse(400, "Too many pending tasks.")

    with signed_in({"table:export": two_only}), pytest.raises(DataError) as raised:
        export_samples(REGION, 2024, 40, batch_size=10)
    assert "Already begun, and still running: pixels-2024-001 (" in str(raised.value)
    assert "pixels-2024-002" in str(raised.value)
    assert "pixels-2024-003" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n": 0}, "at least 1"),
        ({"n": 5, "batch_size": 0}, "at least 1"),
        ({"n": 5, "to": "dropbox"}, "'drive' or 'cloud'"),
        ({"n": 5, "to": "cloud"}, "needs bucket="),
        ({"n": 5, "prefix": "my pixels"}, "without spaces"),
        ({"n": 5, "prefix": "x" * 100}, "up to 100 letters"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_anything_begins(options, said):
    with signed_in() as wire, pytest.raises(ValueError, match=said):
        export_samples(REGION, 2024, **options)
    assert wire.sent == []


class Server:
    """Tasks that go through states, a step at each look."""

    def __init__(self, *courses: list[dict]):
        self.courses = [list(course) for course in courses]
        self.operations: dict[str, list[dict]] = {}
        self.looks: list[str] = []

    def begin(self, request):
        status, answer = begun(request)
        self.operations[answer["name"]] = self.courses.pop(0)
        return status, answer

    def look(self, request):
        name = request.path.split("/", 2)[2]
        self.looks.append(name)
        course = self.operations[name]
        step = course.pop(0) if len(course) > 1 else course[0]
        state, message = step["state"], step.get("message")
        ended = state in ("SUCCEEDED", "FAILED", "CANCELLED")
        times = {"createTime": "2026-01-01T00:00:00Z", "updateTime": "2026-01-01T00:09:00Z"}
        if state != "PENDING":
            times["startTime"] = "2026-01-01T00:01:30Z"
        metadata = {"state": state, "description": "as begun", "type": "EXPORT_FEATURES", **times}
        error = {"error": {"code": 3, "message": message}} if message else {}
        return 200, {"name": name, "done": ended, "metadata": metadata, **error}

    @property
    def planned(self):
        return {"table:export": self.begin, "operations/*": self.look}


PENDING, RUNNING, DONE = {"state": "PENDING"}, {"state": "RUNNING"}, {"state": "SUCCEEDED"}


def test_tasks_are_watched_until_all_have_ended(slept):
    server = Server([PENDING, RUNNING, DONE], [RUNNING, DONE])
    seen = []
    with signed_in(server.planned):
        tasks = export_samples(REGION, 2024, 20, batch_size=10)
        table = watch(tasks, poll=7, progress=lambda now: seen.append(now["state"].tolist()))
    assert seen == [["ready", "running"], ["running", "completed"], ["completed", "completed"]]
    assert table["state"].tolist() == ["completed", "completed"]
    assert table["id"].tolist() == [task.id for task in tasks]
    assert table["minutes"].tolist() == [7.5, 7.5]
    assert slept == [7, 7]


def test_a_task_that_has_ended_is_not_asked_about_again(slept):
    server = Server([RUNNING, RUNNING, RUNNING, DONE], [DONE])
    with signed_in(server.planned):
        watch(export_samples(REGION, 2024, 20, batch_size=10))
    assert sorted(server.looks.count(name) for name in server.operations) == [1, 4]


def test_a_task_that_failed_says_why_without_the_project(slept):
    failed = {"state": "FAILED", "message": "Caller may not use project planted-project-77.\nSorry."}
    server = Server([RUNNING, failed], [DONE])
    with signed_in(server.planned, project="planted-project-77"):
        table = watch(export_samples(REGION, 2024, 20, batch_size=10))
    assert table["state"].tolist() == ["failed", "completed"]
    assert table["message"].tolist() == ["Caller may not use project ***. Sorry.", ""]


def test_watching_ends_when_patience_does(slept):
    server = Server([RUNNING])
    with signed_in(server.planned):
        tasks = export_samples(REGION, 2024, 10)
        assert watch(tasks, patience=0)["state"].tolist() == ["running"]
        assert slept == []
        assert watch(tasks, poll=10, patience=25)["state"].tolist() == ["running"]
    assert slept == [10, 10, 10]


def test_a_task_that_was_cancelled_or_is_about_to_be_is_told_as_such(slept):
    server = Server([{"state": "CANCELLING"}, {"state": "CANCELLED"}])
    seen = []
    with signed_in(server.planned):
        watch(export_samples(REGION, 2024, 10), progress=lambda now: seen.extend(now["state"]))
    assert seen == ["cancelling", "cancelled"]


def test_a_server_that_cannot_be_asked_for_a_while_is_asked_again(slept):
    server = Server([DONE])
    planned = {**server.planned, "operations/*": Busy(7, 503, "Unavailable.", server.look)}
    with signed_in(planned):
        assert watch(export_samples(REGION, 2024, 10))["state"].tolist() == ["completed"]


def test_no_tasks_have_all_ended():
    assert watch([]).empty


def test_time_between_looks_is_needed():
    with pytest.raises(ValueError, match="wait some seconds"):
        watch([], poll=0)
