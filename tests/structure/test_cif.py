"""Reading CIF files, good and bad."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cif_examples import GIS, cif_of
from paths import IZA_CIFS
from zeoloom.clusters.cut import cut_clusters
from zeoloom.errors import InputError
from zeoloom.geometry.operations import expand_orbits
from zeoloom.structure.files.element_labels import element_of
from zeoloom.structure.files.reader import read_framework, read_frameworks
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework


def read_text(folder: Path, text: str | bytes) -> tuple[Framework, tuple[str, ...]]:
    path = folder / "a.cif"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_framework(path)


@pytest.mark.parametrize("code", ["GIS", "CHA", "MFI", "FAU", "BOG", "AEN"])
def test_what_was_written_is_read(code: str, tmp_path: Path) -> None:
    framework = load_reference()[code]
    again, notices = read_text(tmp_path, cif_of(framework))
    assert notices == ()
    assert again.space_group_number == framework.space_group_number
    assert again.t_labels == framework.t_labels
    np.testing.assert_allclose(again.frac_t, framework.frac_t, atol=2e-5)
    assert len(again.frac_o) == len(framework.frac_o)
    assert len(again.operations) == len(framework.operations)


@pytest.mark.skipif(not IZA_CIFS.exists(), reason="needs the shared CIFs")
def test_iza_files_with_quirks() -> None:
    read = read_frameworks([IZA_CIFS / f"{code}.cif" for code in ("OKO", "RON", "SFH", "SFV")])
    assert read.problems == ()
    oko, ron, sfh, sfv = read.frameworks
    assert (oko.space_group_number, len(oko.frac_t)) == (12, 11)
    assert ron.t_labels == ("T1", "T1_2", "T1_3", "T2")
    assert sfh.space_group_number == 63
    assert len(expand_orbits(sfv.frac_t, sfv.operations, sfv.cell)[0]) == 784
    said = {(Path(path).stem, notice.split(":")[0]) for path, notice in read.notices}
    assert ("RON", "left out, not part of the framework") in said
    assert any("says space group 15" in notice for stem, notice in said if stem == "SFH")


def test_guests_water_and_cations_are_left_out_with_a_notice(tmp_path: Path) -> None:
    cha = load_reference()["CHA"]
    guests = [
        ("Na1", "Na+", np.array([0.0, 0.0, 0.5])),
        ("Ow1", "O", np.array([0.0, 0.0, 0.42])),
        ("C1", "C", np.array([0.02, 0.05, 0.37])),
        ("N1", "N", np.array([0.03, 0.09, 0.30])),
        ("F1", "F", np.array([0.05, 0.02, 0.25])),
    ]
    framework, notices = read_text(tmp_path, cif_of(cha, guests))
    assert notices == (
        "left out, not part of the framework: 1 C, 1 F, 1 N, 1 Na, 1 O (asymmetric atoms)",
    )
    assert len(framework.frac_t) == 1
    assert len(framework.frac_o) == 4


def test_a_cation_that_could_be_a_t_atom_is_known_by_its_bridges(tmp_path: Path) -> None:
    # zinc above the centre of a six-ring of CHA touches three framework oxygens; it is no T atom
    cha = load_reference()["CHA"]
    text = cif_of(cha, [("Zn1", "Zn", np.array([0.0, 0.0, 0.12]))])
    framework, notices = read_text(tmp_path, text)
    assert len(framework.frac_t) == 1
    assert "1 Zn" in notices[0]
    # the same element on the T site itself is one
    framework, notices = read_text(tmp_path, cif_of(cha).replace(" Si ", " Zn2+ "))
    assert len(framework.frac_t) == 1
    assert notices == ()


def test_mixed_sites_are_one_t_atom(tmp_path: Path) -> None:
    gis = load_reference()["GIS"]
    text = cif_of(gis, [("Al1", "Al", gis.frac_t[0])])
    framework, notices = read_text(tmp_path, text)
    assert framework.t_labels == ("T1",)
    assert notices == ("1 T atoms listed on the site of another, merged",)
    shared = text.replace("_atom_site_fract_z\n", "_atom_site_fract_z\n_atom_site_occupancy\n")
    lines = [
        f"{line} {0.5 if line.startswith(('T1', 'Al1')) else 1}" if line.count(" ") == 4 else line
        for line in shared.splitlines()
    ]
    assert read_text(tmp_path, "\n".join(lines))[0].t_labels == ("T1",)


def test_files_without_oxygen_are_read(tmp_path: Path) -> None:
    text = "\n".join(line for line in GIS.splitlines() if not line.startswith("O"))
    framework, _ = read_text(tmp_path, text)
    assert framework.t_labels == ("T1",)
    assert framework.frac_o.shape == (0, 3)
    assert len(cut_clusters([framework], 7.0)) == 8


def without_operations(text: str, instead: str) -> str:
    head, rest = text.split("loop_\n_symmetry_equiv_pos_as_xyz")
    return head + instead + rest[rest.index("loop_") :]


def test_operations_follow_from_the_symbol_or_the_number(tmp_path: Path) -> None:
    for symbol in ("_symmetry_space_group_name_H-M 'I 41/a m d'\n", ""):
        framework, notices = read_text(tmp_path, without_operations(GIS, symbol))
        assert framework.space_group_number == 141
        assert "no symmetry operations" in notices[0]
        assert len(cut_clusters([framework], 7.0, "conventional")) == 16
    with pytest.raises(InputError, match="no symmetry in the file; read as P 1"):
        read_text(tmp_path, without_operations(GIS, "").replace("_symmetry_Int", "_other_Int"))


def test_several_blocks_give_the_first_structure(tmp_path: Path) -> None:
    text = "data_global\n_journal_year 2020\n" + GIS + cif_of(load_reference()["SOD"])
    framework, notices = read_text(tmp_path, text)
    assert framework.space_group_number == 141
    assert notices == ("2 structures in the file; read the first, 'GIS'",)


def test_a_net_that_is_not_four_connected_is_noticed(tmp_path: Path) -> None:
    lines = cif_of(load_reference()["MFI"]).splitlines()
    kept = [line for line in lines if not line.startswith("T12 ")]
    _, notices = read_text(tmp_path, "\n".join(kept))
    assert any(notice.startswith("not 4-connected") for notice in notices)


BAD = {
    "empty": (b"", "empty"),
    "blank": (b" \n\n", "empty"),
    "binary": (b"\x89PNG\r\n\0\0\0", "binary"),
    "prose": (b"Dear colleague,\nplease find the file attached.\n", "no readable CIF"),
    "huge": (b"#" * 5_000_001, "more than the 5 MB"),
    "cut short": (GIS[: GIS.index("_atom_site_fract_z") - 4].encode(), "no"),
    "no atoms": (GIS[: GIS.rindex("loop_")].encode(), "none with fractional coordinates"),
    "no cell": (GIS.replace("_cell_length_b", "_cell_length_q").encode(), "_cell_length_b missing"),
    "flat cell": (GIS.replace("_cell_angle_beta 90", "_cell_angle_beta 180").encode(), "angles"),
    "words": (GIS.replace("T1 Si 0.", "T1 Si x0.").encode(), "are no coordinates"),
    "no T": (GIS.replace(" Si ", " Na ").encode(), "no framework T atoms among Na, O"),
    "no group": (GIS.replace("'+1*x+0/24,+1*y+0/24,+1*z+0/24'\n", "").encode(), "form no group"),
    "bad operation": (GIS.replace("+1*x+0/24,+1*y", "+1*x+0/24,+1*w").encode(), "cannot be read"),
    "thin": (GIS.replace("_cell_length_a", "_cell_length_a 0.5\n_old").encode(), "closer than"),
    "misfit": (GIS.replace("_cell_angle_gamma 90", "_cell_angle_gamma 97").encode(), "do not fit"),
    "overlap": (
        cif_of(
            load_reference()["GIS"],
            [("T2", "Si", load_reference()["GIS"].frac_t[0] + np.array([0.0, 0.0, 0.1]))],
        ).encode(),
        "disordered or overlapping",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_their_reason(name: str, tmp_path: Path) -> None:
    content, reason = BAD[name]
    with pytest.raises(InputError, match=reason):
        read_text(tmp_path, content)


def test_partly_filled_t_sites_are_refused(tmp_path: Path) -> None:
    lines = [
        line + (" 0.5" if line.startswith("T1") else " 1") if line.count(" ") == 4 else line
        for line in GIS.replace("fract_z\n", "fract_z\n_atom_site_occupancy\n").splitlines()
    ]
    with pytest.raises(InputError, match="disordered: T atom T1 is on 50% of its sites"):
        read_text(tmp_path, "\n".join(lines))


def test_a_cell_of_too_many_atoms_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    many = [(f"C{n}", "C", x) for n, x in enumerate(rng.uniform(size=(2_000, 3)))]
    with pytest.raises(InputError, match="at most 20000"):
        read_text(tmp_path, cif_of(load_reference()["GIS"], many))


@pytest.mark.long
def test_heaps_of_atoms_are_refused(tmp_path: Path) -> None:
    trivial = without_operations(GIS, "_symmetry_space_group_name_H-M 'P 1'\n")
    trivial = trivial.replace("Tables_number 141", "Tables_number 1")
    with pytest.raises(InputError, match="overlapping atoms"):
        read_text(tmp_path, trivial + "Si9 Si 0.0 0.0 0.0\n" * 15_000)


def test_a_folder_of_anything(tmp_path: Path) -> None:
    for name, (content, _) in BAD.items():
        (tmp_path / f"{name}.cif").write_bytes(content)
    (tmp_path / "notes.txt").write_text("nothing here")
    (tmp_path / ".hidden.cif").write_text("nothing here")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "GIS.cif").write_text(GIS)
    (tmp_path / "SOD.CIF").write_text(cif_of(load_reference()["SOD"]))
    (tmp_path / "dangling.cif").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty folder").mkdir()
    seen: list[str] = []
    read = read_frameworks(
        [tmp_path, tmp_path / "missing.cif", tmp_path / "empty folder"], seen.append
    )
    assert sorted(framework.name for framework in read.frameworks) == ["GIS", "SOD"]
    named = {Path(path).name for path, _ in read.problems}
    expected = {f"{name}.cif" for name in BAD}
    assert named == expected | {"notes.txt", "dangling.cif", "missing.cif", "empty folder"}
    assert all(reason for _, reason in read.problems)
    assert len(seen) == len(expected) + 3


@pytest.mark.parametrize(
    ("kind", "element"),
    [("Si4+", "Si"), ("SI1", "Si"), ("OW", "O"), ("O2-", "O"), ("T3", "T"), ("D", "H"),
     ("AL", "Al"), ("Wat", "W"), ("OH", "O"), ("Ti1", "Ti"), ("?", "?"), ("", "?"), ("1", "1")],
)  # fmt: skip
def test_elements_from_labels(kind: str, element: str) -> None:
    assert element_of(kind) == element


MUTATIONS = st.lists(
    st.tuples(
        st.integers(0, len(GIS)),
        st.integers(0, 40),
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(
                [
                    "'",
                    '"',
                    ";\n",
                    "loop_",
                    "data_",
                    "?",
                    "1e999",
                    "-1",
                    "nan",
                    "\nsave_",
                    "#",
                    "x,y,z",
                ]
            ),
        ),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.long
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(MUTATIONS)
@example([(0, len(GIS), "")])
def test_mutated_files_give_a_framework_or_an_input_error(
    tmp_path: Path, mutations: list[tuple[int, int, str]]
) -> None:
    text = GIS
    for start, length, new in mutations:
        text = text[:start] + new + text[start + length :]
    try:
        framework, _ = read_text(tmp_path, text.encode("utf-8", errors="surrogatepass"))
    except InputError as error:
        assert str(error)  # noqa: PT017 - reading may as well succeed
    else:
        cut_clusters([framework], 7.0)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(st.binary(max_size=200), st.text(alphabet="data_loop_cell'\" \n;x,y1.", max_size=300))
)
def test_noise_is_refused(tmp_path: Path, noise: bytes | str) -> None:
    with pytest.raises(InputError):
        read_text(tmp_path, noise)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(1, len(GIS) - 1))
def test_files_cut_short_anywhere(tmp_path: Path, length: int) -> None:
    try:
        framework, _ = read_text(tmp_path, GIS[:length])
    except InputError:
        return
    assert len(framework.frac_t) == 1
