"""Errors that are the user's to mend: what was given, what was expected and what to try."""


class InputError(ValueError):
    """Input that cannot be used. The command line prints the message and exits with code 2."""
