"""Deliberate small faults in Verilog text, made automatically: what a test bench must notice."""

import re
from typing import NamedTuple

import numpy as np

# operator, what takes its place; operators stand between spaces in this room's Verilog
SWAPS = {
    "+": "-", "-": "+", "&&": "||", "||": "&&", "==": "!=", "!=": "==", "<": "<=", ">": ">=", ">=": ">", "<=": "<",
    "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<", "*": "+",
}  # fmt: skip
OPERATOR = re.compile(r"(?<= )(\+|-|&&|\|\||==|!=|<=|>=|<<|>>|<|>|&|\||\^|\*)(?= )")
CONSTANT = re.compile(r"\d+'[dbh][0-9A-Fa-f]+")
NEGATION = re.compile(r"!(?=[a-z(])")
# lines that only declare, count for reports, or name what is not used
SKIPPED = re.compile(
    r"parameter|localparam|^\s*(input|output)|_unused|^\s*`|^\s*function|genvar|for \(|_ADDRESS|initial"
)


class Mutant(NamedTuple):
    """A changed text of one module."""

    module: str
    line: int  # from 1
    what: str
    instead: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}.v:{self.line}: {self.what} -> {self.instead}"


def mutants(module: str, text: str, but: str = r"$^") -> list[Mutant]:
    """All mutants of a module: each swaps one operator, changes one constant by one, or drops one negation.

    Args:
        module: its name.
        text: its Verilog.
        but: regular expression; lines where it is found are left alone.
    """
    made, start = [], 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        code = line.split("//")[0]
        if not SKIPPED.search(code) and not re.search(but, code):
            for begin, end, instead in _changes(code):
                changed = text[: start + begin] + instead + text[start + end :]
                made.append(Mutant(module, number, code[begin:end], instead, changed))
        start += len(line)
    return made


def sample(made: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """Some of the mutants, at random, in the text's order."""
    chosen = np.random.default_rng(seed).permutation(len(made))[:count]
    return [made[i] for i in sorted(chosen)]


def _changes(code: str):
    inside = _bracketed(code)
    for found in OPERATOR.finditer(code):
        is_assignment = found[1] == "<=" and re.match(
            r"^\s*(if \(.*\) |else |(\d+'d)?\w+: |begin )*[\w\[\]:+*-]+ $", code[: found.start()]
        )
        if not inside[found.start()] and not is_assignment:
            yield found.start(), found.end(), SWAPS[found[1]]
    for found in CONSTANT.finditer(code):
        if not inside[found.start()]:
            width, base, digits = re.findall(r"^(\d+)'([dbh])(\w+)", found[0])[0]
            value = int(digits, {"d": 10, "b": 2, "h": 16}[base])
            other = value + 1 if value + 1 < 1 << int(width) else value - 1
            yield found.start(), found.end(), f"{width}'d{other}"
    for found in NEGATION.finditer(code):
        yield found.start(), found.end(), ""


def _bracketed(code: str) -> list[bool]:
    """Whether each character stands inside square brackets."""
    depth, inside = 0, []
    for character in code:
        depth += (character == "[") - (character == "]")
        inside.append(depth > 0)
    return inside
