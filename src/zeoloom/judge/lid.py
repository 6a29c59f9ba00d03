"""The LID criteria: local interatomic distances of a relaxed framework.

Li, Yu & Xu, Angew. Chem. Int. Ed. 52 (2013) 1673: in every zeolite made so far the T-O, O-O and T-T
distances of the relaxed SiO2 framework spread little, and their means lie on two lines. Idealised
coordinates fail them: relax first (`silica.energy`).

| distance | spread (sd) | range | line |
|---|---|---|---|
| T-O | 0.0196 | 0.0715 | |
| O-O in a tetrahedron | 0.0638 | 0.2756 | <OO> = 1.63280 <TO> + 0.0000086, within 0.0010 |
| T-T across an oxygen | 0.1037 | 0.2618 | <TT> = 10.9945 - 4.94342 <TO>, within 0.0056 |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.silica.primitive_cell import primitive_cell

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework


@dataclass(frozen=True, slots=True)
class Spread:
    """Distances of one kind over the whole cell, in Å.

    Attributes:
        mean: of all.
        deviation: standard deviation.
        range: largest minus smallest.
    """

    mean: float
    deviation: float
    range: float


@dataclass(frozen=True, slots=True)
class LocalDistances:
    """The distances the criteria speak of.

    Attributes:
        t_o: between a T atom and its oxygen.
        o_o: between oxygen atoms of one tetrahedron.
        t_t: between T atoms that share an oxygen.
    """

    t_o: Spread
    o_o: Spread
    t_t: Spread

    @property
    def off_o_o_line(self) -> float:
        """Å, how far <OO> is from where regular tetrahedra have it."""
        return abs(self.o_o.mean - (1.63280 * self.t_o.mean + 0.0000086))

    @property
    def off_t_t_line(self) -> float:
        """Å, how far <TT> is from the line that T-O-T angles and T-O distances follow."""
        return abs(self.t_t.mean - (10.9945 - 4.94342 * self.t_o.mean))


@dataclass(frozen=True, slots=True)
class Lid:
    """The verdict of the eight criteria.

    Attributes:
        distances: what was judged.
        failed: names of the criteria that do not hold: "T-O spread", "O-O range", "T-T line" ...
    """

    distances: LocalDistances
    failed: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether all eight hold."""
        return not self.failed


def local_distances(framework: Framework) -> LocalDistances:
    """Measure a framework.

    Args:
        framework: relaxed SiO2.

    Raises:
        InputError: if it is not SiO2 of tetrahedra that share corners.
    """
    atoms = primitive_cell(framework)
    to_t = atoms.bond_vectors()
    one, two = atoms.edges().T
    return LocalDistances(
        t_o=_spread(to_t),
        o_o=_spread(to_t[one] - to_t[two]),
        t_t=_spread(to_t[::2] - to_t[1::2]),
    )


def lid(framework: Framework) -> Lid:
    """Judge a framework by the LID criteria.

    Args:
        framework: relaxed SiO2.

    Raises:
        InputError: if it is not SiO2 of tetrahedra that share corners.
    """
    found = local_distances(framework)
    criteria = {
        "T-O spread": (found.t_o.deviation, 0.0196),
        "O-O spread": (found.o_o.deviation, 0.0638),
        "T-T spread": (found.t_t.deviation, 0.1037),
        "T-O range": (found.t_o.range, 0.0715),
        "O-O range": (found.o_o.range, 0.2756),
        "T-T range": (found.t_t.range, 0.2618),
        "O-O line": (found.off_o_o_line, 0.0010),
        "T-T line": (found.off_t_t_line, 0.0056),
    }
    return Lid(found, tuple(name for name, (value, limit) in criteria.items() if value > limit))


def _spread(vectors: FloatArray) -> Spread:
    """Of the lengths of vectors (n, 3)."""
    lengths = np.linalg.norm(vectors, axis=1)
    return Spread(float(lengths.mean()), float(lengths.std()), float(np.ptp(lengths)))
