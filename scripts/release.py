"""The release step: checks all that a release needs, and makes the tag when asked to.

    python scripts/release.py --set 0.2.0     # writes version and date where they stand
    python scripts/release.py                 # checks everything, and changes nothing
    python scripts/release.py --tag           # the same, then the tag
    python scripts/release.py --pythons 3.11 /opt/python3.14/bin/python --keep dist

Checked are: a clean work tree; one version in `pyproject.toml`, `CITATION.cff` and the newest
dated section of `CHANGELOG.md`; wheel and source archive, built from the files in git and read by
twine; the wheel's size; for each Python at hand an empty environment, with no package built there,
in which the program solves sodalite, names it and is quick to import; the source archive on the
first of them. With uv on the path, uv installs; else pip does. docs/releasing.md says more.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from try_wheel import ROOT, build, environment, pip, run

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LARGEST_WHEEL = 12e6
LONGEST_IMPORT = 1.0
"""CPU seconds of a Python that imports zeoloom."""

SODALITE = (
    "--cell",
    "8.965",
    "--space-group",
    "Im-3m",
    "--atoms",
    "12",
    "-n",
    "64",
    "--relax",
    "1",
)
TIMED = "import time, zeoloom; print(time.process_time())"

VERSIONED = {
    "pyproject.toml": (r'^version = "(.+)"$', 'version = "{version}"'),
    "CITATION.cff": (r"^version: (.+)$", "version: {version}"),
}
"""Where the version stands, and how it is written."""

DATED = r"^date-released: (.+)$"
SECTION = r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$"


@dataclass(frozen=True, slots=True)
class Release:
    """A version and its date."""

    version: str
    date: str


def main() -> None:
    """Write the version, or check, or check and tag."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    parser.add_argument("--set", metavar="VERSION", help="write this version, and no more")
    parser.add_argument("--date", default=today, help="of --set")
    parser.add_argument("--tag", action="store_true", help="make the tag if all is well")
    parser.add_argument(
        "--dry-run", action="store_true", help="go on where the files are not ready"
    )
    parser.add_argument("--pythons", nargs="+", default=PYTHONS, help="versions, or programs")
    parser.add_argument("--keep", type=Path, help="folder for the archives")
    options = parser.parse_args()
    if options.set:
        write_version(ROOT, Release(options.set, options.date))
        return
    faults = faults_of_files(ROOT)
    for fault in faults:
        print("not ready:", fault)
    if faults and (options.tag or not options.dry_run):
        sys.exit("nothing was built; see docs/releasing.md")
    with tempfile.TemporaryDirectory(prefix="zeoloom-release-") as name:
        check_archives(Path(name), options.pythons, options.keep)
    if options.tag:
        release = newest_release(ROOT)
        run("git", "tag", "-a", f"v{release.version}", "-m", f"zeoloom {release.version}", at=ROOT)
        print(f"tagged v{release.version}; nothing was sent anywhere")


def write_version(root: Path, release: Release) -> None:
    """Put version and date where they stand; what is unreleased becomes the section of it.

    Args:
        root: of the source.
        release: the new one.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", release.version):
        sys.exit(f"version {release.version!r}: expected three numbers such as 0.2.0")
    for file, (pattern, written) in VERSIONED.items():
        replace(root / file, pattern, written.format(version=release.version))
    replace(root / "CITATION.cff", DATED, f"date-released: {release.date}")
    replace(root / "CHANGELOG.md", r"^## Unreleased$", f"## {release.version} - {release.date}")
    print(f"{release.version} of {release.date}: read the changes, commit them, then check")


def replace(path: Path, pattern: str, new: str) -> None:
    """Replace the only line of a file that matches."""
    text, count = re.subn(pattern, new, path.read_text("utf-8"), flags=re.MULTILINE)
    if count != 1:
        sys.exit(f"{path.name}: expected one line {pattern}, found {count}")
    path.write_text(text, encoding="utf-8")


def newest_release(root: Path) -> Release | None:
    """The first section of the changelog, if it is one of a release."""
    text = (root / "CHANGELOG.md").read_text("utf-8")
    first = next((line for line in text.splitlines() if line.startswith("## ")), "")
    match = re.match(SECTION, first)
    return Release(match[1], match[2]) if match else None


def faults_of_files(root: Path) -> list[str]:
    """What a release still needs in the files of a work tree, one sentence each."""
    faults = []
    changed = run("git", "status", "--porcelain", at=root)
    if changed:
        faults.append(f"{len(changed.splitlines())} files are not committed")
    release = newest_release(root)
    if release is None:
        return [*faults, "the first section of CHANGELOG.md is not dated: --set VERSION writes it"]
    for file, (pattern, _) in VERSIONED.items():
        found = re.findall(pattern, (root / file).read_text("utf-8"), re.MULTILINE)
        if found != [release.version]:
            faults.append(f"{file} has version {' '.join(found)}, CHANGELOG.md {release.version}")
    cited = re.findall(DATED, (root / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    if cited != [release.date]:
        faults.append(f"CITATION.cff is dated {' '.join(cited)}, CHANGELOG.md {release.date}")
    if run("git", "tag", "--list", f"v{release.version}", at=root):
        faults.append(f"there is a tag v{release.version} already")
    return faults


def check_archives(folder: Path, pythons: list[str], kept: Path | None) -> None:
    """Build, read with twine, install and use; prints what was found."""
    archives = build(folder)
    for path in archives:
        print(f"built      {path.name}, {path.stat().st_size / 1e6:.2f} MB")
    tools = str(folder / "tools" / "bin" / "python")
    pip(tools, "twine")
    run(tools, "-m", "twine", "check", "--strict", *map(str, archives), at=folder)
    print("twine      nothing to say")
    source, wheel = sorted(archives, key=lambda path: path.suffix == ".whl")
    if wheel.stat().st_size > LARGEST_WHEEL or not wheel.stem.endswith("py3-none-any"):
        sys.exit(f"{wheel.name}: expected py3-none-any of at most {LARGEST_WHEEL / 1e6:g} MB")
    found = {name: interpreter(name) for name in pythons}
    for name, program in found.items():
        if program is None:
            print(f"Python {name}: not at hand")
    at_hand = [program for program in found.values() if program is not None]
    if not at_hand:
        sys.exit(f"no Python at hand of {', '.join(pythons)}")
    for number, program in enumerate(at_hand):
        print(try_archive(folder / f"wheel-{number}", program, wheel), flush=True)
    print(try_archive(folder / "source-archive", at_hand[0], source))
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        for path in archives:
            shutil.copy(path, kept)


def interpreter(name: str) -> str | None:
    """A Python that starts: a program, or the one of a version on the path, of pyenv or of uv."""
    listed = sorted(Path.home().glob(f".pyenv/versions/{name}.*/bin/python"))
    for candidate in (name, f"python{name}", *map(str, listed)):
        program = shutil.which(candidate)
        if program and run(program, "--version", at=ROOT, fail=False).startswith("Python 3"):
            return program
    uv = shutil.which("uv")
    look = ("python", "find", "--no-python-downloads", name)
    return (run(uv, *look, at=ROOT, fail=False) or None) if uv else None


def try_archive(folder: Path, program: str, archive: Path) -> str:
    """Install an archive in an empty environment, solve sodalite and name it; gives a line."""
    python = environment(folder / "empty", program)
    install(python, archive)
    zeoloom = str(Path(python).with_name("zeoloom"))
    version = run(zeoloom, "--version", at=folder)
    if version.split()[-1] not in archive.name:
        sys.exit(f"{archive.name} says it is {version}")
    run(python, "-P", "-c", "import zeoloom", at=folder)  # compiles bytecode
    seconds = min(float(run(python, "-P", "-c", TIMED, at=folder)) for _ in range(3))
    if seconds > LONGEST_IMPORT:
        sys.exit(f"import zeoloom took {seconds:.2f} CPU seconds, more than {LONGEST_IMPORT:g}")
    run(zeoloom, "solve", *SODALITE, "--seed", "0", "-o", "solved", at=folder)
    judged = run(zeoloom, "judge", "solved/frameworks", "--no-energy", "-o", "judged", at=folder)
    if "SOD" not in judged:
        sys.exit(f"no sodalite among the frameworks found:\n{judged}")
    named = run(python, "--version", at=folder)
    kind = "wheel" if archive.suffix == ".whl" else "source archive"
    return f"{named:<14} {kind}: installed, imported in {seconds:.2f} CPU s, solved and judged SOD"


def install(python: str, archive: Path) -> None:
    """Install an archive without building any other package, by uv if it is there."""
    within = (str(archive), "-c", str(ROOT / "constraints.txt"), "--only-binary", ":all:")
    own = () if archive.suffix == ".whl" else ("--no-binary", "zeoloom")
    uv = shutil.which("uv")
    if uv:
        run(uv, "pip", "install", "-q", "--python", python, *within, *own, at=ROOT)
    else:
        pip(python, *within, *own)


if __name__ == "__main__":
    main()
