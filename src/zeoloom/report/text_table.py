"""Tables of text whose numbers are never cut: what does not fit into a terminal is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        head: its name.
        number: whether it is aligned right.
        widest: characters of names that are longer are cut; 0 for as many as there are.
        rank: columns of the highest rank are left out first; those of rank 0 never.
    """

    head: str
    number: bool = False
    widest: int = 0
    rank: int = 0


@dataclass(frozen=True)
class TextTable:
    """A table for a terminal; written to a pipe or a file it is as wide as it needs to be.

    Attributes:
        columns: of the table.
        rows: a text for each column.
        remarks: lines below it.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, in as many columns as fit."""
        for line in self.lines(options.max_width if console.is_terminal else None):
            yield Text(line, no_wrap=True, overflow="ignore")

    def lines(self, width: int | None = None) -> list[str]:
        """The lines of the table.

        Args:
            width: characters that there are; None for any number.
        """
        widths = [
            max(cell_len(text) for text in (each.head, *(row[k] for row in self.rows)))
            for k, each in enumerate(self.columns)
        ]
        widths = [min(w, each.widest or w) for w, each in zip(widths, self.columns, strict=True)]
        shown = list(range(len(self.columns)))
        while width is not None and sum(widths[k] + len(GAP) for k in shown) - len(GAP) > width:
            last = max(shown, key=lambda k: (self.columns[k].rank, k))
            if not self.columns[last].rank:
                break
            shown.remove(last)
        heads = [each.head for each in self.columns]
        lines = [
            GAP.join(_aligned(row[k], widths[k], self.columns[k]) for k in shown).rstrip()
            for row in (heads, *self.rows)
        ]
        left_out = [each.head for k, each in enumerate(self.columns) if k not in shown]
        narrow = [f"too narrow for: {', '.join(left_out)}"] if left_out else []
        return [*lines, *narrow, *self.remarks]


def _aligned(text: str, width: int, column: Column) -> str:
    """A text of some width; names that are too long lose their ends, numbers never do."""
    if column.number:
        return " " * (width - cell_len(text)) + text
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)
