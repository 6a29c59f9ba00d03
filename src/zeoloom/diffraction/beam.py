"""The wavelengths of a measurement: lines of X-ray tubes by name, or a number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zeoloom.errors import InputError

K_ALPHA = {
    "Cu": (1.540593, 1.544427),
    "Co": (1.788996, 1.792835),
    "Mo": (0.709317, 0.713607),
    "Fe": (1.936041, 1.939973),
    "Cr": (2.289726, 2.293651),
    "Ag": (0.559422, 0.563813),
}
"""Å, K-alpha 1 and 2 of the anodes of laboratory tubes.

Cu, Co, Fe, Cr: Hölzer et al., Phys. Rev. A 56 (1997) 4554. Mo, Ag: Deslattes et al., Rev. Mod.
Phys. 75 (2003) 35."""

SECOND_WEIGHT = 0.5
"""Intensity of K-alpha 2 over that of K-alpha 1."""

SHORTEST, LONGEST = 0.01, 10.0
"""Å, of anything that powder patterns are measured with."""

LINE_NAME = re.compile(
    r"\b(Cu|Co|Mo|Fe|Cr|Ag)[\s_-]*K[\s_-]*(?:alpha|α|a)[\s_-]*(1?)(?![0-9])", re.IGNORECASE
)

SAME_LENGTH = 0.002
"""Relative difference within which a wavelength is taken for a line of an anode."""


@dataclass(frozen=True, slots=True)
class Beam:
    """What a pattern was measured with.

    Attributes:
        wavelengths: Å, the strongest first.
        weights: relative intensities, the first of which is 1.
    """

    wavelengths: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def first(self) -> float:
        """Å, the wavelength by which spacings are calculated."""
        return self.wavelengths[0]

    def __str__(self) -> str:
        return " + ".join(f"{value:.5f}" for value in self.wavelengths) + " Å"


def beam_of_lines(first: float, second: float, weight: float = SECOND_WEIGHT) -> Beam:
    """A doublet, or a single line where the second is 0 or no line beside the first.

    Raises:
        InputError: if the first is no wavelength.
    """
    if not SHORTEST < first < LONGEST:
        raise InputError(
            f"wavelength {first:g} Å: expected {SHORTEST:g} to {LONGEST:g} Å, such as 1.5406, "
            "or the name of a line such as CuKa"
        )
    if weight > 0.0 and 0.0 < second / first - 1.0 < 0.01:
        return Beam((first, second), (1.0, weight))
    return Beam((first,), (1.0,))


def other_beam(beam: Beam) -> Beam | None:
    """The doublet of a tube without its K-alpha 2, or a lone K-alpha 1 with it; None for others."""
    if len(beam.wavelengths) == 2:
        return Beam(beam.wavelengths[:1], (1.0,))
    near = (pair for pair in K_ALPHA.values() if abs(beam.first / pair[0] - 1.0) < 1e-4)
    return next((beam_of_lines(*pair) for pair in near), None)


def named_beam(text: str) -> Beam | None:
    """The tube that a text names, such as "Cu Kalpha", or None."""
    found = LINE_NAME.search(text)
    if found is None:
        return None
    first, second = K_ALPHA[found[1].capitalize()]
    return beam_of_lines(first, 0.0 if found[2] else second)


def beam_of_text(text: str) -> Beam:
    """The beam that a user names: CuKa, CuKa1, or a wavelength in Å.

    Raises:
        InputError: if it is neither.
    """
    named = named_beam(text.strip())
    if named is not None and LINE_NAME.fullmatch(text.strip()):
        return named
    try:
        value = float(text)
    except ValueError:
        names = ", ".join(f"{anode}Ka" for anode in K_ALPHA)
        raise InputError(
            f"wavelength {text!r}: expected a number in Å, or {names}, each also with 1 for "
            "K-alpha 1 alone, such as CuKa1"
        ) from None
    return beam_of_lines(value, 0.0)
