"""`pattern`: a powder pattern in; background, cell, widths and intensities out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.diffraction.beam import beam_of_text, other_beam
from zeoloom.diffraction.extinction_ranking import SYMBOL_COLUMNS, RankedSymbol, ranked_symbols
from zeoloom.diffraction.extinction_symbols import extinction_symbols
from zeoloom.diffraction.fit_results import (
    Agreement,
    UnexplainedPeak,
    agreement,
    cell_with_esd,
    reflections_of_fit,
    unexplained_peaks,
    zero_esd,
)
from zeoloom.diffraction.pattern_fit import (
    PatternFit,
    doubt_of_lines,
    fit_pattern,
    fits_better,
    with_reflections,
)
from zeoloom.diffraction.pattern_reader import read_pattern
from zeoloom.diffraction.peak_shape import SHAPE_NAMES
from zeoloom.diffraction.reflection_files import holds_reflections
from zeoloom.diffraction.reflection_records import save_reflections, write_rows
from zeoloom.diffraction.unexplained import phases_beside
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import name_of_setting, operations_of_hall_number
from zeoloom.report.pattern_figure import pattern_figure
from zeoloom.run.folder import check_free, finish_run, open_run
from zeoloom.run.pattern_groups import holohedry_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.diffraction.beam import Beam
    from zeoloom.diffraction.extinction_symbols import ExtinctionSymbol
    from zeoloom.diffraction.pattern import Pattern
    from zeoloom.diffraction.reflections import Radiation, Reflections
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.run.pattern_requests import PatternRequest

PATTERN_COLUMNS = ("two_theta", "counts", "esd", "fitted", "background", "other_phases")
"""Of `pattern.csv`."""

MOST_NAMED = 5
"""Extinction symbols that the record of the run names."""

CLEAR = 5.0
"""Difference of log_probability from which one symbol is clearly better than another."""

BAD_FIT = 0.5
"""R_wp over the peaks alone above which a fit explains little."""


@dataclass(frozen=True, slots=True)
class FittedPattern:
    """What `pattern` found.

    Attributes:
        fit: of the pattern.
        agreement: its figures.
        reflections: their intensities.
        unexplained: peaks that no reflection accounts for.
        ranked: extinction symbols, the most probable first; none if the group was given.
        outcome: what the record of the run says.
        notices: what was assumed, left out or looks wrong.
    """

    fit: PatternFit
    agreement: Agreement
    reflections: Reflections
    unexplained: tuple[UnexplainedPeak, ...]
    ranked: tuple[RankedSymbol, ...]
    outcome: dict[str, Any]
    notices: tuple[str, ...]


def pattern_to_fit(request: PatternRequest) -> tuple[Pattern, Beam, Radiation]:
    """The pattern that a request names, with its beam and radiation.

    Raises:
        InputError: if it is none, or its wavelength is not known.
    """
    pattern = _pattern_of(request)
    if request.two_theta is not None:
        pattern = pattern.between(*request.two_theta)
    elif pattern.two_theta[0] <= 0.0:  # direct beam
        pattern = pattern.between(1.0, 180.0)
    pattern = pattern.without(request.exclude or ())
    beam = beam_of_text(request.wavelength) if request.wavelength else pattern.beam
    if beam is None:
        raise InputError(
            f"{request.file} does not say its wavelength; give --wavelength CuKa for a laboratory "
            "tube with K-alpha 1 and 2, CuKa1 for K-alpha 1 alone, or a number in Å"
        )
    return pattern, beam, request.radiation or pattern.radiation or "xray"


def _pattern_of(request: PatternRequest) -> Pattern:
    try:
        return read_pattern(request.file, request.scan)
    except InputError as error:
        if request.file.is_file() and holds_reflections(request.file):
            raise InputError(
                f"{request.file} holds intensities of reflections, not a powder pattern; give it "
                "to `zeoloom solve --pattern`"
            ) from error
        raise


def fit_measured_pattern(request: PatternRequest, folder: Path) -> FittedPattern:
    """Fit a pattern and write what comes out.

    Writes `pattern.csv`, `reflections.csv`, `reflections.json`, `pattern.png` and `run.json`, and
    without a space group `extinction_symbols.csv`: the reflections are then those of the group of
    highest order that the most probable extinction symbol has.

    Args:
        request: what is wanted.
        folder: to write to, new or empty.

    Raises:
        InputError: if something cannot be used; nothing is written then.
    """
    pattern, beam, radiation = pattern_to_fit(request)
    check_free(folder, resumable=False)
    cell, hall = cell_from_parameters(request.cell), request.space_group
    ranked: list[RankedSymbol] = []
    if hall is None:
        cell, ranked = _ranking(pattern, beam, request.cell, radiation)
        hall = ranked[0].symbol.halls[0]
    fit = fit_pattern(pattern, beam, cell, operations_of_hall_number(hall), radiation)
    reflections = reflections_of_fit(fit, name_of_setting(hall), radiation)
    figures, unexplained = agreement(fit), tuple(unexplained_peaks(fit))
    doubts = _doubts(fit, figures, unexplained, ranked)
    notices = (*pattern.notices, *_doubts_of_beam(fit), *doubts)
    outcome = _outcome(fit, figures, reflections, unexplained)
    outcome["extinction_symbols"] = [
        {"symbol": each.symbol.name, "log_probability": round(each.log_probability, 2)}
        for each in ranked[:MOST_NAMED]
    ]
    run = open_run(folder, request.model_dump(mode="json"), resume=False)
    _write(folder, fit, reflections, unexplained, f"{request.file.name}, {name_of_setting(hall)}")
    if ranked:
        write_rows(
            folder / "extinction_symbols.csv", SYMBOL_COLUMNS, (each.texts for each in ranked)
        )
    finish_run(run, outcome)
    return FittedPattern(fit, figures, reflections, unexplained, tuple(ranked), outcome, notices)


def symbols_of_pattern(request: PatternRequest) -> list[RankedSymbol]:
    """The extinction symbols of a pattern whose group is not known, the most probable first.

    Raises:
        InputError: if it is no pattern, or the cell does not fit it at all.
    """
    pattern, beam, radiation = pattern_to_fit(request)
    return _ranking(pattern, beam, request.cell, radiation)[1]


def _ranking(
    pattern: Pattern, beam: Beam, parameters: tuple[float, ...], radiation: Radiation
) -> tuple[FloatArray, list[RankedSymbol]]:
    """The cell (3, 3) Å fitted with all reflections of its system, and the extinction symbols."""
    holohedry = holohedry_of(parameters)
    operations = operations_of_hall_number(holohedry)
    cell = cell_from_parameters(parameters)
    symbols = extinction_symbols(cell, holohedry)
    fit = fit_pattern(pattern, beam, cell, operations, radiation)
    if len(fit.state.shape.foreign):
        # so many reflections take lines of other phases for their own too, with a wrong cell
        centred = [fit_pattern(pattern, beam, cell, each, radiation) for each in _centred(symbols)]
        fits = [with_reflections(each, operations, radiation) for each in centred]
        fit = min((fit, *fits), key=doubt_of_lines)
    return fit.state.shape.cell, ranked_symbols(fit, symbols, operations, radiation)


def _centred(symbols: Sequence[ExtinctionSymbol]) -> list[SymmetryOperations]:
    """Groups that have no absences but those of a lattice with more points than the cell's own."""
    own = symbols[0].name[0]
    return [
        each.operations
        for each in symbols
        if each.name[0] != own and set(each.name[1:]) <= set(" -1")
    ]


def _doubts_of_beam(fit: PatternFit) -> list[str]:
    """Whether K-alpha 2 seems to be there or missing."""
    other = other_beam(fit.problem.beam)
    if other is None or not fits_better(fit, other):
        return []
    what = "K-alpha 1 alone (CuKa1)" if len(other.wavelengths) == 1 else "K-alpha 1 and 2 (CuKa)"
    return [f"the peaks are fitted better with {what}; try that with --wavelength"]


def _doubts(
    fit: PatternFit,
    figures: Agreement,
    unexplained: tuple[UnexplainedPeak, ...],
    ranked: Sequence[RankedSymbol],
) -> list[str]:
    """What looks wrong with a fit."""
    doubts = []
    if len(ranked) > 1 and ranked[1].log_probability > ranked[0].log_probability - CLEAR:
        doubts.append(
            f"the pattern hardly tells {ranked[0].symbol.name} from {ranked[1].symbol.name}; the "
            "reflections are those of the first. A range of low angles that is free of lines of "
            "other phases (--two-theta) may tell more"
        )
    if figures.r_wp_peaks > BAD_FIT:
        doubts.append(
            "the fit explains little of the peaks; check the cell, the wavelength, and whether the "
            "angles are two-theta"
        )
    if unexplained:
        phases = phases_beside(fit)
        named = ", ".join(
            f"{each.two_theta:.2f}° (d {each.d:.3f} Å, {100 * each.height:.0f} %)"
            for each in unexplained[:6]
        )
        doubts.append(
            f"no reflection explains the peaks at {named}: likely another phase"
            + (f", perhaps {', '.join(phases[:3])}" if phases else "")
        )
    return doubts


def _outcome(
    fit: PatternFit,
    figures: Agreement,
    reflections: Reflections,
    unexplained: tuple[UnexplainedPeak, ...],
) -> dict[str, Any]:
    """What `run.json` says of a fit."""
    cell, esd = cell_with_esd(fit)
    shape = fit.state.shape
    low, high = np.percentile(fit.positions, [5, 95])
    widths = [float(np.interp(x, *_sorted(fit.positions, fit.widths))) for x in (low, high)]
    return {
        **{name: round(value, 5) for name, value in asdict(figures).items()},
        "points": len(fit.problem.pattern),
        "two_theta": [round(float(fit.problem.pattern.two_theta[k]), 5) for k in (0, -1)],
        "wavelengths": list(fit.problem.beam.wavelengths),
        "radiation": reflections.radiation,
        "space_group": reflections.space_group,
        "cell": [round(float(x), 5) for x in cell],
        "cell_esd": [round(float(x), 6) for x in esd],
        "zero_esd": round(zero_esd(fit), 6),
        **{name: round(shape.value(name), 6) for name in SHAPE_NAMES},
        "widths": [
            [round(float(x), 3), round(w, 4)] for x, w in zip((low, high), widths, strict=True)
        ],
        "reflections": len(reflections.d),
        "groups": int(reflections.group[-1]) + 1 if len(reflections.group) else 0,
        "unexplained": [asdict(each) for each in unexplained],
    }


def _sorted(x: Any, y: Any) -> tuple[Any, Any]:
    order = np.argsort(x)
    return x[order], y[order]


def _write(
    folder: Path,
    fit: PatternFit,
    reflections: Reflections,
    unexplained: tuple[UnexplainedPeak, ...],
    title: str,
) -> None:
    """All files but the record."""
    pattern = fit.problem.pattern
    fitted = fit.peaks + fit.background
    columns = (
        pattern.two_theta, pattern.counts, pattern.esd, fitted, fit.background, fit.foreign
    )  # fmt: skip
    rows = ([f"{value:.7g}" for value in row] for row in zip(*columns, strict=True))
    write_rows(folder / "pattern.csv", PATTERN_COLUMNS, rows)
    save_reflections(folder, reflections)
    pattern_figure(
        folder / "pattern.png",
        pattern.two_theta,
        pattern.counts,
        fitted,
        fit.background,
        fit.positions,
        [each.two_theta for each in unexplained],
        title,
    )
