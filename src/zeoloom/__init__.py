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

import ast
from importlib import import_module
from pathlib import Path
from typing import Any


def _homes() -> dict[str, str]:
    """The module of each name, by the imports of the stub beside this file."""
    stub = ast.parse(Path(__file__).with_name("__init__.pyi").read_text("utf-8"))
    return {
        alias.name: str(line.module)
        for line in stub.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }


_HOMES = _homes()

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'zeoloom' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
