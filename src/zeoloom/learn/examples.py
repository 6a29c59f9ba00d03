"""What a training run learns from: clusters or whole frameworks, split by framework type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from zeoloom.errors import InputError
from zeoloom.geometry.space import OpenSpace
from zeoloom.learn.dataset import cluster_data, data_sha256, draw_clouds, select_types
from zeoloom.learn.frameworks import framework_data, frameworks_sha256
from zeoloom.learn.split import TIME_SPLIT, split_fold, split_names
from zeoloom.structure.records import ClusterSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Tensor

    from zeoloom.geometry.space import Space
    from zeoloom.learn.config import CrystalConfig, TrainingConfig
    from zeoloom.learn.dataset import ClusterData
    from zeoloom.structure.records import Framework


class Source(Protocol):
    """Clean clouds, drawn at random."""

    def draw(self, most: int, generator: torch.Generator) -> tuple[Tensor, Space]:
        """At most so many clouds (B, N, 3) Å on the CPU, and where they live."""


@dataclass(frozen=True, slots=True)
class ClusterSource:
    """Clusters in open space.

    Attributes:
        data: to draw from.
        points: fewest and most points of a cloud.
        even_in_log: whether the log of their number is drawn evenly, and `most` clouds are those of
            fewest points: the more points, the fewer clouds.
    """

    data: ClusterData
    points: tuple[int, int]
    even_in_log: bool = False

    def draw(self, most: int, generator: torch.Generator) -> tuple[Tensor, Space]:
        """`most` clouds of one number of points."""
        low, high = self.points
        if self.even_in_log:
            share = float(torch.rand(1, generator=generator))
            n_points = round(low * (high / low) ** share)
            most = max(1, most * low // n_points)
        else:
            n_points = int(torch.randint(low, high + 1, (1,), generator=generator))
        return draw_clouds(self.data, most, n_points, generator), OpenSpace()


@dataclass(frozen=True, slots=True)
class Split:
    """The framework types of a run, and their clouds.

    Attributes:
        learned: types learned from.
        held_out: types for validation.
        sources: by "learned", "held_out" and "own" (frameworks of one's own); of the latter two
            each is missing if there is none.
        crowded: clusters of many points to learn from, if any.
        sha256: of all that is learned from or held out.
        radius: Å, of the clusters; None for whole frameworks.
    """

    learned: tuple[str, ...]
    held_out: tuple[str, ...]
    sources: Mapping[str, Source]
    sha256: str
    radius: float | None
    crowded: ClusterSource | None = None


def split_examples(
    config: TrainingConfig,
    examples: ClusterSet | Sequence[Framework],
    generator: torch.Generator,
    own: Sequence[Framework] = (),
) -> Split:
    """Divide examples by framework type as the configuration says.

    Args:
        config: the run; its `crystals` says which kind of examples it needs.
        examples: everything at hand.
        generator: source of randomness.
        own: frameworks that are no known types, to learn from too; none is held out.

    Raises:
        InputError: if nothing is left to learn from, the examples are of the other kind, or `own`
            and the configuration's `own_share` do not agree.
    """
    if isinstance(examples, ClusterSet) != (config.crystals is None):
        given = "clusters" if isinstance(examples, ClusterSet) else "whole frameworks"
        raise InputError(
            f"the configuration {'has no' if config.crystals is None else 'has a'} section "
            f"[crystals], but was given {given} to learn from"
        )
    share = config.crystals.own_share if config.crystals else 0.0
    if bool(own) != (share > 0):
        raise InputError(
            f"own_share is {share:g} and {len(own)} frameworks of one's own were given; to learn "
            "from these takes both, own_share in the section [crystals] and folders of `generate`, "
            "as --own FOLDER"
        )
    if isinstance(examples, ClusterSet):
        return _split_clusters(config, examples, generator)
    assert config.crystals is not None
    return _split_frameworks(config, config.crystals, examples, generator, own)


def _split_clusters(
    config: TrainingConfig, clusters: ClusterSet, generator: torch.Generator
) -> Split:
    names = _permitted(config, clusters.names)
    learned, held_out = _learned_and_held_out(config, names, generator)
    data = {"learned": cluster_data(clusters, set(learned))}
    if held_out:
        data["held_out"] = cluster_data(clusters, set(held_out))
    largest = max(int(part.n_atoms.max()) for part in data.values())
    if config.points[0] < largest:
        raise InputError(
            f"points {config.points} cannot hold the largest cluster of {largest} atoms; "
            f"give at least {largest} points, or cut clusters with a smaller radius"
        )
    sources: dict[str, Source] = {
        name: ClusterSource(part, config.points) for name, part in data.items()
    }
    crowded = None
    if config.many_points is not None:
        most = (config.points[1], config.many_points)
        crowded = ClusterSource(data["learned"], most, even_in_log=True)
    sha256 = data_sha256(select_types(clusters, names))
    return Split(learned, held_out, sources, sha256, clusters.radius, crowded)


def _split_frameworks(
    config: TrainingConfig,
    crystals: CrystalConfig,
    frameworks: Sequence[Framework],
    generator: torch.Generator,
    own: Sequence[Framework],
) -> Split:
    regular = [framework for framework in frameworks if not framework.flag]
    names = _permitted(config, [framework.name for framework in regular])
    learned, held_out = _learned_and_held_out(config, names, generator)
    # subgroups are drawn from the configuration's seed alone: a resumed run finds the same
    rng = np.random.default_rng(config.seed)
    sources: dict[str, Source] = {
        name: framework_data(regular, set(part), crystals, rng)
        for name, part in (("learned", learned), ("held_out", held_out))
        if part
    }
    if own:
        sources["own"] = framework_data(own, {each.name for each in own}, crystals, rng)
    permitted = [framework for framework in regular if framework.name in names]
    return Split(learned, held_out, sources, frameworks_sha256([*permitted, *own]), None)


def _learned_and_held_out(
    config: TrainingConfig, names: Sequence[str], generator: torch.Generator
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if config.fold is not None:
        return split_fold(names, config.fold)
    return split_names(names, config.held_out, generator)


def _permitted(config: TrainingConfig, names: Iterable[str]) -> tuple[str, ...]:
    left_out = () if config.time_split else TIME_SPLIT
    permitted = tuple(sorted(set(names) - set(left_out)))
    if not permitted:
        raise InputError(
            "everything given belongs to the time split; set time_split to learn from it"
        )
    return permitted
