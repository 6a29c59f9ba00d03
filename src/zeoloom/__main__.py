"""`python -m zeoloom` is the command `zeoloom`."""

import sys

if not sys.flags.safe_path:
    # the current folder, where a user's random.py may lie
    del sys.path[0]

from zeoloom.cli import main  # not from the current folder

main()
