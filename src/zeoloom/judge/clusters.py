"""Figures of merit for clusters: the poster's two tests, counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import wasserstein_distance

from zeoloom.structure.atoms import MEETING_DISTANCE
from zeoloom.structure.net import (
    BOND_CUTOFF,
    SHORT_BOND,
    angles_at,
    bond_lengths,
    bonds,
    coordination,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zeoloom.structure.records import FloatArray, IntArray

JUDGED_WITHIN = 4.0
"""Å of a centre. In a 7 Å cluster atoms up to here have all their neighbours."""

SECOND_SHELL = 6.0
"""Å from the central atom, where the second shell of neighbours ends."""


@dataclass(frozen=True, slots=True)
class ClusterStatistics:
    """What is measured on many clusters, each weighted alike unless said.

    Attributes:
        central_ok: (n,) True where an atom sits at the centre and has exactly four neighbours.
        distances: (a,) Å from the centre, every atom of every cluster.
        coordinations: (a,) neighbours of each of them.
        first_shell: Å, distances from the central atom to its neighbours.
        second_shell: Å, distances from the central atom beyond its neighbours, to `SECOND_SHELL`.
        angles: degrees, T-T-T at the central atom.
        bonds: Å, every bond of every cluster.
        n_atoms: (n,) atoms of each cluster.
        weights: for each of first_shell, second_shell, angles and n_atoms, by name.
    """

    central_ok: np.ndarray[tuple[int], np.dtype[np.bool_]]
    distances: FloatArray
    coordinations: IntArray
    first_shell: FloatArray
    second_shell: FloatArray
    angles: FloatArray
    bonds: FloatArray
    n_atoms: IntArray
    weights: dict[str, FloatArray]


def cluster_statistics(
    clusters: Iterable[FloatArray], weights: Sequence[float] | None = None
) -> ClusterStatistics:
    """Measure clusters whose centres are at the origin.

    Args:
        clusters: each (n, 3) Å, T atoms.
        weights: of each cluster; alike if not given.
    """
    clusters = list(clusters)
    cluster_weights = (
        np.ones(len(clusters)) if weights is None else np.asarray(weights, dtype=float)
    )
    central_ok = np.zeros(len(clusters), dtype=bool)
    gathered: dict[str, list[FloatArray]] = {
        key: [np.zeros(0)]
        for key in ("distances", "first_shell", "second_shell", "angles", "bonds")
    }
    owners: dict[str, list[int]] = {"first_shell": [], "second_shell": [], "angles": []}
    coordinations = [np.zeros(0, dtype=np.int64)]
    for i, cart_t in enumerate(clusters):
        from_origin = np.linalg.norm(cart_t, axis=1)
        pairs = bonds(cart_t)
        gathered["distances"].append(from_origin)
        gathered["bonds"].append(bond_lengths(cart_t, pairs))
        coordinations.append(np.bincount(pairs.ravel(), minlength=len(cart_t)))
        centre = int(from_origin.argmin()) if len(cart_t) else 0
        if not len(cart_t) or from_origin[centre] > MEETING_DISTANCE:
            continue
        central_ok[i] = coordinations[-1][centre] == 4
        from_centre = np.delete(np.linalg.norm(cart_t - cart_t[centre], axis=1), centre)
        shells = {
            "first_shell": from_centre[from_centre <= BOND_CUTOFF],
            "second_shell": from_centre[
                (from_centre > BOND_CUTOFF) & (from_centre <= SECOND_SHELL)
            ],
            "angles": angles_at(cart_t, pairs, centre),
        }
        for key, values in shells.items():
            gathered[key].append(values)
            owners[key] += [i] * len(values)
    flat = {key: np.concatenate(values) for key, values in gathered.items()}
    return ClusterStatistics(
        central_ok=central_ok,
        distances=flat["distances"],
        coordinations=np.concatenate(coordinations),
        first_shell=flat["first_shell"],
        second_shell=flat["second_shell"],
        angles=flat["angles"],
        bonds=flat["bonds"],
        n_atoms=np.array([len(cart_t) for cart_t in clusters], dtype=np.int64),
        weights={key: cluster_weights[index] for key, index in owners.items()}
        | {"n_atoms": cluster_weights},
    )


def regeneration_metrics(
    generated: ClusterStatistics, real: ClusterStatistics
) -> dict[str, float | int | None]:
    """The regeneration test (design, P7) as numbers.

    Args:
        generated: clusters made.
        real: clusters of framework types that were held out.

    Returns:
        Fractions, Wasserstein distances (Å, degrees, atoms) and atoms per cluster. A distance is
        None where one side has nothing to compare.
    """
    inner = generated.distances <= JUDGED_WITHIN
    return {
        "clusters": len(generated.central_ok),
        "central_4_coordinated": _share(generated.central_ok),
        "within_4A_4_coordinated": _share(generated.coordinations[inner] == 4),
        "bonds_under_2.7A": _share(generated.bonds < SHORT_BOND),
        "wasserstein_first_shell_A": _distance(generated, real, "first_shell"),
        "wasserstein_second_shell_A": _distance(generated, real, "second_shell"),
        "wasserstein_angle_deg": _distance(generated, real, "angles"),
        "wasserstein_atoms_per_cluster": _distance(generated, real, "n_atoms"),
        "atoms_per_cluster": float(generated.n_atoms.mean()),
        "atoms_per_cluster_real": float(np.average(real.n_atoms, weights=real.weights["n_atoms"])),
        "real_central_4_coordinated": _share(real.central_ok),
        "real_within_4A_4_coordinated": _share(
            real.coordinations[real.distances <= JUDGED_WITHIN] == 4
        ),
        "real_bonds_under_2.7A": _share(real.bonds < SHORT_BOND),
    }


def joining_metrics(
    clusters: Sequence[FloatArray], centres: Sequence[FloatArray]
) -> dict[str, float | int | None]:
    """The joining test (design, P8) as numbers.

    Args:
        clusters: each (n, 3) Å, T atoms of joined clusters.
        centres: each (c, 3) Å, the centres of the spheres they were joined from.

    Returns:
        Fraction of the atoms within 4 Å of any centre with exactly four neighbours, of bonds under
        2.7 Å, of centres that hold an atom with four neighbours, and atoms per joined cluster.
    """
    inner: list[bool] = []
    centre_ok: list[bool] = []
    lengths: list[FloatArray] = [np.zeros(0)]
    for cart_t, cart_centres in zip(clusters, centres, strict=True):
        counts = coordination(cart_t)
        lengths.append(bond_lengths(cart_t, bonds(cart_t)))
        if not len(cart_t):
            centre_ok += [False] * len(cart_centres)
            continue
        apart = np.linalg.norm(cart_t[:, None] - cart_centres[None], axis=-1)
        inner += (counts[apart.min(axis=1) <= JUDGED_WITHIN] == 4).tolist()
        nearest = apart.argmin(axis=0)
        met = apart.min(axis=0) <= MEETING_DISTANCE
        centre_ok += (met & (counts[nearest] == 4)).tolist()
    return {
        "joined": len(clusters),
        "within_4A_of_centres_4_coordinated": _share(np.array(inner)),
        "centres_4_coordinated": _share(np.array(centre_ok)),
        "bonds_under_2.7A": _share(np.concatenate(lengths) < SHORT_BOND),
        "atoms_per_joined": float(np.mean([len(cart_t) for cart_t in clusters])),
    }


def _share(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float | None:
    return float(np.mean(flags)) if len(flags) else None


def _distance(generated: ClusterStatistics, real: ClusterStatistics, key: str) -> float | None:
    ours, theirs = getattr(generated, key), getattr(real, key)
    if not len(ours) or not len(theirs):
        return None
    return float(wasserstein_distance(ours, theirs, generated.weights[key], real.weights[key]))
