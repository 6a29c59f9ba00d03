"""What a training run is: one frozen record, read from TOML and flags."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zeoloom.errors import InputError
from zeoloom.learn.settings import TrainingSettings
from zeoloom.network import EquivariantConfig, NetworkConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class CrystalConfig(BaseModel):
    """How whole frameworks become clouds.

    Attributes:
        max_points: asymmetric T atoms at most; frameworks and subgroups with more are left out.
        points_per_step: asymmetric points of all clouds of a step, about.
        subgroups: tries to find subgroups of each framework's group.
        subgroup_share: chance that a framework is drawn with one of them.
        strain: standard deviation of the strain, as far as the group allows one.
        doubling: chance that some atoms of a cloud hold several points.
        doubled: then at most this share of the atoms, and one more.
        own_share: chance that a step learns from frameworks of one's own instead, where given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_points: int = Field(32, ge=1)
    points_per_step: int = Field(384, ge=1)
    subgroups: int = Field(12, ge=0)
    subgroup_share: float = Field(0.4, ge=0, lt=1)
    strain: float = Field(0.015, ge=0, lt=0.2)
    doubling: float = Field(0.5, ge=0, le=1)
    doubled: float = Field(0.3, ge=0)
    own_share: float = Field(0.0, ge=0, lt=1)


class TrainingConfig(TrainingSettings):
    """A training run on clusters, or on whole frameworks if `crystals` is given.

    The settings that the command line can change are described in `learn/settings.py`.

    Attributes:
        crystals: how whole frameworks become clouds; None learns from clusters.
        network: which network, and its size.
        points: fewest and most points of a cluster; each step draws a number between.
        many_points: at times up to so many instead; None for never. Then there are fewer clouds,
            and their noise is the greater, as the root of the number of points is.
        many_share: of the steps.
        stages_added: shares of the steps after which a stage of the network is added to the first
            one; those without a number are there from the start.
        optimizer: AdamW, or Muon for weight matrices, which learns more from as many steps.
        warmup: steps of warm-up.
        weight_decay: on weight matrices.
        clip: largest gradient norm.
        sigma_min: Å, least noise level.
        sigma_max: Å, greatest noise level.
        sigma_median: Å, levels are drawn log-normally about it,
        sigma_spread: with this standard deviation of log sigma, within the bounds.
        written_as: precision of the weights on disk; the state of the run is always whole.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    crystals: CrystalConfig | None = None
    network: NetworkConfig = EquivariantConfig()
    points: tuple[int, int] = (36, 60)
    many_points: int | None = Field(None, ge=1)
    many_share: float = Field(0.2, gt=0, lt=1)
    stages_added: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = ()
    optimizer: Literal["adamw", "muon"] = "adamw"
    warmup: int = Field(200, ge=0)
    weight_decay: float = Field(1e-4, ge=0)
    clip: float = Field(1.0, gt=0)
    sigma_min: float = Field(0.02, gt=0)
    sigma_max: float = Field(3.0, gt=0)
    sigma_median: float = Field(0.6, gt=0)
    sigma_spread: float = Field(1.2, gt=0)
    written_as: Literal["float32", "float16"] = "float32"

    @model_validator(mode="after")
    def _ranges_are_ranges(self) -> TrainingConfig:
        if self.sigma_min >= self.sigma_max:
            raise ValueError(f"sigma_min {self.sigma_min} must be below sigma_max {self.sigma_max}")
        if not 1 <= self.points[0] <= self.points[1]:
            raise ValueError(f"points {self.points} must be (fewest, most), at least 1")
        if self.many_points is not None and self.many_points <= self.points[1]:
            raise ValueError(f"many_points {self.many_points} must be above {self.points[1]}")
        return self


def load_config(path: Path | None, overrides: Mapping[str, Any]) -> TrainingConfig:
    """A training configuration from a TOML file with flags on top.

    Args:
        path: TOML file, or None for the defaults.
        overrides: field values that win over the file; None values are ignored. A string for
            `network` chooses that network with its default size, unless the file describes it.

    Raises:
        InputError: naming each wrong field.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(f"cannot read the configuration {path}: {error}") from error
    for key, value in overrides.items():
        if value is None:
            continue
        if key == "network" and isinstance(value, str):
            described = values.get("network")
            fits = isinstance(described, dict) and described.get("name") == value
            values["network"] = described if fits else {"name": value}
        else:
            values[key] = value
    if isinstance(values.get("network"), dict):
        values["network"].setdefault("name", "equivariant")
    return parse_config(values)


def parse_config(values: Mapping[str, Any]) -> TrainingConfig:
    """Validate a plain mapping.

    Raises:
        InputError: naming each wrong field, what was given and what is expected.
    """
    try:
        return TrainingConfig.model_validate(dict(values))
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, e['loc'])) or 'configuration'}: {e['msg']}, got {e['input']!r}"
            for e in error.errors()
        ]
        raise InputError("the training configuration is wrong:\n" + "\n".join(lines)) from error
