"""New zeolite frameworks by reverse diffusion of symmetric point clouds.

One function a verb, each also a command of `zeoloom`; what they need and give is at hand here too:

    import torch, zeoloom
    from pathlib import Path

    clusters = zeoloom.cut(sites="unique").clusters
    model = zeoloom.load_model("equivariant", torch.device("cpu"))
    metrics = zeoloom.sample(
        zeoloom.SampleRequest(n=64), model, Path("run"), generator=torch.Generator().manual_seed(0)
    )

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zeoloom.clusters.atoms import points_to_atoms
    from zeoloom.errors import InputError
    from zeoloom.judge.verdict import judge_framework
    from zeoloom.learn.checkpoint import Model, load_model
    from zeoloom.learn.config import TrainingConfig, load_config
    from zeoloom.learn.training import train
    from zeoloom.report.figures import scene_figure
    from zeoloom.report.page import write_page
    from zeoloom.report.scene import read_scenes
    from zeoloom.report.tables import (
        framework_sheet,
        frameworks_table,
        metrics_table,
        reference_table,
    )
    from zeoloom.run.cluster_request import JoinRequest, SampleRequest, parse_request, resolved
    from zeoloom.run.crystal_request import GenerateRequest, SolveRequest
    from zeoloom.run.crystal_sites import draw_sites
    from zeoloom.run.crystals import make_frameworks
    from zeoloom.run.cut import cut
    from zeoloom.run.folder import check_free
    from zeoloom.run.join import join
    from zeoloom.run.judge import JudgeRequest, files_to_judge, judge_files
    from zeoloom.run.sample import sample
    from zeoloom.run.train import (
        describe_training,
        find_config,
        own_frameworks,
        tensorboard,
        training_examples,
    )
    from zeoloom.structure.files.cloud_archive import (
        load_atoms,
        load_clouds,
        save_atoms,
        save_clouds,
    )
    from zeoloom.structure.files.cluster_archive import load_clusters, save_clusters
    from zeoloom.structure.files.reader import read_framework
    from zeoloom.structure.reference import load_reference

_HOMES = {
    "cut": "run.cut",
    "check_free": "run.folder",
    "join": "run.join",
    "JudgeRequest": "run.judge",
    "files_to_judge": "run.judge",
    "judge_files": "run.judge",
    "describe_training": "run.train",
    "find_config": "run.train",
    "own_frameworks": "run.train",
    "tensorboard": "run.train",
    "training_examples": "run.train",
    "GenerateRequest": "run.crystal_request",
    "SolveRequest": "run.crystal_request",
    "draw_sites": "run.crystal_sites",
    "make_frameworks": "run.crystals",
    "JoinRequest": "run.cluster_request",
    "SampleRequest": "run.cluster_request",
    "parse_request": "run.cluster_request",
    "resolved": "run.cluster_request",
    "sample": "run.sample",
    "InputError": "errors",
    "judge_framework": "judge.verdict",
    "Model": "learn.checkpoint",
    "load_model": "learn.checkpoint",
    "TrainingConfig": "learn.config",
    "load_config": "learn.config",
    "train": "learn.training",
    "points_to_atoms": "clusters.atoms",
    "read_framework": "structure.files.reader",
    "load_atoms": "structure.files.cloud_archive",
    "load_clouds": "structure.files.cloud_archive",
    "save_atoms": "structure.files.cloud_archive",
    "save_clouds": "structure.files.cloud_archive",
    "load_clusters": "structure.files.cluster_archive",
    "save_clusters": "structure.files.cluster_archive",
    "load_reference": "structure.reference",
    "scene_figure": "report.figures",
    "write_page": "report.page",
    "read_scenes": "report.scene",
    "framework_sheet": "report.tables",
    "frameworks_table": "report.tables",
    "metrics_table": "report.tables",
    "reference_table": "report.tables",
}

__all__ = [
    "GenerateRequest",
    "InputError",
    "JoinRequest",
    "JudgeRequest",
    "Model",
    "SampleRequest",
    "SolveRequest",
    "TrainingConfig",
    "check_free",
    "cut",
    "describe_training",
    "draw_sites",
    "files_to_judge",
    "find_config",
    "framework_sheet",
    "frameworks_table",
    "join",
    "judge_files",
    "judge_framework",
    "load_atoms",
    "load_clouds",
    "load_clusters",
    "load_config",
    "load_model",
    "load_reference",
    "make_frameworks",
    "metrics_table",
    "own_frameworks",
    "parse_request",
    "points_to_atoms",
    "read_framework",
    "read_scenes",
    "reference_table",
    "resolved",
    "sample",
    "save_atoms",
    "save_clouds",
    "save_clusters",
    "scene_figure",
    "tensorboard",
    "train",
    "training_examples",
    "write_page",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'zeoloom' has no attribute {name!r}")
    return getattr(import_module(f"zeoloom.{_HOMES[name]}"), name)
