"""What a user asks of `sample` and `join`, validated before any work starts."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.learn.checkpoint import Model

POINTS = {"pointnet": 1024, "equivariant": 48}
"""Points of a cluster by default. The equivariant network's cost grows with their square."""

REPAIR_ROUNDS = {"pointnet": 0, "equivariant": 160}
"""Rounds of repair by default; the poster had none."""


class MakeRequest(BaseModel):
    """What `sample` and `join` have in common.

    Attributes:
        model: shipped name, weights file or training folder.
        n: clouds to make.
        points: of a cluster; None for the model's default.
        steps: noise levels from the top down.
        sampler: which way down.
        noise_factor: of the ancestral sampler.
        repair: most rounds of repair per cloud; None for the model's default.
        batch: clouds made at once, and the unit in which an interrupted run is kept.
        seed: of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "equivariant"
    n: int = Field(100, ge=1)
    points: int | None = Field(None, ge=1, le=100_000)
    steps: int = Field(60, ge=1, le=100_000)
    sampler: Literal["ancestral", "euler", "heun"] = "ancestral"
    noise_factor: float = Field(0.9, ge=0, le=2)
    repair: int | None = Field(None, ge=0)
    batch: int = Field(64, ge=1)
    seed: int = Field(0, ge=0)


class SampleRequest(MakeRequest):
    """What `sample` is asked for."""

    n: int = Field(1000, ge=1)


class JoinRequest(MakeRequest):
    """What `join` is asked for.

    Attributes:
        mode: one cluster after the other, the poster's way, or all at once.
        clusters: how many are joined, the central one counted.
    """

    mode: Literal["sequential", "together"] = "together"
    clusters: int = Field(5, ge=2, le=5)


Request = TypeVar("Request", bound=MakeRequest)
AnyRequest = TypeVar("AnyRequest", bound=BaseModel)


def parse_request(kind: type[AnyRequest], values: Mapping[str, Any]) -> AnyRequest:
    """A request from flags.

    Args:
        kind: of request.
        values: by field name; None stands for the default.

    Raises:
        InputError: naming each wrong value.
    """
    try:
        return kind.model_validate({k: v for k, v in values.items() if v is not None})
    except ValidationError as error:
        raise InputError("; ".join(_told(each) for each in error.errors())) from error


def _told(error: ErrorDetails) -> str:
    """What is wrong with one value, or with several together."""
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    return f"{_flag(str(error['loc'][0]))}: {message}, got {error['input']!r}"


def _flag(field: str) -> str:
    """The flag of the command line that sets a field."""
    return "-n" if field == "n" else f"--{field.replace('_', '-')}"


def resolved(request: Request, model: Model) -> Request:
    """The request with the model's defaults filled in.

    Raises:
        InputError: if the model was learned on whole frameworks.
    """
    if model.config.crystals is not None:
        raise InputError(
            f"the model {request.model} was learned on whole frameworks, for solve and generate; "
            "clusters need one learned on clusters, such as equivariant"
        )
    return request.model_copy(
        update={
            "points": points_of(request, model),
            "repair": REPAIR_ROUNDS[model.name] if request.repair is None else request.repair,
        }
    )


def points_of(request: MakeRequest, model: Model) -> int:
    """Points of a cluster."""
    return request.points or POINTS[model.name]


def sampler_of(request: MakeRequest) -> Sampler:
    """The sampler asked for."""
    from zeoloom.diffusion.samplers import (  # noqa: PLC0415 - `judge` works without torch
        ancestral,
        euler,
        heun,
    )

    samplers: dict[str, Sampler] = {
        "euler": euler,
        "heun": heun,
        "ancestral": functools.partial(ancestral, noise_factor=request.noise_factor),
    }
    return samplers[request.sampler]
