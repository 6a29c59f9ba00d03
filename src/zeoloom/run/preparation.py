"""Compiled code is made ready before anything is timed.

The first run after an installation compiles its functions, later ones load them. Either is done by
an example so small that it takes next to no time itself.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numba.core import event

from zeoloom.clusters.sample import denoise_clusters, open_denoiser
from zeoloom.diffraction.beam import beam_of_text
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.pattern import pattern_of_points
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.diffusion.samplers import ancestral, final
from zeoloom.errors import RunError
from zeoloom.geometry.compiled import NOT_KEPT, compiled_code_is_kept
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.learn.checkpoint import load_model
from zeoloom.run.crystal_requests import SolveRequest
from zeoloom.run.judgement_steps import prepare_adsorption, prepare_judging
from zeoloom.run.loaded_models import device_of_model, loaded_model
from zeoloom.run.progress import no_notice
from zeoloom.run.search_targets import draw_targets
from zeoloom.search.annealing import AnnealingPlan
from zeoloom.search.batch_state import SearchPlan
from zeoloom.search.context import search_with
from zeoloom.search.growth import NO_GROWTH
from zeoloom.search.guide import guide_from
from zeoloom.search.pipeline import search_batch
from zeoloom.silica.processes import Workers
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.progress import OnNotice
    from zeoloom.silica.pool import Pool


MOST_SECONDS = 3600.0
"""Time limit of a process that compiles."""


def prepare_search(model: Model, on_notice: OnNotice = no_notice, *, guided: bool = False) -> None:
    """Make ready what `solve` and `generate` need, in this process.

    Args:
        model: learned on whole frameworks, or on clusters.
        guided: whether what was measured guides the search.
        on_notice: called when something has to be compiled, when that is done, and if the code
            cannot be kept.
    """
    with _compiling_announced(on_notice):
        _search_example(model, guided=guided)
        prepare_judging()


def prepare_processes(pool: Pool, name: str, model: Model, *, guided: bool = False) -> None:
    """Start the processes of a pool and load there what `solve` and `generate` need.

    Args:
        pool: of other processes.
        name: by which they load the weights.
        model: learned on whole frameworks.
        guided: whether what was measured guides the search.

    Raises:
        RunError: if none of them can.
    """
    given = (name, model.sha256, str(device_of_model(model)), guided)
    outcomes = pool.run(_prepare_process, [given] * pool.count, seconds=MOST_SECONDS)
    if all(each.status != "done" for each in outcomes):
        raise RunError(f"no process can search: {outcomes[-1].reason}")
    pool.count_anew()


def _prepare_process(given: tuple[str, str, str, bool]) -> None:
    *which, guided = given
    prepare_search(loaded_model(*which), guided=guided)


def prepare(workers: int = 1, on_notice: OnNotice = no_notice) -> None:
    """Make ready all compiled code, in other processes, for those that come later.

    Args:
        workers: processes at once.
        on_notice: called with what is done.

    Raises:
        RuntimeError: if one of the processes failed.
    """
    if not compiled_code_is_kept():
        on_notice(NOT_KEPT)
        return
    begin = time.monotonic()
    with Workers(workers) as pool:
        for outcome in pool.run(_prepare_part, sorted(_PARTS), seconds=MOST_SECONDS):
            if outcome.status != "done":
                raise RuntimeError(f"compiling failed: {outcome.reason}")
    on_notice(f"compiled code is ready ({time.monotonic() - begin:.0f} s)")


def _prepare_part(name: str) -> None:
    _PARTS[name]()


def _search_example(model: Model | None = None, *, guided: bool = True) -> None:
    """Search in the cell of ABW, one of the smallest, through all stages."""
    model = model or load_model("crystal", torch.device("cpu"))
    request = SolveRequest(
        cell=(9.9, 5.3, 8.8, 90.0, 90.0, 90.0), space_group="Imma", atoms=8, batch=8
    )
    generator = torch.Generator().manual_seed(0)
    known = load_reference()["ABW"]
    data = simulated(known, Difficulty(), np.random.default_rng(0))
    measurement = measurement_of(data, known.operations)
    plan = SearchPlan(
        partial(ancestral, noise_factor=0.8),
        3,
        AnnealingPlan(rounds=1, walk=2, guide=guide_from(measurement) if guided else None),
        in_given_cell=True,
        measurement=measurement,
    )
    targets = draw_targets(request, model)(generator, NO_GROWTH)
    search_batch(targets, search_with(model, generator), plan)


def _pattern_example() -> None:
    """Fit the pattern of a small cubic cell."""
    # it brings SciPy's signal processing with it, which searches need not wait for
    from zeoloom.diffraction.pattern_fit import fit_pattern  # noqa: PLC0415

    angles = np.arange(10.0, 40.0, 0.05)
    counts = 10.0 + 500.0 * np.exp(-(((angles - 25.6) / 0.1) ** 2))
    cell, operations = 3.5 * np.eye(3), operations_of_hall_number(hall_number_of("Pm-3m"))
    fit_pattern(pattern_of_points(angles, counts), beam_of_text("CuKa"), cell, operations, "xray")


def _cluster_example() -> None:
    """One cluster of few points, by both kinds of network that make clusters."""
    for name in ("pointnet", "equivariant"):
        network = load_model(name, torch.device("cpu")).network
        generator = torch.Generator().manual_seed(0)
        steps = denoise_clusters(
            open_denoiser(network),
            ancestral,
            1,
            16,
            radius=7.0,
            steps=1,
            generator=generator,
            device=torch.device("cpu"),
        )
        final(steps)


_PARTS: dict[str, Callable[[], None]] = {
    "judge": prepare_judging,
    "pattern": _pattern_example,
    "adsorption": prepare_adsorption,
    "search": _search_example,
    "clusters": _cluster_example,
}


@contextmanager
def _compiling_announced(on_notice: OnNotice) -> Iterator[None]:
    """Give notice when the first function is compiled, and how long all of them took."""
    watch = _FirstCompiled(on_notice)
    event.register("numba:compile", watch)  # type: ignore[no-untyped-call]  # numba has no types
    try:
        yield
    finally:
        event.unregister("numba:compile", watch)  # type: ignore[no-untyped-call]  # as above
    if watch.began is not None:
        on_notice(f"compiled code is ready ({time.monotonic() - watch.began:.0f} s)")
        if not compiled_code_is_kept():
            on_notice(NOT_KEPT)


class _FirstCompiled(event.Listener):
    """Gives notice when the first function is compiled.

    Attributes:
        began: on the clock of `time.monotonic`; None while nothing was compiled.
    """

    began: float | None = None

    def __init__(self, on_notice: OnNotice) -> None:
        self._on_notice = on_notice

    def on_start(self, event: Any) -> None:
        """Take note of a function that is being compiled."""
        del event
        if self.began is None:
            self.began = time.monotonic()
            self._on_notice("preparing compiled code, once: about half a minute")

    def on_end(self, event: Any) -> None:
        """Nothing is to be done at its end."""
