"""Compiled: the edges of a void joined one after the other, and by what each component comes back.

A component of nodes is a tree of parents with shifts; node i in cell `shift` of its root belongs to
the component of the root in cell 0. The whole cells by which a component comes back to itself make
a lattice, of which up to three independent vectors are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray


class EdgeReturns(NamedTuple):
    """What edges do that make a component come back by something new.

    Attributes:
        edge: (k,) numbers of these edges, in their order.
        step: (k, 3) whole cells by which the edge itself makes its component come back; 0 where it
            joins two components.
        returns: (k, 3, 3) all that the component comes back by then,
        n_returns: (k,) and how many these are.
        ranks: (n,) independent directions that each node's component comes back by, after the first
            edges.
    """

    edge: IntArray
    step: IntArray
    returns: IntArray
    n_returns: IntArray
    ranks: IntArray


@compiled
def edges_joined(
    tails: IntArray, heads: IntArray, shifts: IntArray, order: IntArray, nodes: int, first: int
) -> EdgeReturns:
    """Join edges.

    Args:
        tails: (e,) node of each edge.
        heads: (e,) the other one,
        shifts: (e, 3) in this cell.
        order: (e,) in which they are joined.
        nodes: how many there are.
        first: edges after which ranks are asked for.
    """
    parent, shift = np.arange(nodes), np.zeros((nodes, 3), np.int64)
    known, n_known = np.zeros((nodes, 3, 3), np.int64), np.zeros(nodes, np.int64)
    ranks = np.zeros(nodes, np.int64)
    most = 3 * nodes + 3
    edge, count = np.empty(most, np.int64), np.empty(most, np.int64)
    steps, returns = np.zeros((most, 3), np.int64), np.zeros((most, 3, 3), np.int64)
    met = 0
    for k in range(len(order) + 1):
        if k == first:
            for i in range(nodes):
                ranks[i] = n_known[_root(parent, shift, i)]
        if k == len(order):
            break
        tail, head = tails[order[k]], heads[order[k]]
        one, two = _root(parent, shift, tail), _root(parent, shift, head)
        step = np.empty(3, np.int64)
        for axis in range(3):
            from_one = shift[tail, axis] if tail != one else 0
            from_two = shift[head, axis] if head != two else 0
            step[axis] = from_one + shifts[order[k], axis] - from_two
        changed = False
        if one == two:
            changed = _added(known, n_known, one, step)
        else:
            parent[two] = one
            shift[two] = step
            for j in range(n_known[two]):
                changed |= _added(known, n_known, one, known[two, j])
        if changed:
            edge[met], count[met] = order[k], n_known[one]
            returns[met] = known[one]
            if one == two:
                steps[met] = step
            met += 1
    return EdgeReturns(edge[:met], steps[:met], returns[:met], count[:met], ranks)


@compiled
def _root(parent: IntArray, shift: IntArray, node: int) -> int:
    """The root of a node, which it then has as its parent, with its shift from there."""
    root = node
    while parent[root] != root:
        root = parent[root]
    total = np.zeros(3, np.int64)
    at = node
    while parent[at] != at:
        total += shift[at]
        at = parent[at]
    at = node
    while parent[at] != root and at != root:
        following = parent[at]
        own = shift[at].copy()
        parent[at] = root
        shift[at] = total
        total -= own
        at = following
    return root


@compiled
def _added(known: IntArray, n_known: IntArray, root: int, step: IntArray) -> bool:
    """Whether a step is independent of what a component comes back by; then it is kept."""
    n = n_known[root]
    one, two = known[root, 0], known[root, 1]
    if n == 3:
        return False
    if n == 0:
        independent = step[0] != 0 or step[1] != 0 or step[2] != 0
    else:
        a = step if n == 1 else two
        x = one[1] * a[2] - one[2] * a[1]
        y = one[2] * a[0] - one[0] * a[2]
        z = one[0] * a[1] - one[1] * a[0]
        if n == 1:
            independent = x != 0 or y != 0 or z != 0
        else:
            independent = x * step[0] + y * step[1] + z * step[2] != 0
    if independent:
        known[root, n] = step
        n_known[root] += 1
    return bool(independent)
