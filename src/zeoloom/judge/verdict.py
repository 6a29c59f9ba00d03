"""What a framework is worth: one record, filled in step by step.

The steps go from cheap to dear, and each takes a judgement and gives a fuller one, so that a
campaign can drop duplicates and hopeless nets in between:

    judge_net -> refined -> with_pores -> with_energy
    glance -> refined -> identified -> with_pores -> with_energy

| step | decides |
|---|---|
| `judge_net` | whether it is one 3-periodic 4-connected net, and which |
| `glance` | whether it is one, and whether it is a known type; not which new one |
| `identified` | which one |
| `refined` | the geometry it has as SiO2, R_DLS, its space group |
| `with_pores` | spheres, accessible volume, dimension of the channels |
| `with_energy` | energy above quartz, local distances |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.operations import expand_orbits
from zeoloom.judge.lid import lid
from zeoloom.judge.validity import fault_of, interrupted_type
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.nets.identity import describe
from zeoloom.silica.dls import STARTS, refine
from zeoloom.silica.energy import relax
from zeoloom.silica.pores import pores as pores_of
from zeoloom.structure.bonds import net_of
from zeoloom.structure.known_nets import framework_type_of_key, reference_fingerprints
from zeoloom.structure.reference import framework_density
from zeoloom.structure.standard import standardised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.nets.identity import NetDescription
    from zeoloom.nets.periodic_net import PeriodicNet
    from zeoloom.silica.energy import Relaxation
    from zeoloom.structure.records import Framework

FEASIBLE = 30.0
"""kJ/mol SiO2 above quartz (Pophale, Cheeseman & Deem, Phys. Chem. Chem. Phys. 2011)."""

LIKE_MADE = 16.0
"""kJ/mol SiO2. Every pure-silica zeolite made so far lies below (Bushuev & Sastre 2010)."""

MANY_SITES = 150
"""Asymmetric T atoms. No framework type has more than 99 (SFV); those that do are supercells."""

LOOSE_SYMPREC = 0.5
"""Å, how far the atoms of a supercell may be from their places; refinement puts them right."""

NEW = "new"
"""In place of a framework type code: the bundled reference has no such net."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of a framework; what is not known yet, or never, is empty or None.

    Attributes:
        name: unique within a run.
        file: where it came from; empty for what was made here.
        valid: it is one connected 3-periodic net of T atoms with exactly 4 T neighbours each, not
            interpenetrated, no two of them overlapping.
        reason: why it is not valid, or what else went wrong; empty if nothing did.
        framework_type: IZA code (of an interrupted type too, though that is not valid), `NEW`, or
            empty if it is neither.
        known_as: name of the user's own structure that has the same net, if any.
        key: identity of its net (`nets.identity.NetKey.text`).
        framework: as given after `judge_net`; from `refined` on the SiO2 in the standard setting of
            the space group it truly has. None if it is not valid or cannot be built.
        n_t: T atoms in the cell of `framework`.
        n_t_unique: T atoms that no symmetry of the net makes equal.
        density: T atoms per 1000 Å^3 of `framework`.
        r_dls: residual of distance least squares.
        energy_kj_mol: per mol SiO2 above alpha-quartz, relaxed.
        energy_status: how the relaxation ended; empty if none was tried.
        lid: whether its local distances, relaxed, are those of real zeolites.
        rings: sizes of the smallest rings at its angles, increasing.
        largest_included_sphere: Å, diameter.
        largest_free_sphere: Å, diameter of what can travel through.
        accessible_volume: share of the volume, 0 to 1, where the centre of a sphere of 2.8 Å can
            be, in channels.
        channel_dim: 0 to 3, directions in which such a sphere can travel.
    """

    name: str
    file: str = ""
    valid: bool = False
    reason: str = ""
    framework_type: str = ""
    known_as: str = ""
    key: str = ""
    framework: Framework | None = None
    n_t: int = 0
    n_t_unique: int = 0
    density: float | None = None
    r_dls: float | None = None
    energy_kj_mol: float | None = None
    energy_status: str = ""
    lid: bool | None = None
    rings: tuple[int, ...] = ()
    largest_included_sphere: float | None = None
    largest_free_sphere: float | None = None
    accessible_volume: float | None = None
    channel_dim: int | None = None

    @property
    def feasible(self) -> bool | None:
        """Whether the energy is at most `FEASIBLE`; None if it is unknown."""
        return None if self.energy_kj_mol is None else self.energy_kj_mol <= FEASIBLE

    @property
    def like_made(self) -> bool | None:
        """Whether the energy is at most `LIKE_MADE`; None if it is unknown."""
        return None if self.energy_kj_mol is None else self.energy_kj_mol <= LIKE_MADE

    @property
    def new(self) -> bool:
        """Valid, and neither a framework type nor one of the user's own."""
        return self.framework_type == NEW and not self.known_as


def best_first(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Valid before the rest; known energies before unknown; then the lowest energy, then R_DLS."""

    def order(judgement: Judgement) -> tuple[bool, bool, float, float, str]:
        energy, r_dls = judgement.energy_kj_mol, judgement.r_dls
        return (
            not judgement.valid,
            energy is None,
            0.0 if energy is None else energy,
            np.inf if r_dls is None or judgement.framework is None else r_dls,
            judgement.name,
        )

    return sorted(judgements, key=order)


def judge_net(
    framework: Framework,
    *,
    file: str = "",
    against: Mapping[str, str] | None = None,
) -> Judgement:
    """Whether a framework is one 4-connected net, and which; never raises.

    Args:
        framework: with or without oxygen.
        file: where it came from.
        against: names of the user's own structures by the key of their net.
    """
    found = Judgement(framework.name, file)
    try:
        net = net_of(framework)
        found = replace(found, n_t=len(net), density=framework_density(framework))
        fault = fault_of(framework, net)
        if fault:
            return replace(found, reason=fault, framework_type=interrupted_type(net))
        told = describe(net)
    except InputError as error:
        return replace(found, reason=str(error))
    return replace(
        found,
        valid=True,
        reason=f"its identity is not certain: {told.key.reason}" if told.key.reason else "",
        framework_type=framework_type_of_key(told.key) or NEW,
        known_as=(against or {}).get(told.key.text, ""),
        key=told.key.text,
        framework=framework,
        n_t_unique=_unique(told, framework),
        rings=told.ring_sizes,
    )


def glance(framework: Framework, fingerprint: str, net: PeriodicNet | None = None) -> Judgement:
    """As `judge_net`, at a tenth of its time, but new nets are told by their fingerprints alone.

    A net whose fingerprint is that of no known type is new. What it is `identified` tells.

    Args:
        framework: with or without oxygen.
        fingerprint: of its net.
        net: that it has, if known.
    """
    if fingerprint in reference_fingerprints():
        return judge_net(framework)
    found = Judgement(framework.name)
    try:
        net = net or net_of(framework)
        found = replace(found, n_t=len(net), density=framework_density(framework))
        fault = fault_of(framework, net)
    except InputError as error:
        return replace(found, reason=str(error))
    if fault:
        return replace(found, reason=fault)
    return replace(
        found,
        valid=True,
        framework_type=NEW,
        key=f"~{fingerprint}",
        framework=framework,
        n_t_unique=len(framework.frac_t),
    )


def identified(judgement: Judgement) -> Judgement:
    """Its key, its T atoms that no symmetry of the net makes equal, its rings; never raises.

    Args:
        judgement: of `glance` or later. Without a framework it stays as it is.
    """
    if judgement.framework is None:
        return judgement
    told = describe(net_of(judgement.framework))
    return replace(
        judgement,
        framework_type=framework_type_of_key(told.key) or NEW,
        key=told.key.text,
        n_t_unique=_unique(told, judgement.framework),
        rings=told.ring_sizes,
    )


def refined(
    judgement: Judgement,
    *,
    cell_free: bool = True,
    hopeless: float = np.inf,
    starts: int = STARTS,
    fingerprint: str = "",
) -> Judgement:
    """The net as SiO2, by distance least squares; never raises.

    Args:
        judgement: of `judge_net`. If it is not valid it stays as it is.
        cell_free: whether the cell is refined too.
        hopeless: R_DLS above which no second start is tried.
        starts: of the least squares that are tried at most.
        fingerprint: of its net, if known.
    """
    if not judgement.valid or judgement.framework is None:
        return judgement
    try:
        # equal nets have equal fingerprints, and those are much quicker than keys
        before = fingerprint or fingerprint_of(net_of(judgement.framework))
        given = _with_symmetry(judgement.framework, before)
        result = refine(given, cell_free=cell_free, hopeless=hopeless, starts=starts)
        collapsed = result.status == "collapsed"
        # in a collapsed cell everything is near everything
        kept = not collapsed and fingerprint_of(net_of(result.framework)) == before
    except InputError as error:
        return replace(judgement, framework=None, reason=f"cannot be built as SiO2: {error}")
    judgement = replace(judgement, framework=None, r_dls=result.r_dls)
    if collapsed:
        return replace(judgement, reason=f"cannot be built of tetrahedra: {result.reason}")
    if not kept:
        return replace(judgement, reason="its bonds changed when it was refined")
    refined_framework = result.framework
    n_t, _ = expand_orbits(
        refined_framework.frac_t, refined_framework.operations, refined_framework.cell
    )
    return replace(
        judgement,
        framework=refined_framework,
        n_t=len(n_t),
        density=framework_density(refined_framework),
        reason=judgement.reason or result.reason,
    )


def with_pores(judgement: Judgement, *, seed: int = 0) -> Judgement:
    """Spheres, accessible volume and channels; never raises.

    Args:
        judgement: of `refined`. Without a framework it stays as it is.
        seed: of the random points that volumes are counted with.
    """
    if judgement.framework is None:
        return judgement
    try:
        found = pores_of(judgement.framework, seed=seed)
    except InputError as error:
        return replace(judgement, reason=judgement.reason or f"pores not measured: {error}")
    return replace(
        judgement,
        largest_included_sphere=found.included,
        largest_free_sphere=found.free,
        accessible_volume=found.accessible_volume / 1000.0,
        channel_dim=found.channel_dimension,
    )


def relaxed(judgement: Judgement, relaxation: Relaxation) -> Judgement:
    """A judgement with what relaxation tells: energy and local distances.

    Args:
        judgement: of `refined`; its framework stays as refined.
        relaxation: of that framework.
    """
    if relaxation.status != "relaxed" or relaxation.framework is None:
        told = "" if relaxation.status == "skipped" else f"not relaxed: {relaxation.reason}"
        return replace(judgement, energy_status=relaxation.status, reason=judgement.reason or told)
    if not relaxation.bonds_kept:
        return replace(
            judgement,
            energy_status="bonds broken",
            reason=judgement.reason or "its bonds changed when it was relaxed",
        )
    return replace(
        judgement,
        energy_kj_mol=relaxation.energy_kj_mol,
        energy_status=relaxation.status,
        lid=lid(relaxation.framework).passed,
    )


def with_energy(judgement: Judgement, *, seconds: float = 120.0, seed: int = 0) -> Judgement:
    """Energy and local distances; never raises. A campaign relaxes many at once: see `relaxed`.

    Args:
        judgement: of `refined`. Without a framework it stays as it is.
        seconds: time limit.
        seed: of the small displacements at the start.
    """
    if judgement.framework is None:
        return judgement
    return relaxed(judgement, relax(judgement.framework, seconds=seconds, seed=seed))


def judge_framework(
    framework: Framework,
    *,
    against: Mapping[str, str] | None = None,
    cell_free: bool = True,
    pores: bool = True,
    energy: bool = True,
    seconds: float = 120.0,
    seed: int = 0,
) -> Judgement:
    """The whole verdict on one framework; never raises.

    Args:
        framework: with or without oxygen.
        against: names of the user's own structures by the key of their net.
        cell_free: whether the cell is refined too.
        pores: whether to measure the pores.
        energy: whether to relax it, for energy and local distances.
        seconds: time limit of the relaxation.
        seed: of everything random.
    """
    judgement = refined(judge_net(framework, against=against), cell_free=cell_free)
    if pores:
        judgement = with_pores(judgement, seed=seed)
    return with_energy(judgement, seconds=seconds, seed=seed) if energy else judgement


def _unique(told: NetDescription, framework: Framework) -> int:
    """T atoms that no symmetry of the net makes equal, or no symmetry of the framework."""
    return int(told.orbits.max()) + 1 if told.key.exact else len(framework.frac_t)


def _with_symmetry(framework: Framework, fingerprint: str) -> Framework:
    """The framework in a group it has, so that a supercell is not refined atom by atom."""
    found = standardised(framework)
    if len(found.frac_t) <= MANY_SITES:
        return found
    loose = standardised(framework, LOOSE_SYMPREC)
    return loose if fingerprint_of(net_of(loose)) == fingerprint else found
