"""Frameworks in the cell and setting that were given: refined there, and compared with data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.correlation import merit_of
from zeoloom.errors import InputError
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.silica.dls import STARTS, refine
from zeoloom.structure.bonds import net_of

if TYPE_CHECKING:
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.judge.judgement import Judgement


def refined_as_given(
    judgement: Judgement,
    *,
    fingerprint: str = "",
    measurement: Measurement | None = None,
    one_start_above: float = np.inf,
    starts: int = STARTS,
) -> Judgement:
    """The net as SiO2 in the cell and setting it was found in, and its E2; never raises.

    Args:
        judgement: of `judge_net` or `quick_check`, not refined yet. If it is not valid it stays as
            it is.
        fingerprint: of its net, if known.
        measurement: to compare it with, of its cell and group.
        one_start_above: R_DLS after the first start above which no other start is tried.
        starts: of the least squares that are tried at most.

    Returns:
        The judgement with `r_dls_cell`, and with `given` and `e2` if the net can be built of
        tetrahedra in this cell.
    """
    if not judgement.valid or judgement.framework is None:
        return judgement
    try:
        result = refine(
            judgement.framework,
            cell_free=False,
            standardise=False,
            one_start_above=one_start_above,
            starts=starts,
        )
        before = fingerprint or fingerprint_of(net_of(judgement.framework))
        if result.status == "collapsed" or fingerprint_of(net_of(result.framework)) != before:
            return replace(judgement, r_dls_cell=result.r_dls)
    except InputError:
        return judgement
    given, e2 = result.framework, None
    if measurement is not None:
        given, e2 = measurement.in_best_setting(given)
    return replace(judgement, given=given, r_dls_cell=result.r_dls, e2=e2)


def fit_in_cell(judgement: Judgement) -> float:
    """How well a net fits the cell and group it was found in; of its embeddings the most is kept.

    With data it is the figure by which frameworks are ranked, else R_DLS with the cell held, with
    a minus; minus infinity if it was not refined there.
    """
    if judgement.given is None or judgement.r_dls_cell is None:
        return -np.inf
    if judgement.e2 is None:
        return -judgement.r_dls_cell
    return merit_of(judgement.e2, judgement.r_dls_cell)
