"""Whatever is asked, the answer is one that the API's own description foresees: schemathesis asks."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys

import pytest

from tests.explorer.test_api import API


@pytest.fixture(scope="module")
def described(explorer) -> dict:
    """What the API says of itself."""
    return explorer.get(f"{API}/openapi.json").json()


def narrowed(described: dict, holder) -> dict:
    """Of tiles, places and methods that there are, so that questions reach the index."""
    values = {
        "tile_id": holder.tiles["tile_id"].tolist()[::16],
        "method": ["mean", "dominant"],
        "continent": sorted(holder.tiles["continent"].unique()),
        "country": sorted(holder.tiles["country_code"].unique()),
        "city": holder.tiles["city_id"].unique().tolist(),
    }
    schema = copy.deepcopy(described)
    schema["paths"] = {path: said for path, said in schema["paths"].items() if "{tile_id}" in path}
    for said in schema["paths"].values():
        for parameter in said["get"]["parameters"]:
            if parameter["name"] in values:
                parameter["schema"] = {"enum": values[parameter["name"]]}
    return schema


def asked_of_everything(schema: dict, url: str, folder, examples: int) -> str:
    """Run schemathesis with all of its checks; return what it says, having failed where it found anything."""
    file = folder / "openapi.json"
    file.write_text(json.dumps(schema))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(file), "--url", url),
            *("--checks", "all", "--phases", "examples,coverage,fuzzing", "--mode", "all"),
            *("--max-examples", str(examples), "--seed", "20250101", "--continue-on-failure"),
            *("--suppress-health-check", "all", "--request-timeout", "60"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    return done.stdout


def test_every_answer_is_as_described(explorer, described, tmp_path):
    """Nearly every tile that is asked for is none, and most of what is asked makes no sense."""
    said = asked_of_everything(described, str(explorer.base_url), tmp_path, examples=40)
    assert re.search(r"Tested: +11\b", said), said


def test_every_question_about_a_real_tile_is_answered_as_described(explorer, described, holder, tmp_path):
    schema = narrowed(described, holder)
    said = asked_of_everything(schema, str(explorer.base_url), tmp_path, examples=40)
    assert re.search(r"Tested: +3\b", said), said
