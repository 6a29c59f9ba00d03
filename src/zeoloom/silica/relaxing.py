"""One cell relaxed: all atoms, all shells and the cell together.

Variables are the displacements u of the particles in the starting cell and the strain e:

    F = 1 + e,    cart = (cart_0 + u) F,    cell = cell_0 F.

With the virial W = -dE/de of the strained cell, dE/dF = -F^-1 W and dE/du = -f F.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, vstack
from scipy.sparse.linalg import spsolve

from zeoloom.geometry.lattice import volume
from zeoloom.silica.descent import Descent, descend

if TYPE_CHECKING:
    from collections.abc import Callable

    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.silica.force_field import Forces
    from zeoloom.silica.primitive_cell import PrimitiveCell

BOND, EDGE, T_T, SPRING, PLACE = 60.0, 10.0, 2.0, 37.5, 0.5
"""eV/Å^2. Stiffness of T-O, of O-O in a tetrahedron, of T-T across an oxygen, of core and shell,
and of everything: what made CHA, AEI, ETV, ABW and MFI relax in the fewest evaluations."""

BULK = 0.15
"""eV/Å^3. Stiffness of the cell beyond that of its bonds, for its volume."""

GAIN = 5e-7
"""eV per SiO2, 0.00005 kJ/mol. A step that promises less ends a relaxation. At 2e-6 one start in
twenty was still on its saddle."""

NOISE = 1e-6
"""eV per SiO2. Ewald sums change by this much when a strained cell changes their terms."""

LARGEST_STEP, LARGEST_STRAIN = 0.3, 0.08
"""Å and 1, in one step."""

STRAINS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""The entries of a strain, in the order of the variables; off the diagonal both halves together."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A relaxed cell.

    Attributes:
        atoms: with the bonds it started with, positions not wrapped.
        energy: eV per SiO2.
        descent: how it got there.
    """

    atoms: PrimitiveCell
    energy: float
    descent: Descent


def relaxed(
    atoms: PrimitiveCell,
    cart: FloatArray,
    evaluate: Callable[[FloatArray, FloatArray], Forces],
    *,
    shake: float,
    rng: np.random.Generator,
    max_evaluations: int,
    needed: float = math.inf,
) -> Relaxed:
    """Relax a cell.

    Args:
        atoms: the cell, its bonds and atoms.
        cart: (N, 3) Å, T atoms, O cores, O shells of that cell.
        evaluate: the force field, for (N, 3) Å and a lower triangular cell.
        shake: Å, root mean square of random displacements at the start: a symmetric start may sit
            on a saddle. Drawn along the soft directions of the model, which is nearly free of cost.
        rng: where they come from.
        max_evaluations: of the force field.
        needed: eV per SiO2, energy above which nothing is wanted: ended once that is certain.
    """
    n, n_t = len(cart), len(atoms.frac_t)
    rows = _model(atoms, cart)
    stiffness = csc_matrix(rows.T @ rows)

    def function(point: FloatArray) -> tuple[float, FloatArray]:
        deformation = _deformation(point)
        moved = (cart + point[: 3 * n].reshape(n, 3)) @ deformation
        cell = atoms.cell @ deformation
        # turned so that a lies along x: cell = (turn R).T has the lower triangle R.T
        turn, upper = np.linalg.qr(cell.T)
        turn *= np.sign(np.diag(upper))
        found = evaluate(moved @ turn, np.tril(cell @ turn))
        forces, virial = found.forces @ turn.T, turn @ found.virial @ turn.T
        slope = -np.linalg.solve(deformation, virial)
        slope = 0.5 * (slope + slope.T)
        along = [slope[i, j] for i, j in STRAINS]
        return found.energy, np.concatenate([-(forces @ deformation).ravel(), along])

    descent = descend(
        function,
        _shaken(stiffness, rows, shake, rng),
        stiffness,
        np.repeat([LARGEST_STEP, LARGEST_STRAIN], [3 * n, 6]),
        gain=GAIN * n_t,
        noise=NOISE * n_t,
        max_evaluations=max_evaluations,
        needed=needed * n_t,
    )
    deformation = _deformation(descent.point)
    # positions are fractional: the deformation of atoms and cell cancels
    frac = (cart + descent.point[: 3 * n].reshape(n, 3)) @ np.linalg.inv(atoms.cell)
    upper = np.linalg.qr((atoms.cell @ deformation).T)[1]
    cell = (upper * np.sign(np.diag(upper))[:, None]).T
    n_o = len(atoms.frac_o)
    moved = replace(atoms, cell=cell, frac_t=frac[:n_t], frac_o=frac[n_t : n_t + n_o])
    return Relaxed(moved, descent.value / n_t, descent)


def _shaken(
    stiffness: csc_matrix, rows: csr_matrix, shake: float, rng: np.random.Generator
) -> FloatArray:
    """Variables at the start, with random displacements as heat would move the model."""
    start = np.zeros(rows.shape[1])
    if shake > 0:
        # covariance of B^-1 J^T z is B^-1
        drawn = spsolve(stiffness, rows.T @ rng.normal(size=rows.shape[0]))[:-6]
        start[:-6] = shake * drawn / np.sqrt(np.mean(drawn**2))
    return start


def _deformation(point: FloatArray) -> FloatArray:
    """(3, 3) F of the last six variables."""
    strain = np.zeros((3, 3))
    for value, (i, j) in zip(point[-6:], STRAINS, strict=True):
        strain[i, j] += 0.5 * value
        strain[j, i] += 0.5 * value
    return np.eye(3) + strain


def _model(atoms: PrimitiveCell, cart: FloatArray) -> csr_matrix:
    """Rows J whose product J^T J is the model of the second derivatives, in eV and Å.

    Each row is the square root of a stiffness times the slope of a length.
    """
    n_t, n_o = len(atoms.frac_t), len(atoms.frac_o)
    core, shell = n_t + np.arange(n_o), n_t + n_o + np.arange(n_o)
    vectors = atoms.bond_vectors()
    one, two = atoms.edges().T
    at_shell = shell[atoms.oxygen]
    first, second = np.arange(0, 2 * n_o, 2), np.arange(1, 2 * n_o, 2)
    n = len(cart)
    parts = [
        np.sqrt(stiffness) * _stretches(tail, head, vector, n)
        for stiffness, tail, head, vector in (
            (BOND, at_shell, atoms.t, vectors),
            (EDGE, at_shell[one], at_shell[two], vectors[one] - vectors[two]),
            (T_T, atoms.t[first], atoms.t[second], vectors[second] - vectors[first]),
        )
    ]
    everything = 3 * n + 6
    on_axes = np.arange(3)
    own, others = (3 * each[:, None] + on_axes for each in (shell, core))
    along = np.arange(3 * n_o)
    spring = csr_matrix((np.ones(3 * n_o), (along, own.ravel())), (3 * n_o, everything))
    spring -= csr_matrix((np.ones(3 * n_o), (along, others.ravel())), (3 * n_o, everything))
    diagonal = np.repeat(np.sqrt([PLACE, BULK * volume(atoms.cell)]), [3 * n, 6])
    axes = np.arange(everything)
    rest = csr_matrix((diagonal, (axes, axes)), (everything, everything))
    return vstack([*parts, np.sqrt(SPRING) * spring, rest], format="csr")


def _stretches(tail: IntArray, head: IntArray, vector: FloatArray, n: int) -> csr_matrix:
    """Slopes of the lengths of vectors (b, 3) from particles `tail` to `head`, and with strain."""
    unit = vector / np.linalg.norm(vector, axis=1)[:, None]
    on_axes = np.arange(3)
    columns = np.concatenate(
        [
            3 * tail[:, None] + on_axes,
            3 * head[:, None] + on_axes,
            np.broadcast_to(3 * n + np.arange(6), (len(vector), 6)),
        ],
        axis=1,
    )
    strained = np.stack([unit[:, i] * vector[:, j] for i, j in STRAINS], axis=1)
    values = np.concatenate([-unit, unit, strained], axis=1)
    row = np.repeat(np.arange(len(vector)), columns.shape[1])
    return csr_matrix((values.ravel(), (row, columns.ravel())), (len(vector), 3 * n + 6))
