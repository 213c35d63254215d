"""Signing in: by whose account, to which project; and what is said when it does not work."""

from __future__ import annotations

import datetime
import json
import logging
import threading

import ee
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2.credentials import Credentials

from tests.sources.fake_earthengine import Wire, no_catalogue, refuse, served
from tools.sources import DataError
from tools.sources.earthengine import client, explain, initialise, pixel_count
from tools.sources.earthengine.asking import MOST_THREADS

PROJECT = "planted-project-77"


@pytest.fixture(autouse=True)
def _signed_out(no_account):
    ee.Reset()
    with no_catalogue():
        yield
    ee.Reset()


@pytest.fixture
def account(no_account, monkeypatch) -> Credentials:
    """A reader who has signed in on this machine, an hour before the token ends."""
    later = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(hours=1)
    credentials = Credentials(token="ya29.planted-token", expiry=later)
    monkeypatch.setattr(ee.data, "get_persistent_credentials", lambda: credentials)
    return credentials


@pytest.fixture
def server(monkeypatch):
    """Earth Engine on loopback."""
    wire = Wire({"value:compute": lambda request: (200, {"result": 3})})
    with served(wire) as address:
        monkeypatch.setattr(client, "HIGH_VOLUME", address)
        yield wire


def project_asked(server) -> str:
    """The project that a request is sent to."""
    ee.Number(1).add(2).getInfo()
    return server.sent[-1].path.split("/projects/")[1].split("/")[0]


def test_a_project_that_is_named_is_used(account, server, monkeypatch):
    monkeypatch.setenv("COURSE_EE_PROJECT", "another-project")
    initialise(PROJECT)
    assert project_asked(server) == PROJECT


def test_else_it_is_taken_from_the_variable(account, server, monkeypatch):
    monkeypatch.setenv("COURSE_EE_PROJECT", f" {PROJECT} ")
    initialise()
    assert project_asked(server) == PROJECT


def test_else_from_what_the_client_has_stored(account, server, monkeypatch):
    stored = account.with_quota_project(PROJECT)
    monkeypatch.setattr(ee.data, "get_persistent_credentials", lambda: stored)
    initialise()
    assert project_asked(server) == PROJECT


def test_without_any_project_the_remedy_is_said(account):
    with pytest.raises(DataError, match="set COURSE_EE_PROJECT to its id"):
        initialise()


def test_the_token_goes_to_the_server_and_nowhere_else(account, server):
    initialise(PROJECT)
    ee.Number(1).getInfo()
    assert server.sent[-1].headers["authorization"] == "Bearer ya29.planted-token"
    assert "planted-token" not in server.sent[-1].path + json.dumps(server.sent[-1])


def test_a_client_that_is_signed_in_is_left_as_it_is(account, server):
    initialise(PROJECT)
    initialise("another-project")
    assert project_asked(server) == PROJECT


def test_a_silent_server_is_not_waited_for_for_ever(account, server):
    initialise(PROJECT)
    assert 300 < ee.data._get_state().deadline_ms / 1000 < 600


def test_every_thread_keeps_a_connection(account, server, caplog):
    initialise(PROJECT)
    together = threading.Barrier(MOST_THREADS)
    threads = [threading.Thread(target=ask_together, args=[together]) for _ in range(MOST_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.sent) == MOST_THREADS
    assert "pool is full" not in caplog.text


def ask_together(barrier: threading.Barrier) -> None:
    barrier.wait(timeout=30)
    ee.Number(1).add(2).getInfo()


def test_many_small_requests_go_where_they_belong():
    assert client.HIGH_VOLUME == "https://earthengine-highvolume.googleapis.com"


def test_without_an_account_the_remedy_is_said():
    with pytest.raises(DataError, match="run `earthengine authenticate`"):
        initialise(PROJECT)
    assert not ee.data.is_initialized()


@pytest.fixture
def key_file(tmp_path):
    """The key of a service account, as Google hands it out."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    path = tmp_path / "key.json"
    fields = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key": pem,
        "client_email": f"robot@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": "http://127.0.0.1:9/token",
    }
    path.write_text(json.dumps(fields))
    return path


def test_a_service_account_signs_in_by_its_key(key_file, monkeypatch):
    asked = {}

    def take(credentials, **options):
        asked.update(options, credentials=credentials)

    monkeypatch.setattr(ee, "Initialize", take)
    monkeypatch.setattr(ee.data, "setDeadline", lambda milliseconds: None)
    monkeypatch.setattr(client, "_widen", lambda: None)
    initialise(key_file=key_file)
    assert asked["credentials"].service_account_email == f"robot@{PROJECT}.iam.gserviceaccount.com"
    assert asked["project"] is None  # its own project serves


def test_a_service_account_that_cannot_reach_the_server_names_no_secret(key_file, slept):
    with pytest.raises(DataError) as raised:
        initialise(key_file=key_file)
    assert "cannot be reached" in str(raised.value)
    assert PROJECT not in str(raised.value)


@pytest.mark.parametrize(
    "content", ["", "{}", '{"private_key": "-----BEGIN PRIVATE KEY-----planted"}', "planted"]
)
@pytest.mark.parametrize("name", ["key.json", "key.pem"])
def test_what_is_no_key_is_refused_without_being_quoted(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=f"{name} is no key") as raised:
        initialise(service_account="robot@example.org", key_file=tmp_path / name)
    assert "planted" not in str(raised.value)


def test_incomplete_keys_say_what_is_missing(tmp_path):
    with pytest.raises(DataError, match="no key file gone"):
        initialise(key_file=tmp_path / "gone.json")
    with pytest.raises(DataError, match="pass key_file="):
        initialise(service_account="robot@example.org")
    (tmp_path / "key.pem").write_text("-----BEGIN")
    with pytest.raises(DataError, match="pass service_account= too"):
        initialise(key_file=tmp_path / "key.pem")


FOUR = [
    ("ee.Initialize: no project found. Call with project= or see …", "set COURSE_EE_PROJECT"),
    (
        "Google Earth Engine API has not been used in project 123456789 before or it is disabled. Enable it "
        "by visiting https://console.developers.google.com/apis/api/earthengine.googleapis.com/overview?project="
        "123456789 then retry.",
        "enable 'Google Earth Engine API'",
    ),
    (
        "Not signed up for Earth Engine or project is not registered. Visit "
        "https://developers.google.com/earth-engine/guides/access",
        "code.earthengine.google.com/register",
    ),
    (
        f"Caller does not have required permission to use project {PROJECT}. Grant the caller the "
        "roles/serviceusage.serviceUsageConsumer role … visiting https://console.developers.google.com/iam-admin/"
        f"iam/project?project={PROJECT} and then retry.",
        "'Service Usage Consumer'",
    ),
]


@pytest.mark.parametrize(("said", "remedy"), FOUR, ids=["project", "api", "registered", "permission"])
@pytest.mark.parametrize("when", ["signing in", "asking"])
def test_each_of_the_four_common_errors_becomes_one_line_with_its_remedy(account, server, said, remedy, when):
    refused = {"signing in": "/algorithms", "asking": "value:compute"}[when]
    server.planned[refused] = lambda request: refuse(403, said)

    def sign_in_and_ask():
        initialise(PROJECT)
        pixel_count((-3.0, 53.4, -2.9, 53.5), 2024)

    with pytest.raises(DataError) as raised:
        sign_in_and_ask()
    message = str(raised.value)
    assert remedy in message
    assert "\n" not in message
    assert PROJECT not in message
    assert "123456789" not in message
    assert ee.data.is_initialized() == (when == "asking")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (
            "Please authorize access to your Earth Engine account by\n\nrunning …",
            "run `earthengine authenticate`",
        ),
        ("('invalid_grant: Bad Request', {})", "run `earthengine authenticate`"),
        ("Earth Engine client library not initialized. See …", "initialise() first"),
        ("Too many concurrent aggregations.", "all who share a project share its quota"),
        ("Image.select: Band pattern 'A00' did not match any bands.", "available_years"),
        ("Request payload size exceeds the limit: 10485760 bytes.", "simplify"),
        ("Image.reduceRegion: Too many pixels in the region.", "coarser scale"),
        ("HTTPSConnectionPool(host='…'): Max retries exceeded", "check the network"),
        ("Something quite new.", "COURSE_ORIGIN=open"),
    ],
)
def test_other_errors_say_what_to_do_as_well(said, remedy):
    message = str(explain(ee.EEException(said)))
    assert remedy in message
    assert "\n" not in message
    assert message.endswith(" ".join(said.split()))


def test_a_retry_is_logged_without_the_project(account, server, caplog, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    answers = [refuse(429, "Too many requests.")]
    server.planned["value:compute"] = lambda request: answers.pop() if answers else (200, {"result": 3})
    initialise(PROJECT)
    with caplog.at_level(logging.DEBUG):
        ee.Number(1).add(2).getInfo()
    assert "before retry 1 of 5" in caplog.text
    assert "projects/***/value:compute" in caplog.text
    assert PROJECT not in caplog.text
