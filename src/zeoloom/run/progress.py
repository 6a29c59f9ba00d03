"""How a run says how far it is, and what else is to be known."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[int, int, str], None]
"""Called with how many of how many are finished, and what is being done or found by now."""


def silent(finished: int, total: int, doing: str) -> None:
    """Show nothing."""


OnNotice = Callable[[str], None]
"""Called with a line for the user."""


def no_notice(text: str) -> None:
    """Show nothing."""
