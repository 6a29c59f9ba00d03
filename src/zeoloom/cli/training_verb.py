"""`train`: networks from clusters or whole frameworks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import zeoloom
from zeoloom.cli.computing import device_of, generator_of
from zeoloom.cli.terminal import out, print_facts, progress_bar, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zeoloom.cli.program_options import TrainOptions
    from zeoloom.run.file_requests import TrainRequest


def train_verb(request: TrainRequest, changes: Mapping[str, Any], options: TrainOptions) -> None:
    """Train a network on clusters, or on whole frameworks (--config crystal)."""
    config = zeoloom.load_config(
        zeoloom.find_config(request.config), {"network": request.network, **changes}
    )
    on_notice = partial(say, "note", "yellow")
    data = zeoloom.training_examples(config, request.sources, on_notice)
    generator = generator_of(config.seed)
    device = device_of(options)

    def model_of(weights: Path | None) -> Any:
        return None if weights is None else zeoloom.load_model(weights, device)

    learning: dict[str, Any] = {
        "device": device,
        "generator": generator,
        "start": model_of(request.start),
        "teacher": model_of(request.teacher),
        "own": zeoloom.own_frameworks(request.own, on_notice),
    }
    if options.dry_run:
        print_facts(zeoloom.describe_training(config, data, **learning))
        return
    if not (options.resume and (options.output / "state.pt").exists()):
        zeoloom.check_free(options.output, resume=options.resume)
    with (
        zeoloom.tensorboard(options.output if options.tensorboard else None) as write_events,
        progress_bar("training", config.steps) as (progress, task),
    ):

        def on_step(step: Any) -> None:
            progress.update(task, completed=step.step, description=f"loss {step.loss:.4f}")
            write_events(step)
            if step.validation:
                progress.console.print(f"step {step.step}: {_losses(step.validation)}")

        weights = zeoloom.train(config, data, options.output, **learning, on_step=on_step)
    out.print(f"weights -> {weights}, record -> {weights.with_suffix('.json')}")


def _losses(validation: Mapping[str, Mapping[str, float]]) -> str:
    return "; ".join(
        f"{part} " + ", ".join(f"{band} Å {loss:.3f}" for band, loss in losses.items())
        for part, losses in validation.items()
    )
