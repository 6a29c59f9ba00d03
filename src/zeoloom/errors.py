"""Errors whose messages are for the user: what was given, what was expected and what to try."""


class InputError(ValueError):
    """Input that cannot be used. The command line prints the message and exits with code 2."""


class RunError(Exception):
    """A run that cannot go on, though its input is sound; the message is shown without a trace."""
