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
    from zeoloom.campaign.crystal_request import GenerateRequest, SolveRequest
    from zeoloom.campaign.crystal_sites import draw_sites
    from zeoloom.campaign.crystals import make_frameworks
    from zeoloom.campaign.cut import cut
    from zeoloom.campaign.folder import check_free
    from zeoloom.campaign.join import join
    from zeoloom.campaign.judge import JudgeRequest, files_to_judge, judge_files
    from zeoloom.campaign.learn import (
        describe_training,
        find_config,
        own_frameworks,
        tensorboard,
        training_examples,
    )
    from zeoloom.campaign.request import JoinRequest, SampleRequest, parse_request, resolved
    from zeoloom.campaign.sample import sample
    from zeoloom.errors import InputError
    from zeoloom.judge.verdict import judge_framework
    from zeoloom.learn.checkpoint import Model, load_model
    from zeoloom.learn.config import TrainingConfig, load_config
    from zeoloom.learn.training import train
    from zeoloom.structure.atoms import points_to_atoms
    from zeoloom.structure.files.cif import read_framework
    from zeoloom.structure.files.clouds import load_atoms, load_clouds, save_atoms, save_clouds
    from zeoloom.structure.files.clusters import load_clusters, save_clusters
    from zeoloom.structure.reference import load_reference
    from zeoloom.view.figures import scene_figure
    from zeoloom.view.page import write_page
    from zeoloom.view.scene import read_scenes
    from zeoloom.view.tables import (
        framework_sheet,
        frameworks_table,
        metrics_table,
        reference_table,
    )

_HOMES = {
    "cut": "campaign.cut",
    "check_free": "campaign.folder",
    "join": "campaign.join",
    "JudgeRequest": "campaign.judge",
    "files_to_judge": "campaign.judge",
    "judge_files": "campaign.judge",
    "describe_training": "campaign.learn",
    "find_config": "campaign.learn",
    "own_frameworks": "campaign.learn",
    "tensorboard": "campaign.learn",
    "training_examples": "campaign.learn",
    "GenerateRequest": "campaign.crystal_request",
    "SolveRequest": "campaign.crystal_request",
    "draw_sites": "campaign.crystal_sites",
    "make_frameworks": "campaign.crystals",
    "JoinRequest": "campaign.request",
    "SampleRequest": "campaign.request",
    "parse_request": "campaign.request",
    "resolved": "campaign.request",
    "sample": "campaign.sample",
    "InputError": "errors",
    "judge_framework": "judge.verdict",
    "Model": "learn.checkpoint",
    "load_model": "learn.checkpoint",
    "TrainingConfig": "learn.config",
    "load_config": "learn.config",
    "train": "learn.training",
    "points_to_atoms": "structure.atoms",
    "read_framework": "structure.files.cif",
    "load_atoms": "structure.files.clouds",
    "load_clouds": "structure.files.clouds",
    "save_atoms": "structure.files.clouds",
    "save_clouds": "structure.files.clouds",
    "load_clusters": "structure.files.clusters",
    "save_clusters": "structure.files.clusters",
    "load_reference": "structure.reference",
    "scene_figure": "view.figures",
    "write_page": "view.page",
    "read_scenes": "view.scene",
    "framework_sheet": "view.tables",
    "frameworks_table": "view.tables",
    "metrics_table": "view.tables",
    "reference_table": "view.tables",
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
