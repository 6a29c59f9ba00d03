"""The weights that a process has loaded: each once, and only those that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from zeoloom.errors import InputError
from zeoloom.learn.checkpoint import file_sha256, find_weights, load_model

if TYPE_CHECKING:
    from zeoloom.learn.checkpoint import Model

_LOADED: dict[tuple[str, str], Model] = {}
"""By SHA-256 of the weights and device."""


def device_of_model(model: Model) -> torch.device:
    """Where a model is evaluated."""
    return next(model.network.parameters()).device


def keep_loaded(model: Model) -> None:
    """Let `loaded_model` give this model, if it is what is asked for."""
    _LOADED[model.sha256, str(device_of_model(model))] = model


def loaded_model(name: str, sha256: str, device: str) -> Model:
    """A model, loaded when it is first asked for.

    Args:
        name: shipped name, file or folder, as `load_model` takes it.
        sha256: of the weights.
        device: where to evaluate it.

    Raises:
        InputError: if there is no such model here, or its weights are others.
    """
    if (sha256, device) not in _LOADED:
        model = load_model(name, torch.device(device))
        if model.sha256 != sha256:
            raise InputError(
                f"the weights {name} have the SHA-256 {model.sha256[:12]}... here, and "
                f"{sha256[:12]}... where the run was started; give every process the same file"
            )
        _LOADED[sha256, device] = model
    return _LOADED[sha256, device]


def weights_digest(name: str) -> str:
    """SHA-256 of the weights that a name means here."""
    return file_sha256(find_weights(name))


def check_loadable(name: str, model: Model) -> None:
    """Make sure that other processes will load the same model.

    Args:
        name: by which they load it.
        model: that the run was started with.

    Raises:
        InputError: if there is no such model, or it is another.
    """
    if weights_digest(name) != model.sha256:
        raise InputError(
            f"the request names the weights {name}, and the model given was loaded from others; "
            "several processes load what the request names, so name the file"
        )
