"""What a framework is worth: one record, filled in step by step.

The steps go from cheap to dear, and each takes a judgement and gives a fuller one, so that a
campaign can drop duplicates and hopeless nets in between:

    judge_net -> refined -> with_pores -> with_energy

| step | decides |
|---|---|
| `judge_net` | whether it is one 3-periodic 4-connected net, and which |
| `refined` | the geometry it has as SiO2, R_DLS, its space group |
| `with_pores` | spheres, accessible volume, dimension of the channels |
| `with_energy` | energy above quartz, local distances |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

FEASIBLE = 30.0
"""kJ/mol SiO2 above quartz (Pophale, Cheeseman & Deem, Phys. Chem. Chem. Phys. 2011)."""

LIKE_MADE = 16.0
"""kJ/mol SiO2. Every pure-silica zeolite made so far lies below (Bushuev & Sastre 2010)."""

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
        framework_type: IZA code, `NEW`, or empty if it is not valid.
        known_as: name of the user's own structure that has the same net, if any.
        key: identity of its net (`structure.nets.identity.NetKey.text`).
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
        largest_free_sphere: Å, diameter of what can pass through.
        accessible_volume: share of the volume, 0 to 1.
        channel_dim: 0 to 3, directions in which the largest free sphere's channels run.
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
