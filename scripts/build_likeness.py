"""Make `src/zeoloom/judge/likeness.json`: what tells made zeolites from nets that `generate` makes.

    zeoloom generate --seconds 1000 --relax 0 --unique-atoms 1-12 -o made
    python scripts/build_likeness.py made --table dev/LIKENESS.md

The types outside the time split are refined as new frameworks are, in some minutes, and compared
with the new frameworks of the folders that are named, as many of which as are well refined. The
table gives the likeness of every type, judged by a regression that has not seen it (five folds),
beside the criteria that it meets; later types and nets of `--against` are seen by none.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from zeoloom.judge.likeness import (
    CRITERIA,
    GEOMETRY,
    MOST_STEPS_OFF,
    RING_FIGURES,
    Calibration,
    Figures,
    calibration_from,
    figures_of,
)
from zeoloom.learn.split import TIME_SPLIT
from zeoloom.silica.dls import refine
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import load_reference

SOURCE = Path(__file__).parents[1] / "src/zeoloom"

NAMES = (*GEOMETRY, *RING_FIGURES)

RIDGE = 3.0
"""Of the squares of the weights: some 200 types are few for 16 figures."""

FOLDS = 5


def main() -> None:
    """Measure types and nets, write the calibration, and the table if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("made", type=Path, nargs="+", help="folders of runs of generate")
    parser.add_argument("--against", type=Path, nargs="*", default=[], help="more, to test with")
    parser.add_argument("-o", "--output", type=Path, default=SOURCE / "judge/likeness.json")
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    types = figures_of_types()
    learned = {code: each for code, each in types.items() if code not in TIME_SPLIT}
    made = [each for folder in arguments.made for each in figures_of_made(folder)]
    calibration = calibrated(list(learned.values()), made)
    provenance = {
        "made_by": "scripts/build_likeness.py",
        "reference_sha256": hashlib.sha256(
            (SOURCE / "structure/reference.jsonl").read_bytes()
        ).hexdigest(),
        "types": len(learned),
        "nets": len(made),
    }
    content = {"provenance": provenance, "calibration": calibration}
    arguments.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{len(learned)} types, {len(made)} nets: {arguments.output}")
    others = [each for folder in arguments.against for each in figures_of_made(folder)]
    if arguments.table:
        arguments.table.write_text(table(types, made, others), encoding="utf-8")
        print(f"table in {arguments.table}")


def figures_of_types() -> dict[str, Figures]:
    """Of the four-connected types, by code."""
    verdicts = json.loads((SOURCE / "judge/iza_verdicts.json").read_text("utf-8"))["types"]
    figures = {}
    for code, known in load_reference().items():
        if not known.flag and code in verdicts:
            one = verdicts[code]
            refined = refine(known, starts=1).framework
            figures[code] = figures_of(refined, one["rings"], one["energy_kj_mol"], one["lid"])
    return figures


def figures_of_made(folder: Path) -> list[Figures]:
    """Of the new frameworks of a run, with R_DLS of at most 0.006."""
    with (folder / "frameworks.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    found = []
    for row in rows:
        good = row["r_dls"] and float(row["r_dls"]) <= 0.006 and row["rings"]
        if row["framework_type"] == "new" and good:
            framework, _ = read_framework(folder / "frameworks" / f"{row['name']}.cif")
            energy = float(row["energy_kj_mol"]) if row["energy_kj_mol"] else None
            rings = [int(size) for size in row["rings"].split()]
            found.append(figures_of(framework, rings, energy, None))
    return found


def calibrated(types: list[Figures], made: list[Figures]) -> dict[str, Any]:
    """The calibration, as it is written."""
    density = column(types, "density")
    energy = column(types, "energy")
    one, two = np.triu_indices(len(types), k=1)
    one, two = (each[np.abs(density[one] - density[two]) > 0.1] for each in (one, two))
    # the median of all slopes (Theil, Sen)
    slope = float(np.nanmedian((energy[one] - energy[two]) / (density[one] - density[two])))
    start = float(np.nanmedian(energy - slope * density))
    above = energy - (start + slope * density)
    columns = {name: column(types, name) for name in CRITERIA if name in types[0]}
    columns["energy_above_line"] = above
    weights, constant = regression(types, made)
    return {
        "line": [round(start, 4), round(slope, 4)],
        "limits": {
            name: [round(float(x), 4) for x in np.nanpercentile(columns[name], [2.5, 97.5])]
            for name in CRITERIA
            if name != "lid"
        },
        "above_line": [round(float(x), 3) for x in np.sort(above[np.isfinite(above)])],
        "weights": weights,
        "constant": constant,
    }


def column(figures: list[Figures], name: str) -> np.ndarray:
    """A figure of all; nan where it is not known."""
    return np.array([np.nan if each[name] is None else each[name] for each in figures])


def regression(types: list[Figures], made: list[Figures]) -> tuple[dict[str, list[float]], float]:
    """A logistic regression with a ridge, types and nets weighing the same; by Newton's method."""
    values = np.array([[each[name] for name in NAMES] for each in (*types, *made)])
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    steps = np.clip((values - mean) / deviation, -MOST_STEPS_OFF, MOST_STEPS_OFF)
    inputs = np.column_stack([steps, np.ones(len(steps))])
    wanted = np.r_[np.ones(len(types)), np.zeros(len(made))]
    share = np.where(wanted > 0, len(made), len(types)) / (0.5 * len(wanted))
    ridge = np.diag([RIDGE] * len(NAMES) + [0.0])
    found = np.zeros(len(NAMES) + 1)
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-inputs @ found))
        gradient = inputs.T @ (share * (p - wanted)) + ridge @ found
        curvature = (inputs * (share * p * (1.0 - p))[:, None]).T @ inputs + ridge
        found = found - np.linalg.solve(curvature, gradient)
    rows = zip(NAMES, mean, deviation, found, strict=False)
    return {n: [round(float(x), 5) for x in row] for n, *row in rows}, round(float(found[-1]), 5)


def table(types: dict[str, Figures], made: list[Figures], others: list[Figures]) -> str:
    """Likeness of every type by a regression that has not seen it, and the criteria it meets."""
    learned = [code for code in types if code not in TIME_SPLIT]
    whole = calibration_from(calibrated([types[code] for code in learned], made))
    folds = {}
    for fold in range(FOLDS):
        seen = [types[code] for k, code in enumerate(learned) if k % FOLDS != fold]
        part = calibration_from(calibrated(seen, made))
        folds |= dict.fromkeys(learned[fold::FOLDS], part)
    rows, scores = [], {}
    for code, each in types.items():
        missed = [name for name in CRITERIA if whole.meets(name, each) is False]
        scores[code] = folds.get(code, whole).likeness(each)
        late = "" if code in learned else " (later)"
        met = f"{len(CRITERIA) - len(missed)}/{len(CRITERIA)}"
        rows.append(f"| {code}{late} | {scores[code]:.2f} | {met} | {', '.join(missed)} |")
    limits = "; ".join(f"`{n}` {a:.3g} to {b:.3g}" for n, (a, b) in whole.limits.items())
    text = (
        "# Likeness of the framework types\n\n"
        "Each type is judged by a regression that has not seen it (five folds; later ones by that\n"
        f"of {len(learned)} types and {len(made)} nets). Made by `scripts/build_likeness.py`.\n\n"
        f"Criteria, and between what nineteen in twenty types lie: {limits}.\n\n"
    )
    if others:
        text += ranking(whole, types, scores, others) + "\n\n"
    return (
        text
        + "| type | likeness | criteria met | not met |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def ranking(
    whole: Calibration, types: dict[str, Figures], scores: dict[str, float], others: list[Figures]
) -> str:
    """Where types rank among new nets that no regression has seen, all without their energies."""
    nets = np.array([whole.likeness(each | {"energy": None}) for each in others])
    late = [whole.likeness(types[code] | {"energy": None}) for code in types if code in TIME_SPLIT]
    known = [score for code, score in scores.items() if code not in TIME_SPLIT]
    parts = []
    for name, found in (("types of the folds", known), ("later types", late)):
        area = np.mean([(one > nets).mean() + 0.5 * (one == nets).mean() for one in found])
        first = np.mean(np.array(found) > np.percentile(nets, 90))
        parts.append(f"{name}: area under the curve {area:.3f}, {first:.0%} in the first tenth")
    return f"Among {len(nets)} new nets of another run, without energies: {'; '.join(parts)}."


if __name__ == "__main__":
    main()
