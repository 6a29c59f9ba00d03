"""How the words of a command are read: --cell 13.675 14.767 is one option; none may come twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

WRITTEN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf)", re.IGNORECASE)


class SpacedCommand(TyperCommand):
    """A command some of whose options take several numbers.

    Attributes:
        spaced: names of these options.
    """

    spaced: set[str] = set()  # noqa: RUF012 - replaced, never changed

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the words of the command line.

        Raises:
            InputError: if an option is given twice that takes one value.
        """
        words = joined_numbers(args, self.spaced)
        if not ctx.resilient_parsing:
            self._refuse_repeated(ctx, words)
        return super().parse_args(ctx, words)

    def _refuse_repeated(self, ctx: Any, words: Sequence[str]) -> None:
        _, _, given = self.make_parser(ctx).parse_args(args=list(words))
        options = [each for each in given if each.param_type_name == "option"]
        for option in dict.fromkeys(options):
            if options.count(option) > 1 and not option.multiple and not option.is_eager:
                names = "/".join((max(option.opts, key=len), *option.secondary_opts[-1:]))
                raise InputError(f"{names} is given {options.count(option)} times; give it once")


def joined_numbers(words: Sequence[str], options: set[str]) -> list[str]:
    """Words of a command line, the numbers after each of some options made one word."""
    joined: list[str] = []
    taking = False
    for word in words:
        if taking and WRITTEN_NUMBER.fullmatch(word.strip(",")):
            follows = joined[-1] in options
            joined[-1:] = [joined[-1], word] if follows else [f"{joined[-1]} {word}"]
        else:
            if joined and joined[-1] in options and word.startswith("--"):
                joined.append("")  # no value at all: the option must not take the next one for it
            joined.append(word)
            taking = word.partition("=")[0] in options
    return joined
