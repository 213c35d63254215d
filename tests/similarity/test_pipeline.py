"""The steps from cities to a search: each by its command, in order, and again without a change."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tools.course.cli import app
from tools.similarity import (
    Pipeline,
    exact_neighbours,
    open_index,
    open_world,
    same_group_share,
    without_location,
)
from tools.similarity.pipeline import DRAWN, INDEXED, STEPS
from tools.sources import DataError


def course(*words):
    return CliRunner().invoke(app, ["similarity", *map(str, words)])


def stamp(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """All steps on 14 cities of the invented world, six tiles each."""
    folder = tmp_path_factory.mktemp("pipeline")
    pipeline = Pipeline(folder, per_city=6, limit_cities=14)
    for step in STEPS:
        getattr(pipeline, step)()
    return folder


def test_every_step_leaves_what_it_should(root):
    tiles = gpd.read_parquet(root / "tiles.parquet")
    assert len(pd.read_parquet(root / "cities.parquet")) == 14
    assert len(tiles) == 84
    assert len(list((root / "vectors").glob("*.parquet"))) == 14
    assert pd.read_parquet(root / "bias.parquet")["location_bound"].sum() > 20
    assert len(pd.read_parquet(root / "layout" / "layout.parquet")) == 84
    world = open_world(root)
    assert world.tiles["tile_id"].tolist() == sorted(tiles["tile_id"])


def test_the_layout_is_of_the_world_tile_by_tile(root):
    made_from = json.loads((root / "layout" / "layout.json").read_text("utf-8"))["vectors"]["sha256"]
    world = open_world(root, methods=[DRAWN])
    clean = without_location(world.vectors[DRAWN], pd.read_parquet(root / "bias.parquet"))
    assert hashlib.sha256(np.ascontiguousarray(clean)).hexdigest() == made_from


def test_the_index_answers_as_a_comparison_with_everything_does(root):
    world = open_world(root, methods=["dominant"])
    bias = pd.read_parquet(root / "bias.parquet")
    clean = without_location(world.vectors["dominant"], bias)
    ids = world.tiles["tile_id"].to_numpy()
    city = world.tiles["city_id"].to_numpy()
    exact, _ = exact_neighbours(clean, k=5, groups=city)
    with open_index(root / "index") as index:
        assert index.methods() == sorted(INDEXED)
        for row in (0, 40, 83):
            hits = index.similar(ids[row], method="dominant", limit=5, other_cities_only=True)
            assert [hit.tile_id for hit in hits] == ids[exact[row]].tolist()


def test_the_filter_sends_neighbours_further_than_next_door(root):
    world = open_world(root, methods=["mean"])
    city = world.tiles["city_id"].to_numpy()
    bias = pd.read_parquet(root / "bias.parquet")
    before, after = (
        same_group_share(exact_neighbours(v, k=5)[0], city)
        for v in (world.vectors["mean"], without_location(world.vectors["mean"], bias))
    )
    assert after < 0.6 * before, "of fourteen cities; test_location holds sixty to half"


def test_run_again_by_its_command_every_step_leaves_every_byte(root):
    before = stamp(root)
    done = course("--root", root)
    assert done.exit_code == 0, done.output
    for step in STEPS:
        assert f"\n{step}: " in f"\n{done.output}"
    assert stamp(root) == before


def test_a_step_without_the_one_before_it_names_that_one(tmp_path):
    asked = course("bias", "--root", tmp_path)
    assert asked.exit_code == 1
    assert "run `course similarity" in asked.output
    Pipeline(tmp_path, limit_cities=3, per_city=2).cities()
    with pytest.raises(DataError, match="course similarity embed"):
        Pipeline(tmp_path).bias()


def test_too_few_cities_to_decide_are_one_plain_sentence(tmp_path):
    asked = course("cities", "embed", "bias", "--root", tmp_path, "--limit-cities", 3)
    assert asked.exit_code == 1
    assert "bias: " in asked.output
    assert "Traceback" not in asked.output


def test_an_unknown_step_is_answered_with_the_order_of_all(tmp_path):
    asked = course("clouds", "--root", tmp_path)
    assert asked.exit_code == 1
    assert "cities, imagery, embed, bias, index, layout" in asked.output


def test_cities_once_chosen_stay(root):
    chosen = pd.read_parquet(root / "cities.parquet")
    assert np.diff(chosen["population"]).max() <= 0
    assert Pipeline(root, limit_cities=2).cities() == "84 tiles of 14 cities"
