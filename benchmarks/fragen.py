"""FraGen, if somebody has it: its input, one run of it, what can be read of its output.

It does not come with zeoloom, and the grammar of its files was nowhere to be read, only keywords
and numbers (Li, Yu & Xu, J. Appl. Cryst. 45 (2012) 855). So the input is a template that can be
replaced, and the output is read with tolerance.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import annealing_kernel as recipe
from annealing import Cycle
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import expand_orbits

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

FOUND = {"CHA": 202, "FAU": 29, "AEI": 86, "MTN": 8, "RHO": 58, "FER": 3, "POR": 4, "PWN": 4}
NEVER_FOUND = ("MOR", "HEU", "TON", "MEL", "MFI", "DDR", "MTW", "SOV", "CTH")
HITS = FOUND | dict.fromkeys(NEVER_FOUND, 0)
"""How often FraGen found a type in 20 s of one core."""

TEMPLATE = """\
TITL {title}
OUTF {output}
LSTF {listing}
CSQF {sequences}
CELL {cell}
SPGR {space_group}
TYPE T {connectivity} {connectivity_weight}
BOND T T {bond} {bond_cutoff} {bond_weight}
D1_3 T T T {next} {next_weight}
UNIQ T {unique}
MWYC {merging}
NCYC {cycles} {moves} {trial_moves} {trial_cost}
TEMP {temperatures}
STEP {steps}
SEED {seed}
END
"""

INPUT, OUTPUT, LISTING, SEQUENCES, SAID = "run.inp", "run.out", "run.lst", "run.csq", "said.txt"
"""Files of the folder the program runs in; the last holds what it prints."""

CYCLES = 1_000_000
"""More than there is time for."""

LOOK_EVERY = 0.1
"""Seconds between two looks at how much has been written."""

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the program left.

    Attributes:
        cycles: all that could be read.
        seconds: it ran.
        failed: whether it ended by itself with another code than 0.
        said: how it ended and what it said, for messages.
    """

    cycles: list[Cycle]
    seconds: float
    failed: bool
    said: str


def n_t_of(framework: Framework) -> int:
    """T atoms of its cell."""
    return len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])


def input_of(template: str, framework: Framework, cycles: int, seed: int) -> str:
    """The input file of FraGen for a type.

    Its keywords are known here, the rest of its grammar is not, so `TEMPLATE` is the plainest that
    carries the numbers of the recipe: a guess. If your FraGen wants it otherwise, give your own:
    any text with the names below in {braces}. Places come back in the setting of the operations
    here: inversion at the origin where a group has a choice, hexagonal axes for rhombohedral ones.

    Raises:
        InputError: if a name in braces is none of these.
    """
    names = {
        "title": framework.name,
        "output": OUTPUT,
        "listing": LISTING,
        "sequences": SEQUENCES,
        "cell": " ".join(f"{value:.4f}" for value in parameters_from_cell(framework.cell)),
        "space_group": framework.space_group_symbol,
        "space_group_number": framework.space_group_number,
        "unique": len(framework.frac_t),
        "n_t": n_t_of(framework),
        "connectivity": recipe.CONNECTIVITY,
        "connectivity_weight": recipe.CONNECTIVITY_WEIGHT,
        "bond": recipe.BOND,
        "bond_cutoff": recipe.BOND_CUTOFF,
        "bond_weight": recipe.BOND_WEIGHT,
        "next": recipe.NEXT,
        "next_weight": recipe.NEXT_WEIGHT,
        "merging": recipe.MERGING,
        "cycles": cycles,
        "moves": recipe.MOVES,
        "trial_moves": recipe.TRIAL_MOVES,
        "trial_cost": recipe.TRIAL_COST,
        "temperatures": " ".join(map(str, recipe.TEMPERATURES)),
        "steps": " ".join(map(str, recipe.STEPS)),
        "seed": seed,
    }
    try:
        return template.format(**names)
    except (KeyError, IndexError, AttributeError, ValueError) as error:
        raise InputError(
            f"the template cannot be filled in: {error}; names in braces are {', '.join(names)}"
        ) from None


def cycles_in(written: bytes) -> list[tuple[FloatArray, int]]:
    """What can be read of an output of FraGen.

    A line with the word cost and a number begins a cycle. The lines after it with three numbers in
    a row that have a decimal point and lie between -1 and 2 are its sites; anything may stand
    before and behind them. Other lines are passed over.

    Returns:
        (n, 3) fractional sites of each cycle that has any, and how many bytes had been written when
        its last site was.
    """
    cycles: list[tuple[list[list[float]], int]] = []
    end = 0
    for line in written.splitlines(keepends=True):
        end += len(line)
        text = line.decode("utf-8", errors="replace")
        if re.search(r"\bcost\b", text, re.IGNORECASE) and NUMBER.search(text):
            cycles.append(([], end))
        elif cycles and (place := _place_in(text)):
            sites, _ = cycles[-1]
            cycles[-1] = ([*sites, place], end)
    return [(np.array(sites), end) for sites, end in cycles if sites]


def _place_in(line: str) -> list[float]:
    """The first three fractional coordinates in a row on a line; empty without them."""
    found: list[float] = []
    for field in re.split(r"[\s,;()]+", line):
        place = NUMBER.fullmatch(field) and "." in field and -1 <= float(field) <= 2
        found = [*found, float(field)] if place else []
        if len(found) == 3:
            return found
    return []


def run_program(program: Path, text: str, seconds: float) -> Run:
    """Run FraGen in a folder of its own, stop it when the time is up, read what it has written.

    It is given the name of its input file as its only argument. A program that wants it otherwise
    can be wrapped in a script; what the script has started is stopped with it.

    Args:
        program: that can be executed.
        text: its input.
        seconds: until it is killed.

    Raises:
        InputError: if the system cannot start it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / INPUT).write_text(text, encoding="utf-8")
        output, said = folder / OUTPUT, folder / SAID
        started = time.perf_counter()
        with said.open("wb") as stream:
            try:
                process = subprocess.Popen(  # noqa: S603 - what the user wants to run
                    [program, INPUT],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                    start_new_session=True,
                )
            except OSError as error:
                raise InputError(f"{program} cannot be run: {error.strerror}") from None
        looks: list[tuple[float, int]] = []
        try:
            while process.returncode is None and time.perf_counter() - started < seconds:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK_EVERY)
                size = output.stat().st_size if output.exists() else 0
                looks.append((time.perf_counter() - started, size))
        finally:
            stopped = process.returncode is None
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        spent = time.perf_counter() - started
        written = output.read_bytes() if output.exists() else b""
        if stopped:  # perhaps in the middle of a number
            written = written[: written.rfind(b"\n") + 1]
        cycles = [
            Cycle(frac, min((at for at, size in looks if size >= end), default=spent))
            for frac, end in cycles_in(written)
        ]
        tail = said.read_bytes().decode("utf-8", errors="replace").strip()[-500:]
    how = "was stopped" if stopped else f"ended with code {process.returncode}"
    said = f"it wrote {len(written)} bytes to {OUTPUT}, {how} after {spent:.1f} s"
    failed = not stopped and process.returncode != 0
    return Run(cycles, spent, failed, f"{said} and said: {tail or 'nothing'}")


def check_program(program: Path) -> None:
    """Raise InputError unless a file can be run."""
    if not program.is_file():
        raise InputError(f"there is no program {program}: --fragen wants the path of FraGen's")
    if not os.access(program, os.X_OK):
        raise InputError(f"{program} is not executable: chmod +x makes it so, if it is FraGen's")
