"""What a user asks of `solve` and `generate`, validated before any work starts."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from zeoloom.errors import InputError
from zeoloom.geometry.space_groups import hall_number_of
from zeoloom.search.limits import ANY_NUMBER, DENSITIES, USUAL_DENSITIES, Limits

MOST_UNIQUE = 32
"""Unique T atoms of the largest frameworks learned from."""


def _range(value: Any) -> Any:
    """Texts such as "8-200" or "36" as (least, most)."""
    if not isinstance(value, str):
        return value
    number = r"\s*(\d+(?:\.\d+)?)\s*"
    match = re.fullmatch(rf"{number}(?:-{number})?", value)
    if match is None:
        raise ValueError("expected a number, or two such as 8-200")
    return match[1], match[2] or match[1]


def _setting(value: Any) -> Any:
    """A space group as its Hall number."""
    if not isinstance(value, str):
        return value
    try:
        return hall_number_of(value)
    except InputError as error:
        raise ValueError(str(error)) from error


def _check_range(name: str, given: tuple[float, float]) -> None:
    low, high = given
    if not 0 < low <= high:
        raise ValueError(f"{name} {low:g}-{high:g}: expected a least above 0 and a most")


def _check_unique(given: tuple[int, int]) -> None:
    if given[1] > MOST_UNIQUE:
        raise ValueError(f"unique_atoms {given[0]}-{given[1]}: at most {MOST_UNIQUE}")


Whole = Annotated[tuple[int, int], BeforeValidator(_range)]
Real = Annotated[tuple[float, float], BeforeValidator(_range)]
Setting = Annotated[int, BeforeValidator(_setting)]


class CrystalRequest(BaseModel):
    """What `solve` and `generate` have in common.

    Attributes:
        model: shipped name, weights file or training folder.
        n: how many to make; None if time decides. What is counted is each verb's own.
        seconds: time for making, identifying and refining; None if a number decides.
        steps: noise levels from the top down.
        noise_factor: of the ancestral sampler.
        repair: rounds of repair for each batch.
        walk: moves from net to net tried after each round of repair, times the square of the unique
            T atoms of a crystal.
        batch: crystals made at once, and the unit in which an interrupted run is kept; None for as
            many as pays.
        relax: of how many frameworks, the best ones, pores and energy are worked out.
        seconds_each: most time for a framework in each step of judging.
        seed: of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "crystal"
    n: int | None = Field(None, ge=1)
    seconds: float | None = Field(None, gt=0, allow_inf_nan=False)
    steps: int = Field(9, ge=2, le=100_000)
    noise_factor: float = Field(0.8, ge=0, le=2)
    repair: int = Field(40, ge=0)
    walk: int = Field(2, ge=0, le=10_000)
    batch: int | None = Field(None, ge=1, le=10_000)
    relax: int = Field(20, ge=0)
    seconds_each: float = Field(120.0, gt=0, allow_inf_nan=False)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _one_budget(self) -> CrystalRequest:
        if self.n is not None and self.seconds is not None:
            raise ValueError("-n and --seconds are two budgets; give one of them")
        return self


class SolveRequest(CrystalRequest):
    """What `solve` is asked for; its `n` counts crystals tried.

    Attributes:
        cell: a, b, c in Å, alpha, beta, gamma in degrees.
        space_group: Hall number of the setting.
        atoms: T atoms of the cell, if known.
        tolerance: share by which their number may be off.
        unique_atoms: orbits of T atoms, if known.
    """

    repair: int = Field(100, ge=0)
    cell: tuple[float, float, float, float, float, float]
    space_group: Setting
    atoms: int | None = Field(None, ge=1, le=10_000)
    tolerance: float = Field(0.0, ge=0, lt=1)
    unique_atoms: Whole | None = None

    @model_validator(mode="after")
    def _ranges(self) -> SolveRequest:
        if self.unique_atoms is not None:
            _check_range("unique_atoms", self.unique_atoms)
            _check_unique(self.unique_atoms)
        return self

    @property
    def limits(self) -> Limits:
        """What may grow in the cell."""
        if self.atoms is None:
            return Limits(USUAL_DENSITIES, ANY_NUMBER, self.unique_atoms or ANY_NUMBER)
        off = int(self.tolerance * self.atoms)
        n_t = (self.atoms - off, self.atoms + off)
        return Limits(DENSITIES, n_t, self.unique_atoms or ANY_NUMBER)


class GenerateRequest(CrystalRequest):
    """What `generate` is asked for; its `n` counts new frameworks with R_DLS at most `max_r_dls`.

    Attributes:
        space_group: Hall number, or None for any.
        density: least and most T atoms per 1000 Å^3.
        atoms: fewest and most T atoms of the cell.
        unique_atoms: fewest and most orbits of them.
        max_r_dls: what counts as a framework.
    """

    space_group: Setting | None = None
    density: Real = USUAL_DENSITIES
    atoms: Whole = (8, 200)
    unique_atoms: Whole = (1, 8)
    max_r_dls: float = Field(0.006, gt=0, le=1)

    @model_validator(mode="after")
    def _ranges(self) -> GenerateRequest:
        for name in ("density", "atoms", "unique_atoms"):
            _check_range(name, getattr(self, name))
        if self.density[0] < DENSITIES[0] or self.density[1] > DENSITIES[1]:
            raise ValueError(
                f"density {self.density[0]:g}-{self.density[1]:g}: zeolites have "
                f"{DENSITIES[0]:g} to {DENSITIES[1]:g} T atoms per 1000 Å^3"
            )
        _check_unique(self.unique_atoms)
        return self

    @property
    def limits(self) -> Limits:
        """What may grow."""
        return Limits(self.density, self.atoms, self.unique_atoms)
