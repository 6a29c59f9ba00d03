"""Windows of channels, against the rings that the IZA database gives for channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from net_examples import redescribed
from zeoloom.silica.pores import pores
from zeoloom.silica.window_kernel import shortest_around, wall_crossings
from zeoloom.structure.reference import load_reference

RINGS = {
    "ABW": "8",
    "AFI": "12",
    "BEA": "12",
    "CFI": "14",
    "CHA": "8",
    "DON": "14",
    "ERI": "8",
    "FAU": "12",
    "FER": "10 8",
    "GME": "12 8",
    "HEU": "10 8",
    "KFI": "8",
    "LTA": "8",
    "MEL": "10",
    "MFI": "10",
    "MOR": "12 8",
    "MTT": "10",
    "MTW": "12",
    "MWW": "10",
    "NAT": "9 8",
    "OFF": "12 8",
    "RHO": "8",
    "STI": "10 8",
    "TON": "10",
    "UTL": "14 12",
    "VFI": "18",
}
"""Rings of the channels that a sphere of 2.8 Å can travel through, as IZA lists channels."""


@pytest.mark.long
@pytest.mark.parametrize("code", RINGS)
def test_channels_run_through_the_rings_of_iza(code: str) -> None:
    found = pores(load_reference()[code]).channels
    assert {str(each.window) for each in found} == set(RINGS[code].split())
    free = [each.free for each in found]
    assert free == sorted(free, reverse=True)


@pytest.mark.long
def test_directions_of_channels() -> None:
    along = {code: pores(load_reference()[code]).channels for code in ("MOR", "AFI", "LTA", "TON")}
    assert [str(each) for each in along["MOR"]] == ["12 [0 0 1]", "8 [0 1 0]"]
    assert [str(each) for each in along["AFI"]] == ["12 [0 0 1]"]
    assert {each.direction for each in along["LTA"]} == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
    assert [each.direction for each in along["TON"]] == [(0, 0, 1)]


@pytest.mark.long
def test_cages_without_windows_have_no_channels() -> None:
    for code in ("SOD", "MTN", "DOH"):
        assert pores(load_reference()[code]).channels == ()


@pytest.mark.long
def test_any_cell_has_the_same_windows() -> None:
    mordenite = load_reference()["MOR"]
    other = redescribed(mordenite, np.random.default_rng(5), 0.0)
    assert sorted(each.window for each in pores(other).channels) == [8, 12]
    bare = replace(mordenite, frac_o=np.zeros((0, 3)))
    assert pores(bare).channels == ()


def test_walks_around_a_straight_path() -> None:
    # a square of four atoms around the z axis, and one beside it
    square = np.array([[1.0, 1, 0], [-1, 1, 0], [-1, -1, 0], [1, -1, 0]])
    path = np.array([[0.1, 0.2, -9.0], [0.1, 0.2, 9.0]])
    bonded = np.array([[1, 3, -1, -1], [2, 0, -1, -1], [3, 1, -1, -1], [0, 2, -1, -1]])
    for direction in ([1.0, 0.3, 0.0], [-0.4, 0.7, 0.0]):
        for aside, expected in ((0.0, 4), (5.0, 0)):
            corners = square + np.array([aside, 0.0, 0.0])
            crossings = np.zeros((4, 4), dtype=np.int64)
            rows, columns = np.nonzero(bonded >= 0)
            crossings[rows, columns] = wall_crossings(
                corners[rows], corners[bonded[rows, columns]], path, np.array(direction)
            )
            assert crossings.sum() == 0  # each bond is looked at from both ends
            assert shortest_around(bonded, crossings, np.arange(4), 12) == expected
