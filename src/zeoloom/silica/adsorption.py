"""Adsorption without loading: Henry coefficients and heats, by Widom insertion.

One molecule is put at random places of the rigid framework; with the mean of exp(-U / RT) over the
whole volume the Henry coefficient is V <exp(-U / RT)> / (R T m), and the heat of adsorption is
RT - <U exp(-U / RT)> / <exp(-U / RT)> (Widom, J. Chem. Phys. 39 (1963) 2808; Vlugt et al., J. Chem.
Theory Comput. 4 (2008) 1107). Only places in channels count: cages that nothing can enter are shut.

Framework: TraPPE-zeo (Bai, Tsapatsis & Siepmann, J. Phys. Chem. C 117 (2013) 24375). Methane: one
site (Martin & Siepmann, J. Phys. Chem. B 102 (1998) 2569). Carbon dioxide: three (Potoff &
Siepmann, AIChE J. 47 (2001) 1676). Unlike atoms by the rules of Lorentz and Berthelot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from zeoloom.geometry.lattice import volume
from zeoloom.silica.insertion_kernel import PairParameters, insertion_energies
from zeoloom.silica.passages import passages_of
from zeoloom.silica.pores import CHANNEL, RADIUS
from zeoloom.silica.void_points import void_points
from zeoloom.silica.voids import atoms_around, voids
from zeoloom.structure.primitive_sites import primitive_sites

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

Guest = Literal["ch4", "co2"]

GAS_CONSTANT = 8.314462618e-3
"""kJ/(mol K)."""

COULOMB = 1389.354578
"""kJ Å/mol, energy of two unit charges 1 Å apart."""

SILICA_MASS = 0.0600843
"""kg per mol SiO2."""

GUEST_CUTOFF = 14.0
"""Å. Beyond it Lennard-Jones energies are those of an even framework."""

DAMPING, LARGEST_WAVE = 0.22, 1.5
"""1/Å, of Ewald's sum: what is left out of either part is below 0.01 kJ/mol."""

FRAMEWORK = np.array([[22.0, 2.30, 1.50], [53.0, 3.30, -0.75]])
"""Si and O: depth in K, size in Å, charge."""

GUESTS: dict[Guest, FloatArray] = {
    "ch4": np.array([[148.0, 3.73, 0.0]]),
    "co2": np.array([[27.0, 2.80, 0.70], [79.0, 3.05, -0.35], [79.0, 3.05, -0.35]]),
}
"""Sites of the molecules, as above."""

C_O_BOND = 1.16
"""Å, C-O of carbon dioxide."""

INSERTIONS: dict[Guest, int] = {"ch4": 40_000, "co2": 12_000}
"""Places drawn; some thousand of them lie in channels. Henry coefficients repeat to about 5 %."""

ORIENTATIONS = 4
"""Of a molecule that is not round, at each place."""


@dataclass(frozen=True, slots=True)
class Adsorption:
    """Of one guest.

    Attributes:
        henry: mol/(kg bar); 0 if nothing can get in.
        heat: kJ/mol, without loading; None if nothing can get in.
    """

    henry: float
    heat: float | None


def adsorption(
    framework: Framework,
    guest: Guest,
    *,
    temperature: float = 300.0,
    insertions: int | None = None,
    seed: int = 0,
) -> Adsorption:
    """Henry coefficient and heat of adsorption.

    Args:
        framework: SiO2, in any cell.
        guest: methane or carbon dioxide.
        temperature: K.
        insertions: places drawn in the primitive cell, `INSERTIONS` by default.
        seed: of these.
    """
    cell, sites, _ = primitive_sites(framework)
    void = voids(np.concatenate(sites), cell)
    needed = 0.5 * CHANNEL + RADIUS
    passages = passages_of(void, np.eye(3), needed)
    if not passages.rank.any():
        return Adsorption(0.0, None)
    rng = np.random.default_rng(seed)
    count = insertions or INSERTIONS[guest]
    points = void_points(void, cell, passages.rank, needed, rng, count)
    guests = _molecules(guest, points.frac[points.in_channel] @ cell, rng)
    energies = guest_energies(guest, guests, sites, cell)
    thermal = GAS_CONSTANT * temperature
    weights = np.exp(-energies / thermal)
    total = weights.sum()
    if total == 0.0:
        return Adsorption(0.0, None)
    each = len(guests) // max(int(points.in_channel.sum()), 1)
    mean = total / (count * each)
    # Å^3 kJ^-1 mol to m^3 J^-1, Pa^-1 to bar^-1
    per_bar = 1e-30 * 6.02214076e23 / 1e3 * 1e5
    mass = SILICA_MASS * len(sites[0])
    henry = mean * volume(cell) * per_bar / (thermal * mass)
    return Adsorption(float(henry), float(thermal - weights @ energies / total))


def guest_energies(
    guest: Guest, guests: FloatArray, sites: tuple[FloatArray, FloatArray], cell: FloatArray
) -> FloatArray:
    """Energies (g,) kJ/mol of molecules (g, sites, 3) Å, each alone in a framework.

    Args:
        guest: what they are.
        guests: where they are, in the cell or near it.
        sites: fractional T and O atoms of one cell.
        cell: (3, 3) Å.
    """
    around = atoms_around(np.concatenate(sites), cell, GUEST_CUTOFF + 2.0 * C_O_BOND)
    kinds = (around.atom >= len(sites[0])).astype(np.int64)
    one, two = GUESTS[guest][:, None], FRAMEWORK[None]
    pairs = PairParameters(
        depth=GAS_CONSTANT * np.sqrt(one[..., 0] * two[..., 0]),
        size=0.5 * (one[..., 1] + two[..., 1]),
        charge=COULOMB * one[..., 2] * two[..., 2],
    )
    energies = insertion_energies(guests, around.frac @ cell, kinds, pairs, GUEST_CUTOFF, DAMPING)
    density = np.array([len(each) for each in sites]) / volume(cell)
    sixth = (pairs.size / GUEST_CUTOFF) ** 6
    beyond = 16.0 * np.pi * pairs.depth * GUEST_CUTOFF**3 * (sixth**2 / 9.0 - sixth / 3.0)
    energies = energies + float((beyond * density).sum())
    for site, (_, _, charge) in enumerate(GUESTS[guest]):
        if charge:
            energies += COULOMB * charge * _far_potential(guests[:, site], sites, cell)
    return np.asarray(energies)


def _far_potential(
    cart: FloatArray, sites: tuple[FloatArray, FloatArray], cell: FloatArray
) -> FloatArray:
    """(g,) 1/Å, the part of Ewald's sum over waves, of the charges of a framework."""
    lengths = np.linalg.norm(cell, axis=1)
    most = np.ceil(LARGEST_WAVE * lengths / (2.0 * np.pi)).astype(np.int64)
    index = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in most], indexing="ij"), axis=-1)
    waves = 2.0 * np.pi * index.reshape(-1, 3) @ np.linalg.inv(cell).T
    square = (waves**2).sum(axis=1)
    # of each pair of opposite waves one
    kept = (square <= LARGEST_WAVE**2) & (np.arange(len(square)) > len(square) // 2)
    waves, square = waves[kept], square[kept]
    phases = waves @ (np.concatenate(sites) @ cell).T
    charges = np.repeat(FRAMEWORK[:, 2], [len(each) for each in sites])
    factor = 8.0 * np.pi / volume(cell) * np.exp(-square / (4.0 * DAMPING**2)) / square
    even, odd = factor * (np.cos(phases) @ charges), factor * (np.sin(phases) @ charges)
    parts = np.array_split(cart @ waves.T, 1 + len(cart) * len(waves) // 2_000_000)
    return np.concatenate([np.cos(part) @ even + np.sin(part) @ odd for part in parts])


def _molecules(guest: Guest, centres: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(g, sites, 3) Å, one or several orientations at each of some places (p, 3) Å."""
    if len(GUESTS[guest]) == 1:
        return np.asarray(centres[:, None])
    middle = np.repeat(centres, ORIENTATIONS, axis=0)
    axis = rng.normal(size=middle.shape)
    axis *= C_O_BOND / np.linalg.norm(axis, axis=1)[:, None]
    return np.stack([middle, middle + axis, middle - axis], axis=1)
