"""How a batch of crystals is searched, and its state from stage to stage."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zeoloom.judge.conditions import NO_CONDITIONS
from zeoloom.silica.dls import STARTS
from zeoloom.structure.own_nets import NO_OWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.judge.conditions import Conditions
    from zeoloom.judge.judgement import Judgement
    from zeoloom.search.annealing import AnnealingPlan
    from zeoloom.search.candidates import Candidate
    from zeoloom.search.target import Target
    from zeoloom.search.wyckoff import WyckoffConstraint
    from zeoloom.structure.own_nets import OwnReference

GRACE = 0.5
"""Seconds that each of the quick stages has for what was found, though the time be up."""

R_DLS_OF_ONE_START = 0.012
"""R_DLS after the first start of a refinement above which no other start is tried; next to never
does another one make such a net good."""


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """How a batch is searched.

    Attributes:
        sampler: that carries points down the noise levels.
        steps: noise levels.
        annealing: schedule of the annealing.
        generations: of crystals that are denoised anew before it, if a guide leads them.
        dls_starts: starts of the distance least squares at most.
        max_strain: cost of its worst atom above which a new net is not refined.
        max_r_dls: of nets whose exact key is computed.
        seconds: after which all stages end, with what they have.
        in_given_cell: whether nets are refined in the cell that was given too.
        measurement: of the cell and group of all crystals, to compare them with.
        own: the user's nets, which are not new.
        conditions: on frameworks; what cannot meet them is not judged further.
        relax_seconds: time limit of each relaxation, where energies are asked for.
    """

    sampler: Sampler
    steps: int
    annealing: AnnealingPlan
    generations: int = 16
    dls_starts: int = STARTS
    max_strain: float = math.inf
    max_r_dls: float = R_DLS_OF_ONE_START
    seconds: float = math.inf
    in_given_cell: bool = False
    measurement: Measurement | None = None
    own: OwnReference = NO_OWN
    conditions: Conditions = NO_CONDITIONS
    relax_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class BatchState:
    """The state of a batch; each stage fills in its part.

    Attributes:
        targets: the cell, group and numbers of atoms that are asked for, of each crystal.
        annealing_ends: on the clock of `time.monotonic`.
        ends: likewise; that of everything, as checks_end and refinement_ends are of their stages.
        constraint: keeps points on assigned Wyckoff positions; None before.
        points: (B, N, 3) Å, denoised; None before.
        candidates: the crystals that are annealed.
        valid: valid candidates that were met; the same net may come again.
        valid_at_once: of these, those that needed no annealing.
        times_met: how often each net was met, by its fingerprint.
        best: of each net the candidate of least cost, by its fingerprint, the least first; with a
            guide only of those that agree best with what was measured, the best first.
        others: of nets that lie in the given cell in several positions, the further embeddings,
            as many as are to be refined; the better ones first.
        judgements: of these nets, by their fingerprints, in the same order.
        seconds: that each stage took.
    """

    targets: tuple[Target, ...] = ()
    annealing_ends: float = math.inf
    checks_end: float = math.inf
    refinement_ends: float = math.inf
    ends: float = math.inf
    constraint: WyckoffConstraint | None = None
    points: Tensor | None = None
    candidates: tuple[Candidate, ...] = ()
    valid: tuple[Candidate, ...] = ()
    valid_at_once: int = 0
    times_met: Mapping[str, int] = field(default_factory=dict)
    best: Mapping[str, Candidate] = field(default_factory=dict)
    others: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
