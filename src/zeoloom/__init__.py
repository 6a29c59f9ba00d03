"""New zeolite frameworks by reverse diffusion of symmetric point clouds.

One function a verb, each also a command of `zeoloom`; what they need and give is at hand here too:

    import torch, zeoloom
    from pathlib import Path

    clusters = zeoloom.cut(zeoloom.CutRequest(sites="unique")).clusters
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
    from zeoloom.clusters.atoms import merge_points
    from zeoloom.diffraction.simulated_pattern import simulate_pattern
    from zeoloom.errors import InputError
    from zeoloom.judge.verdict import judge_framework
    from zeoloom.learn.checkpoint import Model, load_model
    from zeoloom.learn.config import TrainingConfig, load_config
    from zeoloom.learn.own_model import own_model
    from zeoloom.learn.training import train
    from zeoloom.report.figures import scene_figure
    from zeoloom.report.scene import read_scenes
    from zeoloom.report.scene_page import write_page
    from zeoloom.report.tables import (
        facts_table,
        frameworks_table,
        metrics_table,
        reference_sheet,
        reference_table,
        symbols_table,
    )
    from zeoloom.run.cluster_requests import CutRequest, JoinRequest, SampleRequest, resolved
    from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
    from zeoloom.run.cutting import cut
    from zeoloom.run.database import export_database, merge_into_database, query_database
    from zeoloom.run.database_requests import ExportRequest, MergeRequest, QueryRequest
    from zeoloom.run.file_requests import (
        AddRequest,
        JudgeRequest,
        ListRequest,
        RemoveRequest,
        ShowRequest,
        TrainRequest,
        ViewRequest,
        WatchRequest,
    )
    from zeoloom.run.folder import check_free
    from zeoloom.run.joining import join
    from zeoloom.run.judging import files_to_judge, judge_files
    from zeoloom.run.own_reference import add_to_reference
    from zeoloom.run.pattern_requests import PatternRequest
    from zeoloom.run.patterns import fit_measured_pattern
    from zeoloom.run.preparation import prepare
    from zeoloom.run.request import parse_request
    from zeoloom.run.sampling import sample
    from zeoloom.run.search_targets import doubt_of_cell, draw_targets
    from zeoloom.run.searching import make_frameworks
    from zeoloom.run.solving import requests_by_group, search_parts
    from zeoloom.run.training_inputs import (
        describe_training,
        find_config,
        own_frameworks,
        tensorboard,
        training_examples,
    )
    from zeoloom.run.watching import watch_server
    from zeoloom.silica.dls import refine
    from zeoloom.silica.energy import relax
    from zeoloom.silica.lammps_input import save_lammps_input
    from zeoloom.silica.oxygen import add_oxygen
    from zeoloom.structure.files.ase_exchange import framework_from_ase, framework_to_ase
    from zeoloom.structure.files.cloud_archive import (
        load_atoms,
        load_clouds,
        save_atoms,
        save_clouds,
    )
    from zeoloom.structure.files.cluster_archive import load_clusters, save_clusters
    from zeoloom.structure.files.reader import read_framework
    from zeoloom.structure.own_nets import remove_own_net
    from zeoloom.structure.reference import load_reference
    from zeoloom.structure.reference_list import reference_entries, reference_entry

_HOMES = {
    "cut": "run.cutting",
    "check_free": "run.folder",
    "join": "run.joining",
    "AddRequest": "run.file_requests",
    "JudgeRequest": "run.file_requests",
    "ListRequest": "run.file_requests",
    "RemoveRequest": "run.file_requests",
    "ShowRequest": "run.file_requests",
    "TrainRequest": "run.file_requests",
    "ViewRequest": "run.file_requests",
    "PatternRequest": "run.pattern_requests",
    "fit_measured_pattern": "run.patterns",
    "files_to_judge": "run.judging",
    "judge_files": "run.judging",
    "describe_training": "run.training_inputs",
    "find_config": "run.training_inputs",
    "own_frameworks": "run.training_inputs",
    "tensorboard": "run.training_inputs",
    "training_examples": "run.training_inputs",
    "query_database": "run.database",
    "export_database": "run.database",
    "merge_into_database": "run.database",
    "ExportRequest": "run.database_requests",
    "MergeRequest": "run.database_requests",
    "QueryRequest": "run.database_requests",
    "GenerateRequest": "run.crystal_requests",
    "SolveRequest": "run.crystal_requests",
    "doubt_of_cell": "run.search_targets",
    "draw_targets": "run.search_targets",
    "make_frameworks": "run.searching",
    "requests_by_group": "run.solving",
    "search_parts": "run.solving",
    "CutRequest": "run.cluster_requests",
    "JoinRequest": "run.cluster_requests",
    "SampleRequest": "run.cluster_requests",
    "resolved": "run.cluster_requests",
    "add_to_reference": "run.own_reference",
    "parse_request": "run.request",
    "prepare": "run.preparation",
    "watch_server": "run.watching",
    "WatchRequest": "run.file_requests",
    "sample": "run.sampling",
    "InputError": "errors",
    "judge_framework": "judge.verdict",
    "Model": "learn.checkpoint",
    "load_model": "learn.checkpoint",
    "TrainingConfig": "learn.config",
    "own_model": "learn.own_model",
    "load_config": "learn.config",
    "train": "learn.training",
    "merge_points": "clusters.atoms",
    "read_framework": "structure.files.reader",
    "load_atoms": "structure.files.cloud_archive",
    "load_clouds": "structure.files.cloud_archive",
    "save_atoms": "structure.files.cloud_archive",
    "save_clouds": "structure.files.cloud_archive",
    "load_clusters": "structure.files.cluster_archive",
    "save_clusters": "structure.files.cluster_archive",
    "simulate_pattern": "diffraction.simulated_pattern",
    "framework_from_ase": "structure.files.ase_exchange",
    "framework_to_ase": "structure.files.ase_exchange",
    "add_oxygen": "silica.oxygen",
    "refine": "silica.dls",
    "relax": "silica.energy",
    "save_lammps_input": "silica.lammps_input",
    "load_reference": "structure.reference",
    "remove_own_net": "structure.own_nets",
    "reference_entries": "structure.reference_list",
    "reference_entry": "structure.reference_list",
    "scene_figure": "report.figures",
    "write_page": "report.scene_page",
    "read_scenes": "report.scene",
    "facts_table": "report.tables",
    "frameworks_table": "report.tables",
    "metrics_table": "report.tables",
    "reference_sheet": "report.tables",
    "reference_table": "report.tables",
    "symbols_table": "report.tables",
}

__all__ = [
    "AddRequest",
    "CutRequest",
    "ExportRequest",
    "GenerateRequest",
    "InputError",
    "JoinRequest",
    "JudgeRequest",
    "ListRequest",
    "MergeRequest",
    "Model",
    "PatternRequest",
    "QueryRequest",
    "RemoveRequest",
    "SampleRequest",
    "ShowRequest",
    "SolveRequest",
    "TrainRequest",
    "TrainingConfig",
    "ViewRequest",
    "WatchRequest",
    "add_oxygen",
    "add_to_reference",
    "check_free",
    "cut",
    "describe_training",
    "doubt_of_cell",
    "draw_targets",
    "export_database",
    "facts_table",
    "files_to_judge",
    "find_config",
    "fit_measured_pattern",
    "framework_from_ase",
    "framework_to_ase",
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
    "merge_into_database",
    "merge_points",
    "metrics_table",
    "own_frameworks",
    "own_model",
    "parse_request",
    "prepare",
    "query_database",
    "read_framework",
    "read_scenes",
    "reference_entries",
    "reference_entry",
    "reference_sheet",
    "reference_table",
    "refine",
    "relax",
    "remove_own_net",
    "requests_by_group",
    "resolved",
    "sample",
    "save_atoms",
    "save_clouds",
    "save_clusters",
    "save_lammps_input",
    "scene_figure",
    "search_parts",
    "simulate_pattern",
    "symbols_table",
    "tensorboard",
    "train",
    "training_examples",
    "watch_server",
    "write_page",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'zeoloom' has no attribute {name!r}")
    return getattr(import_module(f"zeoloom.{_HOMES[name]}"), name)
