"""What a net is: its parts, its key and its invariants.

Identity is decided by the key alone: it takes less time than the coordination sequences, which the
literature compares first, and is never ambiguous.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.nets.canonical import CanonicalForm, canonical_form, key_of_text
from zeoloom.nets.periodic_net import Component, components
from zeoloom.nets.placement import NoCanonicalFormError
from zeoloom.nets.rings import (
    MAX_COORDINATION,
    VertexSymbol,
    ring_sizes,
    vertex_symbols,
)
from zeoloom.nets.shells import SHELLS, coordination_sequences

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray
    from zeoloom.nets.periodic_net import PeriodicNet


CROWDED_SHELLS = 3
"""Shells that tell such nets apart where they have no canonical form."""


@dataclass(frozen=True, slots=True)
class NetKey:
    """The identity of a net as a short text.

    Attributes:
        text: equal for equal nets, in whatever cell they are given, and for mirror images; it
            begins with '~' if it is not exact.
        exact: whether different nets always have different keys. The key of a net of several
            components counts them, but does not know how they are threaded through one another.
        reason: why it is not exact; empty if it is.
    """

    text: str
    exact: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NetDescription:
    """All that is known of a net from its bonds alone.

    Attributes:
        key: its identity.
        components: its connected parts; a framework has one, with one copy, 3-periodic.
        coordination: (n,) number of bonds of each vertex.
        orbits: (n,) the kind of each vertex, 0 to k - 1: vertices of one kind are equivalent under
            a symmetry of the net. Where the key is not exact every vertex may be of its own kind.
        coordination_sequences: (k, 12) of each kind.
        vertex_symbols: (k,) of each kind.
        ring_sizes: sizes of the smallest rings at the angles of the net, in increasing order. These
            last three are empty if a vertex has more than `MAX_COORDINATION` bonds.
    """

    key: NetKey
    components: tuple[Component, ...]
    coordination: IntArray
    orbits: IntArray
    coordination_sequences: IntArray
    vertex_symbols: tuple[VertexSymbol, ...]
    ring_sizes: tuple[int, ...]


def net_key(net: PeriodicNet) -> NetKey:
    """The key of any net.

    Connected and periodic nets have the exact key of their canonical form. Several components have
    the key of their forms, each with its number of copies (countless ones count once). Where there
    is no canonical form, the key is made of the coordination sequences and vertex symbols, with the
    shares of the vertices that have them.
    """
    parts = components(net)
    return _key(parts, [_form(part) for part in parts])


def describe(net: PeriodicNet) -> NetDescription:
    """Everything about a net; see `NetDescription`."""
    parts = components(net)
    forms = [_form(part) for part in parts]
    key = _key(parts, forms)
    orbits = np.full(len(net), -1)
    # kinds of vertices met so far: components with the same form share them
    first_kind: dict[str, int] = {}
    kinds = 0
    crowded = bool((net.coordination > MAX_COORDINATION).any())
    sequences: list[IntArray] = []
    symbols: list[VertexSymbol] = []
    for part, form in zip(parts, forms, strict=True):
        if isinstance(form, CanonicalForm):
            graph, place, name = form.net, form.vertices, form.text
            kind_of = graph.sites[place]
        else:
            graph, place, name = part.net, np.arange(len(part.net)), f"part {part.vertices[0]}"
            kind_of = place
        if name not in first_kind:
            first_kind[name] = kinds
            _, first = np.unique(kind_of, return_index=True)
            kinds += len(first)
            if not crowded:
                sequences.extend(coordination_sequences(graph, place[first]))
                symbols.extend(vertex_symbols(graph, place[first]))
        orbits[part.vertices] = first_kind[name] + kind_of
    return NetDescription(
        key=key,
        components=parts,
        coordination=net.coordination,
        orbits=orbits,
        coordination_sequences=np.array(sequences, dtype=np.int64).reshape(-1, SHELLS),
        vertex_symbols=tuple(symbols),
        ring_sizes=ring_sizes(symbols),
    )


def _form(part: Component) -> CanonicalForm | str:
    """The canonical form of a component, or the reason why it has none."""
    if part.periodicity == 0:
        return "it holds a finite group of T atoms"
    try:
        return canonical_form(part.net)
    except NoCanonicalFormError as error:
        return str(error)


def _key(parts: tuple[Component, ...], forms: list[CanonicalForm | str]) -> NetKey:
    texts, reasons = [], []
    for part, form in zip(parts, forms, strict=True):
        if isinstance(form, CanonicalForm):
            texts.append(form.text)
        else:
            texts.append(_invariants(part.net))
            reasons.append(form)
    copies: Counter[str] = Counter()
    countless = set()
    for part, each in zip(parts, texts, strict=True):
        if part.copies is None:
            countless.add(each)
        else:
            copies[each] += part.copies
    listed = sorted([(str(count), each) for each, count in copies.items()])
    listed += [("*", each) for each in sorted(countless)]
    alone = len(listed) == 1 and listed[0][0] in ("1", "*")
    text = listed[0][1] if alone else "; ".join(f"{count} x {each}" for count, each in listed)
    key = key_of_text(text)
    return NetKey(f"~{key}", False, reasons[0]) if reasons else NetKey(key, True)


def _invariants(net: PeriodicNet) -> str:
    """Coordination sequence and vertex symbol of every vertex, with their shares."""
    if (net.coordination > MAX_COORDINATION).any():
        sequences = coordination_sequences(net, shells=CROWDED_SHELLS).tolist()
        kinds = Counter(map(str, sequences))
    else:
        sequences = coordination_sequences(net).tolist()
        symbols = vertex_symbols(net)
        kinds = Counter(f"{one} {two}" for one, two in zip(symbols, sequences, strict=True))
    # shares, so that a larger cell of the same net gives the same text
    unit = math.gcd(*kinds.values())
    return ", ".join(f"{count // unit} {kind}" for kind, count in sorted(kinds.items()))
