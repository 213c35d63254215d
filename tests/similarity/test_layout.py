"""The layout of the world: kept, found again, and made anew when anything that matters is different."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tools import provenance
from tools.similarity import layout as layouts
from tools.similarity import world_layout

FEW = {"n_neighbors": 8}


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Three kinds of tiles, far apart."""
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(size=6) * 4 + random.normal(size=(30, 6)) for _ in range(3)])


@pytest.fixture(scope="module")
def kept(vectors, tmp_path_factory):
    """A folder with a layout."""
    folder = tmp_path_factory.mktemp("layout") / "below" / "here"
    return folder, world_layout(vectors, folder=folder, **FEW)


@pytest.fixture
def works(monkeypatch) -> list[int]:
    """How often UMAP was asked, one entry each time."""
    asked: list[int] = []
    made = layouts.umap_view

    def counted(rows, **parameters):
        asked.append(len(rows))
        return made(rows, **parameters)

    monkeypatch.setattr(layouts, "umap_view", counted)
    return asked


def test_kinds_lie_together(kept):
    places = kept[1].to_numpy().reshape(3, 30, 2)
    within = np.linalg.norm(places - places.mean(axis=1, keepdims=True), axis=2).mean()
    apart = np.linalg.norm(places.mean(axis=1) - np.roll(places.mean(axis=1), 1, axis=0), axis=1).min()
    assert apart > 3 * within


def test_a_kept_layout_is_returned_without_making_it_again(kept, vectors, works):
    folder, made = kept
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    pd.testing.assert_frame_equal(world_layout(vectors, folder=folder, **FEW), made)
    assert not works
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_its_parameters_stand_beside_it(kept):
    said = json.loads((kept[0] / layouts.PARAMETERS).read_text("utf-8"))
    assert {name: said[name] for name in ("n_neighbors", "min_dist", "random_state", "metric")} == {
        "n_neighbors": 8,
        "min_dist": 0.1,
        "random_state": 42,
        "metric": "cosine",
    }
    assert said["vectors"]["shape"] == [90, 6]
    assert said["umap-learn"]


@pytest.mark.parametrize(
    "other", [{"n_neighbors": 9}, {"min_dist": 0.2}, {"random_state": 1}, {"vectors": 0.5}], ids=str
)
def test_other_vectors_or_parameters_make_it_again(kept, vectors, works, tmp_path, other):
    folder, made = kept
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    other = FEW | other
    moved = vectors + np.eye(*vectors.shape) * other.pop("vectors", 0)
    again = world_layout(moved, folder=tmp_path, **other)
    assert works == [90]
    assert not again.equals(made)
    pd.testing.assert_frame_equal(world_layout(moved, folder=tmp_path, **other), again)
    assert works == [90]


@pytest.mark.parametrize("name", [layouts.LAYOUT, layouts.PARAMETERS])
@pytest.mark.parametrize("damage", ["lost", "cut", "of another"])
def test_a_damaged_layout_is_made_again_to_the_byte(kept, vectors, works, tmp_path, name, damage):
    folder, _ = kept
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    for file, content in whole.items():
        (tmp_path / file).write_bytes(content)
    if damage == "lost":
        (tmp_path / name).unlink()
    elif damage == "cut":
        (tmp_path / name).write_bytes(whole[name][:-20])
    elif name == layouts.LAYOUT:
        pd.DataFrame({"x": [1.0], "y": [2.0]}).to_parquet(tmp_path / name)
    else:
        (tmp_path / name).write_text('["not", "ours"]')
    world_layout(vectors, folder=tmp_path, **FEW)
    assert works == [90]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == whole


def test_the_index_and_the_marks_of_a_table_travel_on(kept, vectors):
    table = pd.DataFrame(vectors, index=pd.Index(np.arange(90) * 7, name="tile_id"))
    provenance.mark(table, provenance.Provenance("tiles", "sample", "Tiles", "Synthetic sample"))
    layout = world_layout(table, folder=kept[0], **FEW)
    assert layout.index.equals(table.index)
    assert provenance.of(layout).title == "Tiles"
    assert list(layout.columns) == ["x", "y"]
    assert (layout.dtypes == np.float32).all()


def test_parameters_that_make_no_sense_leave_nothing_behind(vectors, tmp_path):
    for wrong in ({"n_neighbors": 90}, {"n_neighbors": 1}):
        with pytest.raises(ValueError, match="n_neighbors"):
            world_layout(vectors, folder=tmp_path / "new", **wrong)
    with pytest.raises(ValueError, match="missing or infinite"):
        world_layout(vectors * np.nan, folder=tmp_path / "new")
    assert not (tmp_path / "new").exists()
