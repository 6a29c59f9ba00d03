"""What is asked of `pattern`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ValidationInfo, field_validator

from zeoloom.errors import InputError
from zeoloom.run.option_values import Numbers, Real, Setting, Spans, numbers_of_text
from zeoloom.run.request import Flag, Request, Written

Scan = Annotated[
    tuple[float, float],
    BeforeValidator(numbers_of_text),
    Written("START STEP", lambda given: f"{given[0]:g} {given[1]:g}", True),
]
"""Start and step of counts without angles."""


class PatternRequest(Request):
    """What `pattern` is asked for."""

    panel: ClassVar[str] = "Pattern"

    file: Annotated[Path, Flag(argument=True)]
    """Powder pattern: columns (.xy .xye .dat .csv .chi .txt), .xrdml, .raw, .uxd, .ras, .rasx, GSAS
    (.gsa .fxye) or pdCIF."""

    space_group: Setting | None = None
    """Space group: a number, a Hermann-Mauguin symbol such as R-3m, or hall:NUMBER. If not given,
    extinction symbols are ranked."""

    cell: Numbers
    """Cell: a, b, c in Å, alpha, beta, gamma in degrees; with a space group only those that it
    leaves free, such as a and c. It may be off by half a percent."""

    wavelength: str | None = None
    """CuKa (K-alpha 1 and 2 of a tube; also Co, Mo, Fe, Cr, Ag), CuKa1 (K-alpha 1 alone), or a
    number in Å. If not given, that of the file."""

    radiation: Literal["xray", "neutron", "electron"] | None = None
    """What was scattered. If not given, what the file says, else X-rays."""

    two_theta: Real | None = None
    """Range that is fitted, in degrees, such as 5-60. All of it if not given."""

    exclude: Spans | None = None
    """Ranges that are left out, in degrees two-theta: where lines of other phases or of the sample
    holder lie."""

    scan: Scan | None = None
    """Start and step in degrees, for files of counts without angles."""

    @field_validator("cell")
    @classmethod
    def _complete(cls, cell: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        """All six parameters of the cell."""
        if "space_group" not in info.data:  # it is wrong itself
            return cell
        from zeoloom.run.pattern_groups import (  # noqa: PLC0415 - help needs no space groups
            complete_cell,
        )

        try:
            return complete_cell(cell, info.data["space_group"])
        except InputError as error:
            raise ValueError(str(error)) from error

    @field_validator("two_theta")
    @classmethod
    def _rising(cls, two_theta: tuple[float, float] | None) -> tuple[float, float] | None:
        """The range, if it is one."""
        if two_theta is not None and not two_theta[0] < two_theta[1]:
            raise ValueError("expected a range such as 5-60")
        return two_theta

    @field_validator("wavelength")
    @classmethod
    def _known(cls, wavelength: str | None) -> str | None:
        """The wavelength as given, if it is one."""
        if wavelength is not None:
            from zeoloom.diffraction.beam import beam_of_text  # noqa: PLC0415 - as above

            try:
                beam_of_text(wavelength)
            except InputError as error:
                raise ValueError(str(error)) from error
        return wavelength
