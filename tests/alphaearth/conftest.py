"""Tiles to read: a mosaic across two UTM zones whose every pixel is known, and a server of byte ranges."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from pyproj import Transformer

from tools.alphaearth.layout import tile_path, write_index, write_tile
from tools.embeddings import N_BANDS, NODATA


@dataclass(frozen=True)
class Tile:
    """What was written: bytes north-up, and where."""

    crs: str
    transform: Affine
    data: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Look pixels up by their coordinates, by nothing but arithmetic; no data outside."""
        column, row = np.floor(~self.transform @ (x, y)).astype(int)
        height, width = self.data.shape[1:]
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        found = self.data[:, row.clip(0, height - 1), column.clip(0, width - 1)]
        return np.where(inside, found, NODATA)


@dataclass(frozen=True)
class Mosaic:
    """A root folder and the tiles under it, by name."""

    root: Path
    tiles: dict[str, Tile]


def _tile(zone: str, west: float, north: float, height: int, width: int, seed: int) -> Tile:
    """Noise on one side of Greenwich, no data beyond it: zones meet there without overlapping."""
    crs, transform = f"EPSG:326{zone[:2]}", Affine(20, 0, west, 0, -20, north)
    data = np.random.default_rng(seed).integers(-127, 128, (N_BANDS, height, width), dtype=np.int8)
    x, y = transform @ np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    longitude, _ = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    data[:, (longitude >= 0) if zone == "30N" else (longitude < 0)] = NODATA
    return Tile(crs, transform, data)


@pytest.fixture(scope="session")
def mosaic(tmp_path_factory) -> Mosaic:
    """Two tiles above one another in 30N for two years, and one beside them in 31N for the later year."""
    root = tmp_path_factory.mktemp("bucket") / "v1" / "annual"
    plan = {
        "2023/upper": ("30N", 704_000, 5_696_000, 150, 270, 1),
        "2023/lower": ("30N", 704_000, 5_693_000, 150, 270, 2),
        "2024/upper": ("30N", 704_000, 5_696_000, 150, 270, 3),
        "2024/lower": ("30N", 704_000, 5_693_000, 150, 270, 4),
        "2024/east": ("31N", 290_000, 5_697_000, 400, 400, 5),
    }
    tiles = {name: _tile(*tile) for name, tile in plan.items()}
    paths = []
    for name, tile in tiles.items():
        year, part = name.split("/")
        path = root / tile_path(int(year), plan[name][0], part)
        paths.append(write_tile(path, tile.data, crs=tile.crs, transform=tile.transform))
    write_index(root, paths)
    return Mosaic(root, tiles)


class _Ranges(SimpleHTTPRequestHandler):
    """A bucket's manners: whole files, or the bytes asked for; every answer is counted."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Answer with the whole or the part."""
        self._answer(body=True)

    def do_HEAD(self):
        """Answer with the size."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        if self.server.busy > 0 and path.suffix == ".tiff":
            self.server.busy -= 1
            self.send_error(503)
            return
        size, asked = path.stat().st_size, re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = (int(asked[1]), min(int(asked[2] or size), size - 1)) if asked else (0, size - 1)
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last - first + 1))
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        if body:
            self.server.sent.append((self.path, last - first + 1))
            self.server.agents.add(self.headers.get("User-Agent"))
            with path.open("rb") as file:
                file.seek(first)
                self.wfile.write(file.read(last - first + 1))

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture
def serve():
    """Return a function that serves a folder on loopback, too busy for its first answers if so asked."""
    servers = []

    def start(folder: Path, busy: int = 0) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Ranges, directory=str(folder)))
        server.url, server.sent, server.agents = f"http://127.0.0.1:{server.server_port}", [], set()
        server.busy = busy
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
