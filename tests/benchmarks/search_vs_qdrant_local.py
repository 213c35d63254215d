"""Ten look-alikes of other cities among 48,881 tiles: the default index beside qdrant-client's local mode."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models

from tests.benchmarks.harness import compare
from tests.benchmarks.search_default import LIMIT, QUESTION, RECALL
from tests.benchmarks.world_vectors import world_vectors
from tools.similarity.index import build_index, open_index

N_QUERIES = 8
Answers = list[set[int]]


def run() -> list[dict[str, Any]]:
    """Measure and record the comparison."""
    tiles, vectors = world_vectors()
    some = np.random.default_rng(1).choice(len(tiles), N_QUERIES, replace=False)
    asked = tiles["tile_id"].to_numpy()[some].tolist()
    local = local_mode(tiles["tile_id"].tolist(), vectors, tiles["city_id"].tolist())

    def theirs() -> Answers:
        answers = []
        for tile in asked:
            [found] = local.retrieve("tiles", [tile], with_payload=["city_id"])
            here = models.FieldCondition(
                key="city_id", match=models.MatchValue(value=found.payload["city_id"])
            )
            hits = local.query_points(
                "tiles",
                query=tile,
                query_filter=models.Filter(must_not=[here]),
                limit=LIMIT,
                with_payload=False,
            )
            answers.append({hit.id for hit in hits.points})
        return answers

    with TemporaryDirectory() as folder:
        build_index(f"edge:{folder}", tiles, {"mean": vectors})
        with open_index(f"edge:{folder}") as index:
            comparison = compare(
                "search_vs_qdrant_local",
                lambda: [{hit.tile_id for hit in index.similar(tile, **QUESTION)} for tile in asked],
                theirs,
                sizes={"tiles": len(tiles), "dimensions": vectors.shape[1], "queries": N_QUERIES},
                check=alike,
                target=200,
                libraries=("qdrant-edge-py", "qdrant-client", "numpy"),
                note=(
                    "ours is Qdrant Edge as `similar` asks it, theirs QdrantClient(':memory:'); both look "
                    "the tile up and leave its city out"
                ),
            )
    local.close()
    return [comparison]


def local_mode(ids: list[int], vectors: np.ndarray, cities: list[int]) -> QdrantClient:
    """Fill qdrant-client's own stand-in for a server."""
    client = QdrantClient(":memory:")
    size = models.VectorParams(size=vectors.shape[1], distance=models.Distance.COSINE)
    client.create_collection("tiles", vectors_config=size)
    for first in range(0, len(ids), 1_000):
        some = slice(first, first + 1_000)
        batch = models.Batch(
            ids=ids[some],
            vectors=vectors[some].tolist(),
            payloads=[{"city_id": city} for city in cities[some]],
        )
        client.upsert("tiles", batch)
    return client


def alike(ours: Answers, theirs: Answers) -> None:
    """Of what comparing with all finds, the graph of neighbours finds nearly all."""
    shared = sum(len(here & there) for here, there in zip(ours, theirs, strict=True))
    assert shared >= RECALL * LIMIT * len(theirs) - 1, f"{shared} of {LIMIT * len(theirs)}"
