"""The exceptions that the command line turns into one line."""


class BadInput(ValueError):
    """Input from outside that cannot be used.

    Its message is one line that names the field, the value and the limit. The command line prints that line and ends
    with exit code 2.
    """


class Interrupted(Exception):
    """Ctrl-C, after what was done has been saved; its message says how to go on. Exit code 130.

    Not a KeyboardInterrupt: typer turns those into an exit code, and the message would be lost.
    """
