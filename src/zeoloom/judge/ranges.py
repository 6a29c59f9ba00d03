"""Ranges that a number may lie in, as they are written: `12-`, `-20`, `10-16`, `8,10,12`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

UNSIGNED = r"(\d+(?:\.\d*)?|\.\d+)"
"""Without a sign: nothing that a condition asks for can be below zero."""

WRITTEN_SPAN = re.compile(
    rf"(?P<one>{UNSIGNED})|(?P<least>{UNSIGNED})?\s*-\s*(?P<most>{UNSIGNED})?"
)
"""`12`, `12-`, `-20` or `10-16`; a lone `-` matches too."""

EXPECTED = "expected a number, a range such as 10-16, 12- or -20, or several of these: 8,10-12"


@dataclass(frozen=True, slots=True)
class Ranges:
    """One range or several, ends included.

    Attributes:
        spans: (least, most) of each.
    """

    spans: tuple[tuple[float, float], ...]

    def __contains__(self, value: float) -> bool:
        return any(least <= value <= most for least, most in self.spans)

    def distance(self, value: float) -> float:
        """How far a number is from the nearest of the ranges; 0 within one."""
        return min(max(least - value, value - most, 0.0) for least, most in self.spans)

    def within(self, least: float, most: float) -> tuple[float, float]:
        """The least and the most of all ranges, no farther than to given ends."""
        return (
            max(least, min(low for low, _ in self.spans)),
            min(most, max(high for _, high in self.spans)),
        )

    def __str__(self) -> str:
        return ",".join(map(_written, self.spans))


def parse_ranges(text: str, *, whole: bool = False) -> Ranges:
    """Ranges from text.

    Args:
        text: such as `12-`, `-20`, `10-16` or `8,10,12`.
        whole: whether they are of whole numbers. If not, a range has to have some width.

    Raises:
        ValueError: if it is none of these.
    """
    return Ranges(tuple(_span(each.strip(), whole=whole) for each in text.split(",")))


def _span(text: str, *, whole: bool) -> tuple[float, float]:
    match = WRITTEN_SPAN.fullmatch(text)
    if match is None or text == "-":
        raise ValueError(EXPECTED)
    least = float(match["one"] or match["least"] or -math.inf)
    most = float(match["one"] or match["most"] or math.inf)
    if least > most:
        raise ValueError(f"{text}: the least comes first, as in {most:g}-{least:g}")
    if whole and not all(math.isinf(end) or end.is_integer() for end in (least, most)):
        raise ValueError(f"{text}: expected whole numbers")
    if not whole and least == most:
        around = f"{max(least - 0.5, 0.0):g}-{least + 0.5:g}"
        raise ValueError(f"nothing has exactly {least:g}: expected a range such as {around}")
    return least, most


def _written(span: tuple[float, float]) -> str:
    least, most = ("" if math.isinf(end) else f"{end:.10g}" for end in span)
    return least if least == most else f"{least}-{most}"
