"""Make `src/zeoloom/structure/dense_nets.jsonl`: dense silica and silicates, from the literature.

    python scripts/build_dense_nets.py

Atoms are those of the publication named with each, in its setting; origins are those of the
International Tables. T atoms are those of the tetrahedral framework, whatever their element. Only
the first four decimals at most are given: a net does not depend on more. Each is checked: every T
atom has four oxygen atoms (or four T atoms, where no oxygen is given), every oxygen two T atoms,
the group is the one that all atoms have, and coordination sequences are those of the literature
where it lists them. To be run again whenever the canonical form of nets or their fingerprint
changes.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits, project_onto_sites
from zeoloom.geometry.space_groups import (
    hall_number_of,
    number_of_hall_number,
    operations_of_hall_number,
    symbol_of_hall_number,
)
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.nets.identity import describe
from zeoloom.structure.bonds import net_of
from zeoloom.structure.known_nets import BUNDLED_KEYS, listed_keys
from zeoloom.structure.records import Framework
from zeoloom.structure.standard import standardised

DEFAULT_OUTPUT = Path(__file__).parents[1] / "src/zeoloom/structure/dense_nets.jsonl"
T_O_BOND = 1.9  # Å; Al-O is 1.75
T_T_BOND = 3.5  # Å
T_T = 3.08  # Å, to which elements are scaled: that of silica
THIRD = 1 / 3

Site = tuple[float, float, float]


@dataclass(frozen=True)
class Published:
    """A structure as it was published.

    Attributes:
        name: by which the net is known here.
        source: where the coordinates are from.
        year: of that.
        group: Hermann-Mauguin symbol of the setting.
        cell: Å and degrees.
        t: T atoms.
        o: oxygen; none where T-T distances tell the bonds.
        also: others that have the same net.
        sequences: coordination sequences of the literature (O'Keeffe, Z. Kristallogr. 196, 1991,
            21; RCSR), of one T atom each.
    """

    name: str
    source: str
    year: int
    group: str
    cell: tuple[float, ...]
    t: tuple[Site, ...]
    o: tuple[Site, ...] = ()
    also: tuple[str, ...] = ()
    sequences: tuple[tuple[int, ...], ...] = ()


PUBLISHED = (
    Published(
        "quartz",
        "L. Levien, C. T. Prewitt & D. J. Weidner, Am. Mineral. 65, 920",
        1980,
        "P3221",
        (4.916, 4.916, 5.4054, 90, 90, 120),
        ((0.4697, 0, 2 * THIRD),),
        ((0.4135, 0.2669, 0.1191 + 2 * THIRD),),
        also=("berlinite", "beta-eucryptite"),
        sequences=((4, 12, 30, 52, 80, 116, 156, 204, 258, 318),),
    ),
    Published(
        "cristobalite",
        "R. T. Downs & D. C. Palmer, Am. Mineral. 79, 9",
        1994,
        "P41212",
        (4.9717, 4.9717, 6.9223, 90, 90, 90),
        ((0.3003, 0.3003, 0),),
        ((0.2392, 0.1044, 0.1787),),
        also=("diamond", "silicon", "carnegieite"),
        sequences=((4, 12, 24, 42, 64, 92, 124, 162, 204, 252),),
    ),
    Published(
        "tridymite",
        "K. Kihara, Z. Kristallogr. 148, 237",
        1978,
        "P63/mmc",
        (5.052, 5.052, 8.27, 90, 90, 120),
        ((THIRD, 2 * THIRD, 0.062),),
        ((THIRD, 2 * THIRD, 0.25), (0.5, 0, 0)),
        also=("lonsdaleite", "nepheline", "kalsilite"),
        sequences=((4, 12, 25, 44, 67, 96, 130, 170, 214, 264),),
    ),
    Published(
        "coesite",
        "L. Levien & C. T. Prewitt, Am. Mineral. 66, 324",
        1981,
        "C2/c",
        (7.1356, 12.3692, 7.1736, 90, 120.34, 90),
        ((0.1403, 0.1083, 0.0723), (0.5068, 0.1580, 0.5408)),
        (
            (0, 0, 0),
            (0.5, 0.1163, 0.75),
            (0.2660, 0.1234, 0.9401),
            (0.3114, 0.1038, 0.3282),
            (0.0172, 0.2117, 0.4782),
        ),
    ),
    Published(
        "keatite",
        "J. Shropshire, P. P. Keat & P. A. Vaughan, Z. Kristallogr. 112, 409",
        1959,
        "P43212",
        (7.464, 7.464, 8.620, 90, 90, 90),
        ((0.410, 0.410, 0), (0.326, 0.120, 0.248)),
        ((0.445, 0.132, 0.400), (0.117, 0.123, 0.296), (0.344, 0.297, 0.143)),
        also=("beta-spodumene", "germanium-III"),
    ),
    Published(
        "moganite",
        "G. Miehe & H. Graetsch, Eur. J. Mineral. 4, 693",
        1992,
        "I2/a",
        (8.758, 4.876, 10.715, 90, 90.08, 90),
        ((0.25, -0.0092, 0), (0.0115, 0.2533, 0.1678)),
        ((-0.0314, 0.0680, 0.2860), (0.1711, 0.1770, 0.1050), (0.8657, 0.2148, 0.0739)),
    ),
    Published(
        "feldspar",
        "J. Deubener, M. Sternitzke & G. Müller, Am. Mineral. 76, 1620 (sanidine)",
        1991,
        "C2/m",
        (8.544, 13.010, 7.194, 90, 115.99, 90),
        ((0.0074, 0.1846, 0.2302), (0.7087, 0.1156, 0.3494)),
        (
            (0, 0.1680, 0),
            (0.6308, 0, 0.2715),
            (0.8193, 0.1516, 0.2229),
            (0.0443, 0.3061, 0.2978),
            (0.1638, 0.1140, 0.4009),
        ),
        also=("sanidine", "orthoclase", "microcline", "albite", "anorthite", "celsian"),
    ),
    Published(
        "cordierite",
        "J. Koepke & H. Schulz, Phys. Chem. Miner. 13, 165",
        1986,
        "Cccm",
        (17.071, 9.715, 9.344, 90, 90, 90),
        (
            (0.25, 0.25, 0.2505),
            (0, 0.5, 0.25),
            (0.1928, 0.0782, 0),
            (0.0506, 0.3085, 0),
            (-0.1354, 0.2376, 0),
        ),
        (
            (0.2468, 0.1029, 0.1407),
            (0.0625, 0.4156, 0.1506),
            (-0.1733, 0.3100, 0.1413),
            (0.1226, 0.1846, 0),
            (-0.0433, 0.2491, 0),
            (-0.1638, 0.0803, 0),
        ),
        also=("beryl", "indialite"),
    ),
    Published(
        "danburite",
        "M. W. Phillips, G. V. Gibbs & P. H. Ribbe, Am. Mineral. 59, 79",
        1974,
        "Pnam",
        (8.038, 8.752, 7.730, 90, 90, 90),
        ((0.0533, 0.1925, -0.0558), (0.2590, 0.4192, 0.0798)),
        (
            (0.1930, 0.0680, -0.0031),
            (0.1259, 0.3650, -0.0433),
            (0.3998, 0.3136, 0.0780),
            (0.5136, 0.6636, 0.25),
            (0.1839, 0.4282, 0.25),
        ),
    ),
    Published(
        "scapolite",
        "S. B. Lin & B. J. Burley, Acta Cryst. B29, 2024 (marialite)",
        1973,
        "I4/m",
        (12.06, 12.06, 7.572, 90, 90, 90),
        ((0.339, 0.410, 0), (0.339, 0.085, 0.206)),
        ((0.459, 0.349, 0), (0.307, 0.121, 0), (0.052, 0.350, 0.215), (0.229, 0.129, 0.328)),
        also=("marialite", "meionite"),
    ),
    Published(
        "milarite",
        "P. Černý, F. C. Hawthorne & E. Jarosewich, Can. Mineral. 18, 41",
        1980,
        "P6/mcc",
        (10.396, 10.396, 13.781, 90, 90, 120),
        ((0.081, 0.336, 0.113), (0, 0.5, 0.25)),
        also=("osumilite", "sugilite"),
    ),
    Published(
        "silicon-III",
        "J. S. Kasper & S. M. Richards, Acta Cryst. 17, 752 (BC8; scaled)",
        1964,
        "Ia-3",
        (6.636 * T_T / 2.37,) * 3 + (90, 90, 90),
        ((0.1003, 0.1003, 0.1003),),
    ),
    Published(
        "silicon-XII",
        "R. O. Piltz et al., Phys. Rev. B 52, 4072 (R8; scaled)",
        1995,
        "R-3:R",
        (5.609 * T_T / 2.32,) * 3 + (110.07,) * 3,
        ((0.2922, 0.2922, 0.2922), (0.4597, -0.0353, 0.2641)),
    ),
)

STACKINGS = {"4H": "ABAC", "6H": "ABCACB", "15R": "ABCBACABACBCACB"}
"""Of silicon carbide: L. S. Ramsdell, Am. Mineral. 32, 64 (1947); all atoms alike, scaled."""


def polytype(name: str, layers: str) -> Published:
    """Layers of tetrahedra stacked on one another, in P1."""
    height = T_T * 4 / 3  # of a layer
    above = {"A": (0, 0), "B": (THIRD, 2 * THIRD), "C": (2 * THIRD, THIRD)}
    sites = tuple(
        (*above[letter], (k + part) / len(layers))
        for k, letter in enumerate(layers)
        for part in (1 / 8, 7 / 8)
    )
    side = T_T * np.sqrt(8 / 3)
    cell = (side, side, len(layers) * height, 90, 90, 120)
    source = f"L. S. Ramsdell, Am. Mineral. 32, 64 (stacking {layers}; scaled)"
    return Published(f"silicon-carbide-{name}", source, 1947, "P1", cell, sites)


def main() -> None:
    """Check each structure and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=DEFAULT_OUTPUT)
    arguments = parser.parse_args()
    published = [*PUBLISHED, *(polytype(name, layers) for name, layers in STACKINGS.items())]
    records: list[dict[str, object]] = [
        {
            "made_by": "scripts/build_dense_nets.py",
            "source": "the literature, named with each",
            "key": "as in reference_keys.json",
            "nets": len(published),
        }
    ]
    taken = {key: name for file in BUNDLED_KEYS for name, key in listed_keys(file).items()}
    for each in sorted(published, key=lambda one: one.name):
        record = record_of(each)
        twin = taken.setdefault(str(record["key"]), each.name)
        if twin != each.name:
            raise SystemExit(f"{each.name} has the net of {twin}")
        records.append(record)
        print(f"{each.name:<22} {record['space_group_symbol']:<10} {record['key']}")
    text = "".join(
        json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records
    )
    arguments.output.write_text(text, encoding="utf-8")


def record_of(published: Published) -> dict[str, object]:
    """What is written of a structure, once it is checked."""
    framework = framework_of(published)
    check_bonds(framework)
    standard = standardised(framework)
    if published.group != "P1" and standard.space_group_number != framework.space_group_number:
        raise SystemExit(f"{published.name}: all atoms have {standard.space_group_symbol}")
    if published.group == "P1":
        framework = standard
    net = net_of(framework)
    description = describe(net)
    if not description.key.exact or len(description.components) != 1:
        raise SystemExit(f"{published.name} has no exact key")
    found = description.coordination_sequences[:, :10].tolist()
    if any(list(sequence) not in found for sequence in published.sequences):
        raise SystemExit(f"{published.name}: coordination sequences are {found}")
    symbol = framework.space_group_symbol
    return {
        "code": published.name,
        "space_group_number": framework.space_group_number,
        "space_group_symbol": symbol,
        "hall_number": hall_number_of(symbol if published.group == "P1" else published.group),
        "cell": [round(float(each), 5) for each in parameters_from_cell(framework.cell)],
        "t_sites": [
            [label, *(round(float(x), 6) for x in site)]
            for label, site in zip(framework.t_labels, framework.frac_t, strict=True)
        ],
        "o_sites": [
            [f"O{number}", *(round(float(x), 6) for x in site)]
            for number, site in enumerate(framework.frac_o, start=1)
        ],
        "flag": "",
        "source": published.source,
        "date": str(published.year),
        "also": published.also,
        "key": description.key.text,
        "fingerprint": fingerprint_of(net),
    }


def framework_of(published: Published) -> Framework:
    """The structure in the setting it was published in."""
    hall_number = hall_number_of(published.group)
    operations = operations_of_hall_number(hall_number)
    cell = cell_from_parameters(np.array(published.cell))
    frac_t, frac_o = (
        np.array(each, dtype=float).reshape(-1, 3) for each in (published.t, published.o)
    )
    return Framework(
        name=published.name,
        cell=cell,
        space_group_number=number_of_hall_number(hall_number),
        space_group_symbol=symbol_of_hall_number(hall_number),
        operations=operations,
        frac_t=project_onto_sites(frac_t, operations, cell),
        t_labels=tuple(f"T{number}" for number in range(1, len(frac_t) + 1)),
        frac_o=project_onto_sites(frac_o, operations, cell),
    )


def check_bonds(framework: Framework) -> None:
    """Four oxygen atoms around each T atom and two T atoms around each oxygen, or four T atoms."""
    cell, group = framework.cell, framework.operations
    full_t, _ = expand_orbits(framework.frac_t, group, cell)
    if len(framework.frac_o) == 0:
        around = neighbours_within(full_t, full_t, cell, T_T_BOND)
        wrong = np.bincount(around.centre) != 1 + 4  # itself counted
    else:
        full_o, _ = expand_orbits(framework.frac_o, group, cell)
        bonds = neighbours_within(full_t, full_o, cell, T_O_BOND)
        at_t = np.bincount(bonds.centre, minlength=len(full_t)) != 4
        at_o = np.bincount(bonds.point, minlength=len(full_o)) != 2
        wrong = np.concatenate([at_t, at_o])
    if wrong.any():
        raise SystemExit(f"{framework.name}: {wrong.sum()} atoms have wrong bonds")


if __name__ == "__main__":
    main()
