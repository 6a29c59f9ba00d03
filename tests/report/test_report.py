from __future__ import annotations

import base64
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.image import imread
from rich.console import Console

from paths import ROOT
from report_examples import HOSTILE, TYPES, WORDS, chain, data_of, some_judgements
from zeoloom.errors import InputError
from zeoloom.judge.judgement import Judgement
from zeoloom.nets.periodic_net import net_from_edges
from zeoloom.report.gallery import gallery_figure
from zeoloom.report.page_parts import file_text
from zeoloom.report.periodic import LOCAL_KINDS, local_geometry, periodic_bonds
from zeoloom.report.report_data import verdict_of
from zeoloom.report.report_page import COUNTS, report_html, write_report
from zeoloom.report.report_statistics import BINS
from zeoloom.report.tables import frameworks_table
from zeoloom.run.framework_table import counts_of, write_frameworks
from zeoloom.silica.dls import refine
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path


# ---- bonds and geometry ------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["ABW", "SOD", "MER", "FAU", "BCT", "CZP"])
def test_periodic_bonds_are_those_of_the_net(code: str) -> None:
    framework = load_reference()[code]
    bonds = periodic_bonds(framework)
    net, found = net_of(framework), net_from_edges(bonds.tails, bonds.heads, bonds.shifts, [])
    for name in ("tails", "heads", "shifts"):
        assert np.array_equal(getattr(net, name), getattr(found, name))
    bare = periodic_bonds(replace(framework, frac_o=np.zeros((0, 3))))
    assert len(bare.frac_o) == 0
    assert len(bare.tails) == len(bonds.tails) == 2 * len(bonds.frac_t)


def test_local_geometry_is_what_refinement_says() -> None:
    refined = refine(load_reference()["MER"])
    found = local_geometry(periodic_bonds(refined.framework))
    assert set(found) == set(LOCAL_KINDS)
    n = len(net_of(refined.framework))
    assert [len(found[kind]) for kind in LOCAL_KINDS] == [4 * n, 6 * n, 2 * n, 2 * n, 6 * n, 6 * n]
    for kind, summary in refined.distances.items():
        values = found[kind]
        assert values.mean() == pytest.approx(summary.mean, abs=1e-4)
        assert values.std() == pytest.approx(summary.deviation, abs=1e-4)
        assert (values.min(), values.max()) == pytest.approx(
            (summary.smallest, summary.largest), 1e-4
        )


def test_histograms_lose_nothing() -> None:
    for bins in BINS.values():
        middle = (bins.low + bins.high) / 2
        shares = bins.shares(np.array([bins.low - 9.0, middle, bins.high + 9.0, np.inf]))
        assert shares.sum() == pytest.approx(1.0)
        assert (shares[0], shares[-1]) == (0.25, 0.5)


# ---- the page as text --------------------------------------------------------------------------


def test_hostile_names_come_back_whole(tmp_path: Path) -> None:
    place = tmp_path / "new" / "report.html"
    write_report(place, some_judgements(), **WORDS)
    text = place.read_text(encoding="utf-8")
    assert "</script><b>" not in text
    data = data_of(text)
    assert HOSTILE in [each["name"] for each in data["frameworks"]]
    assert data["facts"][0] == ["command", "zeoloom generate -n 40 <b>"]
    # 3Dmol.js names hosts that it is never asked to contact
    own = text.replace(file_text("3Dmol-min.js"), "").replace("http://www.w3.org/2000/svg", "")
    assert "://" not in own


def test_cifs_are_those_of_the_run(tmp_path: Path) -> None:
    judgements = [replace(j, name=f"made-{i}") for i, j in enumerate(some_judgements())]
    judgements[-1] = replace(judgements[-1], key="another", energy_kj_mol=7.0)
    write_frameworks(tmp_path, judgements, {})
    data = data_of(report_html(judgements, **WORDS))
    assert [each["net"] is None for each in data["frameworks"]] == [False] * 5 + [True]
    for each in data["frameworks"]:
        written = tmp_path / "frameworks" / f"{each['name']}.cif"
        if each["cif"] is None:
            assert not written.exists()
        else:
            before, operations, after = each["cif"]
            found = before + data["operations"][operations] + after
            assert found == written.read_text(encoding="utf-8")
    # SOD and the one made from it share theirs
    assert len(data["operations"]) == len(TYPES)


def test_counts_have_their_shares() -> None:
    data = data_of(report_html(some_judgements(), **WORDS))
    shares = [row[:4] for row in data["counts"]]
    assert shares[:2] == [["tried", 40, None, None], ["valid", 12, 0.3, "tried"]]
    assert [name for name, *_ in shares][-1] == "new feasible"
    none = data_of(report_html([], title="", counts={"tried": 0, "valid": 0}, facts={}))
    assert [row[:4] for row in none["counts"]] == [
        ["tried", 0, None, None],
        ["valid", 0, None, "tried"],
    ]


def test_every_count_of_a_run_has_a_meaning() -> None:
    judged = counts_of([], {}, 0)
    assert {name for name in judged if not name.endswith("_share")} <= set(COUNTS)
    formats = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in formats for name in COUNTS)
    assert {of for of, _ in COUNTS.values() if of} <= set(COUNTS)


def test_what_is_said_of_frameworks() -> None:
    data = data_of(report_html(some_judgements(), **WORDS))
    verdicts = {each["name"]: each["verdict"] for each in data["frameworks"]}
    assert verdicts["SOD"] == "Known zeolite type SOD, as stable as silica zeolites made so far"
    assert verdicts["ABW"] == "Known zeolite type ABW, feasible"
    assert verdicts["MER"] == "Known zeolite type MER, not feasible"
    assert verdicts[HOSTILE] == "New net"
    assert verdicts["lost"] == "Not valid: T1 has 3 neighbours"
    own = replace(some_judgements()[-1], known_as="mine", reason="not relaxed: too large")
    assert verdict_of(own) == "Known as mine. not relaxed: too large"
    assert verdict_of(Judgement("odd")) == "Not valid"
    for name, said in (
        ("quartz", "Known dense net quartz (also berlinite, beta-eucryptite)"),
        ("UOE", "Known zeolite type UOE (also EOS)"),
    ):
        assert verdict_of(Judgement("x", valid=True, framework_type=name)) == said
    cut = Judgement("x", reason="1 of 2 T atoms", framework_type="CLO")
    assert verdict_of(cut) == "Known interrupted type CLO: 1 of 2 T atoms"


def test_rings_of_the_page_are_closed_walks() -> None:
    """Unpacked by the rule in `ring_data`, as the page does it."""
    for each in data_of(report_html(some_judgements(), **WORDS))["frameworks"]:
        if each["net"] is None:
            continue
        flat = np.frombuffer(base64.b64decode(each["net"]["bonds"]), "<i2").reshape(-1, 5)
        arms: dict[int, list[tuple[int, np.ndarray]]] = {}
        for i, j, *shift in flat.tolist():
            arms.setdefault(i, []).append((j, np.array(shift)))
            arms.setdefault(j, []).append((i, -np.array(shift)))
        sizes = [rings["size"] for rings in each["net"]["rings"] if rings["smallest"]]
        assert sizes == each["rings"]
        for rings in each["net"]["rings"]:
            packed = np.frombuffer(base64.b64decode(rings["steps"]), np.uint8)
            steps = (packed[:, None] >> np.array([0, 2, 4, 6]) & 3).ravel().tolist()
            starts = np.frombuffer(base64.b64decode(rings["starts"]), "<i2").tolist()
            assert len(starts) == rings["count"]
            for k, start in enumerate(starts):
                atom, cell = start, np.zeros(3, int)
                for step in steps[k * rings["size"] : (k + 1) * rings["size"]]:
                    atom, shift = arms[atom][step][0], arms[atom][step][1]
                    cell = cell + shift
                assert atom == start
                assert not cell.any()


def test_how_frameworks_are_seen() -> None:
    by_name = {
        each["name"]: each
        for each in data_of(report_html(some_judgements(), **WORDS))["frameworks"]
    }
    for code in TYPES:
        net, cell = by_name[code]["net"], np.reshape(by_name[code]["net"]["cell"], (3, 3))
        seen = np.reshape(net["seen"], (3, 3))
        assert np.allclose(seen @ seen.T, cell @ cell.T, atol=0.05)  # a rotation
        lengths = np.linalg.norm(cell, axis=1)[net["axes"]]
        assert (np.diff(lengths) <= 1e-3).all()
        long, _, short = net["axes"]
        assert np.allclose(seen[short, :2], 0.0, atol=2e-3)
        assert seen[long, 0] > 0.0
        assert seen[long, 1] == pytest.approx(0.0, abs=2e-3)
        assert by_name[code]["cell"][:3] == pytest.approx(np.linalg.norm(cell, axis=1), abs=1e-3)


def test_found_is_counted() -> None:
    data = data_of(report_html(some_judgements(), **WORDS))
    assert [each["name"] for each in data["frameworks"]] == [*TYPES, HOSTILE, "lost"]
    assert [each["found"] for each in data["frameworks"]] == [2, 1, 1, 1, 2, None]
    shown = data_of(report_html(some_judgements(), found={some_judgements()[1].key: 7}, **WORDS))
    assert [each["found"] for each in shown["frameworks"]] == [None, None, None, 7, None, None]


def test_what_cannot_be_drawn_is_left_out() -> None:
    odd = Judgement("odd", framework=replace(chain(), frac_t=np.zeros((0, 3)), t_labels=()))
    line = Judgement("line", framework=chain(), r_dls=float("nan"))
    line = replace(line, energy_kj_mol=np.float64(3.0), n_t=np.int64(1), lid=np.True_)
    data = data_of(report_html([odd, line], **WORDS))
    by_name = {each["name"]: each for each in data["frameworks"]}
    assert by_name["odd"]["net"] is None
    assert by_name["line"]["net"] is not None
    assert by_name["line"]["rDls"] is None
    assert by_name["line"]["feasible"] is by_name["line"]["lid"] is True
    assert data["statistics"]["frameworks"] == 0


@pytest.mark.long
def test_a_thousand_frameworks_stay_small() -> None:
    some = [f for f in load_reference().values() if not f.flag][::6]
    judgements = [Judgement(f.name, valid=True, framework=f, rings=(4, 6)) for f in some]
    empty, full = (len(report_html(each, **WORDS)) for each in ([], judgements))
    assert 1000 * (full - empty) / len(some) < 10e6


# ---- table and figure --------------------------------------------------------------------------


def test_table_fits_the_terminal() -> None:
    wide = replace(some_judgements()[1], name="x" * 60, n_t=1440, n_t_unique=144, density=12.3)
    wide = replace(wide, energy_kj_mol=1234.5, r_dls=0.1234)
    console = Console(width=100, record=True, markup=True, force_terminal=True)
    found = {some_judgements()[1].key: 12345}
    console.print(frameworks_table([*some_judgements(), wide], 20, found))
    text = console.export_text()
    rows = text.splitlines()
    assert max(len(row.rstrip()) for row in rows) <= 100
    assert [row.split()[0] for row in rows[1:5]] == list(TYPES)
    assert "1234.5" in text
    assert "12345" in text
    assert "lost: T1 has 3 neighbours" in text
    few = Console(width=100, record=True)
    few.print(frameworks_table(some_judgements(), 2))
    assert "and 4 more" in few.export_text()
    assert "MER" not in few.export_text()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100])
def test_numbers_are_never_cut(width: int) -> None:
    """A narrow terminal loses columns, whole ones, and says which."""
    known = replace(some_judgements()[1], name="n" * 60, energy_kj_mol=1234.5, r_dls=0.1234)
    table = frameworks_table([known], found={known.key: 12345})
    head, row, *remarks = table.lines(width)
    assert len(head) <= max(width, 30)
    assert "0.1234" in row.split()
    whole = table.lines()[1].split()
    assert all(word in whole for word in row.split())
    left_out = [each.head for each in table.columns if each.head not in head]
    assert bool(left_out) == bool(remarks) == (len(table.lines()[0]) > width)
    assert all(name in remarks[0] for name in left_out)


def test_a_pipe_has_no_width() -> None:
    known = replace(some_judgements()[1], name="n" * 60, energy_kj_mol=1234.5, r_dls=0.1234)
    piped = StringIO()
    Console(width=30, file=piped, soft_wrap=True).print(
        frameworks_table([known], found={known.key: 12345})
    )
    assert piped.getvalue().splitlines()[1].split()[-4:] == ["0.1234", "1234.5", "-", "12345"]


@pytest.mark.long
def test_gallery_figure(tmp_path: Path) -> None:
    named = replace(some_judgements()[2], name="你好")
    gallery_figure(tmp_path / "gallery.png", [*some_judgements(), named], columns=3)
    picture = imread(tmp_path / "gallery.png")[..., :3]
    assert picture.shape[1] == 3 * 500
    panels = picture[: picture.shape[0] // 2, :500], picture[: picture.shape[0] // 2, 1000:]
    assert all((panel < 0.9).any(axis=-1).mean() > 0.05 for panel in panels)
    with pytest.raises(InputError, match="no valid framework"):
        gallery_figure(tmp_path / "none.png", [Judgement("lost")])
