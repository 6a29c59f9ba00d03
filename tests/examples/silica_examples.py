"""Frameworks for the tests of silica: bare, shaken within their symmetry, described otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.operations import (
    SymmetryOperations,
    distinct_orbits,
    expand_orbits,
    identity_first,
)
from zeoloom.geometry.space_groups import (
    hall_number_of,
    number_of_hall_number,
    operations_of_hall_number,
    symbol_of_hall_number,
)
from zeoloom.silica.freedom import freedom_of
from zeoloom.silica.oxygen import on_special_positions
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework


def known(code: str) -> Framework:
    return load_reference()[code]


def bare(framework: Framework) -> Framework:
    """T atoms only."""
    return replace(framework, frac_o=np.zeros((0, 3)))


def shaken(framework: Framework, sigma: float, strain: float, seed: int) -> Framework:
    """Every free coordinate moved by sigma Å and the cell strained, symmetry kept."""
    rng = np.random.default_rng(seed)
    exact = on_special_positions(framework)
    sites = np.concatenate([exact.frac_t, exact.frac_o])
    freedom = freedom_of(exact.cell, sites, exact.operations, cell_free=True)
    p = rng.normal(0.0, sigma, len(freedom))
    edge = abs(np.linalg.det(exact.cell)) ** (1 / 3)
    p[freedom.positions :] = rng.normal(0.0, strain * edge, len(freedom.strains))
    moved, n_t = freedom.sites(p), len(exact.frac_t)
    return replace(exact, cell=freedom.strained_cell(p), frac_t=moved[:n_t], frac_o=moved[n_t:])


def with_origin_at(framework: Framework, origin: np.ndarray) -> Framework:
    """The same atoms seen from another origin: {R | t} becomes {R | t + (R - 1) p}."""
    group = framework.operations
    translations = group.translations - (group.rotations @ origin - origin)
    return replace(
        framework,
        operations=SymmetryOperations(group.rotations, np.mod(translations, 1.0)),
        frac_t=framework.frac_t + origin,
        frac_o=framework.frac_o + origin,
    )


def lowered(known: Framework, subgroup: str, origin: np.ndarray) -> Framework:
    """A framework in a subgroup of the same cell, moved along axes that leave the origin free."""
    hall_number = hall_number_of(subgroup)
    operations = identity_first(operations_of_hall_number(hall_number))
    full_t, _ = expand_orbits(known.frac_t, known.operations, known.cell)
    full_o, _ = expand_orbits(known.frac_o, known.operations, known.cell)
    frac_t = full_t[distinct_orbits(full_t, operations, known.cell)] + origin
    frac_o = full_o[distinct_orbits(full_o, operations, known.cell)] + origin
    labels = tuple(f"T{i + 1}" for i in range(len(frac_t)))
    return replace(
        known,
        space_group_number=number_of_hall_number(hall_number),
        space_group_symbol=symbol_of_hall_number(hall_number),
        operations=operations,
        frac_t=frac_t,
        t_labels=labels,
        frac_o=frac_o,
    )


def with_axes(framework: Framework, change: np.ndarray) -> Framework:
    """The same atoms on axes `change @ cell`, for an integer matrix of determinant 1."""
    group = framework.operations
    inverse = np.rint(np.linalg.inv(change)).astype(np.int64)
    # columns of coordinates change by the inverse transpose
    to_new = inverse.T
    rotations = to_new @ group.rotations @ change.T
    translations = group.translations @ inverse
    return replace(
        framework,
        cell=change @ framework.cell,
        operations=SymmetryOperations(rotations, np.mod(translations, 1.0)),
        frac_t=framework.frac_t @ inverse,
        frac_o=framework.frac_o @ inverse,
    )


def in_p1(framework: Framework) -> Framework:
    """The full cell without symmetry."""
    frac_t, owner = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    frac_o, _ = expand_orbits(framework.frac_o, framework.operations, framework.cell)
    return replace(
        framework,
        space_group_number=1,
        space_group_symbol="P1",
        operations=operations_of_hall_number(1),
        frac_t=frac_t,
        t_labels=tuple(f"{framework.t_labels[o]}_{i}" for i, o in enumerate(owner)),
        frac_o=frac_o,
    )
