"""Build the source archive and the wheel, install the wheel in an empty environment, and run it.

    python scripts/try_wheel.py
    python scripts/try_wheel.py --keep dist

Packages come from the index that pip is set up for, within `constraints.txt`. The last line is
`the wheel works`; anything else ends with the output of the command that failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Build, install, run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="folder for the archive and the wheel")
    kept = parser.parse_args().keep
    with tempfile.TemporaryDirectory(prefix="zeoloom-wheel-") as name:
        folder = Path(name)
        archives = build(folder)
        print("built", *(path.name for path in archives))
        wheel = next(path for path in archives if path.suffix == ".whl")
        python = environment(folder / "empty")
        pip(python, str(wheel), "-c", str(ROOT / "constraints.txt"))
        print("installed", run(python, "-c", "import zeoloom; print(zeoloom.__file__)", at=folder))
        use(python, folder)
        if kept is not None:
            kept.mkdir(parents=True, exist_ok=True)
            for path in archives:
                shutil.copy(path, kept)
    print("the wheel works")


def build(folder: Path) -> list[Path]:
    """The source archive of the files in git, and the wheel built from that archive."""
    source = folder / "source"
    listed = run("git", "ls-files", "-z", at=ROOT).split("\0")
    for file in filter(None, listed):
        if (ROOT / file).is_file():
            (source / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, source / file)
    python = environment(folder / "tools")
    pip(python, "build")
    run(python, "-m", "build", "--outdir", str(folder / "dist"), str(source), at=folder)
    return sorted((folder / "dist").iterdir())


def use(python: str, folder: Path) -> None:
    """Help, a few new frameworks, and the verdict on one of them."""
    zeoloom = str(Path(python).with_name("zeoloom"))
    assert "generate" in run(zeoloom, "--help", at=folder)
    few = ("-n", "1", "--unique-atoms", "1-2", "--batch", "8", "--relax", "1", "--seed", "0")
    print(run(zeoloom, "generate", *few, "-o", "new", at=folder))
    made = sorted((folder / "new" / "frameworks").glob("*.cif"))
    print(run(zeoloom, "judge", str(made[0]), "--no-energy", "-o", "judged", at=folder))
    for written in ("new", "judged"):
        assert (folder / written / "report.html").stat().st_size > 0


def environment(folder: Path, python: str = sys.executable) -> str:
    """A new virtual environment of a Python; gives the environment's Python."""
    run(python, "-m", "venv", str(folder), at=ROOT)
    return str(folder / "bin" / "python")


def pip(python: str, *what: str) -> None:
    """Install packages, in silence."""
    run(python, "-m", "pip", "--disable-pip-version-check", "install", "-q", *what, at=ROOT)


def run(*command: str, at: Path, fail: bool = True) -> str:
    """Run a command without the surrounding environment's Python path; gives what it printed.

    Args:
        command: with its arguments.
        at: folder to run it in.
        fail: whether this program ends, with what was printed, if the command fails.
    """
    around = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - commands of this file
        command, cwd=at, env=around, capture_output=True, text=True, check=False
    )
    if done.returncode and fail:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
