"""The reference of the Python interface: every public name, by what it is for."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from command_reference import plain_markdown
from pydantic import BaseModel

import zeoloom
from zeoloom.run.request import Written, notes_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

GROUPS = {
    "Make and solve frameworks": (
        *("GenerateRequest", "SolveRequest", "make_frameworks", "search_parts"),
        *("requests_by_group", "draw_targets", "doubt_of_cell"),
    ),
    "Measured data": ("PatternRequest", "fit_measured_pattern", "simulate_pattern"),
    "Judge": ("JudgeRequest", "judge_files", "files_to_judge", "judge_framework", "read_framework"),
    "Refine, relax, and other programs": (
        *("add_oxygen", "refine", "relax", "framework_to_ase", "framework_from_ase"),
        "save_lammps_input",
    ),
    "The reference": (
        *("load_reference", "reference_entries", "reference_entry", "add_to_reference"),
        *("remove_own_net", "AddRequest", "ListRequest", "RemoveRequest", "ShowRequest"),
    ),
    "Train": (
        *("TrainRequest", "TrainingConfig", "load_config", "find_config", "train"),
        *("training_examples", "own_frameworks", "describe_training", "tensorboard"),
        *("Model", "load_model", "own_model"),
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
        f"## {title}\n\n" + "".join(map(_entry, names)) for title, names in groups.items() if names
    )


def _entry(name: str) -> str:
    """A directive of mkdocstrings; of a request its fields as a list."""
    public = getattr(zeoloom, name)
    if not (isinstance(public, type) and issubclass(public, BaseModel)):
        return f"::: zeoloom.{name}\n\n"
    fields = "\n".join(_field(public, each) for each in public.model_fields)
    without_members = "    options:\n      members: false\n      inherited_members: false\n"
    return f"::: zeoloom.{name}\n{without_members}\n{fields}\n"


def _field(model: type[BaseModel], name: str) -> str:
    """An entry of a definition list: name, type and default of a field; then what it is."""
    field = model.model_fields[name]
    default = "required" if field.is_required() else f"default `{_default(field)}`"
    return f"`{name}` · `{_kind(field.annotation)}` · {default}\n:   {_help(model, name)}\n"


def _default(field: FieldInfo) -> str:
    """As it would be written; ranges as on the command line."""
    written = next((each for each in notes_of(field) if isinstance(each, Written)), None)
    if written is None or field.default is None:
        return repr(field.default)
    return written.text(field.default)


def _kind(annotation: Any) -> str:
    """A type as it would be written, without what is noted about it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is ...:
        return "..."
    if origin is Annotated:
        return _kind(inner[0])
    if origin in {Union, UnionType}:
        return " | ".join(map(_kind, inner))
    if origin is Literal:
        return " | ".join(map(repr, inner))
    name = "None" if annotation is NoneType else getattr(annotation, "__name__", str(annotation))
    return f"{name}[{', '.join(map(_kind, inner))}]" if inner else name


def _help(model: type[BaseModel], name: str) -> str:
    """The text below a field, in the class that says the last about it."""
    for base in model.__mro__:
        field = base.model_fields.get(name) if issubclass(base, BaseModel) else None
        if field is not None and field.description:
            return plain_markdown(field.description)
    return ""
