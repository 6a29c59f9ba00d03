"""How the frameworks of a report compare with the known types: geometry, rings, energy, density."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.report.periodic import LOCAL_KINDS, local_geometry, periodic_bonds
from zeoloom.structure.reference import framework_density, load_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.report.periodic import PeriodicBonds


@dataclass(frozen=True, slots=True)
class Bins:
    """Equal bins of a histogram; what lies outside is counted in the outermost.

    Attributes:
        low: lower end, Å or degrees.
        high: upper end.
        count: how many.
    """

    low: float
    high: float
    count: int

    def shares(self, values: FloatArray) -> FloatArray:
        """(count,) share of the values (m,) in each bin."""
        inside = np.clip(values, self.low, self.high)
        counts, _ = np.histogram(inside, self.count, (self.low, self.high))
        return np.asarray(counts / max(len(values), 1))


# from a little below the smallest to a little above the largest of 237 reference frameworks
BINS = {
    "T-O": Bins(1.54, 1.68, 56),
    "O-O": Bins(2.45, 2.80, 70),
    "T-T": Bins(2.70, 3.30, 60),
    "T-O-T": Bins(110.0, 180.0, 70),
    "O-T-O": Bins(98.0, 122.0, 72),
    "T-T-T": Bins(50.0, 170.0, 60),
}


@cache
def reference_types() -> dict[str, dict[str, Any]]:
    """What is known of each framework type, by its code.

    From `judge/iza_verdicts.json`, made by `scripts/build_iza_verdicts.py`; types it lacks have
    their density alone.
    """
    types: dict[str, dict[str, Any]] = {
        code: {"name": code} for code, each in load_reference().items() if not each.flag
    }
    file = resources.files("zeoloom.judge").joinpath("iza_verdicts.json")
    if file.is_file():
        read = json.loads(file.read_text("utf-8"))
        listed = read.get("types", read)
        entries = listed.values() if isinstance(listed, dict) else listed
        codes = listed if isinstance(listed, dict) else [entry["name"] for entry in listed]
        for code, entry in zip(codes, entries, strict=True):
            if isinstance(entry, dict):
                types[code] = {**types.get(code, {}), **entry, "name": code}
    for code, entry in types.items():
        if "density" not in entry and code in load_reference():
            entry["density"] = round(framework_density(load_reference()[code]), 2)
    return types


def types_data() -> list[dict[str, Any]]:
    """The framework types as points of the page's plots."""
    return [
        {
            "name": code,
            "density": entry.get("density"),
            "energy": entry.get("energy_kj_mol"),
            "rDls": entry.get("r_dls"),
        }
        for code, entry in reference_types().items()
    ]


def statistics_data(
    bonds: Sequence[PeriodicBonds], rings: Sequence[tuple[int, ...]]
) -> dict[str, Any]:
    """Histograms of the set and of the reference; every framework counts the same.

    Args:
        bonds: of the frameworks of the set.
        rings: the ring sizes of each of them.
    """
    ours, known = _mean_shares(bonds), _reference_shares()
    known_rings = [tuple(e["rings"]) for e in reference_types().values() if e.get("rings")]
    return {
        "frameworks": len(bonds),
        "types": sum(not framework.flag for framework in load_reference().values()),
        "local": [
            {
                "kind": kind,
                "low": bins.low,
                "high": bins.high,
                "ours": _rounded(ours.get(kind)),
                "known": _rounded(known[kind]),
            }
            for kind, bins in BINS.items()
        ],
        "rings": {"ours": _ring_shares(rings), "known": _ring_shares(known_rings)},
    }


def prepare_statistics() -> None:
    """Work out what every page shows of the known types, once, before it is needed."""
    reference_types()
    _reference_shares()


@cache
def _reference_shares() -> dict[str, FloatArray]:
    """The mean histograms of the regular reference frameworks; about a second of work."""
    return _mean_shares(periodic_bonds(f) for f in load_reference().values() if not f.flag)


def _mean_shares(crystals: Iterable[PeriodicBonds]) -> dict[str, FloatArray]:
    """The mean histogram of each kind over the frameworks that have it."""
    shares: dict[str, list[FloatArray]] = {kind: [] for kind in LOCAL_KINDS}
    for bonds in crystals:
        for kind, values in local_geometry(bonds).items():
            shares[kind].append(BINS[kind].shares(values))
    return {kind: np.mean(each, axis=0) for kind, each in shares.items() if each}


def _ring_shares(rings: Sequence[tuple[int, ...]]) -> dict[int, float]:
    """Share of frameworks that have rings of each size."""
    sizes = sorted({size for each in rings for size in each})
    return {n: round(sum(n in each for each in rings) / len(rings), 4) for n in sizes}


def _rounded(shares: FloatArray | None) -> list[float] | None:
    return None if shares is None else [round(float(share), 5) for share in shares]
