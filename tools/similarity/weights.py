"""TerraMind's weights: from a file or the hub, and never taken unless every one of them fits."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

REPOSITORY = "ibm-esa-geospatial/TerraMind-1.0-base"
FILE = "TerraMind_v1_base.pt"
PATIENCE = 5.0
"""Seconds in which the hub must answer at all."""

INSTALL = 'install it by `pip install -e ".[terramind]" -c constraints.txt`'


class WeightsError(Exception):
    """The encoder or its weights cannot be had, or are others than expected; the message says what to do.

    Examples
    --------
    >>> raise WeightsError("weights.pt lacks encoder.0.norm1.weight")
    Traceback (most recent call last):
        ...
    tools.similarity.weights.WeightsError: weights.pt lacks encoder.0.norm1.weight
    """


def encoder_available() -> tuple[bool, str]:
    """Tell whether tiles can be encoded here without fetching anything, and why not.

    Nothing is imported for it, and no network is asked.

    Returns
    -------
    (bool, str)
        Whether the library and the weights are there, and a sentence for the reader.

    Examples
    --------
    >>> there, sentence = encoder_available()
    >>> sentence.endswith(".")
    True
    """
    if find_spec("terratorch") is None or find_spec("torch") is None:
        return False, f"TerraMind's library is not installed here, so nothing is encoded; {INSTALL}."
    if cached_weights() is None:
        return False, (
            "TerraMind's library is installed, but its weights (350 MB) are not on this machine, so nothing "
            "is encoded: `load_encoder()` would fetch them."
        )
    return True, "TerraMind is installed and its weights are here, so the tile was encoded on this machine."


def cached_weights() -> Path | None:
    """Return the weights that the hub's client has fetched before; None where there are none.

    Returns
    -------
    pathlib.Path or None
    """
    if find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(REPOSITORY, FILE)
    return Path(found) if isinstance(found, str) else None


def fetch_weights() -> Path:
    """Return the published weights, fetched from the hub where they are not on this machine.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    WeightsError
        If the hub cannot be reached, or refuses.
    """
    cached = cached_weights()
    if cached is not None:
        return cached
    import requests
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    remedy = (
        f"fetch {FILE} from {REPOSITORY} on the Hugging Face hub elsewhere, and give its path as weights="
    )
    if constants.is_offline_mode():
        raise WeightsError(f"the hub's client was told to stay offline (HF_HUB_OFFLINE): {remedy}")
    try:  # the client itself would try for half a minute
        requests.head(constants.ENDPOINT, timeout=PATIENCE)
    except requests.RequestException as error:
        raise WeightsError(f"the hub cannot be reached ({type(error).__name__}): {remedy}") from error
    try:
        return Path(hf_hub_download(REPOSITORY, FILE))
    except (HfHubHTTPError, OSError) as error:
        raise WeightsError(f"the hub did not give the weights ({error}): {remedy}") from error


def read_weights(path: Path | str) -> Mapping[str, torch.Tensor]:
    """Read a file of weights, and nothing but weights: code in it is not run.

    Parameters
    ----------
    path : path
        As published.

    Returns
    -------
    mapping of str to torch.Tensor

    Raises
    ------
    WeightsError
        If there is no such file, or it is not one of weights, or is cut short.
    """
    import pickle

    import torch

    path = Path(path).expanduser()
    if not path.is_file():
        raise WeightsError(f"there is no file {path}; give the path of {FILE}")
    try:
        read = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
        first = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise WeightsError(
            f"{path.name} is no file of weights, or was cut short ({first}); fetch it again"
        ) from error
    if not isinstance(read, Mapping) or not all(isinstance(value, torch.Tensor) for value in read.values()):
        raise WeightsError(f"{path.name} holds something else than weights by name")
    return read


def put_weights(model: Any, weights: Mapping[str, torch.Tensor], name: str) -> None:
    """Put weights into a model if all that it needs are there, in the right shapes.

    Parameters
    ----------
    model : torch.nn.Module
        The encoder.
    weights : mapping of str to torch.Tensor
        By name; those of other parts of TerraMind are left aside.
    name : str
        Of the file, for messages.

    Raises
    ------
    WeightsError
        If one is missing or has another shape, with the first of them. The model is left as it was.
    """
    wanted = model.state_dict()
    missing = [key for key in wanted if key not in weights]
    if missing:
        raise WeightsError(
            f"{name} lacks {len(missing)} of the {len(wanted)} weights that the encoder needs, the first "
            f"being {missing[0]}: it is another model's, or only a part; take {FILE}"
        )
    shapes = {key: (tuple(weights[key].shape), tuple(wanted[key].shape)) for key in wanted}
    wrong = {key: pair for key, pair in shapes.items() if pair[0] != pair[1]}
    if wrong:
        key, (found, expected) = next(iter(wrong.items()))
        raise WeightsError(
            f"{name}: {key} has the shape {found}, and the encoder needs {expected} ({len(wrong)} such "
            f"weights): it is another size of the model; take {FILE}"
        )
    model.load_state_dict({key: weights[key] for key in wanted}, strict=True)
