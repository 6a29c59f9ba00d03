"""Slabs of frameworks, cut parallel to a net plane and stacked in another way.

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
from zeoloom.structure.primitive_sites import primitive_sites

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.structure.records import Framework

DEGREE = 4

LEAST_STEP = 0.05
"""Å between atoms next to one another in height, of a cut between them."""

LEAST_PERIOD, LARGEST_AREA = 4.0, 450.0
"""Å from a net plane to the next, longer than a bond so that none crosses both; Å^2 of its mesh."""

PATTERN_TOLERANCE, MOST_CROSSINGS = 0.7, 24
"""Å by which points of two patterns may differ; and how many each may have."""

SHORTEST_BOND, LONGEST_BOND = 2.5, 3.7
"""Å, of bonds between slabs; they come right when the framework is relaxed."""

LATTICE_TOLERANCE = 0.02
"""By which in-plane lattices may differ that are taken for the same after turning, relative."""

MOST_PIECES = 6
"""Slabs in one period."""

CHANGES = np.array(
    [
        [[a, b], [c, d]]
        for a, b, c, d in product((-1.0, 0.0, 1.0), repeat=4)
        if abs(a * d - b * c) == 1.0
    ]
)
"""(n, 2, 2) of bases of a plane lattice: what turns such a lattice onto itself is among them, in
its shortest basis."""


class Layers(NamedTuple):
    """The T atoms of a primitive cell, seen along the normal of a net plane.

    Attributes:
        cell: (3, 3) Å, rows: two vectors in the plane, and one to the next plane.
        cart: (n, 3) Å.
        tails: (E,) of all bonds, from either end.
        heads: (E,) of them.
        steps: (E,) planes that they go on.
        vectors: (E, 3) Å, of them.
        cuts: (m,) Å, heights between atoms.
        crossings: (m,) bonds that cross each.
    """

    cell: FloatArray
    cart: FloatArray
    tails: IntArray
    heads: IntArray
    steps: IntArray
    vectors: FloatArray
    cuts: FloatArray
    crossings: IntArray


class Face(NamedTuple):
    """One side of a slab.

    Attributes:
        atoms: (k,) whose bonds are cut, once for each bond.
        points: (k, 2) Å, where the bonds cross the cut.
        depths: (k,) Å, of the atoms below the outermost.
    """

    atoms: IntArray
    points: FloatArray
    depths: FloatArray


class Slab(NamedTuple):
    """The atoms between two cuts.

    Attributes:
        cart: (n, 3) Å.
        lattice: (2, 2) Å, in the plane.
        below: the side of the lower cut.
        above: that of the upper one.
    """

    cart: FloatArray
    lattice: FloatArray
    below: Face
    above: Face


class Fit(NamedTuple):
    """How a face, turned and moved, lies on another.

    Attributes:
        turn: (2, 2) on the right of in-plane vectors.
        shift: (2,) Å, added then.
        partners: (k,) row of the other face for each of this one.
    """

    turn: FloatArray
    shift: FloatArray
    partners: IntArray


class _Piece(NamedTuple):
    """A slab of a stack: turned, moved, and upside down if `sign` is -1."""

    turn: FloatArray
    shift: FloatArray
    sign: int


def layers_of(framework: Framework, plane: tuple[int, int, int]) -> Layers | None:
    """A framework seen along the normal of a net plane.

    Args:
        framework: 4-connected.
        plane: indices in the primitive cell of `primitive_sites`, without a common factor.

    Returns:
        None if an atom has other than four bonds, or planes are too near or too wide.
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
    tails, heads = near.centre[bonds], near.point[bonds]
    if (np.bincount(tails, minlength=len(frac)) != DEGREE).any():
        return None
    cart = frac @ cell
    heights = np.sort(cart[:, 2])
    steps = np.diff(np.append(heights, heights[0] + cell[2, 2]))
    cuts = (heights + 0.5 * steps)[steps > LEAST_STEP]
    layers = Layers(
        cell,
        cart,
        tails,
        heads,
        near.shift[bonds, 2],
        near.vector[bonds],
        cuts,
        np.zeros_like(cuts),
    )
    return layers._replace(crossings=np.array([len(_crossing(layers, cut)[0]) for cut in cuts]))


def _basis_along(plane: IntArray, cell: FloatArray) -> IntArray:
    """(3, 3) rows: the two shortest vectors of a lattice in a plane, and one to the next plane."""
    vectors = np.array([each for each in product(range(-3, 4), repeat=3) if any(each)])
    order = np.argsort(np.round(np.linalg.norm(vectors @ cell, axis=1), 6), kind="stable")
    vectors = vectors[order]
    within = vectors[vectors @ plane == 0]
    second = within[np.cross(within[0], within).any(axis=1)][0]
    basis = np.array([within[0], second, vectors[vectors @ plane == 1][0]])
    return basis if np.linalg.det(basis) > 0.0 else basis[[1, 0, 2]]


def slab_between(layers: Layers, low: float, high: float) -> Slab | None:
    """The atoms between two heights in Å, cuts of some period; None if a bond crosses both."""
    period = layers.cell[2, 2]
    copies = np.arange(np.floor(low / period) - 1, np.ceil(high / period) + 1).astype(np.int64)
    cart = layers.cart[:, None] + copies[:, None] * layers.cell[2]
    within = (cart[..., 2] > low) & (cart[..., 2] < high)
    rows = np.where(within, np.cumsum(within).reshape(within.shape) - 1, -1)
    kept = cart[within]
    if not len(kept):
        return None
    faces = []
    for height, upper in ((low, True), (high, False)):
        tails, copy = _crossing(layers, height)
        ends = layers.cart[layers.tails[tails]] + copy[:, None] * layers.cell[2]
        vectors = layers.vectors[tails]
        points = ends + ((height - ends[:, 2]) / vectors[:, 2])[:, None] * vectors
        atom = layers.tails[tails]
        if upper:
            atom, copy, ends = (
                layers.heads[tails],
                copy + layers.steps[tails],
                ends + vectors,
            )
        places = copy - copies[0]
        inside = (places >= 0) & (places < len(copies))
        if not inside.all():
            return None
        at = rows[atom, places]
        if (at < 0).any():
            return None
        outermost = kept[:, 2].min() if upper else kept[:, 2].max()
        # the bond may end at a copy of the atom in another mesh of the plane
        faces.append(Face(at, (points - ends + kept[at])[:, :2], np.abs(kept[at, 2] - outermost)))
    return Slab(kept, layers.cell[:2, :2], faces[0], faces[1])


def _crossing(layers: Layers, height: float) -> tuple[IntArray, IntArray]:
    """Rows of the bonds that cross a height upwards, and the period in which their tails are."""
    up = np.flatnonzero(layers.vectors[:, 2] > 0.0)
    bottoms, period = layers.cart[layers.tails[up], 2], layers.cell[2, 2]
    copy = np.floor((height - bottoms) / period)
    across = bottoms + copy * period + layers.vectors[up, 2] > height
    return up[across], copy[across].astype(np.int64)


def turns_of(lattice: FloatArray) -> FloatArray:
    """(n, 2, 2) what turns or mirrors an in-plane lattice (2, 2) onto itself, right of rows."""
    metric = lattice @ lattice.T
    off = np.abs(CHANGES @ metric @ CHANGES.transpose(0, 2, 1) - metric).max(axis=(1, 2))
    same = CHANGES[off <= LATTICE_TOLERANCE * metric.max()]
    return np.asarray(np.linalg.inv(lattice) @ same @ lattice)


def fits_of(face: Face, other: Face, turn: FloatArray, lattice: FloatArray) -> list[Fit]:
    """All shifts by which a face, turned, lies on another."""
    n = len(face.atoms)
    if n != len(other.atoms) or not 0 < n <= MOST_CROSSINGS:
        return []
    turned = face.points @ turn
    shifts = other.points - turned[0]
    # (shifts, points, partners, 2)
    apart = _nearest(shifts[:, None, None] + turned[:, None] - other.points, lattice)
    partners = (apart**2).sum(axis=3).argmin(axis=2)
    onto = (np.sort(partners, axis=1) == np.arange(n)).all(axis=1)
    apart = np.take_along_axis(apart, partners[..., None, None], axis=2)[:, :, 0]
    mean = apart.mean(axis=1)
    near = np.linalg.norm(apart - mean[:, None], axis=2).max(axis=1) <= PATTERN_TOLERANCE
    fits: dict[bytes, Fit] = {}
    for i in np.flatnonzero(onto & near):
        fits.setdefault(partners[i].tobytes(), Fit(turn, shifts[i] - mean[i], partners[i]))
    return list(fits.values())


def _nearest(vectors: FloatArray, lattice: FloatArray) -> FloatArray:
    """In-plane vectors (..., 2), less the nearest vectors of the lattice."""
    frac = vectors @ np.linalg.inv(lattice)
    return np.asarray((frac - np.round(frac)) @ lattice)


def turned_on(slab: Slab, fit: Fit, most_atoms: int) -> tuple[FloatArray, FloatArray] | None:
    """A slab that goes on as itself, turned and moved.

    Args:
        slab: the slab.
        fit: of its lower side on its upper one.
        most_atoms: of a period.

    Returns:
        (3, 3) Å the cell, (n, 3) Å its T atoms; None if that has no period, or bonds of other
        lengths than they may have.
    """
    gap = _gap(slab, slab.below, slab.above, fit)
    pieces = [_Piece(np.eye(2), np.zeros(2), 1)]
    while gap is not None and len(pieces) * len(slab.cart) <= most_atoms:
        following = _after(pieces[-1], fit, 1)
        if np.allclose(following.turn, np.eye(2), atol=1e-6):
            return _stack(slab, pieces, [gap], following.shift)
        if len(pieces) == MOST_PIECES:
            break
        pieces.append(following)
    return None


def mirrored(
    slab: Slab, below: Fit, above: Fit, most_atoms: int
) -> tuple[FloatArray, FloatArray] | None:
    """A slab that goes on as its mirror image at both sides.

    Args:
        slab: the slab.
        below: of its lower side on itself.
        above: of its upper side on itself.
        most_atoms: of a period.

    Returns:
        As of `turned_on`.
    """
    upper, lower = (
        _gap(slab, slab.above, slab.above, above),
        _gap(slab, slab.below, slab.below, below),
    )
    if upper is None or lower is None:
        return None
    pieces = [_Piece(np.eye(2), np.zeros(2), 1)]
    while (len(pieces) + 1) * len(slab.cart) <= most_atoms and len(pieces) < MOST_PIECES:
        pieces.append(_after(pieces[-1], above, -1))
        following = _after(pieces[-1], below, -1)
        if np.allclose(following.turn, np.eye(2), atol=1e-6):
            return _stack(slab, pieces, [upper, lower], following.shift)
        pieces.append(following)
    return None


def _after(piece: _Piece, fit: Fit, sign: int) -> _Piece:
    """The next piece of a stack."""
    return _Piece(fit.turn @ piece.turn, fit.shift @ piece.turn + piece.shift, sign * piece.sign)


def _gap(slab: Slab, face: Face, other: Face, fit: Fit) -> float | None:
    """Å between the outermost atoms of two pieces, with which bonds are nearest to their length."""
    ends = slab.cart[face.atoms, :2] @ fit.turn + fit.shift
    partners = slab.cart[other.atoms[fit.partners], :2]
    # of the copies of both ends those that belong to crossings that lie on one another
    crossings = face.points @ fit.turn + fit.shift - other.points[fit.partners]
    apart = ends - partners - (crossings - _nearest(crossings, slab.lattice))
    depths = face.depths + other.depths[fit.partners]
    gaps = np.arange(-1.5, 3.2, 0.05)
    heights = gaps[:, None] + depths
    lengths = np.sqrt((apart**2).sum(axis=1) + heights**2)
    cost = ((lengths - BOND_LENGTH) ** 2).sum(axis=1)
    cost[(heights < 0.2).any(axis=1)] = np.inf
    best = int(cost.argmin())
    good: BoolArray = (lengths[best] >= SHORTEST_BOND) & (lengths[best] <= LONGEST_BOND)
    return float(gaps[best]) if np.isfinite(cost[best]) and good.all() else None


def _stack(
    slab: Slab, pieces: list[_Piece], gaps: list[float], shift: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The cell and the atoms of a period of pieces, the gaps between them in turn."""
    low, high = slab.cart[:, 2].min(), slab.cart[:, 2].max()
    placed, height = [], 0.0
    for k, (turn, moved, sign) in enumerate(pieces):
        heights = slab.cart[:, 2] - low if sign == 1 else high - slab.cart[:, 2]
        placed.append(np.column_stack([slab.cart[:, :2] @ turn + moved, heights + height]))
        height += high - low + gaps[k % len(gaps)]
    cell = np.zeros((3, 3))
    cell[:2, :2], cell[2] = slab.lattice, (*shift, height)
    return cell, np.concatenate(placed)
