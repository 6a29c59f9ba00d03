"""Pores: against Zeo++, against IZA's own spheres, in any description of the cell."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from paths import ORACLE
from silica_examples import bare, in_p1, known, with_axes, with_origin_at
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.silica.pores import RADIUS, pores
from zeoloom.silica.voids import voids
from zeoloom.structure.primitive_sites import primitive_sites
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.structure.records import Framework


WIDER_AT_IZA = 0.06
"""Å. IZA's spheres are all larger by this much: as if its atoms had a radius of 1.32 Å."""


def cssr(framework: Framework) -> str:
    """All atoms of the cell in the format Zeo++ reads."""
    full = in_p1(framework)
    lengths, angles = np.split(parameters_from_cell(full.cell), 2)
    atoms = [("Si", x) for x in full.frac_t] + [("O", x) for x in full.frac_o]
    lines = [
        " " * 38 + "".join(f"{value:8.4f}" for value in lengths),
        " " * 21 + "".join(f"{value:8.3f}" for value in angles) + "  SPGR =  1 P 1         OPT = 1",
        f"{len(atoms):4d}   0",
        "0 SiO2 : SiO2",
    ]
    for i, (element, (x, y, z)) in enumerate(atoms, start=1):
        zeros = "    0  0  0  0  0  0  0  0   0.000"
        lines.append(f"{i:4d} {element:>4} {x:9.6f} {y:9.6f} {z:9.6f}{zeros}")
    return "\n".join(lines) + "\n"


ZEO = """
import pyzeo
network = pyzeo.AtomNetwork.read_from_CSSR("in.cssr", rad_file="radii.rad")
network.calculate_free_sphere_parameters("out.res")
open("out.vol", "wb").write(pyzeo.volume(network, 1.4, 1.4, 20_000))
open("out.area", "wb").write(pyzeo.surface_area(network, 1.4, 1.4, 500))
"""
"""Zeo++ in a process of its own: beside other libraries it has been seen to abort."""


@pytest.mark.long
@pytest.mark.parametrize("code", ["CHA", "LTA", "SOD", "MOR", "STW"])
def test_as_zeo_has_them(code: str, tmp_path: Path) -> None:
    pytest.importorskip("pyzeo")
    (tmp_path / "in.cssr").write_text(cssr(known(code)))
    (tmp_path / "radii.rad").write_text(f"Si {RADIUS}\nO {RADIUS}\n")
    subprocess.run([sys.executable, "-c", ZEO], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    included, free = map(float, (tmp_path / "out.res").read_text().split()[1:3])
    words = (tmp_path / "out.vol").read_text().split()
    channels = 1000 * float(words[words.index("AV_Volume_fraction:") + 1])
    pockets = 1000 * float(words[words.index("NAV_Volume_fraction:") + 1])
    found = pores(known(code))
    assert found.included == pytest.approx(included, abs=1e-3)
    # where eight atoms are nearly as far Zeo++ misses the widest path by a little (see below)
    assert free - 1e-3 <= found.free <= free + 0.01
    assert found.accessible_volume == pytest.approx(channels, abs=12)
    assert found.pocket_volume == pytest.approx(pockets, abs=12)
    words = (tmp_path / "out.area").read_text().split()
    # m^2/cm^3 are a tenth of Å^2 of 1000 Å^3
    area = 0.1 * float(words[words.index("ASA_m^2/cm^3:") + 1])
    assert found.accessible_surface == pytest.approx(area, rel=0.05)
    assert found.sizes[-1] == pytest.approx(found.included, abs=1e-6)


@pytest.mark.skipif(not ORACLE.exists(), reason="needs the shared oracle")
@pytest.mark.parametrize("code", ["AFI", "BIK", "CAN", "CHA", "FER", "FAU", "MFI", "MOR", "TON"])
def test_spheres_are_those_of_iza(code: str) -> None:
    listed = json.loads(ORACLE.read_text())[code]
    found = pores(known(code))
    assert found.included + WIDER_AT_IZA == pytest.approx(
        listed["largest_included_sphere"], abs=0.02
    )
    # IZA's axes may be in another order
    np.testing.assert_allclose(
        np.sort(found.free_along) + WIDER_AT_IZA, np.sort(listed["largest_free_sphere"]), atol=0.02
    )


def test_free_sphere_of_lta_fills_its_window() -> None:
    reference = known("LTA")
    centre = np.array([[0.0, 0.5, 0.5]])
    full = in_p1(reference)
    near = neighbours_within(centre, np.concatenate([full.frac_t, full.frac_o]), full.cell, 5.0)
    assert pores(reference).free == pytest.approx(2 * (near.distance[0] - RADIUS), abs=1e-9)


@pytest.mark.long
def test_channels_of_known_dimensions() -> None:
    expected = {"SOD": 0, "AFI": 1, "TON": 1, "CAN": 1, "LTL": 1, "FAU": 3, "CHA": 3, "MFI": 3}
    found = {code: pores(known(code)).channel_dimension for code in expected}
    assert found == expected


@pytest.mark.long
@pytest.mark.parametrize("code", ["ABW", "FER", "CHA"])
def test_any_cell_has_the_same_pores(code: str) -> None:
    reference = known(code)
    expected = pores(reference)
    rng = np.random.default_rng(3)
    change = np.array([[1, 0, 0], [1, 1, 0], [0, -1, 1]])
    for other in (
        in_p1(reference),
        with_origin_at(reference, rng.uniform(size=3)),
        with_axes(reference, change),
    ):
        found = pores(other)
        assert found.included == pytest.approx(expected.included, abs=1e-6)
        assert found.free == pytest.approx(expected.free, abs=1e-6)
        assert found.channel_dimension == expected.channel_dimension
        # not the same random points
        assert found.accessible_volume == pytest.approx(expected.accessible_volume, abs=10)


def test_axes_keep_their_order() -> None:
    reference = known("AFI")
    along = pores(reference).free_along
    assert along[2] > 7.0
    assert max(along[:2]) < 3.0
    # c becomes a, a becomes b, b becomes c
    turned = with_axes(reference, np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]))
    np.testing.assert_allclose(pores(turned).free_along, np.roll(along, 1), atol=1e-6)


def test_two_spheres_in_a_box() -> None:
    # a body-centred cube of 8 Å: sites (1/2, 1/4, 0) are farthest, at sqrt(5)/4 of the edge
    box = replace(
        bare(known("SOD")),
        cell=8.0 * np.eye(3),
        operations=operations_of_hall_number(1),
        frac_t=np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]]),
        t_labels=("A", "B"),
    )
    found = pores(box)
    assert found.included == pytest.approx(2 * (8 * np.sqrt(5) / 4 - RADIUS), abs=1e-9)
    # through the triangle of two corners and the centre: sides 8, 4 sqrt(3), 4 sqrt(3)
    narrowest = 8 * 48 / (4 * 0.5 * 8 * np.sqrt(48 - 16))
    np.testing.assert_allclose(found.free_along, 2 * (narrowest - RADIUS), atol=1e-9)
    assert found.channel_dimension == 3
    reach = 1.4 + RADIUS
    free_share = 1 - 2 * 4 / 3 * np.pi * reach**3 / 512
    assert found.accessible_volume == pytest.approx(1000 * free_share, abs=10)
    assert found.pocket_volume == 0.0


def test_voids_keep_their_distance() -> None:
    cell, sites, _ = primitive_sites(known("MFI"))
    frac = np.concatenate(sites)
    found = voids(frac, cell)
    rng = np.random.default_rng(0)
    for node in rng.choice(len(found.distance), 50):
        apart = (frac - found.frac_nodes[node])[:, None] + np.stack(
            np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1
        ).reshape(-1, 3)
        nearest = np.sort(np.linalg.norm(apart @ cell, axis=-1), axis=None)[:4]
        np.testing.assert_allclose(nearest, found.distance[node], atol=2e-3)
    assert (found.narrowest <= found.distance[found.tails] + 1e-3).all()
    assert (found.narrowest <= found.distance[found.heads] + 1e-3).all()


@pytest.mark.slow
def test_every_type_of_the_reference_has_pores() -> None:
    for code, framework in load_reference().items():
        found = pores(framework)
        assert found.included >= found.free > -2.0, code


@pytest.mark.long
def test_pore_sizes_are_between_those_of_cages_and_windows() -> None:
    lta = pores(known("LTA"))
    # nearly all of the volume is in the two cages: 11.05 Å, and 6.2 Å of the sodalite cage
    assert np.median(lta.sizes) == pytest.approx(lta.included, abs=0.1)
    assert min(lta.sizes) > 4.0
    afi = pores(known("AFI"))
    # one straight channel: no size but its own
    assert np.percentile(afi.sizes, 5) > afi.free - 0.3
    assert list(afi.sizes) == sorted(afi.sizes)
    assert pores(known("SOD")).accessible_surface == 0.0
