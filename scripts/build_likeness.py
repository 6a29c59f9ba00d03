"""Make `src/zeoloom/judge/likeness.json`: what likeness to made zeolites is calibrated on.

    python scripts/build_likeness.py                     # a few seconds
    python scripts/build_likeness.py --table dev/LIKENESS.md

It holds the figures of all four-connected framework types but those of the time split, with their
energies from `iza_verdicts.json`. The table gives the likeness of every type, when it is left out
of the calibration, beside the share of the criteria that it meets.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from zeoloom.judge.likeness import CRITERIA, Calibration, calibration_of, figures_of
from zeoloom.learn.split import TIME_SPLIT
from zeoloom.structure.reference import load_reference

SOURCE = Path(__file__).parents[1] / "src/zeoloom"


def main() -> None:
    """Measure the types, write the figures, and the table if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=SOURCE / "judge/likeness.json")
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    verdicts = json.loads((SOURCE / "judge/iza_verdicts.json").read_text("utf-8"))["types"]
    figures = {}
    for code, known in load_reference().items():
        if not known.flag and code in verdicts:
            found = figures_of(known, verdicts[code]["energy_kj_mol"], verdicts[code]["lid"])
            figures[code] = {k: None if v is None else round(v, 4) for k, v in found.items()}
    learned = {code: each for code, each in figures.items() if code not in TIME_SPLIT}
    provenance = {
        "made_by": "scripts/build_likeness.py",
        "reference_sha256": hashlib.sha256(
            (SOURCE / "structure/reference.jsonl").read_bytes()
        ).hexdigest(),
        "types": len(learned),
        "left_out": sorted(set(figures) - set(learned)),
    }
    rows = ",\n".join(f' "{code}": {json.dumps(each)}' for code, each in learned.items())
    text = f'{{"provenance": {json.dumps(provenance)},\n"types": {{\n{rows}\n}}}}\n'
    arguments.output.write_text(text, encoding="utf-8")
    print(f"{len(learned)} types in {arguments.output}")
    if arguments.table:
        arguments.table.write_text(table(figures, learned), encoding="utf-8")
        print(f"table in {arguments.table}")


def table(figures: dict[str, dict[str, float | None]], learned: dict[str, dict]) -> str:
    """Likeness of every type, left out of its own calibration, and the criteria that it meets."""
    calibration = calibration_of(learned)
    rows = []
    for code, each in figures.items():
        others = {name: one for name, one in learned.items() if name != code}
        own = calibration_of(others) if code in learned else calibration
        missed = [name for name in CRITERIA if own.meets(name, each) is False]
        met = len(CRITERIA) - len(missed)
        late = "" if code in learned else " (later)"
        score, share = own.likeness(each), f"{met}/{len(CRITERIA)}"
        rows.append((score, f"| {code}{late} | {score:.2f} | {share} | {', '.join(missed)} |"))
    scores = np.array([score for score, _ in rows])
    return (
        "# Likeness of the framework types\n\n"
        "Each type is left out of the calibration that judges it; later ones are in none.\n"
        "Made by `python scripts/build_likeness.py --table dev/LIKENESS.md`.\n\n"
        "Criteria, and between what they lie for nineteen in twenty types: "
        f"{limits(calibration)}.\n\n"
        f"Likeness of a tenth, a half and nine tenths of the types: "
        f"{', '.join(f'{x:.2f}' for x in np.percentile(scores, [10, 50, 90]))}.\n\n"
        "| type | likeness | criteria met | not met |\n|---|---|---|---|\n"
        + "\n".join(line for _, line in rows)
        + "\n"
    )


def limits(calibration: Calibration) -> str:
    """The limits of the criteria, in words."""
    return "; ".join(
        f"`{name}` {low:.3g} to {high:.3g}" for name, (low, high) in calibration.limits.items()
    )


if __name__ == "__main__":
    main()
