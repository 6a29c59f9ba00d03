"""`pattern`: a powder pattern fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zeoloom
from zeoloom.cli.terminal import out, print_facts, progress_bar, say

if TYPE_CHECKING:
    from zeoloom.cli.program_options import ResultOptions
    from zeoloom.run.pattern_requests import PatternRequest
    from zeoloom.run.patterns import FittedPattern


def pattern_verb(request: PatternRequest, options: ResultOptions) -> None:
    """Fit a powder pattern: background, cell, widths and intensities."""
    with progress_bar("fitting"):
        fitted = zeoloom.fit_measured_pattern(request, options.output)
    for notice in fitted.notices:
        say("note", "yellow", notice)
    _print_fit(fitted)
    if fitted.ranked:
        out.print(zeoloom.symbols_table(fitted.ranked))
    names = ", ".join(sorted(path.name for path in options.output.iterdir()))
    out.print(f"-> {options.output}: {names}")


def _print_fit(fitted: FittedPattern) -> None:
    outcome, figures = fitted.outcome, fitted.agreement
    free = [k for k in range(6) if k < 3 or outcome["cell_esd"][k] > 0.0]
    names = ("a", "b", "c", "alpha", "beta", "gamma")
    cell = ", ".join(
        f"{names[k]} {with_esd(outcome['cell'][k], outcome['cell_esd'][k])}" for k in free
    )
    (low, narrow), (high, wide) = outcome["widths"]
    print_facts(
        {
            "points": f"{outcome['points']:,} from {outcome['two_theta'][0]:g} to "
            f"{outcome['two_theta'][1]:g}°, {fitted.fit.problem.beam}, {outcome['radiation']}",
            "R_wp": f"{figures.r_wp:.4f}; without the background {figures.r_wp_peaks:.4f}, without "
            f"unexplained peaks {figures.r_wp_explained:.4f}",
            "R_exp, chi2": f"{figures.r_exp:.4f}, {figures.chi2:.2f}",
            "cell": f"{cell} ({outcome['space_group'] or 'no space group'})",
            "zero": f"{with_esd(outcome['zero'], outcome['zero_esd'])}°"
            + (f", displacement {outcome['displacement']:.4f}°" if outcome["displacement"] else ""),
            "width": f"{narrow:.3f}° at {low:.0f}°, {wide:.3f}° at {high:.0f}°",
            "reflections": f"{outcome['reflections']:,} in {outcome['groups']:,} groups",
        }
    )


def with_esd(value: float, esd: float) -> str:
    """A number with its uncertainty in its last digit or two: 13.7261(12)."""
    if esd <= 0.0:
        return f"{value:g}"
    digits = 0
    while esd * 10**digits < 1.95 and digits < 6:
        digits += 1
    return f"{round(value, digits) + 0.0:.{digits}f}({round(esd * 10**digits)})"  # no -0.0
