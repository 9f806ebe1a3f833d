"""Subcommands that look at descriptions and recordings: describe, diff."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer(no_args_is_help=True)


@app.command()
def describe(
    name: Annotated[str | None, typer.Argument(help="A configuration, or a .toml file of your own.")] = None,
    as_json: Json = False,
) -> None:
    """Show each constant in physical units and as an integer; without a name, list the configurations."""
    from bicall.emulator.configuration import description
    from bicall.emulator.rule.describe import as_result, as_view

    if name is None:
        summaries = {known: description.load(known).summary for known in description.names()}
        listed = table("Configurations", ("name", "summary"), summaries.items())
        listed.columns[1].justify = "left"
        print_result({"configurations": summaries}, [listed], as_json)
    else:
        described = description.load(name)
        print_result(as_result(described), as_view(described), as_json)


@app.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="A recording (.npz).")],
    second: Annotated[Path, typer.Argument(metavar="B", help="A recording of the same variables.")],
    as_json: Json = False,
) -> None:
    """Compare two recordings: equal, or the first difference and exit code 1."""
    from rich.text import Text

    from bicall.emulator.rule.recording import Recording, compare

    a, b = Recording.load(first), Recording.load(second)
    difference = compare(a, b)
    if difference is None:
        result = {"equal": True, "values": a.size, "variables": list(a.variables)}
        text = f"equal: {a.size:,} values of {len(a.variables)} variables compared"
    else:
        # JSON has no NaN: null stands for it
        shown = {key: None if value != value else value for key, value in difference._asdict().items()}
        result, text = {"equal": False, "difference": shown}, f"different at {difference}"
    print_result(result, [Text(text)], as_json)
    if difference is not None:
        raise typer.Exit(1)
