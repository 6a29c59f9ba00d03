"""Composite building units: cages and double rings that many framework types are made of.

Each is a polyhedron whose vertices are T atoms with three edges, given by the number of its faces
of each size, as in [4^6.6^8] of the sodalite cage. Names are those of the IZA Structure Commission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIT_FACES: dict[str, Mapping[int, int]] = {
    "d3r": {3: 2, 4: 3},
    "d4r": {4: 6},
    "d6r": {4: 6, 6: 2},
    "d8r": {4: 8, 8: 2},
    "can": {4: 6, 6: 5},
    "sod": {4: 6, 6: 8},
    "gme": {4: 9, 6: 2, 8: 3},
    "lev": {4: 9, 6: 5, 8: 3},
    "los": {4: 6, 6: 11},
    "lio": {4: 6, 6: 17},
    "cha": {4: 12, 6: 2, 8: 6},
    "afx": {4: 15, 6: 2, 8: 9},
    "pau": {4: 12, 8: 6},
    "lta": {4: 12, 6: 8, 8: 6},
    "mtn": {5: 12},
}
"""Faces by their size."""
