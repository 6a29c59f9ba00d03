"""What a search ends with: the table of frameworks, and what is left out of it and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zeoloom.judge.fulfilment import nearest_miss
from zeoloom.judge.judgement import best_first
from zeoloom.run.comparing import confidence_of
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.findings import within_limits
from zeoloom.run.framework_table import COUNTED_AS, counts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.diffraction.confidence import Confidence
    from zeoloom.judge.judgement import Judgement
    from zeoloom.run.findings import Findings


KNOWN_COUNTS = [name for name in COUNTED_AS.values() if name != "new"]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a run ends with.

    Attributes:
        judgements: one for each net that was refined, the best first.
        found: how often each was met, by its key.
        counts: how many there are of what.
        unrefined: nets that were not refined to the end, as they are too strained or time was up.
        failure: why nothing was found, or nothing could be judged further; empty otherwise.
        confidence: how sure it is that the first is the one measured; None without data.
    """

    judgements: tuple[Judgement, ...]
    found: dict[str, int]
    counts: dict[str, int | float]
    unrefined: tuple[Judgement, ...] = ()
    failure: str = ""
    confidence: Confidence | None = None


def refined_within_limits(
    request: SolveRequest | GenerateRequest, findings: Findings
) -> list[Judgement]:
    """The valid nets that were refined and are within the limits, the best first."""
    return best_first([each for each in _wanted(request, findings) if _is_built(each)])


def _is_built(judgement: Judgement) -> bool:
    """Whether it was refined, and not given up."""
    held = judgement.framework is not None or judgement.given is not None
    return held and judgement.r_dls is not None


def _wanted(request: SolveRequest | GenerateRequest, findings: Findings) -> list[Judgement]:
    valid = [each for each in findings.judgements.values() if each.valid]
    return [each for each in valid if within_limits(request, each)]


def search_result(
    request: SolveRequest | GenerateRequest, findings: Findings, judgements: Sequence[Judgement]
) -> SearchResult:
    """Counts of the nets that are kept, and of those left out.

    Args:
        request: what was asked for.
        findings: of all batches.
        judgements: of `refined_within_limits`, the best of them judged further.
    """
    kept = {each.key for each in judgements}
    unrefined = {
        each.key: each
        for each in best_first(_wanted(request, findings))
        if not _is_built(each) and each.key not in kept
    }
    found = Counter[str]()
    outside = 0
    for fingerprint, judgement in findings.judgements.items():
        if judgement.key in kept:
            found[judgement.key] += findings.times_met[fingerprint]
        elif judgement.valid and judgement.key not in unrefined:
            outside += 1
    counts = counts_of(judgements, found, findings.tried)
    counts |= {
        "valid_at_once": findings.valid_at_once,
        "unrefined": len(unrefined),
        "outside_limits": outside,
    }
    if isinstance(request, SolveRequest) and request.pattern is not None:
        # of each batch the nets are judged that agree best with the pattern
        counts["agreeing_less"] = len(findings.times_met.keys() - findings.judgements.keys())
    if isinstance(request, GenerateRequest):
        counts |= {
            "new_with_good_r_dls": findings.good,
            "families_with_good_r_dls": len(findings.families),
        }
    return SearchResult(
        tuple(judgements),
        dict(found),
        counts,
        tuple(unrefined.values()),
        _failure(request, judgements, counts, findings),
        confidence_of(request, judgements, int(counts.get("agreeing_less", 0))),
    )


def _failure(
    request: SolveRequest | GenerateRequest,
    judgements: Sequence[Judgement],
    counts: dict[str, int | float],
    findings: Findings,
) -> str:
    """Why a run has found nothing; empty if it has found something."""
    if any(each.new or isinstance(request, SolveRequest) for each in judgements):
        return ""
    nearest = ""
    if isinstance(request, GenerateRequest):
        new = [each for each in findings.judgements.values() if each.new]
        nearest = nearest_miss(request.conditions, new)
    nothing = "nothing was found" if isinstance(request, SolveRequest) else "nothing new was found"
    reasons = [
        f"{number} {reason}"
        for number, reason in (
            (counts["outside_limits"], "outside the limits"),
            (counts["unrefined"], "too strained to be refined or out of time"),
            (sum(counts[name] for name in KNOWN_COUNTS), "known already"),
        )
        if number
    ]
    if not reasons:
        return (
            f"{nothing}: none of {counts['tried']} crystals became a valid net; more time, other "
            "numbers of atoms or another group may help"
        )
    text = f"{nothing}; valid nets: {', '.join(reasons)}"
    return f"{text}; {nearest}" if nearest else text
