"""The one exception that a person reads: what is wrong, where, and what to do."""


class InputError(Exception):
    """Say in one line that something given to the program is at fault, and what to do about it.

    The command line prints the message on standard error and exits with status 2; the app shows it as a notice.
    """
