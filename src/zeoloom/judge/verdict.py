"""How a framework is judged, step by step.

Each step takes a judgement and returns a fuller one. Cheap steps come first, so that a run can drop
duplicates and nets without prospects in between. Files take the first way, a search the second:

    judge_net -> refined -> with_nearest_type -> with_pores -> with_energy
    quick_check -> refined -> identified -> with_nearest_type -> with_pores -> with_energy

| step | decides |
|---|---|
| `judge_net` | whether it is one 3-periodic 4-connected net, and which |
| `quick_check` | whether it is one, and whether it is known; not which new one |
| `identified` | which new one |
| `refined` | the geometry it has as SiO2, R_DLS, its space group |
| `with_nearest_type` | which known type it is most like |
| `with_pores` | spheres, accessible volume, dimension of the channels |
| `with_energy` | energy above quartz, local distances, likeness |
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.operations import expand_orbits
from zeoloom.judge.judgement import NEW, Judgement
from zeoloom.judge.properties import with_energy, with_likeness, with_nearest_type, with_pores
from zeoloom.judge.validity import fault_of, interrupted_type
from zeoloom.nets.family import family_name
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.nets.identity import describe
from zeoloom.silica.dls import STARTS, refine
from zeoloom.structure.bonds import net_of
from zeoloom.structure.building_units import units_in
from zeoloom.structure.known_nets import framework_type_of_key, reference_fingerprints
from zeoloom.structure.own_nets import NO_OWN
from zeoloom.structure.reference import framework_density
from zeoloom.structure.standard import standardised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zeoloom.nets.identity import NetDescription
    from zeoloom.nets.periodic_net import PeriodicNet
    from zeoloom.structure.own_nets import OwnReference
    from zeoloom.structure.records import Framework

MANY_SITES = 150
"""Asymmetric T atoms. No framework type has more than 99 (SFV); those that do are supercells."""

LOOSE_SYMPREC = 0.5
"""Å by which the atoms of a supercell may break its symmetry; refinement restores it."""


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
        description = describe(net)
    except InputError as error:
        return replace(found, reason=str(error))
    return replace(
        found,
        valid=True,
        reason=f"its identity is not certain: {description.key.reason}"
        if description.key.reason
        else "",
        framework_type=framework_type_of_key(description.key) or NEW,
        known_as=(against or {}).get(description.key.text, ""),
        key=description.key.text,
        family=family_name(description.vertex_symbols),
        framework=framework,
        n_t_unique=_unique(description, framework),
        rings=description.ring_sizes,
        units=_units(description, net),
    )


def quick_check(
    framework: Framework,
    fingerprint: str,
    net: PeriodicNet | None = None,
    own: OwnReference = NO_OWN,
) -> Judgement:
    """As `judge_net`, in a tenth of its time: a new net is named by its fingerprint alone.

    A net whose fingerprint is that of no known net is new; `identified` computes its exact key.

    Args:
        framework: with or without oxygen.
        fingerprint: of its net.
        net: that it has, if known.
        own: the user's nets.
    """
    if fingerprint in reference_fingerprints() or fingerprint in own.fingerprints:
        return judge_net(framework, against=own.names)
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
    """Its key, family, rings and units, its T atoms that no symmetry makes equal; never raises.

    Args:
        judgement: of `quick_check` or later. Without a framework it stays as it is.
    """
    if judgement.framework is None:
        return judgement
    net = net_of(judgement.framework)
    description = describe(net)
    return replace(
        judgement,
        framework_type=framework_type_of_key(description.key) or NEW,
        key=description.key.text,
        family=family_name(description.vertex_symbols),
        n_t_unique=_unique(description, judgement.framework),
        rings=description.ring_sizes,
        units=_units(description, net),
    )


def refined(
    judgement: Judgement,
    *,
    cell_free: bool = True,
    one_start_above: float = np.inf,
    starts: int = STARTS,
    fingerprint: str = "",
    hopeless: float = np.inf,
    in_own_group: bool = False,
) -> Judgement:
    """The net as SiO2, by distance least squares; never raises.

    Args:
        judgement: of `judge_net`. If it is not valid it stays as it is.
        cell_free: whether the cell is refined too.
        one_start_above: R_DLS after the first start above which no other start is tried.
        starts: of the least squares that are tried at most.
        fingerprint: of its net, if known.
        hopeless: R_DLS; a net that is above after a few evaluations is left without a framework.
        in_own_group: whether the group is that in which the framework was searched for, so that a
            larger one need not be looked for before it is refined.
    """
    if not judgement.valid or judgement.framework is None:
        return judgement
    try:
        # equal nets have equal fingerprints, and those are much quicker than keys
        before = fingerprint or fingerprint_of(net_of(judgement.framework))
        given = judgement.framework
        given = given if in_own_group else _with_symmetry(given, before)
        result = refine(
            given,
            cell_free=cell_free,
            one_start_above=one_start_above,
            starts=starts,
            hopeless=hopeless,
        )
        if result.r_dls > hopeless:
            reason = f"cannot be built well as SiO2: R_DLS {result.r_dls:.4f}"
            return replace(judgement, framework=None, r_dls=result.r_dls, reason=reason)
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
    judgement = with_likeness(with_nearest_type(judgement))
    if pores:
        judgement = with_pores(judgement, seed=seed)
    return with_energy(judgement, seconds=seconds, seed=seed) if energy else judgement


def _unique(description: NetDescription, framework: Framework) -> int:
    """T atoms that no symmetry of the net makes equal, or no symmetry of the framework."""
    return int(description.orbits.max()) + 1 if description.key.exact else len(framework.frac_t)


def _units(description: NetDescription, net: PeriodicNet) -> tuple[str, ...]:
    """Its composite building units, looked for from one T atom of each kind."""
    _, roots = np.unique(description.orbits, return_index=True)
    return units_in(net, roots=roots)


def _with_symmetry(framework: Framework, fingerprint: str) -> Framework:
    """The framework in a group it has, so that a supercell is not refined atom by atom."""
    found = standardised(framework)
    if len(found.frac_t) <= MANY_SITES:
        return found
    loose = standardised(framework, LOOSE_SYMPREC)
    return loose if fingerprint_of(net_of(loose)) == fingerprint else found
