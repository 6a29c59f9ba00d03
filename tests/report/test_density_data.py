"""The density that the page shows: a guest must be where it was put."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest

from guest_examples import guest_in_lta
from report_examples import measured_judgements
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.geometry.operations import expand_orbits
from zeoloom.report.density_data import density_data


@pytest.mark.long
def test_a_guest_is_drawn_where_it_is() -> None:
    framework, guest, data = guest_in_lta()
    (first, _), _ = measured_judgements()
    made = density_data(replace(first, given=framework), measurement_of(data, framework.operations))
    assert made is not None
    axes = [line.split() for line in made["head"].splitlines()[3:]]
    shape = [-int(axis[0]) for axis in axes]
    bits = np.unpackbits(np.frombuffer(base64.b64decode(made["above"]), dtype=np.uint8))
    above = bits[: int(np.prod(shape))].reshape(shape)
    assert (above[0] == above[-1]).all()
    steps = np.array([[float(x) for x in axis[1:]] for axis in axes])
    assert steps * (np.array(shape) - 1)[:, None] == pytest.approx(framework.cell, abs=0.01)
    cart = np.argwhere(above) @ steps
    assert len(cart) > 0
    images, _ = expand_orbits(guest, framework.operations, framework.cell)
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    centres = (images[None] + shifts[:, None]).reshape(-1, 3) @ framework.cell
    apart = np.linalg.norm(cart[:, None] - centres, axis=-1).min(axis=1)
    assert np.median(apart) < 1.5
    assert made["highest"] > made["level"] > 0.0
    assert made["net"]["cell"][0] == pytest.approx(framework.cell[0, 0], abs=1e-3)
