"""Types described in a subgroup, origin moved, and back in their own group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from silica_examples import lowered
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.structure.bonds import net_of
from zeoloom.structure.higher_group import in_higher_group
from zeoloom.structure.reference import load_reference


@pytest.mark.parametrize(
    ("code", "subgroup", "free"),
    [
        ("HEU", "C121", (0, 1, 0)),
        ("HEU", "C1m1", (1, 0, 1)),
        ("TON", "Cmc21", (0, 0, 1)),
        ("TON", "C2cm", (1, 0, 0)),
        ("DDR", "R32", (0, 0, 0)),
        ("DDR", "R3m", (0, 0, 1)),
        ("SOD", "P23", (0, 0, 0)),
        ("SOD", "P1", (1, 1, 1)),
    ],
)
def test_a_type_in_a_subgroup_is_found_in_its_own_group(
    code: str, subgroup: str, free: tuple[int, int, int]
) -> None:
    known = load_reference()[code]
    shift = np.array(free) * np.random.default_rng(5).random(3)
    low = lowered(known, subgroup, shift)
    assert fingerprint_of(net_of(low)) == fingerprint_of(net_of(known))
    hall_number = hall_number_of(known.space_group_symbol)
    high = in_higher_group(low, hall_number)
    assert high is not None, shift
    assert high.space_group_symbol == known.space_group_symbol
    assert len(high.operations) == len(operations_of_hall_number(hall_number))
    assert (high.cell == known.cell).all()
    assert len(high.frac_t) == len(known.frac_t)
    assert len(high.frac_o) == len(known.frac_o)
    assert len(set(high.t_labels)) == len(high.t_labels)
    assert fingerprint_of(net_of(high)) == fingerprint_of(net_of(known))


def test_atoms_off_the_symmetry_are_moved_onto_it_up_to_a_limit() -> None:
    low = lowered(load_reference()["HEU"], "C121", np.zeros(3))
    off = np.zeros_like(low.frac_t)
    off[0, 0] = 0.05 / np.linalg.norm(low.cell[0])
    hall_number = hall_number_of("C12/m1")
    assert in_higher_group(replace(low, frac_t=low.frac_t + off), hall_number) is not None
    assert in_higher_group(replace(low, frac_t=low.frac_t + 8 * off), hall_number) is None


def test_a_group_that_atoms_do_not_have() -> None:
    known = load_reference()["HEU"]
    assert in_higher_group(known, hall_number_of("Cmmm")) is None
    chiral = load_reference()["GOO"]
    assert in_higher_group(chiral, hall_number_of("C2221")) is not None
    assert in_higher_group(chiral, hall_number_of("Cmcm")) is None
