"""The house rules that can be counted: nothing twice, short functions, the field's words."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PACKAGE = ROOT / "src" / "zeoloom"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(path for path in PACKAGE.rglob("*.js") if not path.name.startswith("3Dmol"))

LONGEST_FUNCTION = 60
SAME_LINES = 6

DIALECT = frozenset(
    re.findall(
        r"\w+",
        "weave weaves weaving woven wander wanders wandering wandered seat seats seated seating "
        "ease eases eased easing harvest harvests harvested told ways calm patience glance "
        "renewal halvings grown crew",
    )
)
"""Words of the first version that a crystallographer would have to ask about."""

DIALECT_CONSTANTS = frozenset({"MET", "FURTHEST", "NEVER"})
"""As above, as names of constants only: `never` is an English word."""

DIALECT_NAMES = frozenset({"turns", "moves", "carries", "places"})
"""Rotations, translations, products and positions have names. In prose these are English words
(a Monte Carlo move, a decimal place), so they are looked for in names of the source only."""

MONTE_CARLO = "src/zeoloom/search/walk_kernel.py"
"""Where `moves` are those of a Monte Carlo walk."""

EXCEPTIONS = {
    "dev/LAB.md": "the log keeps the words of its time, and its front page explains them",
    "tests/project/test_house.py": "names the words",
}

TEXTS = (
    "*.md",
    "*.toml",
    "Makefile",
    "docs/**/*.md",
    "dev/**/*.md",
    "src/zeoloom/**/*.py",
    "src/zeoloom/**/*.js",
    "src/zeoloom/**/*.html",
    "src/zeoloom/**/*.toml",
    "tests/**/*.py",
    "benchmarks/**/*.py",
    "scripts/**/*.py",
    "examples/**/*.py",
)


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def said_lines(path: Path) -> list[tuple[int, str]]:
    """The lines that say something: no blank ones, comments, imports, or brackets alone."""
    imported = set[int]()
    if path.suffix == ".py":
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    stripped = ((number, " ".join(line.split())) for number, line in lines)
    return [
        (number, line)
        for number, line in stripped
        if re.search(r"\w", line) and number not in imported and not line.startswith(("#", "//"))
    ]


def twice(names: Callable[[Path], Iterator[str]], paths: list[Path]) -> dict[str, list[str]]:
    """Names that stand in more than one file."""
    where: defaultdict[str, set[str]] = defaultdict(set)
    for path in paths:
        for name in names(path):
            where[name].add(place(path))
    return {name: sorted(files) for name, files in sorted(where.items()) if len(files) > 1}


def test_no_six_equal_lines_stand_twice() -> None:
    where: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for path in [*MODULES, *SCRIPTS]:
        said = said_lines(path)
        last: dict[tuple[str, ...], int] = {}
        for start in range(len(said) - SAME_LINES + 1):
            run = tuple(line for _, line in said[start : start + SAME_LINES])
            if start - last.get(run, -SAME_LINES) >= SAME_LINES:  # overlaps are one run
                where[run].append(f"{place(path)}:{said[start][0]}")
                last[run] = start
    repeated = {spots[0]: spots[1:] for spots in where.values() if len(spots) > 1}
    assert not repeated


def test_no_public_class_or_function_has_the_name_of_another() -> None:
    def public(path: Path) -> Iterator[str]:
        for node in tree_of(path).body:
            named = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            if named and not node.name.startswith("_"):
                yield node.name

    assert not twice(public, MODULES)


def test_no_constant_has_the_name_of_another() -> None:
    def constants(path: Path) -> Iterator[str]:
        for node in tree_of(path).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and re.fullmatch("[A-Z][A-Z0-9_]*", target.id):
                    yield target.id

    assert not twice(constants, MODULES)


def test_no_file_has_the_name_of_another() -> None:
    named = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".js", ".html"}]
    assert not twice(lambda path: iter([path.name] * (path.name != "__init__.py")), named)
    tests = list((ROOT / "tests").rglob("test_*.py"))
    assert not twice(lambda path: iter([path.name]), tests)


def test_functions_are_short() -> None:
    long = {
        f"{place(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        for node in functions_of(path)
        if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert not long


def dialect_in(text: str) -> set[str]:
    """Words of the old dialect, parts of names counted as words."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)
    lower = {word.lower() for word in words} & DIALECT
    return lower | (set(re.findall(r"\b[A-Z_]+\b", text)) & DIALECT_CONSTANTS)


def test_the_search_for_the_old_dialect_finds_it() -> None:
    assert dialect_in("take_seats(SeatedPoint), WAYS") == {"seats", "seated", "ways"}
    assert dialect_in("MET = met") == {"MET"}
    assert not dialect_in("it was always released easily, as it seems; they met; never")


def test_no_word_of_the_old_dialect_is_left() -> None:
    found: dict[str, str] = {}
    for pattern in TEXTS:
        for path in sorted(ROOT.glob(pattern)):
            if place(path) in EXCEPTIONS or path.name.startswith("3Dmol"):
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines, 1):
                if words := dialect_in(line):
                    found[f"{place(path)}:{number}"] = " ".join(sorted(words))
    assert not found


def test_no_name_of_the_source_is_of_the_old_dialect() -> None:
    found: dict[str, str] = {}
    for path in MODULES:
        source = io.StringIO(path.read_text(encoding="utf-8"))
        for token in tokenize.generate_tokens(source.readline):
            allowed = {"moves"} if place(path) == MONTE_CARLO else set()
            words = set(token.string.lower().split("_")) - allowed
            if token.type == tokenize.NAME and DIALECT_NAMES & words:
                found[f"{place(path)}:{token.start[0]}"] = token.string
    assert not found
