"""`python -m zeoloom` is the command `zeoloom`."""

from zeoloom.cli import main

main()
