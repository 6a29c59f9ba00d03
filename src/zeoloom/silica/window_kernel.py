"""Compiled: the shortest closed walk on T atoms that goes once around a path through the void.

The path is a chain of straight pieces. A half-plane's worth of straight lines in one direction from
all its points makes a wall; a closed walk goes around the path as often as its bonds cross the wall
one way more than the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray


@compiled
def wall_crossings(
    starts: FloatArray, ends: FloatArray, path: FloatArray, direction: FloatArray
) -> IntArray:
    """How often straight lines cross the wall, one way less the other.

    Args:
        starts: (m, 3) Å of the lines.
        ends: (m, 3) Å.
        path: (p, 3) Å, corners of the path.
        direction: (3,) of the wall.
    """
    found = np.zeros(len(starts), np.int64)
    for piece in range(len(path) - 1):
        a, b, d = path[piece], path[piece + 1] - path[piece], direction
        # normal of the wall's strip
        n0, n1, n2 = (
            b[1] * d[2] - b[2] * d[1],
            b[2] * d[0] - b[0] * d[2],
            b[0] * d[1] - b[1] * d[0],
        )
        square = n0 * n0 + n1 * n1 + n2 * n2
        if square < 1e-18:
            continue
        for k in range(len(starts)):
            one = (
                (starts[k, 0] - a[0]) * n0 + (starts[k, 1] - a[1]) * n1 + (starts[k, 2] - a[2]) * n2
            )
            two = (ends[k, 0] - a[0]) * n0 + (ends[k, 1] - a[1]) * n1 + (ends[k, 2] - a[2]) * n2
            if (one >= 0) == (two >= 0):
                continue
            share = one / (one - two)
            x = starts[k, 0] + share * (ends[k, 0] - starts[k, 0]) - a[0]
            y = starts[k, 1] + share * (ends[k, 1] - starts[k, 1]) - a[1]
            z = starts[k, 2] + share * (ends[k, 2] - starts[k, 2]) - a[2]
            # x = t b + s d, by Cramer's rule within the strip
            t = (
                (y * d[2] - z * d[1]) * n0 + (z * d[0] - x * d[2]) * n1 + (x * d[1] - y * d[0]) * n2
            ) / square
            s = (
                (b[1] * z - b[2] * y) * n0 + (b[2] * x - b[0] * z) * n1 + (b[0] * y - b[1] * x) * n2
            ) / square
            if 0.0 <= t < 1.0 and s >= 0.0:
                found[k] += 1 if one < 0 else -1
    return found


@compiled
def shortest_around(bonded: IntArray, crossings: IntArray, starts: IntArray, most: int) -> int:
    """Bonds of the shortest closed walk that crosses the wall once.

    Args:
        bonded: (n, 4) other atom of each bond, -1 where it is not looked at.
        crossings: (n, 4) of the bonds, seen from this atom.
        starts: (k,) atoms that the walk begins at.
        most: bonds.

    Returns:
        0 if there is none of at most so many.
    """
    n, best = len(bonded), most + 1
    apart = np.empty((n, 3), np.int64)
    queue = np.empty((3 * n, 2), np.int64)
    for start in starts:
        apart[:] = -1
        apart[start, 1] = 0
        queue[0, 0], queue[0, 1] = start, 0
        done, met = 0, 1
        while done < met:
            atom, winding = queue[done, 0], queue[done, 1]
            done += 1
            steps = apart[atom, winding + 1] + 1
            if steps >= best:
                break
            for k in range(bonded.shape[1]):
                other = bonded[atom, k]
                now = winding + crossings[atom, k]
                if other < 0 or now < -1 or now > 1 or apart[other, now + 1] >= 0:
                    continue
                if other == start and now != 0:
                    best = steps
                apart[other, now + 1] = steps
                queue[met, 0], queue[met, 1] = other, now
                met += 1
    return best if best <= most else 0
