"""Land cover and what a satellite would see of it."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from tools.embeddings import cosine_similarity, dequantise
from tools.sample import london
from tools.sample.fields import stream
from tools.sample.landscape import Archetype, mix

KINDS = {archetype.name: archetype.vector for archetype in london.ARCHETYPES}


def test_kinds_that_look_alike_have_embeddings_that_are_alike():
    assert cosine_similarity(KINDS["semis"], KINDS["leafy"]) > cosine_similarity(
        KINDS["semis"], KINDS["woods"]
    )
    assert cosine_similarity(KINDS["terraces"], KINDS["estates"]) > 0.6
    assert cosine_similarity(KINDS["terraces"], KINDS["water"]) < 0.3


def test_an_archetype_with_an_unknown_trait_is_refused():
    with pytest.raises(ValueError, match="unknown traits \\['lava'\\]"):
        _ = Archetype("volcano", {"lava": 1.0}).vector


def test_shares_of_land_cover_add_up_and_cover_what_they_should(small_ground):
    cover = small_ground.landscape.cover
    assert np.allclose(cover.sum(axis=0), 1, atol=1e-5)
    assert cover.min() >= 0
    scores = np.random.default_rng(1).normal(size=(3, 80, 80))
    assert mix(scores, [6, 3, 1], 8.0).mean(axis=(1, 2)) == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_each_pixel_has_unit_length_and_the_same_embedding_for_the_same_numbers(small_ground):
    x, y = np.random.default_rng(2).uniform(-15_000, 15_000, (2, 500))
    first = small_ground.landscape.embed(x, y, stream(1, "pixels"))
    assert np.linalg.norm(first, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(first, small_ground.landscape.embed(x, y, stream(1, "pixels")))


def test_the_river_is_water_and_the_middle_is_built(small_ground):
    landscape = small_ground.landscape
    inside = (np.abs(small_ground.river[:, 0]) < 25_000) & (small_ground.river[:, 0] > 9000)
    assert landscape.grid.read(landscape.share("water"), *small_ground.river[inside].T).mean() > 0.8
    assert landscape.grid.read(landscape.share("centre"), np.array([-1000.0]), np.array([0.0]))[0] > 0.5
    with pytest.raises(KeyError, match="no archetype 'sea'"):
        landscape.share("sea")


def test_neighbouring_pixels_are_about_as_alike_as_real_ones(shared_data, full):
    """A sample's pixel is 50 m wide, so its neighbour is compared with a real pixel's fifth neighbour."""
    real = next((shared_data / "alphaearth/v1/annual/2024").rglob("*.tiff"))
    made = next((full / "alphaearth/v1/annual/2024/30N").glob("*.tiff"))

    def alike(path, lag):
        with rasterio.open(path) as tile:
            pixels = dequantise(tile.read())
        return float(np.nanmean(cosine_similarity(pixels[:, :, lag:], pixels[:, :, :-lag], axis=0)))

    assert alike(made, 1) == pytest.approx(alike(real, 5), abs=0.05)
    assert alike(made, 4) == pytest.approx(alike(real, 20), abs=0.15)
