"""Which framework types are learned from, which are held out, and which are never touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from zeoloom.errors import InputError
from zeoloom.learn.settings import FOLDS

if TYPE_CHECKING:
    from collections.abc import Sequence

TIME_SPLIT = (
    *("AVE", "CTH", "ETL", "ETV", "EWO", "EWS", "IFT", "IFU", "MRT", "MWF", "PCS", "POR"),
    *("PTT", "PTY", "PWN", "PWO", "PWW", "SOR", "SOV", "SVY", "SWY", "SYT", "UOE", "YFI"),
)
"""Types approved after the 229 of the older IZA list: weights for benchmarks never see them."""

TIME_SPLIT_TEST = tuple(code for code in TIME_SPLIT if code not in {"IFT", "IFU", "SVY", "SYT"})
"""The 20 of them that are 4-connected."""


def split_names(
    names: Sequence[str], held_out_fraction: float, generator: torch.Generator
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide framework types into those learned from and those held out.

    Whole types are held out, never single clusters: sites of one type resemble one another.

    Args:
        names: framework types; repeats are ignored.
        held_out_fraction: share of types to hold out, 0 to below 1.
        generator: source of randomness.

    Returns:
        Learned and held-out types, each sorted.

    Raises:
        InputError: if no type would be left to learn from.
    """
    unique = sorted(set(names))
    n_held_out = round(held_out_fraction * len(unique))
    if n_held_out >= len(unique):
        raise InputError(
            f"holding out {held_out_fraction:.0%} of {len(unique)} framework types leaves none "
            "to learn from; give more types or a smaller held_out"
        )
    order = torch.randperm(len(unique), generator=generator).tolist()
    held_out = {unique[i] for i in order[:n_held_out]}
    return tuple(n for n in unique if n not in held_out), tuple(sorted(held_out))


def split_fold(names: Sequence[str], fold: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide framework types for cross-validation: every fifth in alphabetical order is held out.

    Args:
        names: framework types; repeats are ignored.
        fold: 1 to `FOLDS`, where to begin. Each type is held out by one of the folds.

    Returns:
        Learned and held-out types, each sorted.

    Raises:
        InputError: if there are fewer types than folds.
    """
    unique = sorted(set(names))
    if len(unique) < FOLDS:
        raise InputError(
            f"{len(unique)} framework types cannot be divided into {FOLDS} folds; give more "
            "types, or held_out instead of fold"
        )
    held_out = unique[fold - 1 :: FOLDS]
    return tuple(n for n in unique if n not in held_out), tuple(held_out)
