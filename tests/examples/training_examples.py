"""Short training runs, and what tests of them need."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from hypothesis import strategies as st

from zeoloom.clusters.cut import cut_clusters
from zeoloom.learn.config import TrainingConfig, parse_config
from zeoloom.learn.training import train
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.structure.records import ClusterSet, Framework

CPU = torch.device("cpu")
TINY = {
    "name": "equivariant",
    "width": 8,
    "vector_width": 4,
    "message_width": 4,
    "vector_message_width": 4,
    "layers": 1,
    "n_radial": 4,
}
TINY_POINTNET = {
    "name": "pointnet",
    "latent": 40,
    "shells": 2,
    "width": 8,
    "depth": 1,
    "stages": 2,
}
SEEDS = st.integers(0, 2**32 - 1)
SOME_TYPES = ("CHA", "MFI", "SOD", "SOR")


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small_config(**changes: Any) -> TrainingConfig:
    values = {
        "network": TINY,
        "steps": 6,
        "batch": 3,
        "points": (12, 16),
        "warmup": 2,
        "held_out": 0.34,
        "checkpoint_every": 4,
    }
    return parse_config(values | changes)


@cache
def some_clusters() -> ClusterSet:
    """Three types with several sites, and one of the time split."""
    return cut_clusters([load_reference()[code] for code in SOME_TYPES], 4.6, "unique")


def some_frameworks() -> list[Framework]:
    """The same types whole."""
    return [load_reference()[code] for code in SOME_TYPES]


def run(
    config: TrainingConfig,
    examples: ClusterSet | Sequence[Framework],
    folder: Path,
    **options: Any,
) -> Path:
    return train(config, examples, folder, device=CPU, generator=seeded(config.seed), **options)


def assert_same_state(one: Any, other: Any, where: str = "state") -> None:
    """Bitwise, but for the time taken."""
    assert type(one) is type(other), where
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one.keys() - {"seconds"}:
            assert_same_state(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list | tuple):
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same_state(a, b, f"{where}.{i}")
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    else:
        assert one == other, where
