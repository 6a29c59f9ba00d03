"""The reference of the Python interface: every public name, by what it is for."""

from __future__ import annotations

import zeoloom

GROUPS = {
    "Make and solve frameworks": (
        *("GenerateRequest", "SolveRequest", "make_frameworks", "search_parts"),
        *("requests_by_group", "draw_targets", "doubt_of_cell"),
    ),
    "Measured data": ("PatternRequest", "fit_measured_pattern"),
    "Judge": ("JudgeRequest", "judge_files", "files_to_judge", "judge_framework", "read_framework"),
    "The reference": (
        *("load_reference", "reference_entries", "reference_entry", "add_to_reference"),
        *("remove_own_net", "AddRequest", "ListRequest", "RemoveRequest", "ShowRequest"),
    ),
    "Train": (
        *("TrainRequest", "TrainingConfig", "load_config", "find_config", "train"),
        *("training_examples", "own_frameworks", "describe_training", "tensorboard"),
        *("Model", "load_model"),
    ),
    "Clusters": (
        *("CutRequest", "SampleRequest", "JoinRequest", "cut", "sample", "join", "resolved"),
        *("merge_points", "load_clusters", "save_clusters", "load_clouds", "save_clouds"),
        *("load_atoms", "save_atoms"),
    ),
    "Databases": (
        *("QueryRequest", "ExportRequest", "MergeRequest", "query_database", "export_database"),
        "merge_into_database",
    ),
    "Tables, pictures and pages": (
        *("frameworks_table", "metrics_table", "facts_table", "reference_table"),
        *("reference_sheet", "symbols_table", "ViewRequest", "read_scenes", "scene_figure"),
        *("write_page", "WatchRequest", "watch_server"),
    ),
    "Everything else": (),
}
"""Names by what they are for. What is public and stands nowhere comes last."""


def python_pages() -> str:
    """Markdown with a directive of mkdocstrings for each public name."""
    named = {name for names in GROUPS.values() for name in names}
    missing = sorted(named - set(zeoloom.__all__))
    if missing:
        raise ValueError(f"not public any more, but in python_reference.py: {', '.join(missing)}")
    rest = tuple(name for name in zeoloom.__all__ if name not in named)
    groups = GROUPS | {"Everything else": rest}
    return "\n".join(
        f"## {title}\n\n" + "".join(f"::: zeoloom.{name}\n\n" for name in names)
        for title, names in groups.items()
        if names
    )
