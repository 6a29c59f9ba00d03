"""What is asked of `solve` and `generate`."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from zeoloom.errors import InputError
from zeoloom.run.request import COUNT_FLAG, Request, Written
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


def _interval(value: Any) -> Any:
    """Texts such as "11.5-12.5" as (least, most), which differ: nothing is exactly 12."""
    given = _range(value)
    if isinstance(given, tuple | list) and len(given) == 2 and float(given[0]) == float(given[1]):
        number = float(given[0])
        raise ValueError(
            f"nothing has exactly {number:g}: expected a range such as "
            f"{number - 0.5:g}-{number + 0.5:g}"
        )
    return given


def _hall_number(value: Any) -> Any:
    """A space group as its Hall number."""
    if not isinstance(value, str):
        return value
    from zeoloom.geometry.space_groups import (  # noqa: PLC0415 - help needs no space groups
        hall_number_of,
    )

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


_RANGE = Written("LEAST-MOST", lambda given: f"{given[0]:g}-{given[1]:g}")

Whole = Annotated[tuple[int, int], BeforeValidator(_range), _RANGE]
"""Least and most, whole numbers."""

Real = Annotated[tuple[float, float], BeforeValidator(_interval), _RANGE]
"""Least and most."""

Setting = Annotated[
    int, BeforeValidator(_hall_number), Written("GROUP", lambda hall: f"hall:{hall}")
]
"""Hall number of a setting of a space group; as text also a number or a symbol."""


def _numbers(value: Any) -> Any:
    """Texts such as "13.7 13.7 14.8 90 90 120" as numbers."""
    return re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value


Numbers = Annotated[
    tuple[float, ...],
    BeforeValidator(_numbers),
    Written("A [B C ALPHA BETA GAMMA]", lambda given: " ".join(map("{:g}".format, given)), True),
]
"""Several numbers, each a word of its own."""


class Budget(Request):
    """When a run has enough."""

    panel: ClassVar[str] = "Budget"

    n: Annotated[int | None, COUNT_FLAG] = Field(None, ge=1)
    """How many to find; each verb says of what."""

    seconds: float | None = Field(None, gt=0)
    """Time for generating, identifying and refining. Relaxing comes after it."""

    @model_validator(mode="after")
    def _one_budget(self) -> Budget:
        if self.n is not None and self.seconds is not None:
            raise ValueError("-n and --seconds are two budgets; give one of them")
        return self


class Generation(Request):
    """How crystals are generated."""

    panel: ClassVar[str] = "Generation"

    model: str = "crystal"
    """Weights: crystal, a .safetensors file or a training folder."""

    steps: int = Field(9, ge=2, le=100_000)
    """Noise levels, from the highest down."""

    noise_factor: float = Field(0.8, ge=0, le=2)
    """Factor on the noise that the ancestral sampler adds; with less than 1 samples vary less."""

    repair: int = Field(40, ge=0)
    """Rounds of repair of each batch."""

    walk: int = Field(2, ge=0, le=10_000)
    """Bond switches tried after each round of repair, times the square of the number of unique T
    atoms. 0 for none."""

    batch: int | None = Field(None, ge=1, le=10_000)
    """Crystals generated at once; if not given, as many as the number of their points allows. An
    interrupted run keeps whole batches."""

    seed: int = Field(0, ge=0)
    """Seed of all random numbers."""


class FurtherJudging(Request):
    """How the frameworks found are judged."""

    panel: ClassVar[str] = "Judging"

    relax: int = Field(20, ge=0)
    """Number of frameworks for which pores and energy are calculated: the best of each family, then
    the best of the others."""

    seconds_each: float = Field(120.0, gt=0)
    """Time limit for a framework in each step of judging."""


class CrystalRequest(Budget, Generation, FurtherJudging):
    """What `solve` and `generate` have in common."""


DEFAULT_SECONDS, DEFAULT_NEW = 60.0, 20
"""Budgets of `solve` and of `generate`, if none is given."""


class SolveRequest(CrystalRequest):
    """What `solve` is asked for."""

    panel: ClassVar[str] = "Crystal"

    space_group: Setting
    """Space group: a number, a Hermann-Mauguin symbol such as R-3m, or hall:NUMBER."""

    cell: Numbers
    """Cell: a, b, c in Å, alpha, beta, gamma in degrees; or only those that the group leaves free:
    a of a cubic cell, a and c of a tetragonal or hexagonal one, a and alpha in rhombohedral axes,
    a, b, c of an orthorhombic one, and an angle too of a monoclinic one."""

    atoms: int | None = Field(None, ge=1, le=10_000)
    """Number of T atoms in the cell, if known."""

    tolerance: float = Field(0.0, ge=0, lt=1)
    """Relative error of the number of T atoms."""

    unique_atoms: Whole | None = None
    """Number of unique T atoms, if known: a number, or a range such as 2-4."""

    n: Annotated[int | None, COUNT_FLAG] = Field(None, ge=1)
    """Crystals to try, instead of --seconds. If neither is given, 60 seconds are spent."""

    repair: int = Field(100, ge=0)

    @field_validator("cell")
    @classmethod
    def _complete(cls, cell: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        """All six parameters of the cell."""
        if "space_group" not in info.data:  # it is wrong itself
            return cell
        from zeoloom.geometry.cell_setting import (  # noqa: PLC0415 - help needs no space groups
            complete_parameters,
        )

        try:
            return complete_parameters(cell, info.data["space_group"])
        except InputError as error:
            raise ValueError(str(error)) from error

    @model_validator(mode="after")
    def _ranges(self) -> SolveRequest:
        if self.unique_atoms is not None:
            _check_range("unique_atoms", self.unique_atoms)
            _check_unique(self.unique_atoms)
        return self

    @property
    def limits(self) -> Limits:
        """Which frameworks the cell may hold."""
        if self.atoms is None:
            return Limits(USUAL_DENSITIES, ANY_NUMBER, self.unique_atoms or ANY_NUMBER)
        off = int(self.tolerance * self.atoms)
        n_t = (self.atoms - off, self.atoms + off)
        return Limits(DENSITIES, n_t, self.unique_atoms or ANY_NUMBER)

    @property
    def time_limit(self) -> float | None:
        """Seconds to spend; None if a number of crystals decides."""
        return None if self.n is not None else self.seconds or DEFAULT_SECONDS

    @property
    def number(self) -> int:
        """Crystals to try, if that decides."""
        return self.n or 0


class GenerateRequest(CrystalRequest):
    """What `generate` is asked for."""

    panel: ClassVar[str] = "Frameworks"

    space_group: Setting | None = None
    """Space group that the refined frameworks truly have: a number, a Hermann-Mauguin symbol such
    as R-3m, or hall:NUMBER. Any if not given."""

    cells: Literal["known", "free", "mixed"] = "mixed"
    """Cells to start from: those of known types, strained; or drawn freely, in all space groups; or
    both. No type that the weights have not learned lends its cell."""

    density: Real = USUAL_DENSITIES
    """T atoms per 1000 Å³."""

    atoms: Whole = (8, 200)
    """Number of T atoms in the cell."""

    unique_atoms: Whole = (1, 8)
    """Number of unique T atoms."""

    max_r_dls: float = Field(0.006, gt=0, le=1)
    """Largest R_DLS of a framework that counts."""

    n: Annotated[int | None, COUNT_FLAG] = Field(None, ge=1)
    """Families of new frameworks with R_DLS of at most --max-r-dls to find (20 unless --seconds is
    given). Frameworks of one family have the same vertex symbols."""

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
        """Which frameworks are wanted."""
        return Limits(self.density, self.atoms, self.unique_atoms)

    @property
    def time_limit(self) -> float | None:
        """Seconds to spend; None if a number of frameworks decides."""
        return self.seconds

    @property
    def number(self) -> int:
        """Families of new frameworks to find, if that decides."""
        return self.n or DEFAULT_NEW
