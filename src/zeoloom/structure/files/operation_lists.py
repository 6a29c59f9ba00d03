"""Lists of symmetry operations from files: parsed, checked, compared, named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gemmi
import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import SymmetryOperations, pure_translations
from zeoloom.geometry.space_groups import fits_cell

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

MAX_OPERATIONS = 192 * 8
"""The largest space groups have 192 operations; a supercell multiplies them by its translations."""


def parsed_operations(triplets: tuple[str, ...]) -> SymmetryOperations:
    """Operations from triplets such as 'x,1/2-y,-z', each once."""
    if len(triplets) > MAX_OPERATIONS:
        raise InputError(f"{len(triplets)} symmetry operations; no space group has so many")
    operations = []
    for triplet in triplets:
        try:
            operations.append(gemmi.Op(triplet).wrap())
        except (RuntimeError, ValueError) as error:
            raise InputError(f"symmetry operation '{triplet}' cannot be read ({error})") from error
    return operations_from_gemmi(operations)


def operations_from_gemmi(operations: list[gemmi.Op]) -> SymmetryOperations:
    """Operations of gemmi (in 24ths) as arrays, without repeats, in their order."""
    distinct = {op.wrap().triplet(): op for op in operations}.values()
    rotations = np.array([op.rot for op in distinct], dtype=np.int64)
    if (rotations % gemmi.Op.DEN != 0).any():
        raise InputError(
            "a symmetry operation has a rotation part with fractions; expected integers"
        )
    translations = np.array([op.tran for op in distinct], dtype=np.float64) / gemmi.Op.DEN
    return SymmetryOperations(rotations // gemmi.Op.DEN, np.mod(translations, 1.0))


def check_group(operations: SymmetryOperations) -> None:
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


def _codes(rotations: IntArray, translations: FloatArray) -> IntArray:
    """(G,) one integer for each operation; entries of rotations are -2 to 2, translations 24ths."""
    ternary = (np.clip(rotations, -3, 3).reshape(-1, 9) + 3) @ (7 ** np.arange(9))
    fractions = np.round(translations * gemmi.Op.DEN).astype(np.int64) % gemmi.Op.DEN
    code = ternary * gemmi.Op.DEN**3 + fractions @ gemmi.Op.DEN ** np.arange(3)
    return np.asarray(code)


CENTRINGS = {
    "P": (),
    "A": ((0, 12, 12),),
    "B": ((12, 0, 12),),
    "C": ((12, 12, 0),),
    "I": ((12, 12, 12),),
    "F": ((0, 12, 12), (12, 0, 12), (12, 12, 0)),
    "R": ((16, 8, 8), (8, 16, 16)),
}
"""Translations beside those of the cell, in 24ths, by the letter of the lattice."""


def with_centring(operations: SymmetryOperations, letter: str) -> SymmetryOperations:
    """Operations and their products with the translations of a centred lattice.

    Operations that have translations of their own, or an unknown letter, stay as they are.
    """
    if len(pure_translations(operations)) != 1 or not CENTRINGS.get(letter):
        return operations
    shifts = np.array([(0, 0, 0), *CENTRINGS[letter]]) / gemmi.Op.DEN
    translations = operations.translations[None] + shifts[:, None]
    return SymmetryOperations(
        np.tile(operations.rotations, (len(shifts), 1, 1)),
        np.mod(translations.reshape(-1, 3), 1.0),
    )


def code_of_group(operations: SymmetryOperations) -> bytes:
    """Equal for equal groups in one setting, whatever the order of their operations."""
    return np.sort(_codes(operations.rotations, operations.translations)).tobytes()


def check_metric(operations: SymmetryOperations, cell: FloatArray) -> None:
    """Raise InputError if operations change lengths in the cell."""
    if not fits_cell(operations, cell):
        raise InputError(
            f"the symmetry operations do not fit the cell {shown_cell(cell)}; check both"
        )


def shown_cell(cell: FloatArray) -> str:
    """The parameters of a cell (3, 3) Å, for messages."""
    return " ".join(f"{value:.4g}" for value in parameters_from_cell(cell))


def tabulated_setting(operations: SymmetryOperations) -> gemmi.SpaceGroup | None:
    """The setting of the International Tables that some operations are, or None."""
    group = gemmi.GroupOps(gemmi_operations(operations))
    found: gemmi.SpaceGroup | None = gemmi.find_spacegroup_by_ops(group)
    return found


def gemmi_operations(operations: SymmetryOperations) -> list[gemmi.Op]:
    """The operations as gemmi has them: integers in units of 1/24."""
    listed = []
    for rotation, translation in zip(operations.rotations, operations.translations, strict=True):
        operation = gemmi.Op()
        operation.rot = (rotation * gemmi.Op.DEN).tolist()
        operation.tran = np.round(np.mod(translation, 1.0) * gemmi.Op.DEN).astype(int).tolist()
        listed.append(operation.wrap())
    return listed
