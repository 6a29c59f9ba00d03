"""Net planes of frameworks: where layers can be cut, and what lies on what.

Many framework types are made of the same layers: the zeolites of 6-rings stacked in some sequence,
the pentasils, polytypes, and types that are others with a mirror between the layers (J. V. Smith,
Chem. Rev. 88, 149 (1988)). Bonds that cross a plane leave a pattern of points in it. Where the
pattern of one cut lies on that of another, moved and turned, what is below the one goes on as what
is above the other, each bond as a bond; so a slab goes on as itself, turned about the normal, or as
its own mirror image. Nothing but T atoms is handled here; bonds are found again from distances.

Frames: Cartesian, the plane normal along z, the first in-plane vector along x. In-plane vectors are
rows, and what turns them stands on their right.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.nets.bonding import BOND_CUTOFF, BOND_LENGTH
from zeoloom.nets.fingerprint import DEGREE
from zeoloom.structure.primitive_sites import primitive_sites

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework

LEAST_STEP = 0.05
"""Å between atoms next to one another in height, of a cut between them."""

LEAST_PERIOD, LARGEST_AREA = 4.0, 450.0
"""Å from a net plane to the next, longer than a bond so that none crosses both; Å^2 of its mesh."""

MOST_CUTS, MOST_CROSSINGS = 12, 16
"""Cuts of a net plane, those that cross the fewest bonds, as layers are where few bonds are between
them; and bonds that each may cross."""

PATTERN_TOLERANCE = 0.7
"""Å by which points of two patterns may differ."""

SHORTEST_BOND, LONGEST_BOND = 2.5, 3.7
"""Å, of bonds between slabs; they come right when the framework is relaxed."""

LATTICE_TOLERANCE = 0.02
"""By which in-plane lattices may differ that are taken for the same after turning, relative."""

GAPS = np.arange(-1.5, 3.2, 0.05)
"""Å between the outermost atoms of two slabs; less than 0 where these interlock."""

CHANGES = np.array(
    [
        [[a, b], [c, d]]
        for a, b, c, d in product((-1.0, 0.0, 1.0), repeat=4)
        if abs(a * d - b * c) == 1.0
    ]
)
"""(n, 2, 2) of bases of a plane lattice: what turns such a lattice onto itself is among them, in
its shortest basis."""


class Face(NamedTuple):
    """One side of a cut: the ends of the bonds that it crosses.

    Attributes:
        points: (k, 2) Å, where the bonds cross the cut.
        ends: (k, 2) Å, the atoms on this side, normal to the cut.
        depths: (k,) Å, of these below the outermost of them.
        reach: Å from the cut to the deepest.
    """

    points: FloatArray
    ends: FloatArray
    depths: FloatArray
    reach: float


class Layers(NamedTuple):
    """The T atoms of a primitive cell, seen along the normal of a net plane.

    Attributes:
        cell: (3, 3) Å, rows: two vectors in the plane, and one to the next plane.
        cart: (n, 3) Å.
        cuts: (m,) Å, heights between atoms.
        above: (m,) what is above each cut.
        below: (m,) what is below each cut.
    """

    cell: FloatArray
    cart: FloatArray
    cuts: FloatArray
    above: tuple[Face, ...]
    below: tuple[Face, ...]

    @property
    def lattice(self) -> FloatArray:
        """(2, 2) Å, in the plane."""
        return self.cell[:2, :2]


class Join(NamedTuple):
    """How a face, turned and moved, lies on another, so that each bond goes on as a bond.

    Attributes:
        symmetry: (2, 2) on the right of in-plane vectors.
        shift: (2,) Å, added then.
        gap: Å between the outermost atoms.
    """

    symmetry: FloatArray
    shift: FloatArray
    gap: float


def layers_of(framework: Framework, plane: tuple[int, int, int]) -> Layers | None:
    """A framework seen along the normal of a net plane.

    Args:
        framework: 4-connected.
        plane: indices in the primitive cell of `primitive_sites`, without a common factor.

    Returns:
        None if an atom has other than four bonds, planes are too near or too wide, or each cut
        crosses too many bonds.
    """
    cell, (frac, _), _ = primitive_sites(framework)
    basis = _basis_along(np.array(plane), cell)
    turned = basis @ cell
    normal = np.cross(turned[0], turned[1])
    area = float(np.linalg.norm(normal))
    if area > LARGEST_AREA or abs(np.linalg.det(cell)) / area < LEAST_PERIOD:
        return None
    first = turned[0] / np.linalg.norm(turned[0])
    axes = np.array([first, np.cross(normal / area, first), normal / area])
    cell, frac = turned @ axes.T, np.mod(frac @ np.linalg.inv(basis), 1.0)
    near = neighbours_within(frac, frac, cell, BOND_CUTOFF)
    bonds = (near.centre != near.point) | near.shift.any(axis=1)
    if (np.bincount(near.centre[bonds], minlength=len(frac)) != DEGREE).any():
        return None
    cart = frac @ cell
    heights = np.sort(cart[:, 2])
    steps = np.diff(np.append(heights, heights[0] + cell[2, 2]))
    cuts = (heights + 0.5 * steps)[steps > LEAST_STEP]
    upward = bonds & (near.vector[:, 2] > 0.0)
    faces = [_faces_at(cut, cart[near.centre[upward]], near.vector[upward], cell) for cut in cuts]
    few = np.argsort([len(above.points) for above, _ in faces], kind="stable")[:MOST_CUTS]
    kept = [i for i in sorted(few) if 0 < len(faces[i][0].points) <= MOST_CROSSINGS]
    if not kept:
        return None
    above, below = zip(*(faces[i] for i in kept), strict=True)
    return Layers(cell, cart, cuts[kept], above, below)


def _basis_along(plane: IntArray, cell: FloatArray) -> IntArray:
    """(3, 3) rows: the two shortest vectors of a lattice in a plane, and one to the next plane."""
    vectors = np.array([each for each in product(range(-3, 4), repeat=3) if any(each)])
    order = np.argsort(np.round(np.linalg.norm(vectors @ cell, axis=1), 6), kind="stable")
    vectors = vectors[order]
    within = vectors[vectors @ plane == 0]
    second = within[np.cross(within[0], within).any(axis=1)][0]
    basis = np.array([within[0], second, vectors[vectors @ plane == 1][0]])
    return basis if np.linalg.det(basis) > 0.0 else basis[[1, 0, 2]]


def _faces_at(
    height: float, tails: FloatArray, vectors: FloatArray, cell: FloatArray
) -> tuple[Face, Face]:
    """What is above and below a height in Å, by where bonds begin and where they go."""
    period = cell[2]
    copy = np.floor((height - tails[:, 2]) / period[2])
    across = tails[:, 2] + copy * period[2] + vectors[:, 2] > height
    lower = tails[across] + copy[across, None] * period
    upper = lower + vectors[across]
    part = (height - lower[:, 2]) / vectors[across, 2]
    points = (lower + part[:, None] * vectors[across])[:, :2]

    def face(ends: FloatArray, depths: FloatArray) -> Face:
        outermost, deepest = depths.min(initial=np.inf), depths.max(initial=0.0)
        return Face(points, ends[:, :2], depths - outermost, float(deepest))

    return face(upper, upper[:, 2] - height), face(lower, height - lower[:, 2])


def plane_operations(lattice: FloatArray) -> FloatArray:
    """(n, 2, 2) what turns or mirrors an in-plane lattice (2, 2) onto itself, right of rows."""
    metric = lattice @ lattice.T
    off = np.abs(CHANGES @ metric @ CHANGES.transpose(0, 2, 1) - metric).max(axis=(1, 2))
    same = CHANGES[off <= LATTICE_TOLERANCE * metric.max()]
    return np.asarray(np.linalg.inv(lattice) @ same @ lattice)


def joins_of(face: Face, other: Face, symmetry: FloatArray, lattice: FloatArray) -> list[Join]:
    """All joins by which a face, turned, lies on another.

    Args:
        face: what goes on.
        other: what it goes on from.
        symmetry: (2, 2) on the right of in-plane vectors, of `plane_operations`.
        lattice: (2, 2) Å.
    """
    n = len(face.points)
    if n != len(other.points):
        return []
    turned = face.points @ symmetry
    shifts = other.points - turned[0]
    # (shifts, points, partners, 2)
    apart = _nearest(shifts[:, None, None] + turned[:, None] - other.points, lattice)
    partners = (apart**2).sum(axis=3).argmin(axis=2)
    onto = (np.sort(partners, axis=1) == np.arange(n)).all(axis=1)
    apart = np.take_along_axis(apart, partners[..., None, None], axis=2)[:, :, 0]
    mean = apart.mean(axis=1)
    near = np.linalg.norm(apart - mean[:, None], axis=2).max(axis=1) <= PATTERN_TOLERANCE
    found: dict[bytes, Join] = {}
    for i in np.flatnonzero(onto & near):
        name, shift = partners[i].tobytes(), shifts[i] - mean[i]
        if name not in found:
            gap = _gap(face, other, (symmetry, shift, partners[i]), lattice)
            if gap is not None:
                found[name] = Join(symmetry, shift, gap)
    return list(found.values())


def _gap(
    face: Face,
    other: Face,
    fit: tuple[FloatArray, FloatArray, IntArray],
    lattice: FloatArray,
) -> float | None:
    """Å between outermost atoms, with which bonds are nearest to their length; None if not near."""
    symmetry, shift, partners = fit
    # ends may belong to crossings in other meshes of the lattice
    crossings = face.points @ symmetry + shift - other.points[partners]
    meshes = crossings - _nearest(crossings, lattice)
    apart = face.ends @ symmetry + shift - meshes - other.ends[partners]
    heights = GAPS[:, None] + face.depths + other.depths[partners]
    lengths = np.sqrt((apart**2).sum(axis=1) + heights**2)
    cost = ((lengths - BOND_LENGTH) ** 2).sum(axis=1)
    good = (lengths >= SHORTEST_BOND) & (lengths <= LONGEST_BOND) & (heights > LEAST_STEP)
    cost = np.where(good.all(axis=1), cost, np.inf)
    best = int(cost.argmin())
    return float(GAPS[best]) if np.isfinite(cost[best]) else None


def _nearest(vectors: FloatArray, lattice: FloatArray) -> FloatArray:
    """In-plane vectors (..., 2), less the nearest vectors of the lattice."""
    frac = vectors @ np.linalg.inv(lattice)
    return np.asarray((frac - np.round(frac)) @ lattice)
