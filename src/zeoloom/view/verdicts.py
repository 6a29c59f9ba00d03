"""Verdicts for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from zeoloom.judge.verdict import best_first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.judge.verdict import Judgement

SHOWN = 30
"""Rows; all of them are in frameworks.csv."""


def judgements_table(
    judgements: Sequence[Judgement], counts: Mapping[str, float], shown: int = SHOWN
) -> Group:
    """The best judgements, one a row, and how many there are of what.

    Args:
        judgements: in any order.
        counts: by name; shares are left to the files.
        shown: most rows.
    """
    table = Table(
        *("name", "type", "T", "unique", "density", "R_DLS", "kJ/mol", "LID", "remark"), box=None
    )
    for each in best_first(judgements)[:shown]:
        table.add_row(
            Text(each.name),
            Text(f"{each.framework_type} {each.known_as and f'({each.known_as})'}".strip()),
            str(each.n_t or ""),
            str(each.n_t_unique or ""),
            _written(each.density, 2),
            _written(each.r_dls, 4),
            _written(each.energy_kj_mol, 1),
            {None: "", True: "yes", False: "no"}[each.lid],
            Text(each.reason),
        )
    told = ", ".join(
        f"{value} {name.replace('_', ' ')}"
        for name, value in counts.items()
        if isinstance(value, int)
    )
    left = len(judgements) - shown
    return Group(table, *([f"... and {left} more"] if left > 0 else []), told)


def _written(number: float | None, decimals: int) -> str:
    return "" if number is None else f"{number:.{decimals}f}"
