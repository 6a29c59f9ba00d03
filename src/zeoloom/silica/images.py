"""Images of asymmetric sites, and the freedom symmetry leaves to a site and to the cell.

One convention: image (k, g, S) of site k lies at `R_g x_k + t_g + S`, fractional.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.image_kernel import first_in_place
from zeoloom.geometry.neighbours import Neighbours, neighbours_within
from zeoloom.geometry.operations import SAME_SITE, site_stabilisers

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations


@dataclass(frozen=True, slots=True)
class Images:
    """N images of asymmetric sites.

    Attributes:
        site: (N,) the asymmetric site k.
        operation: (N,) the operation g.
        shift: (N, 3) whole cells S.
    """

    site: IntArray
    operation: IntArray
    shift: IntArray

    def __len__(self) -> int:
        return len(self.site)

    def frac(self, frac_sites: FloatArray, operations: SymmetryOperations) -> FloatArray:
        """(N, 3) positions for sites at `frac_sites` (n, 3)."""
        turned = np.einsum(
            "nij,nj->ni", operations.rotations[self.operation], frac_sites[self.site]
        )
        return np.asarray(turned + operations.translations[self.operation] + self.shift)

    def take(self, rows: IntArray, extra_shift: IntArray | int = 0) -> Images:
        """Some of the images, moved by whole cells."""
        return Images(self.site[rows], self.operation[rows], self.shift[rows] + extra_shift)

    def numbered_from(self, first: int) -> Images:
        """The same images with sites counted from `first`: T atoms come before oxygen."""
        return Images(self.site + first, self.operation, self.shift)


def identity_images(sites: IntArray, operations: SymmetryOperations) -> Images:
    """The asymmetric sites themselves as images."""
    # a group always lists the identity without translation; tables have it first, files need not
    is_identity = (operations.rotations == np.eye(3, dtype=np.int64)).all(axis=(1, 2))
    is_identity &= np.abs(operations.translations - np.round(operations.translations)).max(1) < 1e-6
    operation = int(np.flatnonzero(is_identity)[0])
    # a file may write that translation as one whole cell
    whole = np.round(operations.translations[operation]).astype(np.int64)
    return Images(
        sites, np.full(len(sites), operation), np.broadcast_to(-whole, (len(sites), 3)).copy()
    )


def cell_images(frac: FloatArray, operations: SymmetryOperations, cell: FloatArray) -> Images:
    """Every atom of one cell, as images of the asymmetric sites.

    Args:
        frac: (n, 3) sites, exactly on their special positions.
        operations: the space group.
        cell: (3, 3) Å.

    Returns:
        The N images, wrapped into the cell, site after site.
    """
    positions = operations.images(frac)
    site, operation = np.nonzero(first_in_place(positions, cell, SAME_SITE))
    shift = -np.floor(positions[operation, site] + 1e-9).astype(np.int64)
    return Images(site, operation, shift)


def atoms_per_cell(
    frac: FloatArray, operations: SymmetryOperations, cell: FloatArray
) -> FloatArray:
    """(n,) atoms in one cell of each site (n, 3), exactly on its special position."""
    fixing, _ = site_stabilisers(frac, operations, cell)
    return np.asarray(len(operations) / fixing.sum(axis=1))


def images_near(
    frac_centres: FloatArray,
    frac_sites: FloatArray,
    images: Images,
    operations: SymmetryOperations,
    cell: FloatArray,
    radius: float,
) -> tuple[Neighbours, Images]:
    """Images of sites within `radius` of centres, in every cell.

    Args:
        frac_centres: (m, 3).
        frac_sites: (n, 3).
        images: one cell of them, from `cell_images`.
        operations: the space group.
        cell: (3, 3) Å.
        radius: Å.

    Returns:
        The edges, and the image at the end of each.
    """
    found = neighbours_within(frac_centres, images.frac(frac_sites, operations), cell, radius)
    return found, images.take(found.point, found.shift)


def free_directions(
    frac: FloatArray, operations: SymmetryOperations, cell: FloatArray
) -> tuple[FloatArray, IntArray]:
    """The directions along which sites may move without losing their symmetry.

    The mean of R over the operations that fix a site projects displacements onto those all of them
    leave alone (the invariant subspace of the site-symmetry group).

    Args:
        frac: (n, 3) sites, exactly on their special positions.
        operations: the space group.
        cell: (3, 3) Å.

    Returns:
        (n, 3, 3) matrices whose first f columns are fractional displacements of 1 Å, perpendicular
        to one another, and whose other columns are zero; (n,) the f of each site, 0 to 3.
    """
    fixing, _ = site_stabilisers(frac, operations, cell)
    orders = fixing.sum(axis=1)[:, None, None]
    projectors = np.einsum("ng,gij->nij", fixing, operations.rotations) / orders
    # cart column = cell.T @ frac column; in Cartesian axes the projector is symmetric
    to_cart, to_frac = cell.T, np.linalg.inv(cell.T)
    left, singular, _ = np.linalg.svd(to_cart @ projectors @ to_frac)
    free = singular > 0.5
    return np.asarray(to_frac @ (left * free[:, None, :])), free.sum(axis=1)


def free_strains(operations: SymmetryOperations, cell: FloatArray) -> FloatArray:
    """The strains that keep the lattice's symmetry.

    Args:
        operations: the space group.
        cell: (3, 3) Å.

    Returns:
        (s, 3, 3) symmetric Cartesian matrices E, orthonormal, s from 1 (cubic) to 6 (triclinic):
        `cell @ (1 + E)` obeys the group as `cell` does.
    """
    # all rotations occur equally often, once for each centring
    cart = cell.T @ operations.rotations @ np.linalg.inv(cell.T)
    symmetric = np.zeros((6, 3, 3))
    for row, (i, j) in enumerate(((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))):
        symmetric[row, i, j] = symmetric[row, j, i] = 1.0 if i == j else np.sqrt(0.5)
    averaged = np.einsum("gij,sjk,glk->sil", cart, symmetric, cart) / len(cart)
    _, singular, right = np.linalg.svd(averaged.reshape(6, 9), full_matrices=False)
    return np.asarray(right[singular > 0.5].reshape(-1, 3, 3))
