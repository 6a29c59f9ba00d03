"""`cut`: clusters out of CIF files or the bundled reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zeoloom.clusters.cut import Sites, cut_clusters
from zeoloom.errors import InputError
from zeoloom.structure.files.reader import read_frameworks
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zeoloom.structure.records import ClusterSet


@dataclass(frozen=True, slots=True)
class Cut:
    """Clusters, and what was said while they were cut.

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


def cut(
    sources: Sequence[Path] = (),
    *,
    radius: float = 7.0,
    sites: Sites = "primitive",
    regular: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Cut:
    """Cut the T atoms around T atoms.

    Args:
        sources: CIF files and folders of them; the bundled reference if there are none.
        radius: Å.
        sites: which T atoms become centres.
        regular: leave out the types of the bundled reference that are interrupted or otherwise not
            4-connected.
        progress: called with the name of each framework that is done.

    Raises:
        InputError: if nothing could be read; it names each file's reason.
    """
    if not sources:
        frameworks = [f for f in load_reference().values() if not (regular and f.flag)]
        return Cut(cut_clusters(frameworks, radius, sites, progress), len(frameworks))
    result = read_frameworks(list(sources), progress)
    problems = tuple((Path(path), reason) for path, reason in result.problems)
    notices = tuple((Path(path), text) for path, text in result.notices)
    if not result.frameworks:
        reasons = "".join(f"\n  {path}: {reason}" for path, reason in problems)
        raise InputError(f"no framework could be read; give CIF files or folders of them{reasons}")
    clusters = cut_clusters(result.frameworks, radius, sites)
    return Cut(clusters, len(result.frameworks), problems, notices)
