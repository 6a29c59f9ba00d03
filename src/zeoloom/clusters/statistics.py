"""Figures of merit for clusters: the poster's two tests, counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import wasserstein_distance

from zeoloom.clusters.atoms import MERGING_DISTANCE
from zeoloom.nets.bonding import (
    BOND_CUTOFF,
    SHORT_BOND,
    angles_at,
    bond_lengths,
    bonds,
    coordination,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray

JUDGED_WITHIN = 4.0
"""Å of a centre. In a 7 Å cluster atoms up to here have all their neighbours."""

SECOND_SHELL = 6.0
"""Å from the central atom, where the second shell of neighbours ends."""


Metrics = dict[str, float | int | None]
"""Figures of merit by name, as written to metrics.json."""


@dataclass(frozen=True, slots=True)
class ClusterStatistics:
    """What is measured on many clusters.

    Attributes:
        central_ok: (n,) True where an atom sits at the centre and has exactly four neighbours.
        n_atoms: (n,) atoms of each cluster.
        from_central: Å, distance of every other atom from its central atom, where there is one.
        angles: degrees, T-T-T at the central atoms.
        distances: (a,) Å from the centre, every atom of every cluster.
        coordinations: (a,) neighbours of each of them.
        bonds: Å, every bond of every cluster.
    """

    central_ok: BoolArray
    n_atoms: IntArray
    from_central: FloatArray
    angles: FloatArray
    distances: FloatArray
    coordinations: IntArray
    bonds: FloatArray

    @property
    def first_shell(self) -> FloatArray:
        """Å, distances from the central atom to its neighbours."""
        return self.from_central[self.from_central <= BOND_CUTOFF]

    @property
    def second_shell(self) -> FloatArray:
        """Å, distances from the central atom beyond its neighbours, up to `SECOND_SHELL`."""
        beyond = self.from_central > BOND_CUTOFF
        return self.from_central[beyond & (self.from_central <= SECOND_SHELL)]


def cluster_statistics(clusters: Iterable[FloatArray]) -> ClusterStatistics:
    """Measure clusters whose centres are at the origin.

    Args:
        clusters: each (n, 3) Å, T atoms.
    """
    central_ok: list[bool] = []
    n_atoms: list[int] = []
    from_central: list[FloatArray] = [np.zeros(0)]
    angles, distances, lengths = from_central.copy(), from_central.copy(), from_central.copy()
    coordinations = [np.zeros(0, dtype=np.int64)]
    for cart_t in clusters:
        pairs = bonds(cart_t)
        counts = np.bincount(pairs.ravel(), minlength=len(cart_t))
        from_centre = np.linalg.norm(cart_t, axis=1)
        central = central_atom(cart_t)
        central_ok.append(central is not None and bool(counts[central] == 4))
        n_atoms.append(len(cart_t))
        distances.append(from_centre)
        coordinations.append(counts)
        lengths.append(bond_lengths(cart_t, pairs))
        if central is not None:
            others = np.delete(cart_t, central, axis=0)
            from_central.append(np.linalg.norm(others - cart_t[central], axis=1))
            angles.append(angles_at(cart_t, pairs, central))
    return ClusterStatistics(
        central_ok=np.array(central_ok, dtype=bool),
        n_atoms=np.array(n_atoms, dtype=np.int64),
        from_central=np.concatenate(from_central),
        angles=np.concatenate(angles),
        distances=np.concatenate(distances),
        coordinations=np.concatenate(coordinations),
        bonds=np.concatenate(lengths),
    )


def central_atom(cart_t: FloatArray) -> int | None:
    """The atom nearest to the origin, or None if it is not within `MERGING_DISTANCE` of it."""
    if not len(cart_t):
        return None
    from_centre = np.linalg.norm(cart_t, axis=1)
    nearest = int(from_centre.argmin())
    return nearest if from_centre[nearest] <= MERGING_DISTANCE else None


def regeneration_metrics(generated: ClusterStatistics, real: ClusterStatistics) -> Metrics:
    """The regeneration test (design, P7) as numbers.

    Args:
        generated: clusters made.
        real: clusters of framework types that were held out.

    Returns:
        Fractions, Wasserstein distances (Å, degrees, atoms) and atoms per cluster. A distance is
        None where one side has nothing to compare.
    """
    return {
        "clusters": len(generated.central_ok),
        **_fractions(generated),
        "wasserstein_first_shell_A": _distance(generated.first_shell, real.first_shell),
        "wasserstein_second_shell_A": _distance(generated.second_shell, real.second_shell),
        "wasserstein_angle_deg": _distance(generated.angles, real.angles),
        "wasserstein_atoms_per_cluster": _distance(generated.n_atoms, real.n_atoms),
        "atoms_per_cluster": _mean(generated.n_atoms),
        "real_clusters": len(real.central_ok),
        **{f"real_{key}": value for key, value in _fractions(real).items()},
        "real_atoms_per_cluster": _mean(real.n_atoms),
    }


def _fractions(statistics: ClusterStatistics) -> Metrics:
    inner = statistics.distances <= JUDGED_WITHIN
    return {
        "central_4_coordinated": _mean(statistics.central_ok),
        "within_4A_4_coordinated": _mean(statistics.coordinations[inner] == 4),
        "bonds_under_2.7A": _mean(statistics.bonds < SHORT_BOND),
    }


def joining_metrics(clusters: Sequence[FloatArray], centres: Sequence[FloatArray]) -> Metrics:
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
        met = apart.min(axis=0) <= MERGING_DISTANCE
        centre_ok += (met & (counts[nearest] == 4)).tolist()
    return {
        "joined": len(clusters),
        "within_4A_of_centres_4_coordinated": _mean(np.array(inner)),
        "centres_4_coordinated": _mean(np.array(centre_ok)),
        "bonds_under_2.7A": _mean(np.concatenate(lengths) < SHORT_BOND),
        "atoms_per_joined": _mean(np.array([len(cart_t) for cart_t in clusters])),
    }


def _mean(values: np.ndarray) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _distance(generated: np.ndarray, real: np.ndarray) -> float | None:
    if not len(generated) or not len(real):
        return None
    return float(wasserstein_distance(generated, real))
