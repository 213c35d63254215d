"""TerraMind's own architecture on real chips, with weights drawn by lot; and weights that do not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import rasterio

from tools.similarity import EncodedPatches, WeightsError, encoder_available, load_encoder

without_the_library = pytest.mark.skipif(
    find_spec("terratorch") is None or find_spec("torch") is None,
    reason='TerraMind\'s library is not installed: pip install -e ".[terramind]" -c constraints.txt',
)


@pytest.fixture(scope="module")
def chips(shared_data) -> np.ndarray:
    """Three real chips of Sentinel-2, twelve bands."""
    read = []
    for path in sorted((shared_data / "sentinel2").glob("*.tif")):
        with rasterio.open(path) as file:
            read.append(file.read())
    return np.stack(read)


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(None, device="cpu", precision="float32")


@without_the_library
def test_a_chip_becomes_196_vectors_of_768_numbers(encoder, chips):
    made = encoder.encode(chips)
    assert made.shape == (3, 196, 768)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert made.std(axis=(1, 2)).min() > 0.1, "vectors differ within a tile"


@without_the_library
def test_eight_at_once_are_what_eight_are_one_by_one(encoder, chips):
    eight = chips[[0, 1, 2, 0, 1, 2, 0, 1]].copy()
    eight[3:] = eight[3:, :, ::-1]
    seen = []
    together = encoder.encode(eight, batch_size=8, progress=lambda done, of: seen.append((done, of)))
    alone = np.concatenate([encoder.encode(chip[None]) for chip in eight])
    assert np.abs(together - alone).max() <= 1e-4
    assert seen == [(8, 8)]


@without_the_library
def test_shorter_numbers_give_the_same_directions(encoder, chips):
    short = load_encoder(None, device="cpu", precision="bfloat16").encode(chips[:1]).reshape(196, 768)
    full = encoder.encode(chips[:1]).reshape(196, 768)
    cosine = (short * full).sum(1) / np.linalg.norm(short, axis=1) / np.linalg.norm(full, axis=1)
    assert cosine.min() > 0.999


@without_the_library
def test_pixels_without_data_count_as_the_mean_of_their_band(encoder, chips):
    holed, filled = chips[:1].astype(np.float32), chips[:1].astype(np.float32)
    holed[0, 2, :16, :16] = -9_999
    filled[0, 2, :16, :16] = encoder._mean[2].item()
    np.testing.assert_allclose(encoder.encode(holed), encoder.encode(filled), atol=1e-4)


@without_the_library
def test_chips_of_other_shapes_or_with_holes_unsaid_are_refused(encoder, chips):
    with pytest.raises(ValueError, match=r"expected \(n_tiles, 12, 224, 224\)"):
        encoder.encode(chips[0])
    broken = chips[:1].astype(np.float32)
    broken[0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        encoder.encode(broken)


@pytest.fixture(scope="module")
def file(encoder, tmp_path_factory) -> Path:
    """A file of weights as it is published: the encoder's, and those of other parts of the model."""
    import torch

    path = tmp_path_factory.mktemp("weights") / "TerraMind_v1_base.pt"
    torch.save({**encoder._model.state_dict(), "decoder.0.weight": torch.zeros(3)}, path)
    return path


@without_the_library
class TestWeights:
    def test_a_whole_file_gives_the_model_that_wrote_it(self, file, encoder, chips):
        again = load_encoder(file, device="cpu", precision="float32", seed=5)
        np.testing.assert_allclose(again.encode(chips[:1]), encoder.encode(chips[:1]), atol=1e-5)
        assert len(again.describe()["weights"]) == 64
        assert "synthetic" not in again.describe()

    def test_a_file_that_was_cut_short_is_refused(self, file, tmp_path):
        short = tmp_path / "short.pt"
        with file.open("rb") as source:
            short.write_bytes(source.read(1_000_000))
        with pytest.raises(WeightsError, match=r"short\.pt is no file of weights, or was cut short"):
            load_encoder(short, device="cpu")

    def test_a_missing_weight_is_named(self, file, tmp_path):
        import torch

        weights = torch.load(file, weights_only=True)
        del weights["encoder.3.norm1.weight"]
        torch.save(weights, tmp_path / "part.pt")
        with pytest.raises(WeightsError, match=r"lacks 1 of the 113 weights .* encoder\.3\.norm1\.weight"):
            load_encoder(tmp_path / "part.pt", device="cpu")

    def test_another_models_weights_are_refused(self, tmp_path):
        import torch

        torch.save({"layer.weight": torch.zeros(4)}, tmp_path / "other.pt")
        with pytest.raises(WeightsError, match="another model's"):
            load_encoder(tmp_path / "other.pt", device="cpu")

    def test_another_size_of_the_model_is_refused(self, file, tmp_path):
        import torch

        weights = torch.load(file, weights_only=True)
        weights["encoder.0.norm1.weight"] = torch.zeros(192)
        torch.save(weights, tmp_path / "tiny.pt")
        with pytest.raises(WeightsError, match=r"shape \(192,\), and the encoder needs \(768,\)"):
            load_encoder(tmp_path / "tiny.pt", device="cpu")

    def test_a_path_without_a_file_is_said(self, tmp_path):
        with pytest.raises(WeightsError, match="there is no file"):
            load_encoder(tmp_path / "none.pt", device="cpu")


@without_the_library
def test_without_a_network_the_hub_is_one_clear_error_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr("tools.similarity.weights.cached_weights", lambda: None)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(WeightsError, match=r"the hub cannot be reached .* give its path as weights="):
        load_encoder("hub", device="cpu")


@without_the_library
def test_pictures_in_a_folder_are_encoded_when_they_are_asked_for(encoder, chips, tmp_path):
    import pandas as pd

    folder = tmp_path / "imagery" / "7"
    folder.mkdir(parents=True)
    for number, chip in enumerate(chips):
        profile = {"driver": "GTiff", "width": 224, "height": 224, "count": 12, "dtype": "int16"}
        profile |= {"crs": "EPSG:32630", "transform": rasterio.Affine(10, 0, 0, 0, -10, 0)}
        with rasterio.open(folder / f"{70_000 + number}.tif", "w", **profile) as file:
            file.write(chip.astype(np.int16))
    source = EncodedPatches(tmp_path, encoder)
    made = source.patches(pd.DataFrame({"tile_id": [70_002, 70_000]}))
    np.testing.assert_allclose(made, encoder.encode(chips[[2, 0]]), atol=1e-4)
    assert source.describe()["weights"] == "drawn by lot, seed 0"
    with pytest.raises(FileNotFoundError, match="no picture of tile 70009"):
        source.patches(pd.DataFrame({"tile_id": [70_009]}))


def test_whether_tiles_can_be_encoded_is_said_without_loading_pytorch():
    code = (
        "import sys; from tools.similarity import encoder_available; "
        "print(encoder_available()[1]); sys.exit('torch' in sys.modules)"
    )
    environment = os.environ | {"HF_HUB_CACHE": "/nonexistent"}
    asked = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2],
        env=environment,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "nothing is encoded" in asked.stdout
    assert isinstance(encoder_available()[0], bool)
