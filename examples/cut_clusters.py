"""Clusters of one framework type, and how many atoms lie one, two, ... bonds from their centres.

    python examples/cut_clusters.py CHA 10

The counts are the start of the coordination sequence that the IZA database lists for each T site.
"""

from __future__ import annotations

import sys

import numpy as np

import zeoloom
from zeoloom.clusters.cut import cut_clusters
from zeoloom.nets.bonding import bonds

LONGEST_BOND = 3.25  # Å; a cluster of radius r holds all atoms up to r / LONGEST_BOND bonds away


def shell_counts(cart_t: np.ndarray, shells: int) -> list[int]:
    """Atoms 1, 2, ... `shells` bonds away from the first one."""
    bonded = np.zeros((len(cart_t), len(cart_t)), dtype=bool)
    first, second = bonds(cart_t).T
    bonded[first, second] = bonded[second, first] = True
    reached = np.zeros(len(cart_t), dtype=bool)
    reached[0] = True
    counts = []
    for _ in range(shells):
        following = reached | bonded[reached].any(axis=0)
        counts.append(int(following.sum() - reached.sum()))
        reached = following
    return counts


def main() -> None:
    """Cut, count, print."""
    code = sys.argv[1] if len(sys.argv) > 1 else "CHA"
    radius = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    framework = zeoloom.load_reference()[code]
    # one cluster for each symmetrically distinct T atom; the CIF of a friend goes in the same way:
    # framework, notices = zeoloom.read_framework("friend.cif")
    clusters = cut_clusters([framework], radius, sites="unique")
    for cluster, multiplicity in zip(clusters, clusters.multiplicities, strict=True):
        counts = shell_counts(cluster.cart_t, int(radius / LONGEST_BOND))
        print(
            f"{cluster.name} {cluster.site} ({multiplicity} per cell):",
            f"{len(cluster.cart_t)} atoms within {radius:g} Å, by bonds",
            *counts,
        )


if __name__ == "__main__":
    main()
