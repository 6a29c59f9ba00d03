"""Completion in shells: verbs, options and values, as the shells ask for them."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from zeoloom.cli import app
from zeoloom.cli.offered_values import SYMBOLS
from zeoloom.geometry.space_groups import standard_hall_number, symbol_of_hall_number
from zeoloom.learn.checkpoint import SHIPPED
from zeoloom.structure.reference_list import reference_entries

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long

MODELS = sorted(SHIPPED)
SHELLS = ("bash", "zsh", "fish")
LONGEST = 1.0
"""CPU seconds of one completion; 0.35 on the machine of the record, and these tests run beside
others."""


def completed(words: str, shell: str = "bash") -> list[str]:
    """What a shell gets to show for the words of a command line that the cursor stands behind."""
    before, begun = words.rsplit(" ", 1)
    asked = {
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(before.split())),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_ZEOLOOM_COMPLETE": f"complete_{shell}",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "zeoloom"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, begun
    return done.stdout.splitlines()


def offered(*words: str) -> list[str]:
    """Values for the option or argument that follows some words, by the command's own parameter."""
    command = get_command(app)
    for word in words[:-1]:
        command = command.get_command(None, word)
    name = words[-1].removeprefix("--").replace("-", "_")
    (parameter,) = [each for each in command.params if each.name == name]
    return [each.value for each in parameter.shell_complete(None, "")]


def test_verbs_options_and_values_are_completed_quickly() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert completed("zeoloom re") == ["reference"]
    assert completed("zeoloom solve --mod") == ["--model"]
    assert completed("zeoloom solve --cell 13.7 14.8 --space-group R-3") == ["R-3", "R-3m", "R-3c"]
    assert (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before) / 3 < LONGEST


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_the_names_of_models(shell: str) -> None:
    for_zsh = "\n".join(f'"{each}"' for each in MODELS)
    wanted = f"_arguments '*: :(({for_zsh}))'" if shell == "zsh" else "\n".join(MODELS)
    assert "\n".join(completed("zeoloom solve --model ", shell)) == wanted


def test_where_nothing_has_a_name_the_shell_offers_files() -> None:
    assert completed("zeoloom view ") == [""]
    assert completed("zeoloom view ", "zsh") == ["_files"]


def test_values_that_have_names() -> None:
    known = [each.net.name for each in reference_entries() if each.framework is not None]
    assert set(offered("reference", "show", "code")) == set(known)
    symbols = [symbol_of_hall_number(standard_hall_number(number)) for number in range(1, 231)]
    assert symbols == SYMBOLS.split()
    assert offered("solve", "--space-group") == ["auto", *symbols]
    assert offered("pattern", "--space-group") == symbols
    assert set(offered("train", "--config")) > set(MODELS)
    assert offered("generate", "--cells") == ["known", "free", "mixed"]
    assert "CuKa1" in offered("solve", "--wavelength")
    assert "trigonal" in offered("judge", "--crystal-system")


def test_values_after_a_comma() -> None:
    assert completed("zeoloom generate --contains d4r,so") == ["d4r,sod"]


def test_nets_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEOLOOM_DATA", str(tmp_path))
    assert offered("reference", "remove", "name") == []
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "mine.json").touch()
    assert offered("reference", "remove", "name") == ["mine"]
    assert "mine" in offered("reference", "show", "code")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_is_one_it_takes(shell: str, tmp_path: Path) -> None:
    """As written by `--show-completion`, read by the shell itself where it is there."""
    shown = subprocess.run(
        [sys.executable, "-P", "-m", "zeoloom"],
        env=os.environ | {"_ZEOLOOM_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"complete_{shell}" in shown
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    script = tmp_path / "script"
    script.write_text(shown, encoding="utf-8")
    checked = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
