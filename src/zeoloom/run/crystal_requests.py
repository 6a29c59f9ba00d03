"""What is asked of `solve` and `generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from zeoloom.errors import InputError
from zeoloom.judge.ranges import Ranges
from zeoloom.run.condition_requests import ConditionOptions, Reals, Wholes
from zeoloom.run.option_values import (
    MOST_UNIQUE,
    Numbers,
    Real,
    Settings,
    Spans,
    Whole,
    check_density,
    check_range,
    check_unique,
)
from zeoloom.run.request import COUNT_FLAG, Request
from zeoloom.search.limits import (
    ANY_NUMBER,
    DENSITIES,
    FRAMEWORK_DENSITIES,
    USUAL_DENSITIES,
    Limits,
)

N_GROUPS = 230


def _whole(given: tuple[float, float]) -> tuple[int, int]:
    return int(given[0]), int(given[1])


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
    """Weights: crystal, equivariant, pointnet, a .safetensors file or a training folder. Those that
    were learned on clusters see a crystal as overlapping spheres."""

    steps: int = Field(9, ge=2, le=100_000)
    """Noise levels, from the highest down."""

    noise_factor: float | None = Field(None, ge=0, le=2)
    """Factor on the noise that the ancestral sampler adds; with less than 1 samples vary less. 0.8
    if not given."""

    repair: int | None = Field(None, ge=0)
    """Rounds of repair of each batch; if not given 10, or 40 where what is asked for leads repair:
    rings, building units, windows, cages."""

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

    space_group: Settings | None = None
    """Space group: a number, a Hermann-Mauguin symbol such as R-3m, or hall:NUMBER; several, with
    commas between, are tried in turn; auto: those of the best extinction symbols of the pattern. If
    not given, that of the pattern."""

    cell: Numbers | None = None
    """Cell, if not that of the pattern: a, b, c in Å, alpha, beta, gamma in degrees; or only those
    that the group leaves free: a of a cubic cell, a and c of a tetragonal or hexagonal one, a and
    alpha in rhombohedral axes, a, b, c of an orthorhombic one, and an angle too of a monoclinic
    one."""

    atoms: int | None = Field(None, ge=1, le=10_000)
    """Number of T atoms in the cell, if known."""

    tolerance: float = Field(0.0, ge=0, lt=1)
    """Relative error of the number of T atoms."""

    unique_atoms: Whole | None = None
    """Number of unique T atoms, if known: a number, or a range such as 2-4."""

    density: Real | None = None
    """T atoms per 1000 Å³, if known; else 10-21 with a pattern, and without one 12-20 or whatever
    the number of T atoms gives."""

    pattern: Path | None = None
    """What was measured: a folder of `pattern`, a file of intensities of reflections, or a powder
    pattern, which is fitted with --cell and each --space-group."""

    wavelength: str | None = None
    """Of a powder pattern that does not say it: CuKa, CuKa1, or a number in Å."""

    radiation: Literal["xray", "neutron", "electron"] | None = None
    """What was scattered, if the file does not say it."""

    exclude: Spans | None = None
    """Ranges of the data that are left out, in degrees two-theta: where lines of other phases
    lie."""

    guide: bool = True
    """Whether what was measured guides the search, and decides which nets are refined; otherwise it
    only ranks."""

    n: Annotated[int | None, COUNT_FLAG] = Field(None, ge=1)
    """Crystals to try, instead of --seconds. If neither is given, 60 seconds are spent."""

    noise_factor: float | None = Field(None, ge=0, le=2)
    """Factor on the noise that the ancestral sampler adds; with less than 1 samples vary less. If
    not given 0.25 where a pattern guides the search, else 0.8."""

    repair: int = Field(100, ge=0)
    """Rounds of repair of each batch."""

    @field_validator("cell")
    @classmethod
    def _complete(
        cls, cell: tuple[float, ...] | None, info: ValidationInfo
    ) -> tuple[float, ...] | None:
        """All six parameters of the cell."""
        groups = info.data.get("space_group")
        if cell is None or "space_group" not in info.data:  # that is wrong itself
            return cell
        if not groups:
            if len(cell) != 6:
                raise ValueError("without a space group all six parameters are needed")
            return cell
        from zeoloom.geometry.cell_setting import (  # noqa: PLC0415 - help needs no space groups
            complete_parameters,
        )

        try:
            return complete_parameters(cell, groups[0])
        except InputError as error:
            raise ValueError(str(error)) from error

    @model_validator(mode="after")
    def _ranges(self) -> SolveRequest:
        if self.unique_atoms is not None:
            check_range("unique_atoms", self.unique_atoms)
            check_unique(self.unique_atoms)
        if self.density is not None:
            check_density(self.density)
        if self.tolerance and self.atoms is None:
            raise ValueError("--tolerance is of --atoms, and none are given")
        if self.pattern is None:
            self._check_without_pattern()
        return self

    def _check_without_pattern(self) -> None:
        """Raise ValueError if something is asked for that only a pattern can give."""
        for name in ("space_group", "cell"):
            if not getattr(self, name):
                raise ValueError(
                    f"--{name.replace('_', '-')} is missing; give it, or --pattern with what was "
                    "measured"
                )
        for name in ("radiation", "wavelength", "exclude"):
            if getattr(self, name) is not None:
                raise ValueError(f"--{name} is of a --pattern, and none is given")
        if not self.guide:
            raise ValueError("--no-guide is of a --pattern, and none is given")

    @property
    def limits(self) -> Limits:
        """Which frameworks the cell may hold."""
        unique = self.unique_atoms or ANY_NUMBER
        if self.atoms is None:
            usual = USUAL_DENSITIES if self.pattern is None else FRAMEWORK_DENSITIES
            return Limits(self.density or usual, ANY_NUMBER, unique)
        off = int(self.tolerance * self.atoms)
        n_t = (self.atoms - off, self.atoms + off)
        return Limits(self.density or DENSITIES, n_t, unique)

    @property
    def hall_number(self) -> int:
        """Of the only group."""
        assert self.space_group is not None
        (hall_number,) = self.space_group
        return hall_number

    @property
    def guided(self) -> bool:
        """Whether what was measured guides the search."""
        return self.pattern is not None and self.guide

    @property
    def given_cell(self) -> tuple[float, ...]:
        """a, b, c in Å, alpha, beta, gamma in degrees."""
        assert self.cell is not None
        return self.cell

    @property
    def time_limit(self) -> float | None:
        """Seconds to spend; None if a number of crystals decides."""
        return None if self.n is not None else self.seconds or DEFAULT_SECONDS

    @property
    def number(self) -> int:
        """Crystals to try, if that decides."""
        return self.n or 0


class GenerateRequest(CrystalRequest, ConditionOptions):
    """What `generate` is asked for; its conditions rule the search, from the cells on."""

    panel: ClassVar[str] = "Frameworks"

    cells: Literal["known", "free", "mixed"] = "mixed"
    """Cells to start from: those of known types, strained; or drawn freely, in all space groups; or
    both. No type that the weights have not learned lends its cell."""

    density: Reals = Ranges((USUAL_DENSITIES,))
    """T atoms per 1000 Å³."""

    atoms: Wholes = Ranges(((8, 200),))
    """Number of T atoms in the conventional cell."""

    unique_atoms: Wholes = Ranges(((1, 16),))
    """Number of unique T atoms."""

    max_r_dls: float = Field(0.006, gt=0, le=1)
    """Largest R_DLS of a framework that counts."""

    n: Annotated[int | None, COUNT_FLAG] = Field(None, ge=1)
    """Families of new frameworks with R_DLS of at most --max-r-dls to find (20 unless --seconds is
    given). Frameworks of one family have the same vertex symbols. Of one space group a tenth
    counts, or two, unless groups are asked for."""

    @model_validator(mode="after")
    def _few_unique(self) -> GenerateRequest:
        if all(least > MOST_UNIQUE for least, _ in self.unique_atoms.spans):
            raise ValueError(f"unique_atoms {self.unique_atoms}: at most {MOST_UNIQUE}")
        return self

    @property
    def limits(self) -> Limits:
        """Numbers within which all frameworks that are wanted lie."""
        return Limits(
            self.density.within(*DENSITIES),
            _whole(self.atoms.within(*ANY_NUMBER)),
            _whole(self.unique_atoms.within(1, MOST_UNIQUE)),
        )

    @property
    def groups(self) -> tuple[int, ...]:
        """Numbers of the space groups that are wanted; none if any is."""
        allowed = self.conditions.allowed_groups
        return () if len(allowed) == N_GROUPS else tuple(sorted(allowed))

    @property
    def time_limit(self) -> float | None:
        """Seconds to spend; None if a number of frameworks decides."""
        return self.seconds

    @property
    def number(self) -> int:
        """Families of new frameworks to find, if that decides."""
        return self.n or DEFAULT_NEW
