"""The subcommand `bicall demo`."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.terminal import Json, print_result

app = typer.Typer()


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Folder for report.json, figures and index.html.")] = Path("out/demo"),
    images: Annotated[int, typer.Option(min=1, help="Training images of each network.")] = 6000,
    json: Json = False,
) -> None:
    """Run everything once: train, compare, check Lava and Verilog, map; leaves a report to open."""
    from bicall.demo.page import write_page
    from bicall.demo.steps import run_all, summary

    report = run_all(output, images)
    page = write_page(report, output)
    differences = sum(check["different"] for check in report["checks"])
    view = [*summary(report), f"report.json, figures and [bold]{page}[/bold]: open it in a browser"]
    print_result(report, view, json)
    if differences:
        raise typer.Exit(1)


@app.command()
def results(
    output: Annotated[
        Path, typer.Option(help="Folder for what each command gives; what is there already is not measured again.")
    ] = Path("out/results"),
    json: Json = False,
) -> None:
    """Measure all that docs/results.md shows, and write that page: about 20 minutes, goes on if interrupted."""
    from bicall.emulator.support import project
    from bicall.results.measurements import measure
    from bicall.results.results import numbers, write_results

    project.need("results")
    found = measure(output)
    page = write_results(found, output)
    print_result(numbers(found), [f"{len(found)} measurements in {output}; page written: {page}"], json)
