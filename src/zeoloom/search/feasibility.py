"""What a space group allows: which numbers of T atoms its orbits add up to.

A search for what cannot be would run to its end and find nothing, so it is refused before it
starts, with what could be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.geometry.operations import orbit_sizes
from zeoloom.geometry.space_groups import (
    operations_of_hall_number,
    standard_hall_number,
    symbol_of_hall_number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.search.limits import Limits

MOST_ATOMS = 2000
"""T atoms up to which numbers are looked at."""

MOST_NUMBERS = 3
"""That are named as what could be instead."""


def atoms_of_orbits(sizes: Sequence[int], number: tuple[int, int], most: int) -> list[int]:
    """Numbers of atoms, up to `most`, that some orbits add up to; increasing.

    Args:
        sizes: of the orbits of a group.
        number: fewest and most orbits.
        most: atoms.
    """
    within = (1 << (most + 1)) - 1
    reached, found = 1, 0  # bit n: n atoms
    for count in range(1, min(number[1], most) + 1):
        following = 0
        for size in sizes:
            following |= reached << size
        reached = following & within
        if count >= number[0]:
            found |= reached
    return [n for n in range(1, most + 1) if found >> n & 1]


def check_counts(operations: SymmetryOperations, symbol: str, limits: Limits) -> None:
    """Make sure that the orbits of a group can give as many atoms as asked for.

    Args:
        operations: of the group.
        symbol: of the group, for the message.
        limits: on the frameworks.

    Raises:
        InputError: if they cannot; it says what they can give.
    """
    low, high = limits.n_t
    sizes = orbit_sizes(operations)
    possible = atoms_of_orbits(sizes, limits.n_t_unique, max(min(high, MOST_ATOMS), 1))
    if any(low <= n for n in possible):
        return
    reachable = atoms_of_orbits(sizes, limits.n_t_unique, MOST_ATOMS)
    near = sorted(reachable, key=lambda n: (max(low - n, n - high), n))[:MOST_NUMBERS]
    orbits = [
        k
        for k in range(1, min(high, MOST_ATOMS) + 1)
        if any(n >= low for n in atoms_of_orbits(sizes, (k, k), min(high, MOST_ATOMS)))
    ]
    other = f", or {_range_text(orbits[0], orbits[-1])} unique T atoms" if orbits else ""
    raise InputError(
        f"{symbol} has orbits of {', '.join(map(str, sizes))} atoms; "
        f"{_range_text(*limits.n_t_unique)} of them cannot give {_range_text(low, high)} T atoms. "
        f"Possible are {', '.join(map(str, sorted(near)))} T atoms{other}"
    )


def check_groups(groups: Sequence[int], limits: Limits) -> None:
    """Make sure that at least one of some groups can give as many atoms as asked for.

    Args:
        groups: numbers.
        limits: on the frameworks.

    Raises:
        InputError: if none can; it says what the first of them can give.
    """
    refused = []
    for number in groups:
        hall_number = standard_hall_number(number)
        try:
            check_counts(
                operations_of_hall_number(hall_number), symbol_of_hall_number(hall_number), limits
            )
        except InputError as error:
            refused.append(error)
        else:
            return
    if refused:
        raise refused[0]


def groups_text(groups: Sequence[int]) -> str:
    """Symbols of some groups, the first ones if there are many."""
    symbols = [symbol_of_hall_number(standard_hall_number(n)) for n in groups[:MOST_NUMBERS]]
    more = len(groups) - len(symbols)
    return ", ".join(symbols) + (f" and {more} more groups" if more else "")


def _range_text(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"
