"""What is asked of `cut`, `sample` and `join`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeVar

from pydantic import Field, model_validator

from zeoloom.errors import InputError
from zeoloom.run.crystal_requests import SolveRequest
from zeoloom.run.option_values import Numbers, Setting
from zeoloom.run.request import COUNT_FLAG, Flag, Request, option_name, parse_request

if TYPE_CHECKING:
    from zeoloom.learn.checkpoint import Model

POINTS = {"pointnet": 60, "plain-pointnet": 60, "equivariant": 48}
"""Points of a cluster by default; the poster had 1,024. The equivariant network's cost grows with
their square."""

REPAIR_ROUNDS = {"pointnet": 160, "plain-pointnet": 0, "equivariant": 160}
"""Rounds of repair by default; the poster had none."""

GUIDANCE = {"pointnet": 2.0, "plain-pointnet": 0.0, "equivariant": 1.0}
"""Weight of the guidance by default, for models that have a weak companion."""

JOINING_GUIDANCE = {"pointnet": 0.0, "plain-pointnet": 0.0, "equivariant": 1.0}
"""The same where clusters are joined: spheres with others beside them lead `pointnet` astray."""

OPEN_SPACE_ONLY = (
    *("n", "mode", "clusters", "points", "steps", "sampler", "noise_factor", "guidance"),
    *("repair", "batch"),
)
"""What `join` takes for clusters in open space and not for crystals."""

CRYSTAL_ONLY = ("cell", "space_group", "atoms", "seconds")
"""And the other way round."""


class CutRequest(Request):
    """What `cut` is asked for."""

    panel: ClassVar[str] = "Clusters"

    sources: Annotated[tuple[Path, ...], Flag(argument=True)] = ()
    """CIF files and folders of them. The bundled reference if none is given."""

    radius: float = 7.0  # its limits are those of `cut_clusters`
    """Radius of a cluster around its T atom, in Å."""

    sites: Annotated[Literal["primitive", "conventional", "unique"], Flag(metavar="SITES")] = (
        "primitive"
    )
    """Central atoms: primitive, the T atoms of the primitive cell; conventional, those of the
    conventional cell; or unique, one of each orbit."""

    regular: bool = False
    """Of the reference, only types that are 4-connected and not interrupted."""


class ClusterRequest(Request):
    """What `sample` and `join` have in common."""

    panel: ClassVar[str] = "Generation"

    n: Annotated[int, COUNT_FLAG] = Field(100, ge=1)
    """Clusters, or joined clusters, to generate."""

    model: str = "equivariant"
    """Weights: equivariant, pointnet, a .safetensors file or a training folder."""

    points: int | None = Field(None, ge=1, le=100_000)
    """Points of a cluster (60 for pointnet, 48 for equivariant)."""

    steps: int = Field(60, ge=1, le=100_000)
    """Noise levels, from the highest down."""

    sampler: Literal["ancestral", "euler", "heun"] = "ancestral"
    """Sampler. heun evaluates the network twice a step."""

    noise_factor: float = Field(0.9, ge=0, le=2)
    """Factor on the noise that the ancestral sampler adds; with less than 1 samples vary less."""

    guidance: float | None = Field(None, ge=0, le=20)
    """How far the network is guided away from its weak companion, repair aside (1 for equivariant;
    for pointnet 2, and 0 in join; 0 without a companion)."""

    repair: int | None = Field(None, ge=0)
    """Most rounds of repair of a cloud (160 for equivariant, 160 for pointnet)."""

    batch: int = Field(64, ge=1)
    """Clouds generated at once. An interrupted run keeps whole batches."""

    seed: int = Field(0, ge=0)
    """Seed of all random numbers."""


class SampleRequest(ClusterRequest):
    """What `sample` is asked for."""

    n: Annotated[int, COUNT_FLAG] = Field(1000, ge=1)
    """Clusters to generate."""


class JoinRequest(ClusterRequest):
    """What `join` is asked for: clusters in open space, or, given a cell, a crystal of them."""

    panel: ClassVar[str] = "Joining"

    n: Annotated[int, COUNT_FLAG] = Field(100, ge=1)
    """Joined clusters to generate."""

    mode: Literal["sequential", "together"] = "together"
    """sequential: one cluster after the other, as on the poster. together: all at once."""

    clusters: int = Field(5, ge=2, le=5)
    """Clusters to join, the central one included."""

    cell: Numbers | None = None
    """Join clusters into crystals, by the search of `solve`: the cell, as `solve` takes it."""

    space_group: Setting | None = None
    """Space group of the crystals."""

    atoms: int | None = Field(None, ge=1, le=10_000)
    """Number of T atoms in the cell, if known."""

    seconds: float | None = Field(None, gt=0)
    """Time for joining clusters into crystals (60)."""

    @model_validator(mode="after")
    def _open_space_or_crystal(self) -> JoinRequest:
        if self.cell is None and self.space_group is None:
            if unused := self._given("atoms", "seconds"):
                raise ValueError(f"{unused}: only for crystals; give --cell and --space-group too")
        elif self.cell is None or self.space_group is None:
            missing = "cell" if self.cell is None else "space-group"
            raise ValueError(f"a crystal needs --cell and --space-group, --{missing} is missing")
        elif unused := self._given(*OPEN_SPACE_ONLY):
            raise ValueError(
                f"{unused}: only for clusters in open space, without --cell; for how a crystal is "
                f"searched see `zeoloom solve --model {self.model}`, which has more options"
            )
        return self

    def _given(self, *fields: str) -> str:
        """Those of the fields that are not as they would be by themselves, as options."""
        defaults = type(self).model_fields
        return ", ".join(
            option_name(type(self), name)
            for name in fields
            if getattr(self, name) != defaults[name].default
        )

    @property
    def crystal(self) -> SolveRequest | None:
        """The same for `solve`, if crystals are asked for.

        Raises:
            InputError: if the cell is incomplete.
        """
        if self.cell is None:
            return None
        given = {name: getattr(self, name) for name in (*CRYSTAL_ONLY, "model", "seed")}
        return parse_request(SolveRequest, given | {"space_group": (self.space_group,)})


AnyClusterRequest = TypeVar("AnyClusterRequest", bound=ClusterRequest)


def resolved(request: AnyClusterRequest, model: Model) -> AnyClusterRequest:
    """The request with the model's defaults filled in.

    Raises:
        InputError: if the model was learned on whole frameworks, or is to be guided and has no weak
            companion.
    """
    if model.config.crystals is not None:
        raise InputError(
            f"the model {request.model} was learned on whole frameworks, for solve and generate; "
            "clusters need one learned on clusters, such as equivariant"
        )
    guidance = request.guidance
    if guidance is None:
        weights = JOINING_GUIDANCE if isinstance(request, JoinRequest) else GUIDANCE
        guidance = weights[model.name] if model.weak else 0.0
    elif guidance > 0 and model.weak is None:
        raise InputError(
            f"guidance {guidance:g}: the model {request.model} has no weak companion to be guided "
            "away from; pointnet and equivariant have, and for weights of your own put one beside, "
            "NAME-weak.safetensors beside NAME.safetensors; guidance 0 goes without"
        )
    return request.model_copy(
        update={
            "guidance": guidance,
            "points": points_of(request, model),
            "repair": REPAIR_ROUNDS[model.name] if request.repair is None else request.repair,
        }
    )


def points_of(request: ClusterRequest, model: Model) -> int:
    """Points of a cluster."""
    return request.points or POINTS[model.name]
