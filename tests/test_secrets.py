"""No project id, token or key gets into what is saved: a test plants some, and looks everywhere."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import nbformat
import pyarrow.parquet as pq
import pytest
from google.oauth2.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.fake_earthengine import Busy, Wire, refuse, served, signed_in, under_points
from tools import places
from tools.course import pages, run
from tools.course.lessons import Course
from tools.sources.earthengine import explain, scrub

PROJECT = "planted-project-77"
NUMBER = "990077661234"
TOKEN = "ya29.planted-access-token"
REFRESH = "1//planted-refresh-token"
CLIENT = "GOCSPX-planted-client"
KEY = "-----BEGIN PRIVATE KEY-----\nplantedPRIVATEplanted\n-----END PRIVATE KEY-----\n"
ACCOUNT = f"robot@{PROJECT}.iam.gserviceaccount.com"
SECRETS = [PROJECT, NUMBER, TOKEN, REFRESH, CLIENT, "plantedPRIVATEplanted", "robot@"]

TELLTALE = (
    f"Caller does not have required permission to use project {PROJECT}. Visit https://console.example/"
    f"iam?project={PROJECT} or ask {ACCOUNT}; sent with Bearer {TOKEN}, {REFRESH} and {CLIENT}; "
    f"see projects/{PROJECT}/operations/X or https://console.example/overview?project={NUMBER}\n{KEY}"
)

SIGN_IN = """
import os, ee, geopandas as gpd
from google.oauth2.credentials import Credentials
from tests.sources.fake_earthengine import no_catalogue
from tools.sources import earthengine
from tools.sources.earthengine import client
client.HIGH_VOLUME = os.environ["FAKE_EARTH_ENGINE"]
by_store = ee.data.get_persistent_credentials
ee.data.get_persistent_credentials = lambda: Credentials(token=os.environ["PLANTED_TOKEN"])
with no_catalogue():
    earthengine.initialise()
points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([-2.9, -2.8], [53.4, 53.5]), crs="EPSG:4326")
region = (-3.0, 53.4, -2.9, 53.5)
"""

TALKATIVE = """
import logging
logging.basicConfig(force=True)
for name in ("ee", "google", "google_auth_httplib2", "googleapiclient", "urllib3"):
    logging.getLogger(name).setLevel(logging.DEBUG)
"""


def found(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Where a secret stands: name of the text, and the secret."""
    return [(name, secret) for name, text in texts.items() for secret in SECRETS if secret in text]


def saved(*folders: Path) -> dict[str, str]:
    """The text of every file under some folders."""
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return {str(file): _text(file) for file in files}


def _text(file: Path) -> str:
    if file.suffix == ".parquet":  # compressed: reading the bytes would find nothing
        table = pq.read_table(file)
        return table.to_pandas().to_csv() + str(table.schema.metadata) + str(table.schema)
    return file.read_bytes().decode("utf-8", errors="replace")


@pytest.fixture
def planted(monkeypatch, tmp_path, root) -> Path:
    """A machine whose environment and stored settings hold secrets, and which has no network."""
    home = tmp_path / "home"
    store = home / ".config" / "earthengine" / "credentials"
    store.parent.mkdir(parents=True)
    store.write_text(json.dumps({"project": PROJECT, "refresh_token": REFRESH, "client_secret": CLIENT}))
    for name, value in {
        "HOME": str(home),
        "CLOUDSDK_CONFIG": str(home / "gcloud"),
        "NO_GCE_CHECK": "true",
        "COURSE_EE_PROJECT": PROJECT,
        "COURSE_CACHE": str(tmp_path / "cache"),
        "PLANTED_TOKEN": TOKEN,
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "PYTHONPATH": str(root),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    return tmp_path


@pytest.fixture
def course(planted, root, monkeypatch) -> Course:
    """An empty course of this test's own."""
    folder = planted / "course"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "tools").mkdir()
    (folder / "CITATION.cff").write_bytes((root / "CITATION.cff").read_bytes())
    (folder / "book").mkdir()
    (folder / "book" / "lessons.yml").write_bytes((root / "book" / "lessons.yml").read_bytes())
    monkeypatch.setattr(places, "ROOT", folder)
    monkeypatch.setattr(places, "BUILD", folder / "_build")
    return Course.here()


def lesson(course: Course, name: str, *sources: str) -> None:
    """Store a lesson; its first cell holds the parameters, and cells that begin with ``#fails`` may fail."""
    cells = [nbformat.v4.new_markdown_cell(f"# {name}"), nbformat.v4.new_code_cell("seed = 42")]
    cells[1].metadata["tags"] = ["parameters"]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    for cell in cells[2:]:
        cell.metadata["tags"] = ["raises-exception"] if cell.source.startswith("#fails") else []
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}),
        course.notebooks / f"{name}.ipynb",
    )


def outputs(course: Course, name: str) -> str:
    """All that a lesson left under its cells."""
    notebook = nbformat.read(course.executed / f"{name}.ipynb", as_version=4)
    return json.dumps([cell.get("outputs", []) for cell in notebook.cells])


@pytest.mark.lesson
def test_executed_lessons_their_caches_reports_and_pages_hold_no_secret(course, planted, monkeypatch, capfd):
    def begun(request):
        return 200, {"name": f"projects/{PROJECT}/operations/{request['requestId']}"}

    def failed(request):
        metadata = {"state": "FAILED", "description": "pixels-2024-001", "type": "EXPORT_FEATURES"}
        metadata |= dict.fromkeys(("createTime", "startTime", "updateTime"), "2026-01-01T00:00:00Z")
        error = {"code": 7, "message": TELLTALE}
        return 200, {
            "name": request.path.split("/", 2)[2],
            "done": True,
            "metadata": metadata,
            "error": error,
        }

    wire = Wire(
        {
            "table:computeFeatures": Busy(2, 429, TELLTALE, under_points),
            "value:compute": lambda request: refuse(403, TELLTALE),
            "table:export": begun,
            "operations/*": failed,
        }
    )
    lesson(
        course,
        "01-course",
        TALKATIVE,
        SIGN_IN,
        'earthengine.embeddings_at(points, 2024, keep=os.environ["COURSE_CACHE"] + "/batches")',
        "tasks = earthengine.export_samples(region, 2024, 10)\ntasks",
        "earthengine.watch(tasks)",
        "#fails\nearthengine.pixel_count(region, 2024)",
        "#fails\nee.Reset(); ee.data.get_persistent_credentials = by_store\nearthengine.initialise()",
    )
    lesson(course, "02-by-hand", SIGN_IN, "ee.Number(1).add(2).getInfo()")
    with served(wire) as address:
        monkeypatch.setenv("FAKE_EARTH_ENGINE", address)
        rows = run.run(course, course.lessons())
    pages.generate(course.root / "_build" / "site")

    # Nothing was found because all of it happened, not because none of it did.
    assert [row.error["name"] for row in rows] == ["DataError", "EEException"]
    assert {request.headers["authorization"] for request in wire.sent} == {f"Bearer {TOKEN}"}
    assert {request.path.split("/")[3] for request in wire.sent} == {PROJECT}
    shown = outputs(course, "01-course")
    assert "before retry" in shown
    assert "Service Usage Consumer" in shown
    assert "cannot be reached" in shown
    assert "EEException" in outputs(course, "02-by-hand")
    assert "to use project ***" in rows[1].error["message"]
    assert list((planted / "cache" / "batches").glob("*.parquet"))

    everything = saved(course.root, planted / "cache", planted / "ipython")
    assert found(everything) == []
    assert found(dict(enumerate(capfd.readouterr()))) == []


def test_the_search_finds_what_it_looks_for(tmp_path):
    import pandas as pd

    (tmp_path / "log.txt").write_text(f"sent with {TOKEN}")
    pd.DataFrame({"said": [f"projects/{PROJECT}"] * 1000}).to_parquet(tmp_path / "batch.parquet")
    assert sorted(secret for _, secret in found(saved(tmp_path))) == [PROJECT, TOKEN]


def test_an_error_holds_no_secret_and_its_traceback_shows_no_other_error():
    with signed_in({"value:compute": lambda request: refuse(403, TELLTALE)}, project=PROJECT):
        from tools.sources.earthengine import pixel_count

        with pytest.raises(Exception, match="Service Usage Consumer") as raised:
            pixel_count((-3.0, 53.4, -2.9, 53.5), 2024)
    assert found({"message": str(raised.value)}) == []
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_log_of_any_level_holds_no_secret(caplog):
    with signed_in({"value:compute": Busy(2, 503, TELLTALE, lambda request: (200, {"result": {"A00": 3}}))}):
        from tools.sources.earthengine import pixel_count

        with caplog.at_level(logging.DEBUG), pytest.MonkeyPatch.context() as patch:
            patch.setattr("time.sleep", lambda seconds: None)
            assert pixel_count((-3.0, 53.4, -2.9, 53.5), 2024) == 3
            logging.getLogger("urllib3.connectionpool").warning("Retrying: /v1/projects/%s/x", PROJECT)
            try:
                raise ConnectionError(TELLTALE)
            except ConnectionError:
                logging.getLogger("googleapiclient.http").exception("failed")
    assert "before retry" in caplog.text
    assert "Retrying" in caplog.text
    assert found({"log": caplog.text}) == []


def test_what_only_the_client_knows_is_blanked_too(monkeypatch):
    import ee

    with signed_in(project="plainword"):
        credentials = Credentials(token="opaque-token-1", refresh_token="opaque-refresh-2")
        monkeypatch.setattr(ee.data._get_state(), "credentials", credentials)
        said = scrub("opaque-token-1 opaque-refresh-2 projects%2Fplainword plainwords plainword.")
    assert said == "*** *** projects%2F*** plainwords ***."


PROJECTS = st.from_regex(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", fullmatch=True)
PLACES = [
    "{}",
    "Caller does not have required permission to use project {}. Grant the caller a role",
    "https://earthengine.googleapis.com/v1/projects/{}/table:computeFeatures?alt=json",
    "https://console.developers.google.com/apis/overview?project={} then retry",
    "projects/{}/operations/ABC",
    "x-goog-user-project: {}",
    "USER_PROJECT_DENIED '{}'",
    "consumer: projects%2F{}",
]


@given(project=PROJECTS, place=st.sampled_from(PLACES))
def test_a_project_in_the_environment_is_blanked_wherever_it_stands(project, place):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_EE_PROJECT", project)
        said = scrub(place.format(project))
        assert scrub(said) == said
    blanked = place.format("***")
    # A project's name may itself be a word of the message; then that is blanked as well.
    assert said == blanked or project in blanked


@given(project=PROJECTS, place=st.sampled_from(PLACES[1:5]))
def test_a_project_that_nobody_told_us_of_is_known_by_its_place(project, place):
    assert scrub(place.format(project)) == place.format("***")


@given(st.text(st.characters(codec="ascii", exclude_characters="/?&=@{}-0123456789"), max_size=200))
def test_plain_words_are_left_alone(text):
    if not any(sign in text.lower() for sign in ("project ", "bearer ")):
        assert scrub(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "this project is not registered; ask the project owner",
        "Earth Engine needs a Google Cloud project: set COURSE_EE_PROJECT to its id",
        "use a project of your own",
        "Image.select: Band pattern 'A00' did not match any bands. Available bands: [B1, B2]",
        "User memory limit exceeded after 300 s, 12,259,151 pixels",
    ],
)
def test_messages_without_a_secret_stay_as_they_are(text):
    assert scrub(text) == text


def test_the_lessons_sign_in_without_naming_a_project(root):
    """What stands in a cell is saved."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        assert "initialise(project" not in code
        assert "ee.Initialize(" not in code


def test_explaining_needs_no_signed_in_client():
    assert PROJECT not in str(explain(ValueError(TELLTALE)))
    assert os.linesep not in str(explain(ValueError(TELLTALE)))
