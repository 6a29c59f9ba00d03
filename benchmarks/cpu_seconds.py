"""A benchmark by seconds of the processor: what to use on a machine that does other work, too.

    python benchmarks/cpu_seconds.py benchmarks/guide.py --codes MFI --uses guided --seconds 45

Runs the script with its arguments in this process; budgets and times are then seconds of the
processor that this process has used. For one process: no `--workers`.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import time
from pathlib import Path
from unittest import mock


def main() -> None:
    """Run the script that is named, by the other clock."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("script", type=Path)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of the script")
    given = parser.parse_args()
    if not given.script.is_file():
        parser.error(f"no script {given.script}; give one such as benchmarks/guide.py")
    sys.argv = [str(given.script), *given.arguments]
    sys.path.insert(0, str(given.script.parent))
    with mock.patch.object(time, "monotonic", time.process_time):
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
