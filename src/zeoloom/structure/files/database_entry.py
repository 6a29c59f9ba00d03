"""A framework for a database, and which of two descriptions of one net is the better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.structure.files.ase_frameworks import Facts
    from zeoloom.structure.records import Framework

SAME_ENERGY, SAME_R_DLS = 0.01, 1e-4
"""kJ/mol SiO2, and R_DLS: differences that make neither of two descriptions the better."""

Merit = tuple[float | None, float | None]
"""Energy in kJ/mol SiO2 above quartz, and R_DLS; None where they are not known."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One framework for the database.

    Attributes:
        key: identity of its net.
        framework: with or without oxygen.
        facts: to search by, `energy_kj_mol` and `r_dls` among them.
        content: everything that is known of it, as JSON values.
    """

    key: str
    framework: Framework
    facts: Facts
    content: Mapping[str, Any]

    @property
    def merit(self) -> Merit:
        """By which the better of two descriptions of a net is known."""
        return cast("Merit", (self.facts.get("energy_kj_mol"), self.facts.get("r_dls")))


def is_better(new: Merit | Sequence[float | None], old: Merit | Sequence[float | None]) -> bool:
    """Whether one description of a net is better than another.

    It is if it alone has an energy, or the lower one, or, where neither has one, the lower R_DLS.

    Args:
        new: merit of the one.
        old: of the other.
    """
    if new[0] is not None and old[0] is not None:
        return new[0] < old[0] - SAME_ENERGY
    if new[0] is not None or old[0] is not None:
        return old[0] is None
    return new[1] is not None and old[1] is not None and new[1] < old[1] - SAME_R_DLS
