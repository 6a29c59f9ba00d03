"""What compiling costs a first run: every specialisation on a cold cache.

    python benchmarks/compile.py                    # about a minute and a half on one core
    python benchmarks/compile.py --verbs judge      # of other verbs
    python benchmarks/compile.py --inner            # numba's own functions one by one too

`solve` and `generate` run one after the other, each in a process of its own, with a cache folder
that is empty at first. A row is one compiled function for one kind of arguments. Its seconds are
the processor's, without those of other functions that were compiled for it on the way.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from numba.core import event

from zeoloom.cli import app
from zeoloom.structure.files.cif_out import write_cif
from zeoloom.structure.reference import load_reference

VERBS = {
    "solve": "solve --cell 13.675 13.675 14.767 90 90 120 --space-group R-3m --atoms 36 -n 24",
    "generate": "generate -n 2 --batch 12",
    "judge": "judge {cif} --no-energy",
}


def main() -> None:
    """Run the verbs and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--verbs", nargs="+", choices=VERBS, default=["solve", "generate"])
    parser.add_argument("--inner", action="store_true", help="do not add up numba's own functions")
    parser.add_argument("--worker", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        _worker(given.worker)
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for verb in given.verbs:
            words = VERBS[verb].format(cif=_example(Path(folder))).split()
            begin = time.monotonic()
            rows += [{"verb": verb} | row for row in _compiled_by(words, Path(folder))]
            print(f"{verb}: {time.monotonic() - begin:.1f} s in all")
        code = sum(path.stat().st_size for path in Path(folder, "cache").rglob("*.nbc"))
    _print_table(rows, inner=given.inner)
    print(f"{code / 1e6:.1f} MB of compiled code")


def _example(folder: Path) -> Path:
    """The CIF of a bundled type."""
    path = folder / "MFI.cif"
    if not path.exists():
        write_cif(path, load_reference()["MFI"])
    return path


def _compiled_by(words: list[str], folder: Path) -> list[dict[str, Any]]:
    """What a command compiles, in a process of its own."""
    record = folder / f"{words[0]}.json"
    command = [sys.executable, __file__, "--worker", str(record), *words]
    command += ["--seed", "0", "-o", str(folder / words[0])]
    command += [] if words[0] == "judge" else ["--relax", "0"]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache")}
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603
    rows: list[dict[str, Any]] = json.loads(record.read_text())
    return rows


def _worker(words: list[str]) -> None:
    """Run a command; write down what it compiled."""

    class Watch(event.Listener):
        """Times of what is being compiled, the innermost last."""

        def __init__(self) -> None:
            self.rows: list[dict[str, Any]] = []
            self._open: list[list[float]] = []

        def on_start(self, event: Any) -> None:
            del event
            self._open.append([time.process_time(), 0.0])

        def on_end(self, event: Any) -> None:
            begin, within = self._open.pop()
            spent = time.process_time() - begin
            if self._open:
                self._open[-1][1] += spent
            function = event.data["dispatcher"].py_func
            self.rows.append(
                {
                    "function": f"{function.__module__}.{function.__qualname__}",
                    "arguments": ", ".join(map(str, event.data["args"])),
                    "seconds": spent - within,
                    "inside": bool(self._open),
                }
            )

    watch = Watch()
    event.register("numba:compile", watch)
    record, *command = words
    app(command, standalone_mode=False)
    Path(record).write_text(json.dumps(watch.rows), encoding="utf-8")


def _print_table(rows: list[dict[str, Any]], *, inner: bool) -> None:
    """The rows, the slowest first, and their sum."""
    ours = [row for row in rows if inner or row["function"].startswith("zeoloom.")]
    times = Counter(row["function"] for row in ours)
    print(f"{'seconds':>7} {'verb':<9} function(arguments)")
    for row in sorted(ours, key=lambda row: -row["seconds"]):
        name = row["function"].removeprefix("zeoloom.")
        kinds = f" [one of {times[row['function']]}]" if times[row["function"]] > 1 else ""
        print(f"{row['seconds']:7.2f} {row['verb']:<9} {name}({_short(row['arguments'])}){kinds}")
    of_numba = [row for row in rows if not row["function"].startswith("zeoloom.")]
    total = sum(row["seconds"] for row in rows)
    print(
        f"{total:.1f} s of processor time: {len(rows) - len(of_numba)} specialisations "
        f"{total - sum(row['seconds'] for row in of_numba):.1f} s, and "
        f"{sum(row['seconds'] for row in of_numba):.1f} s for {len(of_numba)} functions of numba "
        "that they call"
    )


def _short(arguments: str) -> str:
    """Kinds of arguments in fewer letters, as f8[::1,3]: float64, contiguous, three axes."""
    for long, short in (
        ("Array", ""),
        ("array", ""),
        ("float", "f"),
        ("int", "i"),
        ("readonly ", "ro "),
    ):
        arguments = arguments.replace(long, short)
    return arguments[:160]


if __name__ == "__main__":
    main()
