"""Equations as MathML, which browsers draw by themselves: no script, no fonts, no network."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
DISPLAYED = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)


def with_mathml(page: str) -> str:
    """A page whose equations in LaTeX are MathML.

    Args:
        page: HTML, with equations as the extension arithmatex leaves them.

    Raises:
        ValueError: if one of them cannot be read.
    """

    def inline(match: re.Match[str]) -> str:
        return mathml(match[1], "inline")

    def displayed(match: re.Match[str]) -> str:
        return f'<div class="arithmatex">{mathml(match[1], "block")}</div>'

    return INLINE.sub(inline, DISPLAYED.sub(displayed, page))


def mathml(escaped: str, display: str) -> str:
    """One equation.

    Args:
        escaped: LaTeX, escaped for HTML.
        display: inline or block.

    Raises:
        ValueError: if it cannot be read.
    """
    latex = html.unescape(escaped).strip()
    try:
        made = convert(latex, display=display)
    except Exception as error:
        raise ValueError(f"cannot read the equation {latex!r}: {error}") from error
    if unread := re.search(r"\\[a-zA-Z]+", made):
        raise ValueError(f"cannot read {unread[0]} in the equation {latex!r}")
    return str(made)
