"""Conditions on frameworks: each a range, a set, or yes or no; all that are given have to hold.

| stage | conditions that can be decided once that is known |
|---|---|
| net | unique_atoms, rings, no_rings, contains |
| framework | density, atoms, space_group, crystal_system, chiral, like, unlike |
| pores | window, largest_included_sphere, largest_free_sphere, accessible_volume, channels |
| energy | energy, lid, likeness |
| adsorption | henry_ch4, heat_ch4 |

The stages are in the order of their cost, and a search asks the cheap ones first. Of the framework
means once it is refined: files may give it in any cell and group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from zeoloom.errors import InputError
from zeoloom.structure.building_units import sure_rings

if TYPE_CHECKING:
    from zeoloom.judge.ranges import Ranges

Stage = Literal["net", "framework", "pores", "energy", "adsorption"]
"""What has to be known of a framework."""

STAGE_OF: dict[str, Stage] = {
    "density": "framework",
    "atoms": "framework",
    "unique_atoms": "net",
    "rings": "net",
    "no_rings": "net",
    "contains": "net",
    "space_group": "framework",
    "crystal_system": "framework",
    "chiral": "framework",
    "like": "framework",
    "unlike": "framework",
    "window": "pores",
    "largest_included_sphere": "pores",
    "largest_free_sphere": "pores",
    "accessible_volume": "pores",
    "channels": "pores",
    "energy": "energy",
    "lid": "energy",
    "likeness": "energy",
    "henry_ch4": "adsorption",
    "heat_ch4": "adsorption",
}
"""Of each condition."""

POSSIBLE: dict[str, tuple[float, float]] = {
    "density": (7.0, 22.0),
    "atoms": (1, 10_000),
    "unique_atoms": (1, 1000),
    "rings": (3, 36),
    "no_rings": (3, 36),
    "window": (3, 60),
    "largest_included_sphere": (0.0, 60.0),
    "largest_free_sphere": (0.0, 60.0),
    "accessible_volume": (0.0, 1.0),
    "channels": (0, 3),
    "energy": (0.0, 200.0),
    "likeness": (0.0, 1.0),
    "henry_ch4": (0.0, 1000.0),
    "heat_ch4": (0.0, 100.0),
}
"""What these can be at all."""

CRYSTAL_SYSTEMS = {
    "triclinic": range(1, 3),
    "monoclinic": range(3, 16),
    "orthorhombic": range(16, 75),
    "tetragonal": range(75, 143),
    "trigonal": range(143, 168),
    "hexagonal": range(168, 195),
    "cubic": range(195, 231),
}
"""Numbers of their space groups."""

T_T, OXYGEN = 3.1, 1.35
"""Å, between T atoms with an oxygen between them; and its radius."""

WITHIN = 0.5
"""Å between average minimum distances, up to which a framework is like a type unless said
otherwise. Of nineteen in twenty types the nearest other one is within it, of half within 0.24."""


@dataclass(frozen=True, slots=True)
class Likes:
    """Framework types to be like, or unlike.

    Attributes:
        codes: of the types.
        within: Å between average minimum distances.
    """

    codes: tuple[str, ...]
    within: float = WITHIN

    def __str__(self) -> str:
        return ",".join(self.codes) + ("" if self.within == WITHIN else f":{self.within:g}")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is asked of frameworks; None where nothing is.

    Attributes:
        density: T atoms per 1000 Å^3.
        atoms: T atoms in the conventional cell.
        unique_atoms: T atoms that no symmetry makes equal.
        space_group: numbers of which the true one is one.
        crystal_system: keys of `CRYSTAL_SYSTEMS`.
        chiral: whether the group has no improper rotation, so that the framework has a hand.
        rings: in each of these ranges is the size of a smallest ring.
        no_rings: in none of these is one.
        window: T atoms of the largest ring that a channel runs through.
        largest_included_sphere: Å, diameter.
        largest_free_sphere: Å, diameter.
        accessible_volume: share of the volume, 0 to 1.
        channels: their dimension, 0 to 3.
        energy: kJ/mol SiO2 above quartz.
        lid: whether the local distances are those of real zeolites.
        contains: composite building units, every one of them.
        like: types of which it is like at least one.
        unlike: types of which it is like none.
        likeness: to zeolites that were made, 0 to 1.
        henry_ch4: mol/(kg bar), Henry coefficient of methane at 300 K.
        heat_ch4: kJ/mol, heat of adsorption of methane at 300 K.
    """

    density: Ranges | None = None
    atoms: Ranges | None = None
    unique_atoms: Ranges | None = None
    space_group: frozenset[int] | None = None
    crystal_system: frozenset[str] | None = None
    chiral: bool | None = None
    rings: Ranges | None = None
    no_rings: Ranges | None = None
    window: Ranges | None = None
    largest_included_sphere: Ranges | None = None
    largest_free_sphere: Ranges | None = None
    accessible_volume: Ranges | None = None
    channels: Ranges | None = None
    energy: Ranges | None = None
    lid: bool | None = None
    contains: frozenset[str] | None = None
    like: Likes | None = None
    unlike: Likes | None = None
    likeness: Ranges | None = None
    henry_ch4: Ranges | None = None
    heat_ch4: Ranges | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """The conditions that are given, by name."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if value is not None}

    def asks(self, stage: Stage) -> bool:
        """Whether a condition of a stage is given."""
        return any(STAGE_OF[name] == stage for name in self.asked)

    @property
    def allowed_groups(self) -> frozenset[int]:
        """Numbers of the space groups that all conditions allow."""
        allowed = frozenset(range(1, 231)) if self.space_group is None else self.space_group
        if self.crystal_system is not None:
            allowed &= frozenset().union(*(CRYSTAL_SYSTEMS[each] for each in self.crystal_system))
        if self.chiral is not None:
            from zeoloom.geometry.space_groups import (  # noqa: PLC0415 - help needs no groups
                is_sohncke,
            )

            allowed = frozenset(each for each in allowed if is_sohncke(each) == self.chiral)
        return allowed


NO_CONDITIONS = Conditions()
"""Nothing is asked."""


def check_conditions(conditions: Conditions) -> None:
    """Refuse what no framework can meet.

    Raises:
        InputError: that says why.
    """
    for name, (least, most) in POSSIBLE.items():
        given: Ranges | None = getattr(conditions, name)
        for low, high in given.spans if given is not None else ():
            if high < least or low > most:
                raise InputError(f"{name} {given}: it is {least:g} to {most:g} in any framework")
    if not conditions.allowed_groups:
        raise InputError(
            "no space group is left by space group, crystal system and chiral together"
        )
    _check_rings(conditions)
    _check_without_channels(conditions)
    unique, atoms = conditions.unique_atoms, conditions.atoms
    if unique and atoms and min(unique.spans)[0] > max(most for _, most in atoms.spans):
        raise InputError(
            f"unique_atoms {unique} and atoms {atoms}: no more can be unique than there are"
        )
    like, unlike = conditions.like, conditions.unlike
    both = set(like.codes) & set(unlike.codes) if like and unlike else set()
    if like and unlike and both and like.within <= unlike.within:
        raise InputError(f"like and unlike {', '.join(sorted(both))}: nothing is both")
    inner, outer = conditions.largest_free_sphere, conditions.largest_included_sphere
    if inner and outer and min(inner.spans)[0] > max(most for _, most in outer.spans):
        raise InputError("the largest free sphere cannot be larger than the largest included one")
    most = max(most for _, most in conditions.window.spans) if conditions.window else math.inf
    if inner and most >= 3.0 and min(inner.spans)[0] > (widest := _widest_through(most)):
        raise InputError(
            f"window {conditions.window} and largest_free_sphere {inner}: a ring of {most:g} T "
            f"atoms lets no sphere of more than {widest:.1f} Å through"
        )


def _widest_through(n: float) -> float:
    """Å, diameter of a sphere that passes a flat regular ring of n T atoms, oxygen between them.

    Those of all types are narrower by 1 Å and more.
    """
    return T_T / math.sin(math.pi / n) - 2.0 * OXYGEN if math.isfinite(n) else n


def _check_rings(conditions: Conditions) -> None:
    """Rings that are wanted and forbidden, and forbidden ones that leave none."""
    wanted, without = conditions.rings, conditions.no_rings
    if without is None:
        return
    for unit in sorted(conditions.contains or ()):
        for size in sure_rings(unit):
            if size in without:
                raise InputError(f"contains {unit} and no_rings {without}: {unit} has {size}-rings")
    sizes = range(int(POSSIBLE["rings"][0]), int(POSSIBLE["rings"][1]) + 1)
    allowed = [size for size in sizes if size not in without]
    if not allowed:
        raise InputError(f"no_rings {without}: every net has rings")
    for least, most in wanted.spans if wanted is not None else ():
        if not any(least <= size <= most for size in allowed):
            shown = f"{least:g}" if least == most else f"{least:g}-{most:g}".removesuffix("inf")
            raise InputError(f"rings {shown} and no_rings {without}: nothing has and has not them")


ONLY_OF_CHANNELS = {
    "channels": "there are none",
    "window": "windows are of channels",
    "accessible_volume": "only channels are accessible",
    "henry_ch4": "methane gets into channels only",
    "heat_ch4": "methane gets into channels only",
}
"""Why conditions cannot be met without channels."""


def _check_without_channels(conditions: Conditions) -> None:
    """What only channels have, asked of frameworks without any, or with too narrow ones."""
    channels, inner = conditions.channels, conditions.largest_free_sphere
    shut = channels is not None and max(most for _, most in channels.spans) <= 0
    spheres = {"largest_free_sphere": inner}
    spheres |= {"largest_included_sphere": conditions.largest_included_sphere}
    if not shut and not any(spheres.values()):
        return
    from zeoloom.silica.pores import CHANNEL  # noqa: PLC0415 - help needs no pores

    if shut and inner is not None and min(inner.spans)[0] >= CHANNEL:
        raise InputError(
            f"channels 0 and largest_free_sphere {inner}: a sphere of {CHANNEL:g} Å and more that "
            "travels through has a channel"
        )
    narrow = [
        f"{name} {asked} (channels have {CHANNEL:g} Å and more)"
        for name, asked in spheres.items()
        if asked is not None and max(most for _, most in asked.spans) < CHANNEL
    ]
    given = "channels 0" if shut else next(iter(narrow), "")
    if not given:
        return
    for name, reason in ONLY_OF_CHANNELS.items():
        asked: Ranges | None = getattr(conditions, name)
        of_any = name in ("window", "heat_ch4")  # that are not 0 without channels: there is none
        if asked is not None and (of_any or min(asked.spans)[0] > 0.0):
            raise InputError(f"{given} and {name} {asked}: {reason}")
