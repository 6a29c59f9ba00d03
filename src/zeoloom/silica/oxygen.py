"""Oxygen between bonded T atoms: one site for each orbit of bonds, on the bond's own symmetry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.operations import distinct_orbits, identity_first, project_onto_sites
from zeoloom.silica.images import (
    Images,
    atoms_per_cell,
    cell_images,
    free_directions,
    images_near,
)
from zeoloom.silica.site_bonds import Bonds, bond_vectors, t_bonds

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

T_O = 1.61
"""Å. The T-O distance of SiO2 in DLS-76."""

LEAST_BEND = 0.1
"""Å off the T-T line, where oxygen is free to leave it: on the line the slope of T-O vanishes."""


@dataclass(frozen=True, slots=True)
class Bridged:
    """A framework with oxygen on its bonds.

    Attributes:
        framework: with `frac_t` and `frac_o` exactly on their sites.
        bonds: T-T bonds of the asymmetric T atoms.
        oxygen: the oxygen image on each bond.
    """

    framework: Framework
    bonds: Bonds
    oxygen: Images


def add_oxygen(framework: Framework) -> Framework:
    """Put oxygen between the bonded T atoms of a framework; oxygen it has is replaced.

    Args:
        framework: T atoms with their cell and space group; atoms closer than 3.5 Å are bonded.

    Returns:
        The framework with `frac_o`, one oxygen for each orbit of bonds, and with T atoms moved onto
        the special positions they lie next to. Oxygen lies 1.61 Å from both T atoms where they are
        near enough and symmetry lets it leave the line between them.

    Raises:
        InputError: if a T atom has no neighbour or more than four, or if bonds cross.
    """
    on_sites = on_special_positions(framework)
    return bridge(on_sites, t_bonds(on_sites)).framework


def on_special_positions(framework: Framework) -> Framework:
    """The framework with every atom exactly on the special position it lies next to."""
    group, cell = identity_first(framework.operations), framework.cell
    return replace(
        framework,
        operations=group,
        frac_t=project_onto_sites(framework.frac_t, group, cell),
        frac_o=project_onto_sites(framework.frac_o, group, cell),
    )


def bridge(framework: Framework, bonds: Bonds, bend: float = 1.0) -> Bridged:
    """Put oxygen on given bonds.

    Args:
        framework: `frac_t` exactly on its sites.
        bonds: its T-T bonds.
        bend: how far to leave the T-T line, times the distance that gives T-O 1.61 Å; negative to
            the other side.

    Raises:
        InputError: if two bonds cross in one point, so that one oxygen would serve both.
    """
    group, cell = framework.operations, framework.cell
    vectors = bond_vectors(framework, bonds)
    ends = bonds.other.frac(framework.frac_t, group)
    middles = 0.5 * (framework.frac_t[bonds.centre] + ends)
    first = distinct_orbits(middles, group, cell, 0.01)
    sites = project_onto_sites(middles[first], group, cell)
    images = cell_images(sites, group, cell)
    near, at_middle = images_near(middles, sites, images, group, cell, 0.01)
    ends_of_bonds = atoms_per_cell(framework.frac_t, group, cell)[bonds.centre].sum()
    if len(near.centre) != len(bonds) or 2 * len(images) != round(ends_of_bonds):
        raise InputError(
            f"{framework.name}: two T-T bonds cross, so no oxygen can lie between; this is no "
            "framework of tetrahedra"
        )
    shifts = _bends(framework, bonds, vectors)[first]
    directions, _ = free_directions(sites, group, cell)
    cart_free = cell.T @ directions
    shifts = np.einsum("nij,nkj,nk->ni", cart_free, cart_free, shifts)
    along = vectors[first] / np.linalg.norm(vectors[first], axis=1, keepdims=True)
    shifts = _scaled(shifts, along, cart_free, np.linalg.norm(vectors[first], axis=1))
    frac_o = sites + bend * shifts @ np.linalg.inv(cell)
    return Bridged(replace(framework, frac_o=frac_o), bonds, at_middle)


def _bends(framework: Framework, bonds: Bonds, vectors: FloatArray) -> FloatArray:
    """Where tetrahedra would have the oxygen of each bond, relative to the middle of the bond.

    A tetrahedron points its fourth corner away from its three others: the oxygen a T atom asks for
    lies opposite to the mean of its other bonds. The two ends' wishes are averaged.

    Returns:
        (b, 3) Å, perpendicular to the bonds.
    """
    along = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    sums = np.zeros((len(framework.frac_t), 3))
    np.add.at(sums, bonds.centre, along)
    to_cart, to_frac = framework.cell.T, np.linalg.inv(framework.cell.T)
    cart_rotations = to_cart @ framework.operations.rotations[bonds.other.operation] @ to_frac
    # at the far end the bond itself points back, along -e
    near_wish = -(sums[bonds.centre] - along)
    far_wish = -(np.einsum("bij,bj->bi", cart_rotations, sums[bonds.other.site]) + along)
    wish = sum(
        w / np.maximum(np.linalg.norm(w, axis=1, keepdims=True), 0.1) for w in (near_wish, far_wish)
    )
    wish = 0.5 * T_O * wish
    return np.asarray(wish - (wish * along).sum(axis=1, keepdims=True) * along)


def _scaled(
    shifts: FloatArray, along: FloatArray, cart_free: FloatArray, lengths: FloatArray
) -> FloatArray:
    """Bends (n, 3) with the length that gives T-O 1.61 Å; anywhere across if none is asked for."""
    # directions both free and perpendicular to the bond; the bond line is kept by the site's group
    projectors = np.einsum("nij,nkj->nik", cart_free, cart_free)
    across = projectors - np.einsum("nij,nj,nk->nik", projectors, along, along)
    across = 0.5 * (across + across.transpose(0, 2, 1))
    strengths, axes = np.linalg.eigh(across)
    any_way = axes[:, :, -1] * (strengths[:, -1:] > 0.5)
    largest = np.take_along_axis(any_way, np.abs(any_way).argmax(axis=1)[:, None], axis=1)
    any_way = any_way * np.where(largest < 0, -1.0, 1.0)
    size = np.linalg.norm(shifts, axis=1, keepdims=True)
    unit = np.where(size > 0.02, shifts / np.maximum(size, 1e-9), any_way)
    height = np.sqrt(np.maximum(T_O**2 - 0.25 * lengths**2, LEAST_BEND**2))
    return np.asarray(unit * height[:, None])
