"""The settings of a training run that the command line can change; light enough for its help."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

FOLDS = 5
"""Of a cross-validation."""


OPTION_FIELDS = ConfigDict(
    frozen=True,
    extra="forbid",
    allow_inf_nan=False,
    use_attribute_docstrings=True,
    defer_build=True,  # help needs the fields only
)
"""Of models whose fields are options of the command line; the text below each is its help."""


class TrainingSettings(BaseModel):
    """Settings of any training run."""

    model_config = OPTION_FIELDS
    panel: ClassVar[str] = "Settings (those of --config unless given)"

    steps: int = Field(20_000, ge=1)
    """Optimiser steps."""

    batch: int = Field(32, ge=1)
    """Clouds per step; at most that many if they are crystals."""

    learning_rate: float = Field(2e-3, gt=0)
    """Peak learning rate, after a linear warm-up and before a cosine decay to a hundredth."""

    ema: float = Field(0.999, ge=0, lt=1)
    """Decay of the running mean of the weights, which is what is saved."""

    held_out: float = Field(0.1, ge=0, lt=1)
    """Share of the framework types held out for validation."""

    fold: int | None = Field(None, ge=1, le=FOLDS)
    """1 to 5: hold out this fifth of the types instead. Each type belongs to one."""

    time_split: bool = False
    """Learn from the types of the time split too; never for weights used in benchmarks."""

    checkpoint_every: int = Field(500, ge=1)
    """Steps between checkpoints, each with a validation."""

    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of matrix products. bfloat16 pays on processors and GPUs made for it."""

    seed: int = Field(0, ge=0)
    """Seed of all random numbers."""
