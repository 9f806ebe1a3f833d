"""The constants of a process, whose user gave a description or the constants themselves."""

from bicall.emulator.rule.constants import Constants, fixed, real
from bicall.emulator.rule.description import Rule
from bicall.emulator.rule.state import is_fixed
from bicall.emulator.support.errors import BadInput


def constants_in(arithmetic: str, description: Rule | Constants) -> Constants:
    """The constants in "float" or "fixed".

    Raises:
        BadInput: constants of the other arithmetic.
    """
    if not isinstance(description, Constants):
        return fixed(description) if arithmetic == "fixed" else real(description)
    if is_fixed(description) != (arithmetic == "fixed"):
        other = "float" if arithmetic == "fixed" else "fixed"
        raise BadInput(f"description: holds constants of {other}, must be of {arithmetic}, or a rule")
    return description
