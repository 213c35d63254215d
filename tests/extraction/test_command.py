"""``course extract``: from a file of points to a table, told plainly, and going on after ``kill -9``."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.extraction.conftest import YEAR
from tools.course.cli import app
from tools.embeddings import BANDS


@pytest.fixture
def extract():
    """Type ``course extract`` and what follows."""
    return lambda *words: CliRunner().invoke(app, ["extract", "--year", str(YEAR), *map(str, words)])


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg", ".geojson", ".csv"])
def test_points_and_table_may_be_of_each_format(open_town, tmp_path, extract, suffix):
    points, source, target = open_town.points(60), tmp_path / f"in{suffix}", tmp_path / "new" / f"out{suffix}"
    if suffix == ".csv":
        points.assign(lon=points.geometry.x, lat=points.geometry.y)[["TOID", "lon", "lat"]].to_csv(source)
    elif suffix == ".parquet":
        points.to_parquet(source)
    else:
        points.to_file(source)
    result = extract(source, "--output", target)
    assert result.exit_code == 0, result.output
    read = {".csv": pd.read_csv, ".parquet": gpd.read_parquet}.get(suffix, gpd.read_file)
    table = read(target)
    assert table["TOID"].tolist() == points["TOID"].tolist()
    np.testing.assert_allclose(table[list(BANDS)].astype("float32"), open_town.at(points), atol=1e-7)
    if suffix == ".csv":
        np.testing.assert_allclose(table[["lon", "lat"]], points.get_coordinates())
    assert "with an embedding" in result.stdout
    assert str(target) in result.stdout.replace("\n", "")
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert suffix == ".csv" or b"produced by Google and Google DeepMind" in target.read_bytes()


def test_odd_points_are_reported_and_kept_or_refused_as_asked(open_town, tmp_path, extract):
    source = tmp_path / "points.csv"
    points = open_town.points(10)
    lines = [
        f"{name},{place.x},{place.y}" for name, place in zip(points["TOID"], points.geometry, strict=True)
    ]
    source.write_text("\n".join(["id,lon,lat", *lines, lines[0], "empty,,"]))
    kept = extract(source, "--output", tmp_path / "kept.csv", "--key", "id")
    assert kept.exit_code == 0, kept.output
    assert len(pd.read_csv(tmp_path / "kept.csv")) == 12
    told = [line.split("  ") for line in kept.stdout.splitlines()]
    assert {"repeated keys": "2", "no coordinates": "1"}.items() <= {
        line[0]: next(word.strip() for word in line[1:] if word.strip()) for line in told if len(line) > 1
    }.items()
    refused = extract(source, "--output", tmp_path / "no.csv", "--key", "id", "--on-empty", "refuse")
    assert refused.exit_code == 1
    assert (
        "1 of 12 points were refused, since they are points without usable coordinates: empty"
        in refused.stderr
    )
    assert not (tmp_path / "no.csv").exists()


def test_points_outside_a_region_are_reported(open_town, tmp_path, extract):
    open_town.points(80).to_parquet(tmp_path / "points.parquet")
    open_town.region.to_file(tmp_path / "region.gpkg")
    words = [
        tmp_path / "points.parquet",
        "--output",
        tmp_path / "out.csv",
        "--region",
        tmp_path / "region.gpkg",
    ]
    result = extract(*words, "--on-outside", "drop")
    assert "outside the region" in result.stdout
    inside = open_town.points(80).to_crs(open_town.region.crs).within(open_town.region.geometry.iloc[0])
    assert len(pd.read_csv(tmp_path / "out.csv")) == inside.sum()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["gone.parquet", "--output", "out.csv"], "there is no file"),
        (["points.csv", "--output", "out.shp"], "the output must be one of .parquet"),
        (["points.csv", "--output", "out.csv", "--key", "uprn"], "no column 'uprn'"),
        (["points.csv", "--output", "out.csv", "--region", "nowhere"], "there is no region 'nowhere'"),
        (["metres.csv", "--output", "out.csv"], "neither geometry nor columns lon and lat"),
        (["liverpool-point", "--output", "out.csv"], "did you mean 'liverpool-points'"),
        (["broken.gpkg", "--output", "out.csv"], "broken.gpkg cannot be read"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(open_town, tmp_path, extract, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text("TOID,lon,lat\na,-2.99,53.41\n")
    (tmp_path / "metres.csv").write_text("TOID,easting,northing\na,334000,390000\n")
    (tmp_path / "broken.gpkg").write_bytes(b"not a database")
    result = extract(*words)
    assert result.exit_code == 1, result.output
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_a_command_that_was_killed_goes_on(open_town, tmp_path, root):
    points, folder = open_town.points(500), tmp_path / "batches"
    points.to_parquet(tmp_path / "points.parquet")
    command = [sys.executable, "-m", "tools.course", "extract", str(tmp_path / "points.parquet")]
    command += ["--year", str(YEAR), "--output", str(tmp_path / "out.parquet"), "--folder", str(folder)]
    process = subprocess.Popen(command, cwd=root, env=os.environ, stdout=subprocess.PIPE, text=True)
    while process.poll() is None and not (folder / "recipe.json").exists():
        time.sleep(0.005)
    process.kill()
    process.communicate()
    assert not (tmp_path / "out.parquet").exists() or process.returncode == 0
    finished = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "with an embedding" in finished.stdout
    table = gpd.read_parquet(tmp_path / "out.parquet")
    assert table["TOID"].tolist() == points["TOID"].tolist()
    np.testing.assert_array_equal(table[list(BANDS)], open_town.at(points))
