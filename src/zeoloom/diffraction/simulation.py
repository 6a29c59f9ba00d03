"""Reflections as a measurement of a framework might give them, with what makes that hard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.correlation import CU_K_ALPHA_1, two_theta_of
from zeoloom.diffraction.miller import equal_reflections, unique_reflections
from zeoloom.diffraction.reflections import Reflections
from zeoloom.diffraction.structure_factors import scattering_of, structure_factors
from zeoloom.errors import InputError
from zeoloom.geometry.operations import expand_orbits, project_onto_sites, separations
from zeoloom.structure.files.form_factors import atom_factors

if TYPE_CHECKING:
    from zeoloom.diffraction.structure_factors import Scattering
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework

GUEST_SITES = 6
"""Asymmetric sites that guests are spread over."""

GUEST_B = 6.0
"""Å^2, displacement factor of guests."""

NEAREST_GUEST = 2.7
"""Å from guests to atoms of the framework, as far as there is room."""

FOREIGN_SIZE, FOREIGN_SEEN, FOREIGN_REACH = 4.0, 0.5, 1.5
"""Mean intensity of lines of another phase over that of groups; share of those on reflections that
are recognised; widths within which they make intensities uncertain."""

ELECTRONS_OF_SIO2 = 30.0


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What makes a simulated measurement differ from the ideal framework.

    Attributes:
        shift: Å, standard deviation of the displacement of each atom along each axis.
        aluminium: share of the T atoms that scatter as Al.
        guests: share of all electrons that guests have.
        noise: relative standard deviation of each intensity.
        texture: March-Dollase parameter along c*; 1 for none.
        fwhm: degrees 2theta; reflections nearer than half of it overlap.
        foreign: number of lines of another phase.
        first, last: degrees 2theta, range of the measurement with Cu K-alpha.
    """

    shift: float = 0.05
    aluminium: float = 0.2
    guests: float = 0.0
    noise: float = 0.1
    texture: float = 1.0
    fwhm: float = 0.15
    foreign: int = 0
    first: float = 5.0
    last: float = 60.0


def simulated(
    framework: Framework, difficulty: Difficulty, rng: np.random.Generator
) -> Reflections:
    """Reflections of a framework with oxygen, as measured with Cu K-alpha.

    Args:
        framework: in the cell and setting of the measurement.
        difficulty: of the measurement.
        rng: source of randomness.

    Raises:
        InputError: if no reflection lies in the range.
    """
    d_min = 0.5 * CU_K_ALPHA_1 / np.sin(np.radians(0.5 * difficulty.last))
    hkl, d, multiplicity = unique_reflections(framework.cell, framework.operations, d_min)
    seen = two_theta_of(d) >= difficulty.first
    if not seen.any():
        raise InputError(
            f"{framework.name} has no reflection between {difficulty.first:g} and "
            f"{difficulty.last:g}°; widen the range"
        )
    hkl, d, multiplicity = hkl[seen], d[seen], multiplicity[seen]
    scattering = scattering_of(hkl, d, multiplicity, framework.operations)
    aluminium = atom_factors("Al", scattering.s_squared) / atom_factors("Si", scattering.s_squared)
    share = difficulty.aluminium
    mixed = replace(scattering, factor_t=scattering.factor_t * (1.0 - share + share * aluminium))
    shifted = _shifted(framework, difficulty.shift, rng)
    total = structure_factors(shifted, mixed)
    if difficulty.guests > 0.0:
        total = total + _guests(shifted, scattering, difficulty.guests, rng)
    intensity = multiplicity * np.abs(total) ** 2
    intensity *= _texture(hkl, framework, difficulty.texture)
    group = overlap_groups(two_theta_of(d), 0.5 * difficulty.fwhm)
    sums = np.bincount(group, weights=intensity)
    sums *= np.maximum(1.0 + difficulty.noise * rng.standard_normal(len(sums)), 0.0)
    # within a group the intensity is divided evenly
    weight = np.bincount(group, weights=multiplicity)
    intensity = sums[group] * multiplicity / weight[group]
    data = Reflections(
        framework.cell,
        framework.space_group_symbol,
        hkl,
        d,
        multiplicity,
        group,
        intensity,
        difficulty.noise * intensity,
        "xray",
        CU_K_ALPHA_1,
    )
    return _with_foreign_lines(data, difficulty, rng)


def _with_foreign_lines(
    data: Reflections, difficulty: Difficulty, rng: np.random.Generator
) -> Reflections:
    """The data with lines of another phase, anywhere.

    A line that lies on a reflection adds to it. Half of these, and all that lie between
    reflections, are recognised: what is under them is uncertain then.
    """
    angles = two_theta_of(data.d)
    mean = float(np.bincount(data.group, weights=data.intensity).mean())
    added, esd = np.zeros(len(angles)), data.esd.copy()
    for _ in range(difficulty.foreign):
        distance = np.abs(angles - rng.uniform(angles.min(), angles.max()))
        size = mean * rng.exponential(FOREIGN_SIZE)
        hidden = distance.min() < 0.5 * difficulty.fwhm
        if hidden:
            added[np.argmin(distance)] += size
        if not hidden or rng.random() < FOREIGN_SEEN:
            under = distance < FOREIGN_REACH * difficulty.fwhm
            esd[under] = np.maximum(esd[under], 2.0 * size / max(int(under.sum()), 1))
    return replace(data, intensity=data.intensity + added, esd=esd)


def overlap_groups(two_theta: FloatArray, nearest: float) -> IntArray:
    """(n,) numbers of groups of reflections, each within a distance of the first of its group.

    Args:
        two_theta: (n,) degrees, increasing.
        nearest: degrees.
    """
    group = np.zeros(len(two_theta), dtype=np.int64)
    first, number = -np.inf, -1
    for i, angle in enumerate(two_theta.tolist()):
        if angle - first > nearest:
            first, number = angle, number + 1
        group[i] = number
    return group


def _shifted(framework: Framework, shift: float, rng: np.random.Generator) -> Framework:
    """The framework with its atoms displaced, on their special positions."""

    def displaced(frac: FloatArray) -> FloatArray:
        cart = shift * rng.standard_normal(frac.shape)
        moved = frac + cart @ np.linalg.inv(framework.cell)
        return project_onto_sites(moved, framework.operations, framework.cell)

    return replace(
        framework, frac_t=displaced(framework.frac_t), frac_o=displaced(framework.frac_o)
    )


def _guests(
    framework: Framework, scattering: Scattering, share: float, rng: np.random.Generator
) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    """(n,) structure factors of oxygen atoms spread over the pores."""
    group, cell = framework.operations, framework.cell
    atoms, _ = expand_orbits(np.concatenate([framework.frac_t, framework.frac_o]), group, cell)
    n_t = len(expand_orbits(framework.frac_t, group, cell)[0])
    trials = rng.random((400, 3))
    room = separations(trials[:, None], atoms[None], cell).min(axis=1)
    roomy = trials[room > NEAREST_GUEST][:GUEST_SITES]
    if len(roomy) == 0:
        roomy = trials[np.argsort(-room)[:1]]
    bare = replace(framework, frac_t=np.zeros((0, 3)), frac_o=roomy)
    factor = atom_factors("O", scattering.s_squared) * np.exp(-GUEST_B * scattering.s_squared)
    electrons = share / (1.0 - share) * ELECTRONS_OF_SIO2 * n_t
    occupancy = electrons / (8.0 * len(group) * len(roomy))
    return np.asarray(structure_factors(bare, replace(scattering, factor_o=occupancy * factor)))


def _texture(hkl: IntArray, framework: Framework, parameter: float) -> FloatArray:
    """(n,) factors of March and Dollase along c*, the mean over equal reflections."""
    reciprocal = np.linalg.inv(framework.cell).T
    axis = reciprocal[2] / np.linalg.norm(reciprocal[2])
    factors = []
    for images in equal_reflections(hkl, framework.operations):
        vectors = images @ reciprocal
        cosine = (vectors @ axis) / np.linalg.norm(vectors, axis=1)
        spread = parameter**2 * cosine**2 + (1.0 - cosine**2) / parameter
        factors.append(spread**-1.5)
    return np.asarray(np.mean(factors, axis=0))
