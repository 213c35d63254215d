"""Tiles and vectors that the tests of indices share: clustered, as embeddings are, and small."""

from __future__ import annotations

import numpy as np
import pandas as pd

PER_CITY = 8


def some_tiles(n_cities: int = 50) -> pd.DataFrame:
    """Cities of eight tiles, in ten countries on four continents, in no order."""
    city = np.repeat(np.arange(1, n_cities + 1), PER_CITY)
    tiles = pd.DataFrame(
        {
            "tile_id": city * 10_000 + np.tile(np.arange(PER_CITY), n_cities),
            "city_id": city,
            "country_code": np.array(["NA", "FR", "PE", "JP", "ZA", "IN", "BR", "DE", "KE", "US"])[city % 10],
            "continent": np.array(["Africa", "Asia", "Europe", "South America"])[city % 4],
        }
    )
    return tiles.sample(frac=1, random_state=1)


def some_vectors(tiles: pd.DataFrame, dimensions: int, seed: int = 0) -> np.ndarray:
    """Of a few kinds, with something of the city, of many lengths."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(int(tiles["city_id"].max()) + 1, dimensions))
    kinds = rng.normal(size=(6, dimensions)) + 1
    vectors = kinds[rng.integers(6, size=len(tiles))] + 0.5 * looks[tiles["city_id"]]
    vectors += 0.4 * rng.normal(size=vectors.shape)
    return (vectors * rng.uniform(0.5, 20, (len(tiles), 1))).astype(np.float32)


def ranking(tiles: pd.DataFrame, vectors: np.ndarray, query: np.ndarray) -> pd.DataFrame:
    """All tiles with their cosines to a vector, the most alike first: what a search has to agree with."""
    vectors, query = vectors.astype(float), query.astype(float)
    cosine = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    return tiles.assign(score=cosine).sort_values("score", ascending=False)
