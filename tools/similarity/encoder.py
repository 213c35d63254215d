"""TerraMind's encoder: twelve bands of a tile in, a vector for each of its 196 patches out."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tools.similarity.weights import (
    INSTALL,
    WeightsError,
    encoder_available,
    fetch_weights,
    put_weights,
    read_weights,
)

if TYPE_CHECKING:
    import torch

__all__ = ["TerraMindEncoder", "WeightsError", "encoder_available", "load_encoder"]

MODEL, MODALITY = "terramind_v1_base", "S2L2A"
_STATISTICS = "untok_sen2l2a@224"
CHIP = (12, 224, 224)


class TerraMindEncoder:
    """An encoder that is ready for tiles; `load_encoder` makes one.

    Parameters
    ----------
    model : torch.nn.Module
        TerraMind, for Sentinel-2's twelve bands.
    mean, std : array of float, shape (12,)
        Of each band in what it was taught with.
    device : torch.device
        Where it runs.
    precision : {"float32", "bfloat16"}
        In which numbers.
    about : dict
        What tells its vectors from those of another.
    """

    def __init__(self, model: Any, mean, std, device: torch.device, precision: str, about: dict[str, Any]):
        import torch

        self._model = model.to(device).eval()
        self._mean = torch.as_tensor(mean, dtype=torch.float32, device=device)[:, None, None]
        self._std = torch.as_tensor(std, dtype=torch.float32, device=device)[:, None, None]
        self.device, self.precision = device, precision
        self._about = about | {"precision": precision}

    def encode(
        self,
        chips: NDArray,
        *,
        batch_size: int = 8,
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float32]:
        """Encode tiles.

        Parameters
        ----------
        chips : array of numbers, shape (n_tiles, 12, 224, 224)
            Reflectance times 10,000, bands B01 to B12 without B10, in that order. Pixels without data (below
            0) are taken for the mean of their band.
        batch_size : int, optional
            Tiles at once. It does not change the result but in the last digits.
        progress : callable, optional
            Called with the number of tiles that are done, and of all.

        Returns
        -------
        array of float32, shape (n_tiles, 196, 768)
            Patches row by row from the north-west; the last layer's.

        Raises
        ------
        ValueError
            If chips have another shape, or numbers that are not finite.
        """
        import torch

        chips = np.asarray(chips)
        if chips.ndim != 4 or chips.shape[1:] != CHIP:
            raise ValueError(f"chips have the shape {chips.shape}; expected (n_tiles, 12, 224, 224)")
        if batch_size < 1:
            raise ValueError(f"batch_size={batch_size}: expected 1 or more")
        if not np.isfinite(chips).all():
            raise ValueError("chips hold numbers that are not finite; write what is missing as -9999")
        made = np.empty((len(chips), 196, 768), np.float32)
        low = torch.bfloat16 if self.precision == "bfloat16" else torch.float32
        for first in range(0, len(chips), batch_size):
            part = slice(first, first + batch_size)
            given = torch.from_numpy(chips[part].astype(np.float32)).to(self.device)
            scaled = torch.where(given < 0, 0.0, (given - self._mean) / self._std)
            lower = torch.autocast(self.device.type, dtype=low, enabled=low is not torch.float32)
            with torch.inference_mode(), lower:
                made[part] = self._model({MODALITY: scaled})[-1].float().cpu().numpy()
            if progress:
                progress(min(first + batch_size, len(chips)), len(chips))
        return made

    def describe(self) -> dict[str, Any]:
        """Return what tells its vectors from those of another encoder, as JSON holds it."""
        return dict(self._about)


def load_encoder(
    weights: str | Path | None = "hub",
    *,
    device: str | None = None,
    precision: str = "auto",
    seed: int = 0,
) -> TerraMindEncoder:
    """Make TerraMind's encoder ready.

    Parameters
    ----------
    weights : "hub", path or None, optional
        The published ones, kept by the hub's client once they were fetched (350 MB); a file of them; or None
        for weights drawn by lot, which see nothing and serve to try whether all fits together.
    device : str, optional
        As PyTorch names it; by default a graphics card where there is one.
    precision : {"auto", "float32", "bfloat16"}, optional
        By default the shorter numbers where the device works in them: half the time, and a cosine of 0.99999.
    seed : int, optional
        Of weights drawn by lot.

    Returns
    -------
    TerraMindEncoder

    Raises
    ------
    WeightsError
        If the library is not installed, weights cannot be had, or one of them is missing or does not fit.
    ValueError
        If the precision or the device is unknown.
    """
    if precision not in ("auto", "float32", "bfloat16"):
        raise ValueError(f"precision={precision!r}: expected 'auto', 'float32' or 'bfloat16'")
    try:
        import torch
    except ImportError as error:
        raise WeightsError(f"PyTorch is not installed; {INSTALL}") from error
    chosen = _device(device)
    torch.manual_seed(seed)
    model, mean, std = _architecture()
    about: dict[str, Any] = {"source": MODEL}
    if weights is None:
        about |= {"weights": f"drawn by lot, seed {seed}", "synthetic": "Vectors of an untaught model."}
    else:
        path = fetch_weights() if weights == "hub" else Path(weights)
        put_weights(model, read_weights(path), path.name)
        with path.open("rb") as file:
            about["weights"] = hashlib.file_digest(file, "sha256").hexdigest()
    return TerraMindEncoder(model, mean, std, chosen, _precision(precision, chosen), about)


def _device(name: str | None) -> torch.device:
    import torch

    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device={name!r} is none that PyTorch knows: 'cpu' or 'cuda'") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device={name!r}, but PyTorch sees no graphics card here")
    return device


def _precision(wanted: str, device: torch.device) -> str:
    import torch

    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        pays = torch.cuda.is_bf16_supported()
    else:
        pays = device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return "bfloat16" if pays else "float32"


def _architecture() -> tuple[Any, list[float], list[float]]:
    """TerraMind without weights, and the means and deviations of the bands that it was taught with."""
    _let_torchvision_in()
    try:
        with warnings.catch_warnings(action="ignore"):
            from terratorch.models.backbones.terramind.model import terramind_register
            from terratorch.registry import BACKBONE_REGISTRY
    except ImportError as error:
        raise WeightsError(f"TerraMind's library does not load ({error}); {INSTALL}") from error
    model = BACKBONE_REGISTRY.build(MODEL, modalities=[MODALITY], pretrained=False)
    mean = terramind_register.v1_pretraining_mean[_STATISTICS]
    return model, mean, terramind_register.v1_pretraining_std[_STATISTICS]


def _let_torchvision_in() -> None:
    """Declare two operators that torchvision looks for and that a PyTorch without graphics cards lacks.

    torchvision comes built for graphics cards; beside a PyTorch for processors its own operators do not load,
    and its import ends there. Encoding needs none of them.
    """
    import torch

    if torch.version.cuda is not None or hasattr(torch.ops.torchvision, "nms"):
        return
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.append(library)  # it would be undone with the last hold on it


_declared: list[Any] = []
