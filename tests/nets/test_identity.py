"""The key of a net: its own for every framework type, the same for every description of one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from importlib import resources
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from net_examples import (
    TRIVIAL,
    diamond,
    framework_of,
    net,
    redescribed,
    redescribed_net,
)
from paths import IZA_CIFS
from zeoloom.geometry.operations import expand_orbits
from zeoloom.nets.canonical import canonical_form
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.nets.identity import (
    describe,
    net_key,
)
from zeoloom.nets.periodic_net import PeriodicNet, components, net_from_edges
from zeoloom.nets.placement import NoCanonicalFormError
from zeoloom.nets.shells import coordination_sequences
from zeoloom.structure.bonds import net_of
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.known_nets import (
    framework_type_of,
    framework_type_of_key,
    known_nets,
    reference_codes,
    reference_fingerprints,
)
from zeoloom.structure.reference import load_reference

SEVERAL_ATOMS = 150
"""T atoms in the cell up to which a type is tried in up to eightfold supercells."""

NBO = net(
    # square planar vertices: no three edges of a vertex span the space
    (0, 1, 0, 0, 0), (0, 1, 0, 1, 0), (0, 2, 0, 0, 0), (0, 2, 0, 0, 1), (1, 2, 0, 0, 0),
    (1, 2, 1, 0, 0),
)  # fmt: skip
SRS = net(
    # the chiral three-connected net
    (0, 1, 0, 0, 0), (0, 2, 0, 0, 0), (0, 3, 0, 0, 0), (1, 2, 1, 0, 0), (2, 3, 0, 1, 0),
    (3, 1, 0, 0, 1),
)  # fmt: skip


def test_every_type_has_its_own_key() -> None:
    assert set(reference_codes().values()) == set(known_nets()) > set(load_reference())


def test_keys_were_made_from_the_bundled_reference() -> None:
    folder = resources.files("zeoloom.structure")
    provenance = json.loads(folder.joinpath("reference_keys.json").read_text("utf-8"))["provenance"]
    content = folder.joinpath("reference.jsonl").read_bytes()
    assert provenance["reference_sha256"] == hashlib.sha256(content).hexdigest()


def test_fingerprints_are_those_of_the_bundled_reference() -> None:
    found = {fingerprint_of(net_of(framework)) for framework in load_reference().values()}
    bundled = {known_nets()[code].fingerprint for code in load_reference()}
    assert bundled == found
    # no two known nets share one, but that interrupted ones have none
    assert len(bundled - {""}) == 237
    interrupted = [each for each in known_nets().values() if each.kind == "interrupted"]
    assert len(reference_fingerprints()) == len(known_nets()) - len(interrupted)


@pytest.mark.parametrize("alike", [("ABW", "ATN"), ("LTA", "RHO"), ("SBS", "SBT")])
def test_types_that_share_sequences_differ(alike: tuple[str, str]) -> None:
    nets = [net_of(load_reference()[code]) for code in alike]
    sequences = [
        sorted(set(map(tuple, coordination_sequences(each, shells=10).tolist()))) for each in nets
    ]
    assert sequences[0] == sequences[1]
    assert net_key(nets[0]) != net_key(nets[1])
    assert tuple(map(framework_type_of, nets)) == alike


@pytest.mark.slow
def test_the_reference_knows_itself() -> None:
    for code, framework in load_reference().items():
        assert framework_type_of(net_of(framework)) == code


@pytest.mark.skipif(not IZA_CIFS.exists(), reason="needs ../shared/iza-cif")
@pytest.mark.slow
def test_all_files_of_iza_get_their_code_in_time() -> None:
    files = sorted(IZA_CIFS.glob("*.cif"))
    frameworks = [read_framework(path)[0] for path in files]
    start = process_time()
    found = [framework_type_of(net_of(framework)) for framework in frameworks]
    assert process_time() - start < 60
    # no exceptions: not the interrupted types, nor polytypes such as *BEA, given as one end member
    assert found == [path.stem for path in files]


@pytest.mark.skipif(not IZA_CIFS.exists(), reason="needs ../shared/iza-cif")
def test_some_files_of_iza_get_their_code() -> None:
    for path in sorted(IZA_CIFS.glob("*.cif"))[::20]:
        assert framework_type_of(net_of(read_framework(path)[0])) == path.stem


SMALL = [
    code
    for code, framework in load_reference().items()
    if len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    <= SEVERAL_ATOMS
]


@pytest.mark.long
@given(st.sampled_from(SMALL), st.integers(0, 10**6))
@settings(deadline=None, max_examples=25)
def test_the_key_does_not_depend_on_the_description(code: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    other = redescribed(load_reference()[code], rng)
    assert framework_type_of(net_of(other)) == code
    if not load_reference()[code].flag:
        # by T-T distances alone
        assert framework_type_of(net_of(replace(other, frac_o=np.zeros((0, 3))))) == code


@pytest.mark.slow
@pytest.mark.parametrize("code", list(load_reference()))
def test_every_type_in_another_description(code: str) -> None:
    rng = np.random.default_rng(list(code.encode()))
    assert framework_type_of(net_of(redescribed(load_reference()[code], rng))) == code


def random_net(rng: np.random.Generator) -> PeriodicNet | None:
    """A net of up to five vertices with four edges each, bonded at random; None if it is flawed."""
    n = int(rng.integers(1, 6))
    ends = rng.permutation(np.repeat(np.arange(n), 4))
    shifts = rng.integers(-1, 2, size=(2 * n, 3))
    if ((ends[::2] == ends[1::2]) & ~shifts.any(axis=1)).any():
        return None
    return net_from_edges(ends[::2], ends[1::2], shifts, np.arange(n))


@pytest.mark.long
@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_keys_of_random_nets(seed: int) -> None:
    # these are disconnected, interpenetrating, flat and unstable as often as not
    rng = np.random.default_rng(seed)
    given_net = random_net(rng)
    if given_net is None:
        return
    key = net_key(given_net)
    assert net_key(redescribed_net(given_net, rng)) == key
    if not key.exact:
        assert key.text.startswith("~")
        return
    for part in components(given_net):
        form = canonical_form(part.net)
        # the form is a net that has itself as its form
        again = canonical_form(form.net)
        assert again.text == form.text
        assert again.symmetry == form.symmetry


@pytest.mark.parametrize("given_net", [NBO, SRS], ids=["nbo", "srs"])
def test_flat_vertices(given_net: PeriodicNet) -> None:
    rng = np.random.default_rng(0)
    keys = {net_key(redescribed_net(given_net, rng)) for _ in range(5)}
    assert keys == {net_key(given_net)}
    assert net_key(given_net).exact
    form = canonical_form(given_net)
    assert len(set(form.net.sites.tolist())) == 1


def test_symmetry_and_orbits() -> None:
    # Fd-3m has 48 operations modulo its translations
    form = canonical_form(net_of(diamond()))
    assert (len(form.net), form.symmetry) == (2, 48)
    assert canonical_form(SRS).symmetry == 24
    for code, order in (("MFI", 8), ("FAU", 48), ("CHA", 12), ("STW", 12)):
        framework = load_reference()[code]
        form = canonical_form(net_of(framework))
        assert form.symmetry == order, code
        # the orbits of the net are the sites of the framework
        pairs = set(zip(form.net.sites[form.vertices], net_of(framework).sites, strict=True))
        assert len(pairs) == len(framework.frac_t), code


def test_cristobalite_is_diamond() -> None:
    # low cristobalite, P4_1 2_1 2 (Dollase 1965), Si alone, and its mirror image
    x = 0.3003
    frac = np.array(
        [[x, x, 0], [1 - x, 1 - x, 0.5], [0.5 - x, 0.5 + x, 0.25], [0.5 + x, 0.5 - x, 0.75]]
    )
    low = framework_of(np.diag([4.9709, 4.9709, 6.9278]), frac)
    assert net_key(net_of(low)) == net_key(net_of(diamond()))
    hand = replace(low, cell=low.cell @ np.diag([1.0, 1.0, -1.0]))
    assert net_key(net_of(hand)) == net_key(net_of(diamond()))


def test_interpenetrating_nets_are_no_single_net() -> None:
    one, two = net_of(diamond()), net_of(diamond(2))
    assert net_key(two).exact
    assert net_key(two) != net_key(one)
    description = describe(two)
    assert [(part.periodicity, part.copies) for part in description.components] == [(3, 1)] * 2
    # both are the same net, so all vertices are of one kind
    assert set(description.orbits.tolist()) == {0}
    # the two in their common primitive cell
    halved = net((0, 1, 0, 0, 0), (0, 1, 1, 1, 0), (0, 1, 1, 0, 1), (0, 1, 0, 1, 1))
    assert net_key(halved) == net_key(two)
    with pytest.raises(ValueError, match="not connected"):
        canonical_form(two)


def test_twins_have_an_inexact_key() -> None:
    # vertices 1 and 2 have the same neighbours, so the barycentric placement cannot tell them apart
    twins = net(
        (0, 1, 0, 0, 0), (0, 1, 1, 0, 0), (0, 1, 0, 1, 0), (0, 1, 0, 0, 1),
        (0, 2, 0, 0, 0), (0, 2, 1, 0, 0), (0, 2, 0, 1, 0), (0, 2, 0, 0, 1),
    )  # fmt: skip
    with pytest.raises(NoCanonicalFormError, match="coincide"):
        canonical_form(twins)
    key = net_key(twins)
    assert not key.exact
    assert "coincide" in key.reason
    assert framework_type_of(twins) is None
    rng = np.random.default_rng(1)
    assert net_key(redescribed_net(twins, rng)) == key


def test_a_net_on_top_of_itself_has_an_inexact_key() -> None:
    # two primitive cubic nets, each vertex bonded with the one of the other that it lies on
    cube = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    double = net((0, 1, 0, 0, 0), *((k, k, *shift) for k in (0, 1) for shift in cube))
    key = net_key(double)
    assert not key.exact
    assert "exchanges" in key.reason
    assert net_key(redescribed_net(double, np.random.default_rng(2))) == key


@pytest.mark.long
def test_heaps_of_atoms_are_no_burden() -> None:
    rng = np.random.default_rng(0)
    for number, length in ((60, 7.0), (200, 9.0), (400, 13.0)):
        heap = net_of(framework_of(np.eye(3) * length, rng.random((number, 3))))
        assert heap.coordination.max() > 10
        start = process_time()
        description = describe(heap)
        assert process_time() - start < 10
        assert framework_type_of_key(description.key) is None
        assert description.vertex_symbols == ()
        assert len(set(description.orbits.tolist())) > 1


def test_molecules_and_layers() -> None:
    molecule = framework_of(np.eye(3) * 15, np.array([[0.1, 0.1, 0.1], [0.3, 0.1, 0.1]]))
    key = net_key(net_of(molecule))
    assert not key.exact
    assert "finite" in key.reason
    square = net((0, 0, 1, 0, 0), (0, 0, 0, 1, 0))
    assert net_key(square).exact
    assert framework_type_of(square) is None


def test_description_of_a_type() -> None:
    framework = load_reference()["CHA"]
    description = describe(net_of(framework))
    assert framework_type_of_key(description.key) == "CHA"
    assert description.key.exact
    assert (description.coordination == 4).all()
    assert [(part.periodicity, part.copies) for part in description.components] == [(3, 1)]
    assert description.coordination_sequences.shape == (1, 12)
    assert description.coordination_sequences[0, :10].tolist() == [
        4, 9, 17, 29, 45, 64, 85, 110, 140, 173,
    ]  # fmt: skip
    assert list(map(str, description.vertex_symbols)) == ["4·4·4·8·6·8"]
    assert description.ring_sizes == (4, 6, 8)


def test_wrong_bonds_make_another_net() -> None:
    framework = load_reference()["SOD"]
    frac, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    whole = framework_of(framework.cell, frac)
    assert whole.operations is TRIVIAL
    assert framework_type_of(net_of(whole)) == "SOD"
    assert framework_type_of(net_of(replace(whole, frac_t=frac[1:]))) is None


def test_hundred_atoms_take_less_than_a_second() -> None:
    framework = load_reference()["MFI"]
    start = process_time()
    assert framework_type_of(net_of(framework)) == "MFI"
    assert process_time() - start < 1.0
