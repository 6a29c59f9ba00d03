"""`prepare`: compiled code."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import zeoloom
from zeoloom.cli.terminal import say

if TYPE_CHECKING:
    from zeoloom.cli.program_options import PreparationOptions


def prepare_verb(options: PreparationOptions) -> None:
    """Compile what solve, generate and judge need, so that the first run need not."""
    zeoloom.prepare(options.workers, on_notice=partial(say, "note", "yellow"))
