"""`cut`: clusters out of CIF files or the bundled reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zeoloom.clusters.cut import cut_clusters
from zeoloom.errors import InputError
from zeoloom.structure.files.reader import read_frameworks
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from zeoloom.run.cluster_requests import CutRequest
    from zeoloom.structure.records import ClusterSet


@dataclass(frozen=True, slots=True)
class Cut:
    """Clusters, and what is to be said about their sources.

    Attributes:
        clusters: of all frameworks that could be read.
        frameworks: how many those are.
        problems: (path, reason) of each file that could not be read.
        notices: (path, text) of what was dropped or doubted in files that could.
    """

    clusters: ClusterSet
    frameworks: int
    problems: tuple[tuple[Path, str], ...] = ()
    notices: tuple[tuple[Path, str], ...] = ()


def cut(request: CutRequest, *, on_framework: Callable[[str], None] | None = None) -> Cut:
    """Cut the T atoms around T atoms.

    Args:
        request: what is wanted.
        on_framework: called with the name of each framework that is done.

    Raises:
        InputError: if nothing could be read; it names each file's reason.
    """
    if not request.sources:
        frameworks = [f for f in load_reference().values() if not (request.regular and f.flag)]
        clusters = cut_clusters(frameworks, request.radius, request.sites, on_framework)
        return Cut(clusters, len(frameworks))
    result = read_frameworks(list(request.sources), on_framework)
    problems = tuple((Path(path), reason) for path, reason in result.problems)
    notices = tuple((Path(path), text) for path, text in result.notices)
    if not result.frameworks:
        reasons = "".join(f"\n  {path}: {reason}" for path, reason in problems)
        raise InputError(f"no framework could be read; give CIF files or folders of them{reasons}")
    clusters = cut_clusters(result.frameworks, request.radius, request.sites)
    return Cut(clusters, len(result.frameworks), problems, notices)
