"""What there is to see: points, atoms and bonds of a cloud or a crystal, ready to be drawn.

A scene knows no drawing library. The page and the static figure draw the same scene.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.clusters.atoms import merge_points
from zeoloom.errors import InputError
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.nets.bonding import BOND_CUTOFF, SHORT_BOND, bond_lengths, bonds, coordination
from zeoloom.structure.files.cloud_archive import load_atoms, load_clouds
from zeoloom.structure.files.formats import format_of_name
from zeoloom.structure.files.reader import read_framework

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.structure.records import Atoms, CloudSet, Float32Array, Framework, Trajectory

ATOM_RADIUS = 0.52
"""Å, radius of the sphere drawn for an atom with the mean number of points."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: a cloud with its atoms, or the T atoms of a crystal's cell.

    Attributes:
        title: what it is, for the reader.
        cart_points: (N, 3) Å, the points of the cloud; may be empty.
        cart_atoms: (n, 3) Å.
        weights: (n,) points on each atom: the volume of its sphere.
        coordination: (n,) bonded neighbours of each atom, those outside the picture included.
        inside: (n,) whether all neighbours of the atom lie within the picture, so that its
            coordination says something; atoms near the rim have lost neighbours.
        segments: (s, 2, 3) Å, bonds as they are drawn, from end to end. A bond that leaves the cell
            of a crystal is drawn as one half at either side, so segments may outnumber bonds.
        lengths: (s,) Å, the length of the whole bond that each segment belongs to.
        bonds: number of bonds.
        short_bonds: number of bonds shorter than `SHORT_BOND`.
        cell_edges: (e, 2, 3) Å, the edges of the cell; empty in open space.
        trajectory: how the cloud was made, if recorded.
        notices: what was left out, chosen or mended when its file was read.
    """

    title: str
    cart_points: Float32Array
    cart_atoms: FloatArray
    weights: IntArray
    coordination: IntArray
    inside: BoolArray
    segments: FloatArray
    lengths: FloatArray
    bonds: int
    short_bonds: int
    cell_edges: FloatArray
    trajectory: Trajectory | None = None
    notices: tuple[str, ...] = ()

    @property
    def short(self) -> BoolArray:
        """Which segments (s,) belong to bonds that are too short."""
        return np.asarray(self.lengths < SHORT_BOND)

    @property
    def four_connected(self) -> int:
        """Number of atoms inside with exactly four neighbours."""
        return int(((self.coordination == 4) & self.inside).sum())


def sphere_radii(weights: IntArray) -> FloatArray:
    """Radii in Å whose spheres' volumes are proportional to the points (n,) on the atoms."""
    if len(weights) == 0:
        return np.zeros(0)
    return np.asarray(ATOM_RADIUS * np.cbrt(weights / np.mean(weights)))


def scene_of_atoms(
    title: str,
    atoms: Atoms,
    *,
    cart_points: Float32Array | None = None,
    cart_centres: FloatArray | None = None,
    radius: float = np.inf,
    trajectory: Trajectory | None = None,
) -> Scene:
    """The scene of atoms in open space.

    Args:
        title: what it is.
        atoms: the atoms, with the points on each.
        cart_points: (N, 3) Å, the cloud they came from.
        cart_centres: (c, 3) Å, centres of the spheres the atoms fill. Without them every atom
            counts as inside, also those at the rim.
        radius: Å, of those spheres.
        trajectory: how the cloud was made.
    """
    pairs = bonds(atoms.cart_t)
    lengths = bond_lengths(atoms.cart_t, pairs)
    inside = np.ones(len(atoms.cart_t), dtype=np.bool_)
    if cart_centres is not None:
        from_centres = np.linalg.norm(atoms.cart_t[:, None] - cart_centres[None], axis=-1)
        inside = (from_centres <= radius - BOND_CUTOFF).any(axis=1)
    weights = atoms.points if len(atoms.points) else np.ones(len(atoms.cart_t), dtype=np.int64)
    return Scene(
        title=title,
        cart_points=np.zeros((0, 3), np.float32) if cart_points is None else cart_points,
        cart_atoms=atoms.cart_t,
        weights=weights,
        coordination=coordination(atoms.cart_t),
        inside=inside,
        segments=atoms.cart_t[pairs],
        lengths=lengths,
        bonds=len(pairs),
        short_bonds=int((lengths < SHORT_BOND).sum()),
        cell_edges=np.zeros((0, 2, 3)),
        trajectory=trajectory,
    )


def scenes_of_clouds(
    clouds: CloudSet, atoms_of: Callable[[int], Atoms], limit: int | None = None
) -> list[Scene]:
    """One scene for each of the first `limit` clouds, and for the one with the trajectory.

    Args:
        clouds: the clouds.
        atoms_of: the atoms of the cloud of a given index.
        limit: at most so many; all if None.
    """
    shown = list(range(len(clouds)))[:limit]
    recorded = None if clouds.trajectory is None else clouds.trajectory.cloud
    if recorded is not None and recorded not in shown:
        shown = [recorded, *shown[: len(shown) - 1]]
    return [
        scene_of_atoms(
            f"Cloud {index + 1}",
            atoms_of(index),
            cart_points=clouds.points_of(index),
            cart_centres=clouds.cart_centres[index],
            radius=clouds.radius,
            trajectory=clouds.trajectory if index == recorded else None,
        )
        for index in shown
    ]


def scene_of_framework(framework: Framework) -> Scene:
    """The T atoms of one cell of a crystal; bonds to atoms of other cells end half-way."""
    frac, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    edges = neighbours_within(frac, frac, framework.cell, BOND_CUTOFF)
    bonded = edges.distance > 0.0
    centre, shift = edges.centre[bonded], edges.shift[bonded]
    vector, distance = edges.vector[bonded], edges.distance[bonded]
    leaves = shift.any(axis=1)
    # every bond is an edge in both directions: one of the two is drawn if it stays in the cell
    drawn = leaves | (centre < edges.point[bonded])
    start = frac[centre] @ framework.cell
    end = start + vector * np.where(leaves, 0.5, 1.0)[:, None]
    return Scene(
        title=framework.name,
        cart_points=np.zeros((0, 3), np.float32),
        cart_atoms=frac @ framework.cell,
        weights=np.ones(len(frac), dtype=np.int64),
        coordination=np.bincount(centre, minlength=len(frac)),
        inside=np.ones(len(frac), dtype=np.bool_),
        segments=np.stack([start, end], axis=1)[drawn],
        lengths=distance[drawn],
        bonds=len(centre) // 2,
        short_bonds=int((distance < SHORT_BOND).sum()) // 2,
        cell_edges=_cell_edges(framework.cell),
    )


def _cell_edges(cell: FloatArray) -> FloatArray:
    """The (12, 2, 3) edges in Å of a cell with one corner at the origin."""
    corners = np.array(list(product((0.0, 1.0), repeat=3)))
    starts, ends = np.nonzero(np.abs(corners[:, None] - corners[None]).sum(-1) == 1)
    once = starts < ends
    return np.stack([corners[starts[once]], corners[ends[once]]], axis=1) @ cell


def read_scenes(path: str | Path, limit: int | None = 100) -> list[Scene]:
    """The scenes in a file: clouds (.npz), atoms (.extxyz, .xyz) or a crystal (any other file).

    Clouds take their atoms from the .extxyz of the same name beside them, if there is one.

    Args:
        path: the file.
        limit: at most so many clouds of a file of clouds.

    Raises:
        InputError: the file cannot be shown.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(
            f"{path} is a folder; give one file of it, such as clouds.npz, or a CIF of a crystal"
        )
    kind = path.suffix.lower()
    if kind == ".npz":
        scenes = _scenes_of_cloud_file(path, limit)
    elif kind in (".extxyz", ".xyz") and not _has_cell(path):
        scenes = [
            scene_of_atoms(f"Cluster {index + 1}", atoms)
            for index, atoms in enumerate(load_atoms(path)[:limit])
        ]
    elif path.is_file() or format_of_name(path) is not None:
        scenes = [_scene_of_crystal(path)]
    else:
        raise InputError(
            f"{path}: no such file, nor a kind of file that can be shown. Expected clouds (.npz), "
            "atoms (.extxyz) or a crystal (CIF or another structure file)."
        )
    if not scenes:
        raise InputError(f"{path}: there is nothing in it to show: it holds no clouds.")
    return scenes


def _has_cell(path: Path) -> bool:
    """Whether extended XYZ holds a crystal: its second line names a lattice."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return "lattice" in [stream.readline(10_000).lower() for _ in range(2)][1]
    except OSError:
        return False


def _scene_of_crystal(path: Path) -> Scene:
    """The scene of a crystal; its reader's errors carry no path, so it is put before them."""
    try:
        framework, notices = read_framework(path)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return replace(scene_of_framework(framework), notices=notices)


def _scenes_of_cloud_file(path: Path, limit: int | None) -> list[Scene]:
    """The scenes of clouds, with the atoms beside them or else found in them."""
    clouds = load_clouds(path)
    beside = path.with_suffix(".extxyz")
    if not beside.is_file():
        return scenes_of_clouds(
            clouds, lambda i: merge_points(clouds.points_of(i).astype(np.float64)), limit
        )
    atoms: Sequence[Atoms] = load_atoms(beside)
    if len(atoms) != len(clouds):
        raise InputError(
            f"{beside}: holds {len(atoms)} frames, but {path.name} holds {len(clouds)} clouds. "
            "Rename or remove the one that does not belong to the other."
        )
    return scenes_of_clouds(clouds, atoms.__getitem__, limit)
