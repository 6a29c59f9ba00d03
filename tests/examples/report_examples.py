"""Judged frameworks to report on: a few small types as they are refined, and one strained apart."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from silica_examples import shaken
from zeoloom.diffraction.beam import beam_of_text
from zeoloom.diffraction.fitted_profile import FittedProfile
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.peak_shape import shape_of_cell
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.operations import identity_first
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.judge.judgement import NEW, Judgement
from zeoloom.nets.identity import describe
from zeoloom.report.measured_data import GroupTried, MeasuredRun
from zeoloom.silica.dls import refine
from zeoloom.structure.bonds import net_of
from zeoloom.structure.known_nets import framework_type_of_key
from zeoloom.structure.records import Framework
from zeoloom.structure.reference import framework_density, load_reference

HOSTILE = "</script><b>\"quotes\" & 'ünicode' 你好 {{data}}"

TYPES = ("SOD", "CHA", "ABW", "MER")

WORDS: dict[str, Any] = {
    "title": f"Report {HOSTILE}",
    "counts": {
        "tried": 40,
        "valid": 12,
        "unique": 6,
        "new": 2,
        "feasible": 1,
        "new_feasible": 0,
        "new_feasible_share": 0.0,
    },
    "facts": {"command": "zeoloom generate -n 40 <b>", "seed": 1},
    "seconds": {"sampling": 812.0, "refinement": 12.3},
}


def judged(name: str, framework: Framework) -> Judgement:
    """What can be said of a framework without energy and pores."""
    refined = refine(framework)
    about = describe(net_of(refined.framework))
    return Judgement(
        name=name,
        file=f"{name}.cif",
        valid=True,
        framework_type=framework_type_of_key(about.key) or NEW,
        key=about.key.text,
        framework=refined.framework,
        n_t=len(net_of(refined.framework)),
        n_t_unique=len(set(about.orbits.tolist())),
        density=framework_density(refined.framework),
        r_dls=refined.r_dls,
        rings=about.ring_sizes,
    )


@cache
def some_judgements() -> tuple[Judgement, ...]:
    """Four known types, one of them with a hostile name as if it were new, and one not valid.

    Energies are no results: they only put the points somewhere.
    """
    reference = load_reference()
    known = [judged(code, reference[code]) for code in TYPES]
    known = [
        replace(one, energy_kj_mol=12.0 + 9.0 * place, energy_status="relaxed", lid=place < 2)
        for place, one in enumerate(known)
    ]
    strained = shaken(reference["SOD"], 0.05, 0.02, seed=3)
    new = replace(
        known[0],
        name=HOSTILE,
        framework_type=NEW,
        framework=strained,
        density=framework_density(strained),
        energy_kj_mol=None,
        largest_included_sphere=6.3,
        largest_free_sphere=2.5,
        accessible_volume=0.213,
        channel_dim=0,
    )
    lost = Judgement("lost", file="lost.cif", reason="T1 has 3 neighbours")
    return (lost, *reversed(known), new)


@cache
def measured_judgements() -> tuple[tuple[Judgement, ...], MeasuredRun]:
    """Chabazite compared with its own pattern, and a sodalite that was not compared further."""
    chabazite = load_reference()["CHA"]
    reflections = simulated(chabazite, Difficulty(), np.random.default_rng(0))
    measurement = measurement_of(reflections, identity_first(chabazite.operations))
    known = {each.name: each for each in some_judgements()}
    first = replace(known["CHA"], given=chabazite, e2=0.91, r_dls_cell=0.003)
    second = replace(known["SOD"], e2=0.3, r_dls_cell=0.04)
    groups = [GroupTried("R-3m", 3, 1, 0.91), GroupTried("R-3", 1, 0, 0.3)]
    return (first, second), MeasuredRun("solved: CHA", groups, {"CHA": measurement}, some_profile())


def some_profile() -> FittedProfile:
    """A pattern of chabazite with one peak, at its first reflection."""
    chabazite = load_reference()["CHA"]
    angles = np.arange(5.0, 50.0, 0.02)
    fitted = 100.0 + 900.0 * np.exp(-(((angles - 9.5) / 0.1) ** 2))
    shape = shape_of_cell(chabazite.cell, chabazite.operations, 0.15)
    background = np.full(len(angles), 100.0)
    beam = beam_of_text("CuKa")
    esd = np.sqrt(fitted)
    return FittedProfile(angles, fitted, esd, fitted, background, beam, shape, "xray")


def chain() -> Framework:
    """One T atom in a cell: bonded with its own images along a alone."""
    cell = cell_from_parameters([3.1, 9.0, 9.0, 90.0, 90.0, 90.0])
    nothing = np.zeros((0, 3))
    return Framework(
        "chain", cell, 1, "P1", operations_of_hall_number(1), np.zeros((1, 3)), ("T1",), nothing
    )


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read
