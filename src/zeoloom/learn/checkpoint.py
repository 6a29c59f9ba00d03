"""Weights and training states on disk: written under a temporary name, then renamed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors
import safetensors.torch
import torch

from zeoloom.errors import InputError
from zeoloom.learn.config import TrainingConfig, parse_config
from zeoloom.network import build_network
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

SHIPPED = ("equivariant", "pointnet", "crystal")
"""Names of the weights that come with the package."""

WEAK = "-weak"
"""What the name of a weak companion ends in."""


@dataclass(frozen=True, slots=True)
class Model:
    """A trained network and how it came to be.

    Attributes:
        network: in evaluation mode, on the device asked for.
        config: of the training run.
        record: the JSON beside the weights: data hash, time, losses by noise band, held-out types.
        sha256: of the weights file.
        weak: a network of the same kind that has learned less, to be guided away from; None if
            there is none.
    """

    network: nn.Module
    config: TrainingConfig
    record: dict[str, Any]
    sha256: str
    weak: Model | None = None

    @property
    def name(self) -> str:
        """Kind of the network."""
        return self.config.network.name


def save_weights(path: Path, weights: Mapping[str, Tensor], record: Mapping[str, Any]) -> None:
    """Write weights as safetensors and their record as JSON beside them.

    Args:
        path: ends in .safetensors.
        weights: by parameter name.
        record: at least `config`, a dump of the TrainingConfig.
    """
    tensors = {key: value.detach().cpu().contiguous() for key, value in weights.items()}
    write_atomically(path, lambda part: safetensors.torch.save_file(tensors, part))
    text = json.dumps(record, indent=1) + "\n"
    write_atomically(
        path.with_suffix(".json"), lambda part: part.write_text(text, encoding="utf-8")
    )


def load_model(model: str | Path, device: torch.device) -> Model:
    """Load a network, its record, and its weak companion if it has one.

    The companion of NAME.safetensors is NAME-weak.safetensors beside it, with its own record.

    Args:
        model: a shipped name ("equivariant", "pointnet", "crystal"), a .safetensors file or the
            folder of a training run.
        device: where to put it.

    Raises:
        InputError: if there is no such model, or its files are damaged or do not fit each other.
    """
    path = find_weights(model)
    beside = path.with_name(f"{path.stem}{WEAK}.safetensors")
    loaded = _load(path, device)
    if not beside.is_file():
        return loaded
    weak = _load(beside, device)
    learned_from, others = loaded.record.get("radius"), weak.record.get("radius")
    if learned_from != others:
        raise InputError(
            f"{path} learned from clusters of {learned_from} Å and its weak companion "
            f"{beside.name} from {others} Å: both must have learned the same"
        )
    return replace(loaded, weak=weak)


def _load(path: Path, device: torch.device) -> Model:
    try:
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        config = parse_config(record["config"])
        network = build_network(config.network)
        network.load_state_dict(safetensors.torch.load_file(path))
    except FileNotFoundError as error:
        raise InputError(
            f"{path} needs its record {path.with_suffix('.json').name} beside it"
        ) from error
    except (
        OSError,
        KeyError,
        TypeError,
        RuntimeError,
        ValueError,
        safetensors.SafetensorError,
    ) as error:
        raise InputError(f"{path} and its record do not make a model: {error}") from error
    network = network.to(device).eval().requires_grad_(requires_grad=False)
    return Model(network, config, record, file_sha256(path))


def find_weights(model: str | Path) -> Path:
    """The file of some weights.

    Args:
        model: as `load_model` takes it.

    Raises:
        InputError: if there is none.
    """
    if str(model) in SHIPPED:
        return Path(str(resources.files("zeoloom.learn") / "weights" / f"{model}.safetensors"))
    path = Path(model)
    if path.is_dir():
        path = path / "weights.safetensors"
    if not path.is_file():
        raise InputError(
            f"no model {model}: give one of {', '.join(SHIPPED)}, "
            "a .safetensors file or a training folder"
        )
    return path


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write everything a training run needs to go on exactly."""
    write_atomically(path, lambda part: torch.save(dict(state), part))


def load_state(path: Path) -> dict[str, Any]:
    """Read what `save_state` wrote.

    Raises:
        InputError: if the file is damaged or holds something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises whatever the damage leads to
        raise InputError(
            f"{path} is no training state: {error}; remove it to start again"
        ) from error
    if not isinstance(state, dict) or "identity" not in state:
        raise InputError(f"{path} is no training state; remove it to start again")
    return state
