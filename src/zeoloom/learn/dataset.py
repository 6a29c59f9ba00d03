"""Clusters as batches of clouds: random rotations, points doubled at random."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from zeoloom.errors import InputError
from zeoloom.geometry.rotation import random_orthogonal
from zeoloom.structure.records import ClusterSet

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from zeoloom.geometry.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class ClusterData:
    """Clusters as one padded tensor, ready to be drawn from.

    Attributes:
        cart_t: (C, A, 3) Å, atoms of each cluster about its central atom, zero-padded.
        n_atoms: (C,) atoms of each cluster.
        weights: (C,) chance to be drawn, summing to one: every framework type alike, within a type
            each site by its multiplicity.
    """

    cart_t: Tensor
    n_atoms: Tensor
    weights: Tensor


def cluster_data(clusters: ClusterSet, names: Collection[str]) -> ClusterData:
    """The clusters of some framework types as tensors.

    Args:
        clusters: all clusters.
        names: framework types to take.

    Raises:
        InputError: if there is none of them.
    """
    chosen = select_types(clusters, names)
    if not len(chosen):
        raise InputError(
            f"none of the {len(clusters)} clusters belongs to the types {sorted(names)}"
        )
    parts = [torch.from_numpy(np.array(c.cart_t, dtype=np.float32)) for c in chosen]
    weights = drawing_weights(chosen.names, chosen.multiplicities)
    return ClusterData(
        cart_t=torch.nn.utils.rnn.pad_sequence(parts, batch_first=True),
        n_atoms=torch.tensor([len(part) for part in parts]),
        weights=torch.from_numpy(weights),
    )


def select_types(clusters: ClusterSet, names: Collection[str]) -> ClusterSet:
    """The clusters of some framework types, in their order."""
    chosen = [i for i, name in enumerate(clusters.names) if name in names]
    rows = [np.arange(clusters.offsets[i], clusters.offsets[i + 1]) for i in chosen]
    return ClusterSet(
        cart_t=clusters.cart_t[np.concatenate([np.zeros(0, dtype=np.int64), *rows])],
        offsets=np.cumsum([0, *(len(r) for r in rows)], dtype=np.int64),
        names=tuple(clusters.names[i] for i in chosen),
        sites=tuple(clusters.sites[i] for i in chosen),
        multiplicities=clusters.multiplicities[chosen],
        radius=clusters.radius,
    )


def drawing_weights(names: Sequence[str], multiplicities: IntArray) -> FloatArray:
    """Chance of each cluster to be drawn: framework types alike, within a type by multiplicity.

    Args:
        names: (C,) framework type of each cluster.
        multiplicities: (C,) T atoms that share its site.

    Returns:
        (C,) summing to one.
    """
    _, type_index = np.unique(names, return_inverse=True)
    shares = multiplicities / np.bincount(type_index, weights=multiplicities)[type_index]
    return np.asarray(shares / shares.sum())


def draw_clouds(data: ClusterData, batch: int, n_points: int, generator: torch.Generator) -> Tensor:
    """A batch of clean clouds: clusters turned at random, every atom holding at least one point.

    Points beyond one per atom go to atoms drawn evenly, so atoms differ in weight.

    Args:
        data: what to draw from.
        batch: B.
        n_points: N, at least the atoms of the largest cluster.
        generator: source of randomness, on the CPU.

    Returns:
        (B, N, 3) Å, on the CPU.

    Raises:
        InputError: if a cluster has more atoms than there are points.
    """
    largest = int(data.n_atoms.max())
    if n_points < largest:
        raise InputError(
            f"{n_points} points cannot hold the largest cluster of {largest} atoms; "
            "raise the number of points"
        )
    drawn = torch.multinomial(data.weights, batch, replacement=True, generator=generator)
    n_atoms = data.n_atoms[drawn][:, None]  # (B, 1)
    slots = torch.arange(n_points)[None].expand(batch, -1)
    extra = (
        (torch.rand(batch, n_points, generator=generator) * n_atoms).long().clamp(max=n_atoms - 1)
    )
    atom_of_point = torch.where(slots < n_atoms, slots, extra)
    clean = torch.gather(data.cart_t[drawn], 1, atom_of_point[..., None].expand(-1, -1, 3))
    return clean @ random_orthogonal(batch, generator)


def data_sha256(clusters: ClusterSet) -> str:
    """Hexadecimal SHA-256 of what clusters hold, whatever file they came from."""
    digest = hashlib.sha256()
    for array, kind in (
        (clusters.cart_t, "<f4"),
        (clusters.offsets, "<i8"),
        (clusters.multiplicities, "<i8"),
    ):
        digest.update(np.ascontiguousarray(array, dtype=kind).tobytes())
    digest.update("\n".join((*clusters.names, *clusters.sites, repr(clusters.radius))).encode())
    return digest.hexdigest()
