"""The one exception for input that cannot be used."""


class BadInput(ValueError):
    """Input from outside that cannot be used.

    Its message is one line that names the field, the value and the limit. The command line prints that line and ends
    with exit code 2.
    """
