"""The space groups that a file may mean: by operations, Hall symbol, symbol or number.

A file may say its group by several means that contradict one another, or in one that leaves the
origin open. `possible_groups` lists what it may mean, the likeliest first; `assembly.py` takes the
first of them that makes a framework.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import gemmi

from zeoloom.errors import InputError
from zeoloom.geometry.space_groups import (
    fits_cell,
    number_of_hall_number,
    operations_of_hall_number,
    settings_of_number,
    settings_of_symbol,
    space_group_of_operations,
)
from zeoloom.structure.files.cif_tags import number
from zeoloom.structure.files.operation_lists import (
    check_group,
    check_metric,
    code_of_group,
    operations_from_gemmi,
    parsed_operations,
    shown_cell,
    tabulated_setting,
    with_centring,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.files.listing import DeclaredSymmetry

LISTED = "its operations"

NUMBERED = "space group"

OTHER = "another setting"

AS_THEY_ARE = "the atoms as listed"

NOTHING_DECLARED = "no symmetry in the file; read as P 1"


@dataclass(frozen=True, slots=True)
class SpaceGroup:
    """A space group in a file's own setting.

    Attributes:
        number: 1 to 230.
        symbol: Hermann-Mauguin symbol; the file's own where it means this setting.
        setting: the symbol that means this setting alone, as far as there is one.
        operations: all operations, centring included.
    """

    number: int
    symbol: str
    setting: str
    operations: SymmetryOperations


@dataclass(frozen=True, slots=True)
class PossibleGroup:
    """One reading of what a file says of its symmetry.

    Attributes:
        group: the space group.
        source: where it is from, in words that complete "took ...".
        notices: what was assumed.
    """

    group: SpaceGroup
    source: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Statement:
    """One of the means by which a file says its group.

    Attributes:
        source: the way.
        readings: operations that it may mean, the likeliest first.
        fault: why there are none, if there are none.
        number: of the group, where a setting of it is named that does not fit.
    """

    source: str
    readings: tuple[SymmetryOperations, ...]
    fault: str = ""
    number: int = 0


def possible_groups(declared: DeclaredSymmetry, cell: FloatArray) -> Iterator[PossibleGroup]:
    """The groups that a file may mean, the likeliest first, each once.

    First come the operations it lists, then its Hall symbol, its Hermann-Mauguin symbols (the
    origin at the inversion centre before the other) and its number. Then come all other settings
    of the groups named that fit the cell, and P 1.

    Args:
        declared: what the file says.
        cell: (3, 3) Å, which the operations must leave as it is.

    Raises:
        InputError: if the operations listed are no group of this cell.
    """
    met: set[bytes] = set()
    numbers: list[int] = []
    faults: list[str] = []
    for statement in _statements(declared, cell):
        if statement.fault:
            if statement.source == LISTED:  # no symbol tells what is wrong in a list
                raise InputError(statement.fault)
            faults.append(statement.fault)
            numbers += [statement.number] if statement.number else []
        for operations in statement.readings:
            code = code_of_group(operations)
            if code in met:
                continue
            met.add(code)
            group = _named(operations, cell, declared)
            numbers.append(group.number)
            yield PossibleGroup(
                group, statement.source, _assumptions(declared, statement, group, faults)
            )
    for operations in _other_settings(numbers, cell):
        code = code_of_group(operations)
        if code not in met:
            met.add(code)
            group = _named(operations, cell, declared)
            source = OTHER if len(operations) > 1 else AS_THEY_ARE
            taken = (f"took {source}, {group.setting}",) if faults else ()
            yield PossibleGroup(group, source, (*faults, *taken))


def contradictions(declared: DeclaredSymmetry, taken: PossibleGroup, cell: FloatArray) -> list[str]:
    """What the file says beside the group taken, and against it.

    Args:
        declared: what the file says.
        taken: of `possible_groups`.
        cell: (3, 3) Å.

    Returns:
        Statements such as "space group 15" or "the symbol 'R -3 m'".
    """
    rest = replace(declared, operations=()) if taken.source == LISTED else declared
    if rest == type(declared)():
        return []
    against = []
    given = taken.group
    code = code_of_group(given.operations)
    for statement in _statements(rest, cell, all_settings=True):
        if statement.fault or any(code_of_group(each) == code for each in statement.readings):
            continue
        groups = [_named(each, cell, declared) for each in statement.readings]
        # a group in a larger cell, or at an origin of its own, has no symbol that could fit
        if tabulated_setting(given.operations) is None and given.number in {
            group.number for group in groups
        }:
            continue
        listed = statement.source == LISTED
        against.append(f"{LISTED} ({groups[0].setting})" if listed else statement.source)
    return sorted(against, key=lambda source: not source.startswith(NUMBERED))


def _statements(
    declared: DeclaredSymmetry, cell: FloatArray, *, all_settings: bool = False
) -> Iterator[_Statement]:
    """All that a file says of its group, one thing after the other.

    Args:
        declared: what the file says.
        cell: (3, 3) Å.
        all_settings: whether to list settings that do not fit the cell too.
    """
    lenient = all_settings
    if declared.operations:
        yield _of_operations(declared, cell)
    if declared.hall:
        yield _of_hall(declared.hall, cell)
    for symbol in declared.symbols:
        yield _of_symbol(symbol, cell, lenient=lenient)
    if declared.number:
        yield _of_number(declared.number, cell, lenient=lenient)
    if declared == type(declared)():
        yield _Statement("P 1", (parsed_operations(("x,y,z",)),))


def _of_operations(declared: DeclaredSymmetry, cell: FloatArray) -> _Statement:
    try:
        operations = parsed_operations(declared.operations)
        try:
            check_group(operations)
        except InputError:
            # some programs leave it to the symbol to tell the centring
            letter = "".join(declared.symbols or (declared.hall.lstrip("-"),)).strip("' ")[:1]
            operations = with_centring(operations, letter.upper())
            check_group(operations)
        check_metric(operations, cell)
    except InputError as error:
        return _Statement(LISTED, (), str(error))
    return _Statement(LISTED, (operations,))


def _of_hall(symbol: str, cell: FloatArray) -> _Statement:
    source = f"the Hall symbol '{symbol}'"
    try:
        operations = operations_from_gemmi(list(gemmi.symops_from_hall(symbol)))
        check_metric(operations, cell)
    except InputError as error:
        return _Statement(source, (), f"{source}: {error}")
    except (RuntimeError, ValueError):
        return _Statement(source, (), f"{source} cannot be read")
    return _Statement(source, (operations,))


def _of_symbol(symbol: str, cell: FloatArray, *, lenient: bool) -> _Statement:
    halls = settings_of_symbol(symbol)
    settings = [operations_of_hall_number(hall) for hall in halls]
    group_number = number_of_hall_number(halls[0]) if halls else 0
    if not settings:  # gemmi knows centred cells beyond the tables, as F 1 or C -1
        found = gemmi.find_spacegroup_by_name(symbol)
        settings = [] if found is None else [operations_from_gemmi(list(found.operations()))]
    if not settings:
        return _Statement(
            f"the symbol '{symbol}'",
            (),
            f"space group '{symbol}' is unknown and no operations are listed; list them with "
            "_space_group_symop_operation_xyz",
        )
    return _fitting(f"the symbol '{symbol}'", settings, cell, group_number, lenient=lenient)


def _of_number(text: str, cell: FloatArray, *, lenient: bool) -> _Statement:
    wanted = number(text)
    source = f"{NUMBERED} {text}"
    if not wanted.is_integer() or not 1 <= wanted <= 230:
        return _Statement(source, (), f"space group number '{text}': expected 1 to 230")
    settings = [operations_of_hall_number(hall) for hall in settings_of_number(int(wanted))]
    return _fitting(source, settings, cell, int(wanted), lenient=lenient)


def _fitting(
    source: str,
    settings: list[SymmetryOperations],
    cell: FloatArray,
    group_number: int,
    *,
    lenient: bool,
) -> _Statement:
    """A statement of the settings that fit the cell, or of all of them."""
    fitting = tuple(each for each in settings if lenient or fits_cell(each, cell))
    if fitting:
        return _Statement(source, fitting)
    fault = f"{source} does not fit the cell {shown_cell(cell)}; check both"
    return _Statement(source, (), fault, group_number)


def _other_settings(numbers: list[int], cell: FloatArray) -> Iterator[SymmetryOperations]:
    """All settings of some groups that fit a cell, and P 1."""
    for each in dict.fromkeys(numbers):
        for hall_number in settings_of_number(each):
            operations = operations_of_hall_number(hall_number)
            if fits_cell(operations, cell):
                yield operations
    yield parsed_operations(("x,y,z",))


def _assumptions(
    declared: DeclaredSymmetry, statement: _Statement, group: SpaceGroup, faults: list[str]
) -> tuple[str, ...]:
    """Notices that go with a group taken from one of the statements."""
    if declared == type(declared)():
        return (NOTHING_DECLARED,)
    if declared.operations or (len(group.operations) == 1 and not faults):
        return ()
    taken = f"no symmetry operations in the file; took those of {statement.source}, {group.setting}"
    return (taken, *faults)


def _named(
    operations: SymmetryOperations, cell: FloatArray, declared: DeclaredSymmetry
) -> SpaceGroup:
    """A group with its number and symbol; the file's own symbol where it means this setting."""
    tabulated = tabulated_setting(operations)
    if tabulated is not None:
        found = (int(tabulated.number), str(tabulated.xhm()))
    else:
        known = space_group_of_operations(operations, cell)
        if known is None:
            raise InputError(
                "the symmetry operations belong to no known space group; check the list"
            )
        found = known
    code = code_of_group(operations)
    for symbol in declared.symbols:
        settings = [operations_of_hall_number(hall) for hall in settings_of_symbol(symbol)]
        if any(code_of_group(each) == code for each in settings):
            return SpaceGroup(found[0], symbol, found[1], operations)
    return SpaceGroup(found[0], found[1], found[1], operations)
