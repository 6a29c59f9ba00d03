"""The report on the start page: of a small real run, kept until what makes it changes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from repository_pages import ROOT

COMMAND = (
    *("generate", "-n", "6", "--relax", "6", "--batch", "3"),
    *("--unique-atoms", "1-4", "--seed", "0"),
)
"""The run; `-o` is added."""

KEPT = ROOT / "build" / "site-report"
SEEN = ("report/*.html", "report/*.js", "report/*.py", "learn/weights/crystal.json")
"""Files of the package that the report shows the work of; another of them, another run."""


def live_report() -> Path:
    """The report, made if it is not there yet.

    Raises:
        subprocess.CalledProcessError: if the run fails.
    """
    report = KEPT / f"{_digest()}.html"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds at once make it once
        if not report.exists():
            for earlier in KEPT.glob("*.html"):
                earlier.unlink()
            with tempfile.TemporaryDirectory(dir=KEPT) as folder:
                _run(Path(folder) / "run")
                (Path(folder) / "run" / "report.html").replace(report)
    return report


def _run(folder: Path) -> None:
    """The command, by the sources of this repository."""
    source = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-P", "-m", "zeoloom", *COMMAND, "-o", str(folder)],
        check=True,
        env=os.environ | {"PYTHONPATH": source.rstrip(os.pathsep), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )


def _digest() -> str:
    """Names a run by the command and the files that it shows the work of."""
    found = hashlib.sha256(" ".join(COMMAND).encode())
    package = ROOT / "src" / "zeoloom"
    for path in sorted(each for pattern in SEEN for each in package.glob(pattern)):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]
