"""What groups allow: numbers of atoms that orbits add up to, and cells that hold them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from target_examples import regular_types
from zeoloom.errors import InputError
from zeoloom.geometry.space_groups import hall_number_of, number_of_hall_number
from zeoloom.search.feasibility import atoms_of_orbits
from zeoloom.search.limits import Limits
from zeoloom.search.prior import prior_of


def test_numbers_are_sums_of_so_many_orbits() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sizes = sorted(set(rng.integers(1, 20, 3).tolist()))
        low = int(rng.integers(1, 4))
        high, most = low + int(rng.integers(0, 3)), int(rng.integers(1, 60))
        sums = {
            sum(chosen) for count in range(low, high + 1) for chosen in product(sizes, repeat=count)
        }
        assert atoms_of_orbits(sizes, (low, high), most) == sorted(n for n in sums if n <= most)


@pytest.mark.long
def test_what_known_types_have_is_never_refused() -> None:
    for framework in regular_types():
        n = len(framework.frac_t)
        groups = (framework.space_group_number,)
        prior_of([framework], Limits((7.0, 22.0), n_t_unique=(n, n)), groups)


@pytest.mark.parametrize(
    ("group", "n_t", "n_t_unique", "complaint"),
    [
        ("Fm-3m", (5, 5), (1, 1), r"Fm-3m has orbits of 4, .* Possible are 4, 8, 24 T atoms$"),
        ("P2_1/n", (24, 24), (3, 3), r"Possible are 8, 10, 12 T atoms, or 6 to 12 unique T atoms"),
        ("P-1", (4, 4), (2, 2), "no known framework type in P-1 has 2 to 2 unique"),
        ("P1", (4, 4), (1, 8), "give a cell to `solve`"),
        (None, (2, 3), (1, 1), r"those with as many unique T atoms have \d+ to \d+ T atoms"),
    ],
)
def test_what_cannot_be_is_refused_with_what_could_be(
    group: str | None, n_t: tuple[int, int], n_t_unique: tuple[int, int], complaint: str
) -> None:
    groups = () if group is None else (number_of_hall_number(hall_number_of(group)),)
    limits = Limits((12.0, 20.0), n_t, n_t_unique)
    with pytest.raises(InputError, match=complaint):
        prior_of(regular_types(), limits, groups)
