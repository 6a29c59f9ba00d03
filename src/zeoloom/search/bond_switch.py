"""Compiled: bond switches and chains, which lead from net to net; all images of a bond at once.

A switch (Wooten, Winer & Weaire, Phys. Rev. Lett. 54, 1392 (1985)) takes a path a-b-c-d, breaks
a-b and c-d and makes a-c and b-d. It never changes how many bonds cross a mirror, so a chain does
what is left: it breaks a bond and goes on, making and breaking others, until every atom has four
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.geometry.group import NO_SHIFT, inverse, product
from zeoloom.nets.quotient_kernel import (
    balanced,
    bond_at,
    bond_index,
    change_bond,
    images_beyond_bonds,
    representative,
)

if TYPE_CHECKING:
    import numpy as np

    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group, Shift
    from zeoloom.geometry.site_symmetry import SiteSymmetry
    from zeoloom.nets.quotient_kernel import BondTable

MAKE, BREAK = True, False
"""What `change_bond` is to do. It is compiled for each of them: one version for both is slower."""

MAX_NEW_BOND = 5.8
"""Å, distance of atoms that a chain may bond."""

MAX_CHAIN_LENGTH = 6
"""Bonds that a chain makes or breaks after the first."""

MAX_NEAR_IMAGES = 128
"""Images that each atom might be bonded to, at most."""

UNDERCOORDINATED_CHANCE, MAX_DRAWS = 0.7, 8
"""Chance that a chain prefers an atom with too few bonds as the new partner; and how many partners
are drawn for it, or bonds to be broken."""


@compiled
def draw_index(n: int, rng: np.random.Generator) -> int:
    """An index below n."""
    return min(int(rng.random() * n), n - 1)


@compiled_in_place
def switch(
    i: int,
    net: BondTable,
    new: BondTable,
    symmetry: SiteSymmetry,
    group: Group,
    rng: np.random.Generator,
) -> tuple[int, int, Shift]:
    """Switch the bonds of a path a-i-c-d.

    Args:
        i: an atom.
        net: that it has.
        new: the same, to be changed.
        symmetry: of the sites of the atoms.
        group: in its cell.
        rng: source of randomness.

    Returns:
        The asymmetric atom of c, -1 if there was no such path; the operation and the shift of
        its image there.
    """
    nothing = -1, 0, NO_SHIFT
    if net.counts[i] < 2:
        return nothing
    to_a, to_c = draw_index(net.counts[i], rng), draw_index(net.counts[i], rng)
    if to_a == to_c:
        return nothing
    a, a_image, a_shift = bond_at(net, i, to_a)
    c, c_image, c_shift = bond_at(net, i, to_c)
    to_d = draw_index(net.counts[c], rng)
    d, far, far_shift = bond_at(net, c, to_d)
    d_image, d_shift = product(group, c_image, c_shift, far, far_shift)
    d_image, d_shift = representative(d, d_image, d_shift, symmetry)
    if d == i and d_image == 0 and d_shift == NO_SHIFT:
        return nothing
    if bond_index(net, i, d, d_image, d_shift) == to_a:
        return nothing
    back, back_shift = inverse(group, a_image, a_shift)
    image, shift = product(group, back, back_shift, c_image, c_shift)
    image, shift = representative(c, image, shift, symmetry)
    change_bond(new, i, a, a_image, a_shift, BREAK, symmetry, group)
    change_bond(new, c, d, far, far_shift, BREAK, symmetry, group)
    made = change_bond(new, a, c, image, shift, MAKE, symmetry, group)
    made = made and change_bond(new, i, d, d_image, d_shift, MAKE, symmetry, group)
    return (c, c_image, c_shift) if made else nothing


@compiled_in_place
def only_renamed(
    i: int,
    c: int,
    image: int,
    shift: Shift,
    net: BondTable,
    new: BondTable,
    symmetry: SiteSymmetry,
    group: Group,
) -> bool:
    """Whether a switch has only exchanged the roles of atom i and an image of c.

    Args:
        i: the atom.
        c: what `switch` has returned, as are image and shift.
        image: operation.
        shift: likewise.
        net: before the switch.
        new: after it.
        symmetry: of the sites of the atoms.
        group: in its cell.
    """
    back, back_shift = inverse(group, image, shift)
    for one in range(1 if c == i else 2):
        was, now = (c, i) if one == 0 else (i, c)
        home, home_shift = (back, back_shift) if one == 0 else (image, shift)
        if new.counts[now] != net.counts[was]:
            return False
        for m in range(new.counts[now]):
            other, far, ends = bond_at(new, now, m)
            far, ends = product(group, home, home_shift, far, ends)
            if other == i:
                other = c
                far, ends = product(group, far, ends, image, shift)
            elif other == c:
                other = i
                far, ends = product(group, far, ends, back, back_shift)
            far, ends = representative(other, far, ends, symmetry)
            if bond_index(net, was, other, far, ends) == net.counts[was]:
                return False
    return True


@compiled
def chain(
    i: int,
    frac: FloatArray,
    near: IntArray,
    n_near: IntArray,
    net: BondTable,
    new: BondTable,
    symmetry: SiteSymmetry,
    group: Group,
    rng: np.random.Generator,
) -> bool:
    """Break a bond of an atom, then make and break others until all atoms have four.

    Args:
        i: an atom.
        frac: (n, 3) where the atoms are.
        near: (n, MAX_NEAR_IMAGES, 5) images that each atom might be bonded to, found when needed.
        n_near: (n,) how many; -1 if not yet found.
        net: that the atoms have.
        new: the same, to be changed.
        symmetry: of the sites of the atoms.
        group: in its cell.
        rng: source of randomness.

    Returns:
        Whether all atoms have four bonds in the end.
    """
    if net.counts[i] >= 4:
        m = draw_index(net.counts[i], rng)
        other, image, shift = bond_at(net, i, m)
        change_bond(new, i, other, image, shift, BREAK, symmetry, group)
    for _ in range(MAX_CHAIN_LENGTH):
        over, under = _unbalanced(new, rng)
        if over >= 0:
            m = _old_bond(over, net, new, rng)
            if m < 0:
                return False
            other, image, shift = bond_at(new, over, m)
            change_bond(new, over, other, image, shift, BREAK, symmetry, group)
        elif under >= 0:
            if n_near[under] < 0:
                n_near[under] = images_beyond_bonds(
                    under, frac, group, symmetry, MAX_NEW_BOND, near[under]
                )
            if n_near[under] == 0:
                return False
            k = draw_index(n_near[under], rng)
            if rng.random() < UNDERCOORDINATED_CHANCE:
                for _ in range(MAX_DRAWS):
                    if new.counts[near[under, k, 0]] < 4:
                        break
                    k = draw_index(n_near[under], rng)
            other, image = near[under, k, 0], near[under, k, 1]
            shift = (near[under, k, 2], near[under, k, 3], near[under, k, 4])
            if not change_bond(new, under, other, image, shift, MAKE, symmetry, group):
                return False
        else:
            break
    return balanced(new)


@compiled_in_place
def _unbalanced(net: BondTable, rng: np.random.Generator) -> tuple[int, int]:
    """An atom with too many bonds and one with too few; -1 where there is none."""
    n = len(net.counts)
    first = draw_index(n, rng)
    over = under = -1
    for k in range(n):
        i = (first + k) % n
        if net.counts[i] > 4:
            over = i
        elif net.counts[i] < 4:
            under = i
    return over, under


@compiled_in_place
def _old_bond(i: int, net: BondTable, new: BondTable, rng: np.random.Generator) -> int:
    """A bond of an atom that this move has not made; -1 if none came up."""
    for _ in range(MAX_DRAWS):
        m = draw_index(new.counts[i], rng)
        partner, image, shift = bond_at(new, i, m)
        if bond_index(net, i, partner, image, shift) < net.counts[i]:
            return m
    return -1
