"""What is asked of `database query`, `database export` and `database merge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from zeoloom.run.request import COUNT_FLAG, Flag, Request

DatabaseUrl = Annotated[str, Flag(metavar="URL", argument=True)]
"""A file ending in .db, or postgresql://USER@HOST/NAME."""


class QueryRequest(Request):
    """What `database query` is asked for."""

    panel: ClassVar[str] = "Query"

    query: Annotated[str, Flag(argument=True)]
    """Conditions on columns, such as 'density<15,channel_dim=3'; '' for all frameworks."""

    database: DatabaseUrl
    """File ending in .db, or postgresql://USER@HOST/NAME."""

    n: Annotated[int, COUNT_FLAG] = Field(20, ge=1, le=100_000)
    """Frameworks to show."""

    sort: str | None = None
    """Column to sort by, the lowest first; with - in front the highest first."""


class ExportRequest(Request):
    """What `database export` is asked for."""

    panel: ClassVar[str] = "Export"

    database: DatabaseUrl
    """File ending in .db, or postgresql://USER@HOST/NAME."""

    query: str = ""
    """Conditions on columns, such as 'density<15,channel_dim=3'; all frameworks if not given."""

    n: Annotated[int, COUNT_FLAG] = Field(1000, ge=1)
    """Frameworks to export at most, those of lowest R_DLS."""


class MergeRequest(Request):
    """What `database merge` is asked for."""

    panel: ClassVar[str] = "Merge"

    folders: Annotated[tuple[Path, ...], Flag(argument=True)]
    """Folders of finished runs of generate, solve or judge."""

    database: DatabaseUrl
    """File ending in .db, or postgresql://USER@HOST/NAME."""
