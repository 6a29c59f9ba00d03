"""The space group of a CIF block: the operations it lists, or those of the symbol it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import SymmetryOperations
from zeoloom.geometry.space_groups import identify
from zeoloom.structure.files.cif_tags import number

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.files.cif_tags import Block

MAX_OPERATIONS = 192 * 8
"""The largest space groups have 192 operations; a supercell multiplies them by its translations."""

METRIC_TOLERANCE = 0.01
"""Relative. How far an operation may change lengths in the cell before it does not fit it."""

SYMOP_TAGS = (
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop_operation_xyz",
    "_space_group_symop.operation_xyz",
)
NAME_TAGS = (
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m_alt",
    "_space_group.name_h-m_alt",
    "_space_group.name_h-m_full",
)
NUMBER_TAGS = (
    "_symmetry_int_tables_number",
    "_space_group_it_number",
    "_space_group.it_number",
)


@dataclass(frozen=True, slots=True)
class SpaceGroup:
    """A space group in a file's own setting.

    Attributes:
        number: 1 to 230.
        symbol: Hermann-Mauguin symbol of the setting.
        operations: all operations, centring included.
        notices: what was assumed or contradicts itself.
    """

    number: int
    symbol: str
    operations: SymmetryOperations
    notices: tuple[str, ...]


def read_space_group(block: Block, cell: FloatArray) -> SpaceGroup:
    """The space group of a block, in its own setting.

    Args:
        block: a data block.
        cell: (3, 3) Å, which the operations must leave as it is.

    Raises:
        InputError: if the operations are broken, form no group, or do not fit the cell.
    """
    told_name = block.first(*NAME_TAGS)
    told_number = block.first(*NUMBER_TAGS)
    listed = [text for text in block.column(*SYMOP_TAGS) if text not in ("", "?", ".")]
    if listed:
        operations = _parse(listed)
        notices: tuple[str, ...] = ()
    elif told_name or told_number:
        group = _named_group(told_name, told_number, cell)
        operations = _arrays(list(group.operations()))
        notices = (f"no symmetry operations in the file; took those of {group.xhm()}",)
    else:
        operations = _parse(["x,y,z"])
        notices = ("no symmetry in the file; read as P 1",)
    _check_group(operations)
    _check_metric(operations, cell)
    found_number, symbol = _identify(operations, cell)
    # a symbol names a setting better than we can, where it means the same group
    named = gemmi.find_spacegroup_by_name(told_name) if told_name else None
    if named is not None and named.number == found_number:
        symbol = told_name
    declared = number(told_number) if told_number else None
    if declared is not None and declared != found_number:
        contradiction = (
            f"the file says space group {told_number}, its operations are those of {found_number} "
            f"({symbol}); took the operations"
        )
        notices = (*notices, contradiction)
    return SpaceGroup(found_number, symbol, operations, notices)


def _parse(triplets: list[str]) -> SymmetryOperations:
    """Operations from triplets such as 'x,1/2-y,-z', each once."""
    if len(triplets) > MAX_OPERATIONS:
        raise InputError(f"{len(triplets)} symmetry operations; no space group has so many")
    operations = []
    for triplet in triplets:
        try:
            operations.append(gemmi.Op(triplet).wrap())
        except (RuntimeError, ValueError) as error:
            raise InputError(f"symmetry operation '{triplet}' cannot be read ({error})") from error
    return _arrays(operations)


def _arrays(operations: list[gemmi.Op]) -> SymmetryOperations:
    """Operations of gemmi (in 24ths) as arrays, without repeats, in their order."""
    distinct = {op.wrap().triplet(): op for op in operations}.values()
    rotations = np.array([op.rot for op in distinct], dtype=np.int64)
    if (rotations % gemmi.Op.DEN != 0).any():
        raise InputError(
            "a symmetry operation has a rotation part with fractions; expected integers"
        )
    translations = np.array([op.tran for op in distinct], dtype=np.float64) / gemmi.Op.DEN
    return SymmetryOperations(rotations // gemmi.Op.DEN, np.mod(translations, 1.0))


def _named_group(name: str, told_number: str, cell: FloatArray) -> gemmi.SpaceGroup:
    """The group of a symbol, else of a number; origin at the inversion centre, axes by the cell."""
    parameters = parameters_from_cell(cell)
    group = None
    if name:
        group = gemmi.find_spacegroup_by_name(name, parameters[3], parameters[5], "2")
    if group is None and told_number:
        wanted = number(told_number)
        if not wanted.is_integer() or not 1 <= wanted <= 230:
            raise InputError(f"space group number '{told_number}': expected 1 to 230")
        standard = gemmi.find_spacegroup_by_number(int(wanted))
        group = gemmi.find_spacegroup_by_name(standard.hm, parameters[3], parameters[5], "2")
    if group is None:
        raise InputError(
            f"space group '{name}' is unknown and no operations are listed; list them with "
            "_space_group_symop_operation_xyz"
        )
    return group


def _check_group(operations: SymmetryOperations) -> None:
    """Raise InputError unless the product of any two operations is in the list.

    Of {R | t} and {R' | t'} it is {R R' | R t' + t}, modulo lattice translations.
    """
    rotations = operations.rotations
    determinants = np.round(np.linalg.det(rotations.astype(np.float64)))
    if (np.abs(determinants) != 1).any():
        raise InputError("a symmetry operation is no rotation (determinant not 1 or -1)")
    codes = _codes(rotations, operations.translations)
    known = set(codes.tolist())
    for rotation, translation in zip(rotations, operations.translations, strict=True):
        products = rotation @ rotations
        moved = operations.translations @ rotation.T + translation
        if not known.issuperset(_codes(products, moved).tolist()):
            raise InputError(
                f"the {len(operations)} symmetry operations form no group: products are missing; "
                "check the list for lost or mistyped lines"
            )


def _codes(rotations: np.ndarray, translations: np.ndarray) -> np.ndarray:
    """(G,) one integer for each operation; entries of rotations are -2 to 2, translations 24ths."""
    ternary = (np.clip(rotations, -3, 3).reshape(-1, 9) + 3) @ (7 ** np.arange(9))
    fractions = np.round(translations * gemmi.Op.DEN).astype(np.int64) % gemmi.Op.DEN
    code = ternary * gemmi.Op.DEN**3 + fractions @ gemmi.Op.DEN ** np.arange(3)
    return np.asarray(code)


def _check_metric(operations: SymmetryOperations, cell: FloatArray) -> None:
    """Raise InputError unless R^T G R = G for the metric G = cell cell^T."""
    metric = cell @ cell.T
    turned = np.einsum("gji,jk,gkl->gil", operations.rotations, metric, operations.rotations)
    scale = np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
    if (np.abs(turned - metric) / scale).max() > METRIC_TOLERANCE:
        shown = " ".join(f"{value:.4g}" for value in parameters_from_cell(cell))
        raise InputError(f"the symmetry operations do not fit the cell {shown}; check both")


def _identify(operations: SymmetryOperations, cell: FloatArray) -> tuple[int, str]:
    """Number and Hermann-Mauguin symbol of a group in any setting."""
    ops = [gemmi.Op() for _ in range(len(operations))]
    for op, rotation, translation in zip(
        ops, operations.rotations, operations.translations, strict=True
    ):
        op.rot = (rotation * gemmi.Op.DEN).tolist()
        op.tran = np.round(translation * gemmi.Op.DEN).astype(int).tolist()
    tabulated: gemmi.SpaceGroup | None = gemmi.find_spacegroup_by_ops(gemmi.GroupOps(ops))
    if tabulated is not None:
        return tabulated.number, tabulated.xhm()
    found = identify(operations, cell)
    if found is None:
        raise InputError("the symmetry operations belong to no known space group; check the list")
    return found
