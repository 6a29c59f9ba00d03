"""Fit the logistic model of `zeoloom.diffraction.confidence` to simulated patterns.

    python benchmarks/solving_pools.py pools.pkl --guided
    python scripts/build_confidence.py pools.pkl

Patterns are drawn at random for each pool. For each the type's own net is among the candidates, or
is not; then whatever comes first is wrong. Pools of wrong groups hold the type's net only if that
was found there. R_DLS is made uncertain, as real frameworks are not SiO2. Types are divided into
five parts: the calibration that is printed is of parts that the coefficients were not fitted to.
The threshold of `solved` is chosen on one half of the types, and what it would call solved wrongly
is counted on the other half. Pools of guided searches keep the pattern that guided them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import zeoloom
from solving_pools import drawn_difficulty
from zeoloom.diffraction.confidence import FEATURES, LIKELY, SOLVED, evidence_of, features_of
from zeoloom.diffraction.correlation import merit_of
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import simulated
from zeoloom.errors import InputError
from zeoloom.geometry.operations import identity_first
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.judge.given_cell import refined_as_given
from zeoloom.judge.verdict import judge_net

if TYPE_CHECKING:
    from solving_pools import Pool
    from zeoloom.geometry.arrays import FloatArray, IntArray

PATTERNS = 8
"""For each pool."""

STRAIN_SPREAD = 0.5
"""Standard deviation of the logarithm of R_DLS beside what SiO2 gives."""

MOST_COMPARED = 80
"""Frameworks of a pool, for speed."""

RIDGE = 0.02
"""Weight of the squares of the coefficients."""

PARTS = 5

THRESHOLDS = (0.9, 0.95, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.999)

MOST_WRONG = 0.01
"""Share of what is called solved that may be wrong."""

OUTPUT = Path(zeoloom.__file__).parent / "diffraction" / "confidence.json"


def cases_of(pool: Pool, rng: np.random.Generator) -> list[tuple[FloatArray, bool]]:
    """Features of the first framework, and whether it is right, for many patterns."""
    operations = identity_first(operations_of_hall_number(pool.hall_number))
    found = dict(pool.found)
    if pool.right:
        own = refined_as_given(judge_net(pool.framework))
        if own.given is not None and own.r_dls_cell is not None:
            found[pool.fingerprint] = (own.given, own.r_dls_cell)
    names = [pool.fingerprint, *(name for name in found if name != pool.fingerprint)]
    found = {name: found[name] for name in names[:MOST_COMPARED] if name in found}
    cases = []
    for _ in range(PATTERNS):
        data = pool.data or simulated(pool.framework, drawn_difficulty(rng), rng)
        try:
            measured = measurement_of(data, operations)
        except InputError:
            continue
        values = {
            name: (
                measured.e2_of(each),
                strain * float(np.exp(STRAIN_SPREAD * rng.standard_normal())),
                name == pool.fingerprint,
            )
            for name, (each, strain) in found.items()
        }
        # few nets or many, with the true one or without
        names = list(values)
        kept = rng.random(len(names)) < rng.choice([0.1, 0.4, 1.0])
        chosen = [v for v, k in zip(values.values(), kept, strict=True) if k and not v[2]]
        for subset in (chosen, [*chosen, *(v for v in values.values() if v[2])]):
            ranked = sorted(subset, key=lambda each: -merit_of(*each[:2]))
            if ranked:
                evidence = evidence_of(
                    [each[:2] for each in ranked], measured.overlapping, len(measured.observed)
                )
                cases.append((features_of(evidence), ranked[0][2]))
    return cases


def fitted(features: FloatArray, right: FloatArray) -> FloatArray:
    """Coefficients of a logistic model."""

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        signs = 2.0 * right - 1.0
        margin = signs * (features @ weights)
        off = 1.0 / (1.0 + np.exp(np.clip(margin, -500, 500)))
        value = np.logaddexp(0.0, -margin).mean() + RIDGE * (weights[1:] ** 2).sum() / len(right)
        slope = -(features * (signs * off)[:, None]).mean(axis=0)
        slope[1:] += 2.0 * RIDGE * weights[1:] / len(right)
        return float(value), slope

    return np.asarray(minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B").x)


def given_by(weights: FloatArray, features: FloatArray) -> FloatArray:
    """(n,) probabilities."""
    return np.asarray(1.0 / (1.0 + np.exp(-features @ weights)))


def held_out(x: FloatArray, y: FloatArray, parts: IntArray) -> FloatArray:
    """(n,) probabilities of each part, by coefficients fitted to the others."""
    probability = np.zeros(len(y))
    for k in np.unique(parts):
        weights = fitted(x[parts != k], y[parts != k])
        probability[parts == k] = given_by(weights, x[parts == k])
    return probability


def thresholds_of_halves(x: FloatArray, y: FloatArray, types: IntArray) -> list[str]:
    """The threshold chosen on each half of the types, and what it does on the other half."""
    rows = []
    for half in range(2):
        mine = types % 2 == half
        probability = held_out(x[mine], y[mine], (types[mine] // 2) % PARTS)
        enough = [
            least
            for least in THRESHOLDS
            if (1.0 - y[mine])[probability >= least].sum()
            <= MOST_WRONG * (probability >= least).sum()
        ]
        other = given_by(fitted(x[mine], y[mine]), x[~mine])
        for least in sorted({*enough[:1], SOLVED}):
            solved = other >= least
            rows.append(
                f"half {half}: {'chosen' if least in enough[:1] else 'as it is'} {least:.3f}; on "
                f"the other half {int(solved.sum())} of {len(other)} solved, of these wrong "
                f"{int((1.0 - y[~mine])[solved].sum())}"
            )
    return rows


def calibration(
    probability: FloatArray, right: FloatArray
) -> list[tuple[float, float, int, float, float]]:
    """Of ranges of the probability: ends, cases, mean probability, and the share that is right."""
    edges = [0.0, 0.1, 0.3, 0.5, LIKELY, 0.9, SOLVED, 1.0 + 1e-9]
    rows = []
    for low, high in itertools.pairwise(edges):
        inside = (probability >= low) & (probability < high)
        if inside.any():
            means = float(probability[inside].mean()), float(right[inside].mean())
            rows.append((low, min(high, 1.0), int(inside.sum()), *means))
    return rows


def calibration_figure(path: Path, rows: list[tuple[float, float, int, float, float]]) -> None:
    """Draw the share that is right against the probability given, with its standard error."""
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.75", lw=1)
    cases, given, share = (np.array([row[k] for row in rows]) for k in (2, 3, 4))
    # one case more of each kind, so that an error bar is never nothing
    smoothed = (share * cases + 1.0) / (cases + 2.0)
    error = np.sqrt(smoothed * (1.0 - smoothed) / cases)
    axes.errorbar(given, share, error, fmt="o", color="#0072B2", ms=5, lw=1.2, capsize=2)
    for x, y, n in zip(given, share, cases, strict=True):
        axes.annotate(f"{n}", (x, y), (6, -11), textcoords="offset points", fontsize=8)
    axes.set(xlabel="probability given", ylabel="share that is right", xlim=(0, 1.03))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def confidence_weights() -> dict[str, float]:
    """The coefficients as they are."""
    table: dict[str, float] = json.loads(OUTPUT.read_text(encoding="utf-8"))["coefficients"]
    return table


def main() -> None:
    """Fit, print the calibration, and write the coefficients."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pools", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--figure", type=Path, help="of the calibration, .png")
    parser.add_argument("--print-only", action="store_true")
    options = parser.parse_args()
    pools = pickle.loads(options.pools.read_bytes())  # noqa: S301 - our own
    codes = sorted({each.code for each in pools})
    rng = np.random.default_rng(options.seed)
    features, right, types = [], [], []
    for pool in pools:
        for case, label in cases_of(pool, rng):
            features.append(case)
            right.append(float(label))
            types.append(codes.index(pool.code))
    x, y, type_of = np.array(features), np.array(right), np.array(types)
    parts = type_of % PARTS
    probability = held_out(x, y, parts)
    print(f"{len(y)} cases of {len(codes)} types, {y.mean():.2f} right")
    rows = calibration(probability, y)
    print("probability    cases  given  right")
    for low, high, number, given, share in rows:
        print(f"{low:4.2f} to {high:4.2f}  {number:6d}  {given:5.3f}  {share:5.3f}")
    if options.figure is not None:
        calibration_figure(options.figure, rows)
    now = np.array([confidence_weights()[name] for name in FEATURES])
    print("by the coefficients as they are:")
    for low, high, number_of, given, share in calibration(given_by(now, x), y):
        print(f"{low:4.2f} to {high:4.2f}  {number_of:6d}  {given:5.3f}  {share:5.3f}")
    for least in sorted({SOLVED, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997}):
        solved = probability >= least
        print(
            f"{'called solved' if least == SOLVED else 'at least'} {least:.3f}: "
            f"{int(solved.sum())} of {len(y)}, of these wrong {int((1 - y)[solved].sum())}; of the "
            f"right ones {y[solved].sum() / max(y.sum(), 1):.2f}"
        )
    print("\n".join(thresholds_of_halves(x, y, type_of)))
    weights = fitted(x, y)
    coefficients = dict(zip(FEATURES, np.round(weights, 4).tolist(), strict=True))
    print(coefficients)
    if not options.print_only:
        record = {"coefficients": coefficients, "cases": len(y), "types": codes}
        OUTPUT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
