"""What tests of several modules need: the program as a user runs it, and tiny models for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import torch

import zeoloom
from cluster_examples import RADIUS
from zeoloom.cli import main
from zeoloom.clusters.cut import cut_clusters
from zeoloom.learn import losses
from zeoloom.learn.config import parse_config
from zeoloom.run import pools
from zeoloom.silica.processes import Workers
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TYPES = ("ABW", "CHA", "GIS", "LTA", "SOD", "TON")

TINY_NETWORKS = {
    "equivariant": {
        "name": "equivariant",
        "width": 8,
        "vector_width": 4,
        "message_width": 4,
        "vector_message_width": 4,
        "layers": 1,
        "n_radial": 4,
    },
    "pointnet": {"name": "pointnet", "latent": 40, "shells": 2, "width": 8, "depth": 1},
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the fast tier: all tests without a mark that says otherwise."""
    for item in items:
        if not any(item.get_closest_marker(mark) for mark in ("long", "slow", "gpu")):
            item.add_marker("fast")


class KeptWorkers(Workers):
    """Workers whose processes are kept for the next run: each takes a second to start."""

    kept: ClassVar[list[Any]] = []

    def __init__(self, count: int = 1) -> None:
        super().__init__(count)
        self._idle = self.kept

    def close(self) -> None:
        """Nothing ends before the tests do."""


@pytest.fixture(scope="session", autouse=True)
def kept_workers() -> Iterator[None]:
    """`judge`, `solve` and `generate` share their processes with those before them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pools, "Workers", KeptWorkers)
        yield
    last = Workers()
    last._idle = KeptWorkers.kept
    last.close()


@pytest.fixture(autouse=True)
def own_data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees what the user has added to the reference, nor adds to it."""
    monkeypatch.setenv("ZEOLOOM_DATA", str(tmp_path_factory.getbasetemp() / "no data"))


@dataclass(frozen=True)
class Outcome:
    """What a run of the program left behind in the terminal."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """Standard error on one line, without frames: it may have been wrapped anywhere."""
        return " ".join(self.err.replace("│", " ").split())

    @property
    def text(self) -> str:
        """Standard output in the same way."""
        return " ".join(self.out.replace("│", " ").split())


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `zeoloom` with some arguments, in this process."""

    def run_with(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["zeoloom", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        code = left.value.code
        return Outcome(code if isinstance(code, int) else 0, out, err)

    return run_with


@pytest.fixture(scope="session")
def cluster_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small clusters of a few framework types."""
    path = tmp_path_factory.mktemp("clusters") / "clusters.npz"
    reference = load_reference()
    zeoloom.save_clusters(path, cut_clusters([reference[code] for code in TYPES], RADIUS, "unique"))
    return path


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory, cluster_file: Path) -> Mapping[str, Path]:
    """Training folders of both networks, tiny and hardly trained, by name."""
    models = {}
    for name, network in TINY_NETWORKS.items():
        settings = parse_config(
            {"network": network, "steps": 3, "batch": 4, "points": [16, 20], "held_out": 0.3}
        )
        folder = tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(losses, "VALIDATION_CLOUDS", 6)
            zeoloom.train(
                settings,
                zeoloom.load_clusters(cluster_file),
                folder,
                device=torch.device("cpu"),
                generator=torch.Generator().manual_seed(0),
            )
        models[name] = folder
    return models


@pytest.fixture
def short_validations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validations would take most of the time of tests that train."""
    monkeypatch.setattr(losses, "VALIDATION_CLOUDS", 6)
