"""Subcommands that look at descriptions and recordings: describe, diff, generate."""

import math
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from emulator import constants, description
from emulator.constants import Constant
from emulator.terminal import Json, output, print_result, table

app = typer.Typer(no_args_is_help=True)

LARGE_ERROR = 0.05  # a constant further off than this changes what the rule does; it is marked


@app.command()
def describe(
    name: Annotated[str | None, typer.Argument(help="A configuration, or a .toml file of your own.")] = None,
    as_json: Json = False,
) -> None:
    """Show each constant in physical units and as an integer; without a name, list the configurations."""
    if name is None:
        _list_configurations(as_json)
        return
    described = description.load(name)
    rule, times = constants.quantise(described), time_constants(described)
    result = {
        "configuration": described.name,
        "summary": described.summary,
        "constants": [_as_json(constant) for constant in rule],
        "time_constants": [_as_json(constant) for constant in times],
    }
    columns = ("constant", "meaning", "unit", "physical", "integer", "stands for", "error")
    titles = escape(f"{described.name}: {described.summary}"), "Time constants of the decays"
    tables = [table(title, columns, map(_row, group)) for title, group in zip(titles, (rule, times), strict=True)]
    for made in tables:
        made.columns[1].justify = made.columns[2].justify = "left"
    n_large = sum(_is_large(constant) for constant in rule + times)
    note = f"{n_large} of {len(rule + times)} are off by more than {LARGE_ERROR:.0%} (marked !)"
    print_result(result, [*tables, note], as_json)


def time_constants(described: description.Description) -> list[Constant]:
    """The time constants, in ms, that the quantised decay factors stand for.

    A factor near 1 hides its error: of 800 ticks, half a unit in 12 binary places is a tenth. Truncation shortens the
    decay further; that depends on the value and is not in here.
    """
    neuron = described.neuron
    wanted = {
        "x_decay": described.pre_trace.time_constant_ms,
        "y_decay": described.post_trace.time_constant_ms,
        "s_decay": described.gate_trace.time_constant_ms,
        "current_decay": neuron.current_time_constant_ms,
        "membrane_decay": neuron.membrane_time_constant_ms,
    }
    tick = described.time.tick_ms
    made = []
    for constant in constants.quantise(described):
        if constant.name in wanted:
            factor = constant.represented
            represented = 0.0 if factor == 0 else math.inf if factor == 1 else -tick / math.log(factor)
            symbol = constant.name.removesuffix("_decay")
            made.append(
                Constant(
                    f"{symbol}_time_constant", f"time constant of {symbol}", "ms",
                    wanted[constant.name], constant.integer, represented,
                )
            )  # fmt: skip
    return made


@app.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="A recording (.npz).")],
    second: Annotated[Path, typer.Argument(metavar="B", help="A recording of the same variables.")],
    as_json: Json = False,
) -> None:
    """Compare two recordings: equal, or the first difference and exit code 1."""
    from rich.text import Text

    from emulator.recording import Recording, compare

    a, b = Recording.load(first), Recording.load(second)
    difference = compare(a, b)
    if difference is None:
        result = {"equal": True, "values": a.size, "variables": list(a.variables)}
        text = f"equal: {a.size:,} values of {len(a.variables)} variables compared"
    else:
        shown = {key: None if value != value else value for key, value in difference._asdict().items()}
        result, text = {"equal": False, "difference": shown}, f"different at {difference}"
    print_result(result, [Text(text)], as_json)
    if difference is not None:
        raise typer.Exit(1)


@app.command()
def generate() -> None:
    """Write the files that are made from the configurations: the Verilog header and docs/constants.md."""
    from emulator import generate

    changed = generate.write_files()
    for path in changed:
        output.print(f"wrote {path.relative_to(generate.PROJECT)}")
    if not changed:
        output.print("all generated files are up to date")


def _list_configurations(as_json: bool) -> None:
    result = [{"name": name, "summary": description.load(name).summary} for name in description.names()]
    listed = table("Configurations", ("name", "summary"), (map(escape, item.values()) for item in result))
    listed.columns[1].justify = "left"
    print_result({"configurations": result}, [listed], as_json)


def _is_large(constant: Constant) -> bool:
    return abs(constant.error) > LARGE_ERROR


def _row(constant: Constant) -> list[str]:
    error = f"{round(100 * constant.error, 2) + 0.0:.2f} %"  # adding 0 drops the sign of a rounded -0
    return [
        constant.name,
        constant.meaning,
        constant.unit,
        f"{constant.physical:.6g}",
        str(constant.integer),
        f"{constant.represented:.6g}",
        f"[bold red]! {error}[/]" if _is_large(constant) else error,
    ]


def _as_json(constant: Constant) -> dict:
    """JSON has no infinity: null stands for it (no floor; a decay that never ends)."""
    values = constant._asdict() | {"error": constant.error, "large_error": _is_large(constant)}
    return {key: None if isinstance(value, float) and math.isinf(value) else value for key, value in values.items()}
