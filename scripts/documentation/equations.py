"""Equations as MathML, which browsers draw by themselves: no script and no network.

Signs that stretch need a font that says how. Not every computer has one, so one comes with the
site, written into the style sheet: browsers refuse font files beside a page that is no server's.
"""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path

from latex2mathml.converter import convert

INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
DISPLAYED = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)


FONT = Path(__file__).with_name("noto-sans-math.woff")


def style_of_equations() -> str:
    """A style sheet that holds the font of equations."""
    data = base64.b64encode(FONT.read_bytes()).decode()
    return (
        '@font-face { font-family: "Noto Sans Math"; '
        f'src: url("data:font/woff;base64,{data}") format("woff"); }}\n'
        'math { font-family: "Noto Sans Math", math; }\n'
    )


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
