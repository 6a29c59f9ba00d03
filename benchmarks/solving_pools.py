"""Candidates for patterns, made once: what `solve` finds in the cells of known types.

    python benchmarks/solving_pools.py pools.pkl --seconds 8

For each type of a list the cell is strained a little, as real cells differ from those of the
reference, and searched in the right group and in a wrong one; with `--guided` also for a pattern
that is of no framework, of intensities drawn at random. The pools are what
`benchmarks/diffraction.py` ranks against simulated patterns, and what
`scripts/build_confidence.py` learns from. Nothing of the time split is in the list.
"""

from __future__ import annotations

import argparse
import itertools
import pickle
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

import zeoloom
from zeoloom.diffraction.correlation import local_weights, two_theta_of
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import expand_orbits, identity_first, symmetrised_metric
from zeoloom.geometry.space_groups import (
    HALL_NUMBERS,
    lattice_system,
    number_of_hall_number,
    operations_of_hall_number,
    settings_that_fit,
)
from zeoloom.judge.given_cell import refined_as_given
from zeoloom.judge.verdict import quick_check
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.run.search_growth import Growth
from zeoloom.run.search_targets import draw_targets
from zeoloom.run.search_tasks import LONGER_AT_ONCE, guided_plan, search_plan
from zeoloom.search.candidates import candidate_framework, candidate_net
from zeoloom.search.context import Search
from zeoloom.search.embeddings import embedding_of, on_other_axes
from zeoloom.search.guide import guide_from
from zeoloom.search.pipeline import find_nets
from zeoloom.structure.bonds import net_of

if TYPE_CHECKING:
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.diffraction.reflections import Reflections
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.records import Framework

TYPES = (
    *("CHA", "FAU", "LTA", "RHO", "SOD", "GIS", "ANA", "KFI", "MER", "ABW", "CAN", "GME", "AFI"),
    *("ERI", "LEV", "LTL", "MAZ", "OFF", "PAU", "EDI", "NAT", "THO", "PHI", "GOO", "BRE", "JBW"),
    *("AEI", "BEC", "MTN", "ATS", "VFI", "EMT", "FER", "MOR", "TON", "MTT", "CAS", "DOH", "LAU"),
    *("HEU", "NON", "STF", "STI", "EPI", "DAC", "BOG", "CON", "DDR", "MEL", "MTW", "MFI"),
)
"""From one to twelve unique T atoms; minerals and catalysts of the textbooks."""

STRAIN = 0.008
"""Standard deviation of the strain of each axis."""

MOST_FOREIGN = 5
"""Lines of another phase in a pattern."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What was found in one cell and group.

    Attributes:
        code: framework type that the cell is of.
        right: whether the group is that of the type.
        framework: the type in the strained cell, with oxygen.
        hall_number: of the group searched.
        fingerprint: of the type's net.
        found: (framework with oxygen in the cell searched, its R_DLS there) by fingerprint.
        data: the simulated pattern that guided the search; None without a guide.
    """

    code: str
    right: bool
    framework: Framework
    hall_number: int
    fingerprint: str
    found: dict[str, tuple[Framework, float]]
    data: Reflections | None = None


def strained(framework: Framework, rng: np.random.Generator) -> Framework:
    """The framework in a cell that is strained as its group allows."""
    cell = framework.cell * (1.0 + STRAIN * rng.standard_normal(3))[:, None]
    metric = symmetrised_metric(cell, framework.operations)
    return replace(framework, cell=np.linalg.cholesky(metric))


def hall_number_of_framework(framework: Framework) -> int:
    """The setting whose operations a framework of the reference has."""
    for hall_number in HALL_NUMBERS:
        table = operations_of_hall_number(hall_number)
        if (
            table.rotations.shape == framework.operations.rotations.shape
            and (table.rotations == framework.operations.rotations).all()
            and np.allclose(table.translations, framework.operations.translations)
        ):
            return hall_number
    raise ValueError(framework.name)


def wrong_group(framework: Framework, right: int, rng: np.random.Generator) -> int:
    """A group of the same lattice system that the cell allows, in one of its settings."""
    number = number_of_hall_number(right)
    alike = [
        each
        for each in range(1, 231)
        if lattice_system(each) == lattice_system(number) and each != number
    ]
    rng.shuffle(alike)
    for each in alike:
        fitting = settings_that_fit(each, framework.cell)
        if fitting and len(operations_of_hall_number(fitting[0])) >= len(framework.operations) / 4:
            return fitting[0]
    raise ValueError(framework.name)


def drawn_difficulty(rng: np.random.Generator) -> Difficulty:
    """What makes one pattern hard."""
    return Difficulty(
        shift=float(rng.choice([0.05, 0.1, 0.15])),
        aluminium=float(rng.choice([0.0, 0.2])),
        guests=float(rng.choice([0.0, 0.2, 0.4])),
        noise=float(rng.choice([0.05, 0.1, 0.2])),
        texture=float(rng.choice([1.0, 0.8])),
        fwhm=float(rng.choice([0.1, 0.15, 0.2, 0.3])),
        first=float(rng.choice([5.0, 10.0])),
        foreign=int(rng.integers(MOST_FOREIGN + 1)),
        last=float(rng.choice([40.0, 50.0, 65.0])),
    )


def of_no_framework(data: Reflections, rng: np.random.Generator) -> Reflections:
    """Data whose groups have intensities of atoms anywhere (Wilson), with the local means kept."""
    sums = np.bincount(data.group, weights=data.intensity)
    angles = np.bincount(data.group, weights=two_theta_of(data.d)) / np.bincount(data.group)
    random = rng.exponential(local_weights(angles) @ sums)
    ratio = random / np.where(sums > 0.0, sums, np.inf)
    return replace(data, intensity=data.intensity * ratio[data.group])


def operations_in(hall_number: int) -> SymmetryOperations:
    """Operations of a setting, the identity first."""
    return identity_first(operations_of_hall_number(hall_number))


def search_pool(
    request: zeoloom.SolveRequest,
    model: zeoloom.Model,
    seconds: float,
    seed: int,
    measurement: Measurement | None = None,
) -> dict[str, tuple[Framework, float]]:
    """All nets found in a time, as SiO2 in the cell given; of each the least strained embedding."""
    guide = None if measurement is None else guide_from(measurement)
    if guide is not None:  # targets are drawn as for a pattern, which is not read
        request = request.model_copy(update={"pattern": Path()})
    draw = draw_targets(request, model)
    unguided = request.model_copy(update={"pattern": None})
    rng = torch.Generator().manual_seed(seed)
    search = Search(model.network, torch.device("cpu"), rng)
    found: dict[str, tuple[Framework, float]] = {}
    embeddings: set[tuple[str, str]] = set()
    ends = time.monotonic() + seconds
    for turn in itertools.count():
        if time.monotonic() > ends:
            break
        plan, targets = search_plan(unguided, ends - time.monotonic()), draw(rng, Growth())
        if guide is not None:
            longer = turn % 2 == 1
            plan = guided_plan(plan, guide, longer=longer)
            targets = targets[:LONGER_AT_ONCE] if longer else targets
        batch = find_nets(targets, search, plan)
        candidates = [
            (fingerprint, each)
            for fingerprint, first in batch.best.items()
            for each in (first, *batch.others.get(fingerprint, ()), *on_other_axes(first))
        ]
        for fingerprint, candidate in candidates:
            met = (fingerprint, embedding_of(candidate))
            if met in embeddings or time.monotonic() > ends + 0.3 * seconds:
                continue
            embeddings.add(met)
            net = candidate_net(candidate)
            judged = quick_check(candidate_framework(candidate, fingerprint), fingerprint, net)
            judged = refined_as_given(judged, fingerprint=fingerprint, one_start_above=0.012)
            before = found[fingerprint][1] if fingerprint in found else np.inf
            if judged.given is not None and (judged.r_dls_cell or 0.0) < before:
                found[fingerprint] = (judged.given, judged.r_dls_cell or 0.0)
    return found


def pools_of(
    code: str,
    model: zeoloom.Model,
    seconds: float,
    rng: np.random.Generator,
    wrong: bool,
    guided: bool = False,
) -> list[Pool]:
    """The pools of a type: in its own group, in a wrong one, and for a pattern of no framework."""
    framework = strained(zeoloom.load_reference()[code], rng)
    right = hall_number_of_framework(framework)
    fingerprint = fingerprint_of(net_of(framework))
    pools = []
    data = simulated(framework, drawn_difficulty(rng), rng) if guided else None
    searches = [(right, data, fingerprint)]
    if wrong:
        searches.append((wrong_group(framework, right, rng), data, fingerprint))
        if data is not None:
            searches.append((right, of_no_framework(data, rng), ""))
    atoms = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    for hall, measured, name in searches:
        known = len(framework.frac_t) > 4 and hall == right
        request = zeoloom.SolveRequest(
            cell=tuple(parameters_from_cell(framework.cell).tolist()),
            space_group=(hall,),
            atoms=atoms if known else None,
            density=None if known else (10.0, 21.0),
        )
        try:
            measurement = (
                None if measured is None else measurement_of(measured, operations_in(hall))
            )
            found = search_pool(request, model, seconds, int(rng.integers(2**31)), measurement)
        except InputError as error:
            print(f"{code} hall:{hall}: {error}")
            continue
        is_right = hall == right and name != ""
        pools.append(Pool(code, is_right, framework, hall, name, found, measured))
        print(
            f"{code} hall:{hall} {'right' if is_right else 'wrong' if name else 'no framework'}: "
            f"{len(found)} nets, {'with' if name in found else 'without'} the type's own",
            flush=True,
        )
    return pools


def main() -> None:
    """Make the pools."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--seconds", type=float, default=8.0, help="for each cell and group")
    parser.add_argument("--codes", nargs="+", default=TYPES)
    parser.add_argument("--no-wrong", action="store_true", help="right groups only")
    parser.add_argument("--guided", action="store_true", help="by a pattern, as `solve --pattern`")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = zeoloom.load_model("crystal", torch.device("cpu"))
    rng = np.random.default_rng(options.seed)
    pools: list[Pool] = []
    for code in options.codes:
        wrong, guided = not options.no_wrong, options.guided
        pools += pools_of(code, model, options.seconds, rng, wrong, guided)
        options.output.write_bytes(pickle.dumps(pools))


if __name__ == "__main__":
    # the pools are of the class of a module that others can import, not of this program
    import solving_pools

    solving_pools.main()
