"""What is known of a framework: one record, filled in step by step by `judge.verdict`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.correlation import merit_of
from zeoloom.structure.known_nets import known_nets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.structure.records import Framework

FEASIBLE = 30.0
"""kJ/mol SiO2 above quartz (Pophale, Cheeseman & Deem, Phys. Chem. Chem. Phys. 2011)."""

LIKE_MADE = 16.0
"""kJ/mol SiO2. Every pure-silica zeolite made so far lies below (Bushuev & Sastre 2010)."""

NEW = "new"
"""In place of a framework type: the bundled reference has no such net."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of a framework; what is not known yet, or never, is empty or None.

    Attributes:
        name: unique within a run.
        file: where it came from; empty for what was made here.
        valid: it is one connected 3-periodic net of T atoms with exactly 4 T neighbours each, not
            interpenetrated, no two of them overlapping.
        reason: why it is not valid, or what else went wrong; empty if nothing did.
        framework_type: IZA code (of an interrupted type too, though that is not valid), name of a
            dense net, `NEW`, or empty if it is none of these.
        known_as: name of the user's own structure that has the same net, if any.
        key: identity of its net (`nets.identity.NetKey.text`).
        family: name of the set of its vertex symbols (`nets.family`).
        framework: as given, or once refined the SiO2 in the standard setting of
            the space group it truly has. None if it is not valid or cannot be built.
        n_t: T atoms in the cell of `framework`.
        n_t_unique: T atoms that no symmetry of the net makes equal.
        density: T atoms per 1000 Å^3 of `framework`.
        r_dls: residual of distance least squares.
        given: the SiO2 in the cell and setting that `solve` was given; None if it cannot be built
            there, or no cell was given.
        r_dls_cell: residual of distance least squares with that cell held.
        e2: correlation of measured and calculated intensities (`diffraction.correlation`).
        r_wp: weighted-profile R, or R of group intensities where there is no profile.
        energy_kj_mol: per mol SiO2 above alpha-quartz, relaxed.
        energy_status: how the relaxation ended; empty if none was tried.
        relaxed_density: T atoms per 1000 Å^3 of the relaxed framework.
        lid: whether its local distances, relaxed, are those of real zeolites.
        rings: sizes of the smallest rings at its angles, increasing.
        largest_included_sphere: Å, diameter.
        largest_free_sphere: Å, diameter of what can travel through.
        accessible_volume: share of the volume, 0 to 1, where the centre of a sphere of 2.8 Å can
            be, in channels.
        channel_dim: 0 to 3, directions in which such a sphere can travel.
        nearest_type: the framework type whose T atoms lie most like its own, by average minimum
            distances (`structure.nearest_type`), and
        nearest_distance: how far it is, in Å.
        units: the composite building units that it contains.
        accessible_surface: m^2/g, of the channels, where such a sphere touches atoms.
        pore_size: Å, median diameter of the largest spheres around places in the pores.
        pore_distribution: shares of the volume of the pores by that diameter: `6.5-7 Å 12 %`.
        window: T atoms of the largest ring that a channel runs through; 0 if there is no channel.
        windows: of each channel, the widest first, the ring and the direction: `12 [0 0 1]`.
        likeness: to zeolites that were made, 0 to 1 (`judge.likeness`).
        energy_above_line: kJ/mol above that of a usual known type of its density.
        henry_ch4: mol/(kg bar), Henry coefficient of methane at 300 K.
        heat_ch4: kJ/mol, its heat of adsorption at 300 K without loading.
        henry_co2: as of methane, and
        heat_co2: the same of carbon dioxide.
        notices: what was left out, chosen or mended when its file was read.
    """

    name: str
    file: str = ""
    valid: bool = False
    reason: str = ""
    framework_type: str = ""
    known_as: str = ""
    key: str = ""
    family: str = ""
    framework: Framework | None = None
    n_t: int = 0
    n_t_unique: int = 0
    density: float | None = None
    r_dls: float | None = None
    given: Framework | None = None
    r_dls_cell: float | None = None
    e2: float | None = None
    r_wp: float | None = None
    energy_kj_mol: float | None = None
    energy_status: str = ""
    relaxed_density: float | None = None
    lid: bool | None = None
    rings: tuple[int, ...] = ()
    largest_included_sphere: float | None = None
    largest_free_sphere: float | None = None
    accessible_volume: float | None = None
    channel_dim: int | None = None
    nearest_type: str = ""
    nearest_distance: float | None = None
    units: tuple[str, ...] | None = None
    accessible_surface: float | None = None
    pore_size: float | None = None
    pore_distribution: tuple[str, ...] = ()
    window: int | None = None
    windows: tuple[str, ...] = ()
    likeness: float | None = None
    energy_above_line: float | None = None
    henry_ch4: float | None = None
    heat_ch4: float | None = None
    henry_co2: float | None = None
    heat_co2: float | None = None
    notices: tuple[str, ...] = ()

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
        """Valid, and no net of the reference nor one of the user's own."""
        return self.framework_type == NEW and not self.known_as

    @property
    def kind(self) -> str:
        """`NEW`, or the kind of known net (`structure.known_nets.Kind`); empty if it is no net."""
        if self.framework_type in known_nets():
            return known_nets()[self.framework_type].kind
        if self.framework_type != NEW:
            return ""
        return "own" if self.known_as else NEW

    @property
    def known_name(self) -> str:
        """The name that its net has, in the reference or by the user; `NEW`, or empty."""
        return self.known_as if self.kind == "own" else self.framework_type

    @property
    def other_names(self) -> tuple[str, ...]:
        """Other codes or names of its net, if it is a bundled one."""
        known = known_nets().get(self.framework_type)
        return () if known is None else known.also

    @property
    def label(self) -> str:
        """What it is, for a table: "CHA", "dense: quartz", "interrupted: CLO", "new" ..."""
        kind = self.kind
        if not self.valid:
            return f"{kind}: {self.framework_type}" if self.framework_type else "not valid"
        if kind == "dense":
            return f"dense: {self.framework_type}"
        if kind != "zeolite":
            return self.known_name
        return ", ".join(
            (self.framework_type, *self.other_names, *([self.known_as] * bool(self.known_as)))
        )


def best_first(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Valid before the rest; with data the greatest merit by E2 and strain in the cell given.

    Then known energies before unknown, and feasible ones; the most like made zeolites, in steps of
    a tenth; then the lowest energy, then R_DLS.
    """

    def order(judgement: Judgement) -> tuple[bool, float, bool, bool, float, float, float, str]:
        energy, r_dls = judgement.energy_kj_mol, judgement.r_dls
        return (
            not judgement.valid,
            np.inf if judgement.e2 is None else -merit_of(judgement.e2, _strain_in(judgement)),
            energy is None,
            judgement.feasible is False,
            0.0 if energy is None else -round(judgement.likeness or 0.0, 1),
            0.0 if energy is None else energy,
            np.inf if r_dls is None or judgement.framework is None else r_dls,
            judgement.name,
        )

    return sorted(judgements, key=order)


def _strain_in(judgement: Judgement) -> float:
    """R_DLS with the cell held; infinite if it is not known."""
    return np.inf if judgement.r_dls_cell is None else judgement.r_dls_cell


def family_of(judgement: Judgement) -> str:
    """The family it counts as: a net whose vertex symbols are not known is one of its own."""
    return judgement.family or judgement.key or judgement.name


def families_first(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The best of each family, the best first; then the others, the best first.

    What is not valid comes last.
    """
    ordered = best_first(judgements)
    first: dict[str, Judgement] = {}
    for each in ordered:
        if each.valid:
            first.setdefault(family_of(each), each)
    leading = {id(each) for each in first.values()}
    return [*first.values(), *(each for each in ordered if id(each) not in leading)]


def more_beside(ordered: Sequence[Judgement]) -> dict[str, int]:
    """How many other nets there are in the family of its best, by the name of the best.

    Args:
        ordered: as `families_first` gives them.
    """
    nets: dict[str, dict[str, str]] = {}
    for each in ordered:
        if each.valid:
            nets.setdefault(family_of(each), {}).setdefault(each.key or each.name, each.name)
    return {next(iter(names.values())): len(names) - 1 for names in nets.values()}
