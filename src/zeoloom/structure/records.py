"""The records that travel through zeoloom: frozen, changed with `dataclasses.replace`.

Frames: `frac_*` are fractional coordinates in a cell whose rows are a, b, c (`cart = frac @ cell`),
`cart_*` are Cartesian coordinates in Å.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations


@dataclass(frozen=True, slots=True)
class Framework:
    """A periodic framework: its asymmetric unit and its space group.

    Attributes:
        name: framework type code, or the name of the file it came from.
        cell: (3, 3) Å, rows are a, b, c.
        space_group_number: 1 to 230.
        space_group_symbol: Hermann-Mauguin symbol of the setting used.
        operations: every operation of the group in this setting, centring included.
        frac_t: (T, 3) asymmetric T atoms.
        t_labels: (T,) their names, unique within the framework.
        frac_o: (O, 3) asymmetric oxygen atoms; may be empty.
        flag: empty for a regular 4-connected framework, else why it is not ("interrupted", ...).
    """

    name: str
    cell: FloatArray
    space_group_number: int
    space_group_symbol: str
    operations: SymmetryOperations
    frac_t: FloatArray
    t_labels: tuple[str, ...]
    frac_o: FloatArray
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The T atoms around one T atom, in open space.

    Attributes:
        name: framework type code or file name.
        site: label of the central T atom.
        cart_t: (n, 3) Å relative to the central atom, which is row 0 at the origin; rows by
            distance.
        radius: Å, the radius it was cut with.
    """

    name: str
    site: str
    cart_t: FloatArray
    radius: float


@dataclass(frozen=True, slots=True)
class ClusterSet:
    """Many clusters in flat arrays: cluster i owns rows `offsets[i]:offsets[i + 1]` of `cart_t`.

    Attributes:
        cart_t: (M, 3) Å, all atoms of all clusters, each cluster relative to its central atom
            (first row).
        offsets: (C + 1,) row offsets, increasing, from 0 to M.
        names: (C,) framework type code or file name of each cluster.
        sites: (C,) label of the central T atom of each cluster.
        multiplicities: (C,) T atoms of the conventional cell that share this site; 1 if not counted
            by site.
        radius: Å.
    """

    cart_t: FloatArray
    offsets: IntArray
    names: tuple[str, ...]
    sites: tuple[str, ...]
    multiplicities: IntArray
    radius: float

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Cluster:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        rows = slice(self.offsets[index], self.offsets[index + 1])
        return Cluster(self.names[index], self.sites[index], self.cart_t[rows], self.radius)

    def __iter__(self) -> Iterator[Cluster]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True, slots=True)
class Atoms:
    """T atoms in open space, each the meeting place of some points of a cloud.

    Attributes:
        cart_t: (n, 3) Å.
        points: (n,) number of points of the cloud that lie on each atom; ones for atoms never a
            cloud.
    """

    cart_t: FloatArray
    points: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


Float32Array = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Trajectory:
    """How one cloud came out of noise: its points at every noise level on the way down.

    Attributes:
        cart_points: (L, N, 3) Å, the N points at each of L levels, from the noisiest to the last.
        sigmas: (L,) Å, the noise level of each frame, falling.
        cloud: index of the cloud in its set.
    """

    cart_points: Float32Array
    sigmas: FloatArray
    cloud: int


@dataclass(frozen=True, slots=True)
class CloudSet:
    """Generated clouds in flat arrays: cloud i owns rows `offsets[i]:offsets[i + 1]`.

    Attributes:
        cart_points: (M, 3) Å, all points of all clouds, in open space; points may coincide.
        offsets: (n + 1,) row offsets, from 0 to M, never falling.
        cart_centres: (n, c, 3) Å, centres of the spheres each cloud fills: c is 1 for a single
            cluster and 5 for a central cluster joined with its four neighbours.
        radius: Å, of those spheres.
        trajectory: how one of the clouds was made, if it was recorded.
    """

    cart_points: Float32Array
    offsets: IntArray
    cart_centres: FloatArray
    radius: float
    trajectory: Trajectory | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def points_of(self, index: int) -> Float32Array:
        """Points of cloud `index`: (N, 3) Å."""
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        return self.cart_points[self.offsets[index] : self.offsets[index + 1]]
