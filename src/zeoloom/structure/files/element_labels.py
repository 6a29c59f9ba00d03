"""Elements from the type symbols and labels of atoms, as crystallographers write them."""

from __future__ import annotations

import re

import gemmi

CAPITALS = ("TI", "TL")
"""Labels in capital letters that mean an element, though T sites might be called so."""


def element_of(label: str) -> str:
    """Element of a label: 'Si4+' Si, 'SI1' Si, 'OW' O, 'T3' and 'TAl1' T, 'D' H."""
    match = re.match(r"[A-Za-z]+", label)
    letters = match.group(0) if match else ""
    if _names_t_site(letters):
        return "T"
    if letters.isupper() and letters.startswith("O"):
        return "O"  # OS, OW, OH: oxygen with a letter, no osmium
    for candidate in (letters, letters[:2], letters[:1]):
        if _is_element(candidate):
            return _element(candidate)
    return label or "?"


def element_of_site(kind: str, label: str) -> str:
    """Element by type symbol, and by label where the type says nothing."""
    for letters in re.findall(r"[A-Za-z]+", kind)[:1]:  # '0.75Si + 0.25Al' is Si
        if _is_element(letters):
            return _element(letters)
    by_kind, by_label = element_of(kind), element_of(label)
    if by_kind == "T" or not (by_label == "T" or _is_element(by_label)):
        return by_kind
    return by_label


def _names_t_site(letters: str) -> bool:
    """Whether a label is one of a T site: T, TA, TO, TAl, TSI; Ti, Ta, Tl are elements."""
    if letters[:1].upper() != "T" or letters in CAPITALS:
        return False
    rest = letters[1:]
    return not rest or rest.isupper() or (len(rest) == 2 and _is_element(rest))


def _is_element(letters: str) -> bool:
    # gemmi goes by the first two letters of a longer text
    return letters.upper() != "X" and bool(gemmi.Element(letters).name.upper() == letters.upper())


def _element(letters: str) -> str:
    known = gemmi.Element(letters).name
    return "H" if known == "D" else str(known)
