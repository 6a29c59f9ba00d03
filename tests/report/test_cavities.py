from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zeoloom.geometry.operations import expand_orbits
from zeoloom.report.cavities import EQUAL, largest_cavities
from zeoloom.silica.pores import RADIUS, pores
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework


def nearest_atom(framework: Framework, frac: np.ndarray) -> np.ndarray:
    """Å from positions (m, 3) to the nearest atom, over the cells around."""
    sites = (framework.frac_t, framework.frac_o)
    atoms = np.concatenate(
        [expand_orbits(each, framework.operations, framework.cell)[0] for each in sites]
    )
    cells = np.stack(np.meshgrid(*[np.arange(-1, 2)] * 3), -1).reshape(-1, 1, 3)
    images = (atoms + cells).reshape(-1, 3)
    apart = (frac[:, None] - images) @ framework.cell
    return np.asarray(np.linalg.norm(apart, axis=-1).min(axis=1))


@pytest.mark.parametrize("code", ["SOD", "CHA", "ABW", "MER", "UOV", "JOZ", "MTF", "LTA", "STO"])
@pytest.mark.long
def test_cavities_are_the_largest_included_spheres(code: str) -> None:
    framework = load_reference()[code]
    found = largest_cavities(framework)
    assert found.diameter == pytest.approx(pores(framework).included, abs=0.002)
    radii = nearest_atom(framework, found.frac_centres) - RADIUS
    assert np.abs(radii - found.diameter / 2).max() < 2 * EQUAL


def test_centres_of_known_cages() -> None:
    # sodalite cages around the origin and the middle of the cell; the alpha cage of LTA
    places = {"SOD": [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]], "LTA": [[0.5, 0.5, 0.5]]}
    diameters = {"SOD": 6.32, "LTA": 11.05}  # IZA
    for code, expected in places.items():
        found = largest_cavities(load_reference()[code])
        order = np.lexsort(found.frac_centres.T)
        assert np.allclose(found.frac_centres[order], expected, atol=1e-3)
        assert found.diameter == pytest.approx(diameters[code], abs=0.1)


def test_symmetry_is_not_needed() -> None:
    framework = load_reference()["CHA"]
    frac = [
        expand_orbits(sites, framework.operations, framework.cell)[0]
        for sites in (framework.frac_t, framework.frac_o)
    ]
    bare = replace(
        framework,
        operations=replace(
            framework.operations,
            rotations=framework.operations.rotations[:1],
            translations=framework.operations.translations[:1],
        ),
        frac_t=frac[0],
        frac_o=frac[1],
    )
    whole, one = largest_cavities(framework), largest_cavities(bare)
    assert one.diameter == pytest.approx(whole.diameter, abs=1e-3)
    assert len(one.frac_centres) == len(whole.frac_centres) == 6
