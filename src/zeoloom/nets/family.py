"""Families of nets: those whose vertices show the same set of vertex symbols.

Stackings of one layer mostly share theirs, so counting families is counting what is unlike.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from zeoloom.nets.rings import ring_sizes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zeoloom.nets.rings import VertexSymbol

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"

SYLLABLES = 4
"""Of a name; two of 2,000 families with rings of the same sizes share theirs once in 12 times."""


def family_name(symbols: Iterable[VertexSymbol]) -> str:
    """A short name for a set of vertex symbols, such as `4.6.8-kivoruta`.

    Args:
        symbols: of every kind of vertex of a net, in any order.

    Returns:
        The sizes of its smallest rings, and four syllables that stand for the whole set; equal for
        equal sets. Empty if there is no symbol.
    """
    kinds = set(symbols)
    texts = sorted(map(str, kinds))
    if not texts:
        return ""
    number = int.from_bytes(hashlib.sha256("; ".join(texts).encode()).digest()[:8], "big")
    name = ""
    for _ in range(SYLLABLES):
        number, consonant = divmod(number, len(CONSONANTS))
        number, vowel = divmod(number, len(VOWELS))
        name += CONSONANTS[consonant] + VOWELS[vowel]
    return f"{'.'.join(map(str, ring_sizes(kinds)))}-{name}"
