"""How far a framework is from conditions: 0 where one is met, more the farther it is from it.

Gaps have no unit. Each is measured in a step of its quantity that is about as hard to make as any
other, so that their sum can guide a search.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.judge.conditions import CRYSTAL_SYSTEMS, POSSIBLE, STAGE_OF, Conditions, Likes
from zeoloom.structure.nearest_type import distance_to_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zeoloom.judge.judgement import Judgement
    from zeoloom.judge.ranges import Ranges

GAP_STEPS: dict[str, tuple[str, float]] = {
    "density": ("density", 1.0),
    "atoms": ("n_t", 10.0),
    "unique_atoms": ("n_t_unique", 1.0),
    "window": ("window", 2.0),
    "largest_included_sphere": ("largest_included_sphere", 1.0),
    "largest_free_sphere": ("largest_free_sphere", 1.0),
    "accessible_volume": ("accessible_volume", 0.05),
    "channels": ("channel_dim", 1.0),
    "energy": ("energy_kj_mol", 3.0),
    "likeness": ("likeness", 0.2),
    "henry_ch4": ("henry_ch4", 0.3),
    "heat_ch4": ("heat_ch4", 2.0),
}
"""Conditions on a number: the attribute of a judgement, and the step that it is measured in."""

RING_STEP = 2.0
"""Of the size of a ring."""

LIKE_STEP = 0.2
"""Å, of average minimum distances."""


def gaps(conditions: Conditions, judgement: Judgement) -> dict[str, float | None]:
    """How far a framework is from each condition that is given.

    Args:
        conditions: that are asked for.
        judgement: of the framework, as far as it goes.

    Returns:
        0 where a condition is met; None where what it is about is not known.
    """
    return {name: _gap(name, asked, judgement) for name, asked in conditions.asked.items()}


def fulfils(conditions: Conditions, judgement: Judgement) -> bool:
    """Whether every condition is known to be met."""
    return all(gap == 0.0 for gap in gaps(conditions, judgement).values())


def may_fulfil(conditions: Conditions, judgement: Judgement) -> bool:
    """Whether no condition is known not to be met."""
    return not any(gaps(conditions, judgement).values())


def distance_from(conditions: Conditions, judgement: Judgement) -> float:
    """The sum of all gaps that are known; 0 if every known condition is met."""
    return sum(gap for gap in gaps(conditions, judgement).values() if gap is not None)


def missed_conditions(conditions: Conditions, judgements: Sequence[Judgement]) -> str:
    """How many frameworks miss which condition, in words: `energy 3, window 1, lid 2 not known`."""
    missed, unknown = Counter[str](), Counter[str]()
    for each in judgements:
        for name, gap in gaps(conditions, each).items():
            missed[name] += gap is not None and gap > 0
            unknown[name] += gap is None
    parts = [f"{name} {number}" for name, number in missed.items() if number]
    parts += [f"{name} {number} not known" for name, number in unknown.items() if number]
    return ", ".join(parts)


def nearest_miss(conditions: Conditions, judgements: Sequence[Judgement]) -> str:
    """The valid framework that comes nearest, in words; empty if there is none.

    That is one of which most is known, as a search measures first what is quickly known, and what
    misses that no further. One that is not known to miss anything comes last.
    """
    valid = [each for each in judgements if each.valid]
    if not valid:
        return ""

    def farness(judgement: Judgement) -> tuple[bool, int, float]:
        known = gaps(conditions, judgement).values()
        missed = sum(gap for gap in known if gap is not None)
        return missed == 0.0, sum(gap is None for gap in known), missed

    nearest = min(valid, key=farness)
    parts, known = [], gaps(conditions, nearest)
    for name, gap in known.items():
        if gap:
            asked = conditions.asked[name]
            shown = _listed(asked) if isinstance(asked, frozenset) else str(asked)
            shown = {"True": "yes", "False": "no"}.get(shown, shown)
            parts.append(f"{name} {_value_text(name, asked, nearest)} ({shown} asked)")
    unknown = ", ".join(name for name, gap in known.items() if gap is None)
    said = [", ".join(parts)] * bool(parts) + [f"{unknown} not known"] * bool(unknown)
    return f"{nearest.name} comes nearest: {'; '.join(said)}"


def _value_text(name: str, asked: Any, judgement: Judgement) -> str:
    """What a framework has instead of what is asked."""
    if name in GAP_STEPS:
        return f"{getattr(judgement, GAP_STEPS[name][0]):.4g}"
    framework = judgement.framework
    if framework is not None and isinstance(asked, Likes):
        return f"{_distance_to(asked, judgement):.2f} Å away"
    return {
        "rings": " ".join(map(str, judgement.rings)),
        "no_rings": " ".join(map(str, judgement.rings)),
        "contains": " ".join(judgement.units or ()) or "none",
        "space_group": framework.space_group_symbol if framework else "",
        "crystal_system": framework.space_group_symbol if framework else "",
    }.get(name, "otherwise")


def _listed(values: frozenset[Any]) -> str:
    return ",".join(map(str, sorted(values)))


def _gap(name: str, asked: Any, judgement: Judgement) -> float | None:
    if STAGE_OF[name] == "framework" and (judgement.framework is None or judgement.r_dls is None):
        return None
    if name == "likeness" and judgement.energy_kj_mol is None:
        return None  # so far it is that of the T atoms alone
    if name in GAP_STEPS:
        attribute, step = GAP_STEPS[name]
        value = getattr(judgement, attribute)
        if name == "window" and value == 0:  # without channels there is none, however narrow
            return max(float(asked.distance(0)), POSSIBLE["window"][0]) / step
        known = value is not None and (value or attribute != "n_t_unique")
        return float(asked.distance(value)) / step if known else None
    return OTHER_GAPS[name](asked, judgement)


def _rings_gap(asked: Ranges, judgement: Judgement) -> float | None:
    """Each range that holds no ring counts as far as the nearest ring is off."""
    if not judgement.rings:
        return None
    sizes = np.array(judgement.rings)
    apart = [
        np.maximum(least - sizes, sizes - most).clip(min=0).min() for least, most in asked.spans
    ]
    return float(sum(apart)) / RING_STEP


def _no_rings_gap(asked: Ranges, judgement: Judgement) -> float | None:
    if not judgement.rings:
        return None
    return float(sum(size in asked for size in judgement.rings))


def _group_gap(asked: frozenset[int], judgement: Judgement) -> float:
    assert judgement.framework is not None
    return float(judgement.framework.space_group_number not in asked)


def _system_gap(asked: frozenset[str], judgement: Judgement) -> float:
    return _group_gap(frozenset().union(*(CRYSTAL_SYSTEMS[each] for each in asked)), judgement)


def _chiral_gap(asked: bool, judgement: Judgement) -> float:
    assert judgement.framework is not None
    rotations = judgement.framework.operations.rotations
    return float((np.linalg.det(rotations) > 0).all() != asked)


def _lid_gap(asked: bool, judgement: Judgement) -> float | None:
    return None if judgement.lid is None else float(judgement.lid != asked)


def _units_gap(asked: frozenset[str], judgement: Judgement) -> float | None:
    return None if judgement.units is None else float(len(asked - set(judgement.units)))


def _like_gap(asked: Likes, judgement: Judgement) -> float:
    return max(_distance_to(asked, judgement) - asked.within, 0.0) / LIKE_STEP


def _unlike_gap(asked: Likes, judgement: Judgement) -> float:
    return max(asked.within - _distance_to(asked, judgement), 0.0) / LIKE_STEP


def _distance_to(asked: Likes, judgement: Judgement) -> float:
    """Å to the nearest of some types."""
    assert judgement.framework is not None
    return min(distance_to_type(judgement.framework, code) for code in asked.codes)


OTHER_GAPS: dict[str, Callable[[Any, Judgement], float | None]] = {
    "rings": _rings_gap,
    "no_rings": _no_rings_gap,
    "space_group": _group_gap,
    "crystal_system": _system_gap,
    "chiral": _chiral_gap,
    "lid": _lid_gap,
    "contains": _units_gap,
    "like": _like_gap,
    "unlike": _unlike_gap,
}
"""Of the conditions that are not on a number."""
