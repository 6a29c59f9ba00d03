"""Where the lines of reflections lie, how wide they are and how strong their angle makes them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zeoloom.diffraction.beam import Beam
    from zeoloom.diffraction.reflections import Radiation
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations

SHAPE_NAMES = ("zero", "displacement", "asymmetry", "u", "v", "w", "x", "y")
"""Parameters besides those of the cell."""

NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(6)

PARTS = 0.5 * NODE_WEIGHTS

PART_SHIFTS = (0.5 * (NODES + 1.0)) ** 2
"""Asymmetry by axial divergence as a sum of shifted lines: Howard, J. Appl. Cryst. 15 (1982) 615,
with the points of Gauss in place of Simpson's."""

ASYMMETRIC_BELOW = 60.0
"""Degrees two-theta; above it a peak is symmetric and has one line for each wavelength."""

LEAST_WIDTH = 0.02
"""Degrees."""

SLOPE_STEP = 1e-5
"""Of parameters, in numerical derivatives of positions and widths."""


@dataclass(frozen=True, slots=True)
class PeakShape:
    """Parameters of all lines.

    Attributes:
        metric: (m,) factors of the matrices `basis`, the sum of which is the reciprocal metric
            in 1/Å^2.
        basis: (m, 3, 3) what the symmetry leaves free.
        values: (8,) those of `SHAPE_NAMES`: zero shift (degrees, added to calculated positions),
            displacement of the sample (times cos theta), asymmetry (times -cot 2theta), u, v and w
            of the Gaussian (degrees^2: u tan^2 + v tan + w), x and y of the Lorentzian (degrees:
            x tan theta + y / cos theta).
        foreign: (f, 2) lines of other phases: where the first wavelength is measured (degrees), and
            their widths over those of reflections there.
    """

    metric: FloatArray
    basis: FloatArray
    values: FloatArray
    foreign: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))

    @property
    def cell(self) -> FloatArray:
        """(3, 3) Å."""
        reciprocal = np.tensordot(self.metric, self.basis, 1)
        return cell_of_metric(np.asarray(np.linalg.inv(reciprocal)))

    def value(self, name: str) -> float:
        """One of the parameters besides the cell's."""
        return float(self.values[SHAPE_NAMES.index(name)])

    @property
    def vector(self) -> FloatArray:
        """(m + 8,) all parameters."""
        return np.concatenate([self.metric, self.values])

    def with_vector(self, vector: FloatArray) -> PeakShape:
        """The shape with other parameters."""
        m = len(self.metric)
        return replace(self, metric=vector[:m], values=vector[m:])


@dataclass(frozen=True, slots=True)
class LineLayout:
    """Which lines reflections have; that does not change while their shape does.

    Lines of other phases follow those of the reflections, as if they were f more of them.

    Attributes:
        hkl: (k, 3).
        start: (k + f + 1,) reflection i has the lines start[i] to start[i + 1].
        owner: (s,) the reflection of each line.
        wavelength: (s,) Å.
        weight: (s,) those of a reflection add up to 1.
        shift: (s,) factor of the shift by asymmetry.
    """

    hkl: IntArray
    start: IntArray
    owner: IntArray
    wavelength: FloatArray
    weight: FloatArray
    shift: FloatArray


def cell_of_metric(metric: FloatArray) -> FloatArray:
    """(3, 3) Å, a along x and b in the xy plane, of a metric tensor a_i . a_j."""
    return np.array(np.linalg.cholesky(metric))


def metric_basis(operations: SymmetryOperations) -> FloatArray:
    """(m, 3, 3) matrices whose sums are the reciprocal metrics that a group allows."""
    rotations = operations.rotations
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    found = []
    for i, j in pairs:
        unit = np.zeros((3, 3))
        unit[i, j] = unit[j, i] = 1.0
        # indices go over into h R, so 1/d^2 = h G* h^T is kept if R G* R^T = G*
        mean = np.einsum("gab,bc,gdc->ad", rotations, unit, rotations) / len(rotations)
        found.append(mean.ravel())
    _, sizes, rows = np.linalg.svd(np.array(found))
    return np.asarray(rows[: int((sizes > 1e-9).sum())].reshape(-1, 3, 3))


def shape_of_cell(
    cell: FloatArray, operations: SymmetryOperations, width: float, share: float = 0.5
) -> PeakShape:
    """Lines of one width (degrees) for a cell (3, 3) Å, made to fit the group.

    Args:
        cell: to start from.
        operations: the space group.
        width: full width at half maximum.
        share: of it that is Lorentzian.
    """
    basis = metric_basis(operations)
    inverse = np.linalg.inv(cell)
    metric = np.tensordot(basis, inverse.T @ inverse, axes=([1, 2], [0, 1]))
    values = np.zeros(len(SHAPE_NAMES))
    values[SHAPE_NAMES.index("w")] = ((1.0 - 0.5 * share) * width) ** 2
    values[SHAPE_NAMES.index("y")] = share * width
    return PeakShape(metric, basis, values)


def line_layout(
    shape: PeakShape, hkl: IntArray, beam: Beam, *, asymmetric: bool = True
) -> LineLayout:
    """The lines of reflections (k, 3): for each wavelength one, or six of asymmetric peaks.

    Those of other phases follow, one for each wavelength.
    """
    sine = 0.5 * beam.first * np.sqrt(_inverse_squares(shape, hkl))
    low = 2.0 * np.degrees(np.arcsin(np.minimum(sine, 1.0))) < ASYMMETRIC_BELOW * asymmetric
    low = np.concatenate([low, np.zeros(len(shape.foreign), dtype=bool)])
    mean = float(PARTS @ PART_SHIFTS)
    parts: list[FloatArray] = []
    total = sum(beam.weights)
    for wavelength, weight in zip(beam.wavelengths, beam.weights, strict=True):
        kinds = [(~low, 1.0, mean)]
        kinds += [(low, g, f) for g, f in zip(PARTS, PART_SHIFTS, strict=True)]
        for mask, g, f in kinds:
            owner = np.flatnonzero(mask)
            about = [wavelength, g * weight / total, f]
            parts.append(np.column_stack([owner, np.tile(about, (len(owner), 1))]))
    table = np.concatenate(parts)
    table = table[np.argsort(table[:, 0], kind="stable")]
    owner = table[:, 0].astype(np.int64)
    start = np.searchsorted(owner, np.arange(len(low) + 1)).astype(np.int64)
    return LineLayout(hkl, start, owner, table[:, 1], table[:, 2], table[:, 3])


def line_table(shape: PeakShape, layout: LineLayout) -> FloatArray:
    """(s, 4) position in degrees, width, share of the Lorentzian and weight of all lines."""
    k = len(layout.hkl)
    root = np.sqrt(np.maximum(_inverse_squares(shape, layout.hkl), 1e-12))
    first = layout.wavelength[layout.start[k:-1]]
    others = 2.0 * np.sin(np.radians(0.5 * shape.foreign[:, 0])) / first
    root = np.concatenate([root, others])
    theta = np.arcsin(np.minimum(0.5 * layout.wavelength * root[layout.owner], 0.9999))
    position, width, share = _peaks(shape, theta)
    position += layout.shift * -shape.value("asymmetry") / np.tan(2.0 * theta)
    apart = int(layout.start[k])
    position[apart:] = 2.0 * np.degrees(theta[apart:])
    width[apart:] *= shape.foreign[layout.owner[apart:] - k, 1]
    return np.stack([position, width, share, layout.weight], axis=1)


def _inverse_squares(shape: PeakShape, hkl: IntArray) -> FloatArray:
    """(k,) 1/d^2."""
    metric = np.tensordot(shape.metric, shape.basis, 1)
    return np.asarray(np.einsum("ki,ij,kj->k", hkl, metric, hkl))


def _peaks(shape: PeakShape, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Position, width and share of the Lorentzian at Bragg angles in radians.

    Thompson, Cox & Hastings, J. Appl. Cryst. 20 (1987) 79.
    """
    zero, displacement, _, u, v, w, x, y = shape.values
    tangent, cosine = np.tan(theta), np.cos(theta)
    position = 2.0 * np.degrees(theta) + zero + displacement * cosine
    gauss = np.sqrt(_positive_part(u * tangent**2 + v * tangent + w, LEAST_WIDTH**2))
    lorentz = _positive_part(x * tangent + y / cosine, 0.5 * LEAST_WIDTH)
    sum_of_powers = (
        gauss**5
        + 2.69269 * gauss**4 * lorentz
        + 2.42843 * gauss**3 * lorentz**2
        + 4.47163 * gauss**2 * lorentz**3
        + 0.07842 * gauss * lorentz**4
        + lorentz**5
    )
    width = sum_of_powers**0.2
    ratio = lorentz / width
    share = np.clip(1.36603 * ratio - 0.47719 * ratio**2 + 0.11116 * ratio**3, 0.0, 1.0)
    return position, width, share


def _positive_part(values: FloatArray, softness: float) -> FloatArray:
    """Values where they are well above 0; a little more than 0 where they are below."""
    return np.asarray(0.5 * (values + np.sqrt(values**2 + softness**2)))


def line_slopes(shape: PeakShape, layout: LineLayout) -> FloatArray:
    """(s, 3, p) derivatives of position, width and share of all lines by all parameters."""
    vector, middle = shape.vector, line_table(shape, layout)
    slopes = np.zeros((len(middle), 3, len(vector)))
    for p in range(len(vector)):
        moved = vector.copy()
        moved[p] += max(SLOPE_STEP * abs(vector[p]), 1e-9) if p < len(shape.metric) else SLOPE_STEP
        table = line_table(shape.with_vector(moved), layout)
        slopes[:, :, p] = (table[:, :3] - middle[:, :3]) / (moved[p] - vector[p])
    return slopes


def lorentz_polarisation(theta: FloatArray, radiation: Radiation) -> FloatArray:
    """Factor of powder intensities at Bragg angles in radians; X-rays without a monochromator."""
    polarisation = 0.5 * (1.0 + np.cos(2.0 * theta) ** 2) if radiation == "xray" else 1.0
    return np.asarray(polarisation / (np.sin(theta) ** 2 * np.maximum(np.cos(theta), 0.05)))
