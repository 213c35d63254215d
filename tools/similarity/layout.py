"""Vectors of tiles in two dimensions, computed once and kept beside what they were computed with."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tools import provenance
from tools.files import appearing
from tools.projection import umap_view

LAYOUT, PARAMETERS = "layout.parquet", "layout.json"
"""The two files of a kept layout: ``x`` and ``y`` of every tile; and what they were made from, and how."""


def world_layout(
    vectors: np.ndarray | pd.DataFrame,
    *,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    random_state: int = 42,
    folder: Path | str | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Draw tiles in two dimensions so that those that look alike lie together (UMAP by cosine).

    Parameters
    ----------
    vectors : array or table of numbers, shape (n_tiles, n_dimensions)
        Rows without missing values, none of them all zeros.
    n_neighbors : int, default 15
        How many tiles, itself among them, a tile is compared with.
    min_dist : float, default 0.1
        How close tiles may be drawn, from 0 to 1.
    random_state : int, default 42
        Seed.
    folder : path, optional
        Where the layout is kept. A layout that is there already is returned as it is if it was made from the
        same vectors with the same parameters by the same UMAP; otherwise it is made again.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    pandas.DataFrame
        Columns ``x`` and ``y`` (float32), a row a tile, with the index and the marks of `vectors`. The axes
        have no unit and no direction.

    Raises
    ------
    ValueError
        If values are missing, a row is all zeros, there are not more tiles than `n_neighbors`, or a parameter
        makes no sense.
    OSError
        If the folder cannot be written to.

    See Also
    --------
    tools.projection.umap_view : which does the work, and says how the view may be believed.

    Examples
    --------
    >>> vectors = np.random.default_rng(0).normal(size=(40, 5))
    >>> layout = world_layout(vectors, n_neighbors=5)
    >>> layout.shape, list(layout.columns)
    ((40, 2), ['x', 'y'])
    """
    rows = np.ascontiguousarray(vectors, np.float32)
    wanted = {
        "vectors": {"sha256": hashlib.sha256(rows).hexdigest(), "shape": list(rows.shape)},
        "metric": "cosine",
        "n_neighbors": n_neighbors,
        "min_dist": min_dist,
        "random_state": random_state,
        "umap-learn": version("umap-learn"),
    }
    kept = None if folder is None else _kept(Path(folder), wanted)
    if kept is None:
        view = umap_view(
            rows,
            n_neighbors=n_neighbors,
            min_dist=min_dist,
            metric="cosine",
            random_state=random_state,
            progress=progress,
        )
        kept = view.rename(columns={"UMAP1": "x", "UMAP2": "y"})
        if folder is not None:
            _keep(Path(folder), kept, wanted)
    if isinstance(vectors, pd.DataFrame):
        kept.index = vectors.index
    return provenance.carry(kept, vectors)


def _kept(folder: Path, wanted: dict[str, Any]) -> pd.DataFrame | None:
    table, parameters = folder / LAYOUT, folder / PARAMETERS
    if not (table.is_file() and parameters.is_file()):
        return None
    try:
        made = json.loads(parameters.read_text("utf-8"))
    except ValueError:  # not JSON, so not ours: as good as none
        return None
    if made != wanted | {"layout": {"sha256": _digest(table)}}:
        return None
    return pd.read_parquet(table)


def _keep(folder: Path, layout: pd.DataFrame, wanted: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with appearing(folder / LAYOUT) as unfinished:
        layout.to_parquet(unfinished, index=False)
    # The parameters come last and name the table that they are of, so that a layout broken off is made again.
    made = wanted | {"layout": {"sha256": _digest(folder / LAYOUT)}}
    with appearing(folder / PARAMETERS) as unfinished:
        unfinished.write_text(json.dumps(made, indent=2, default=np.generic.item) + "\n", "utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
