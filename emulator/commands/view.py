"""Subcommand view: a recording as a page for the browser."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.terminal import Json, print_result

app = typer.Typer()


@app.command()
def view(
    recording: Annotated[
        Path,
        typer.Argument(
            metavar="RECORDING|FOLDER",
            help="A recording (.npz), a folder with one or two, a file of events, or a folder of `bicall fit`.",
        ),
    ],
    other: Annotated[
        Path | None, typer.Argument(metavar="OTHER", help="Another of the same variables, shown over the first.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The page to write; beside the recording, or in the folder, if not given.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a page to look around in a recording: spikes, traces, gates, weights, learned fields, a film.

    Of two recordings it marks the first difference. Of a fit it shows the network at its first ten test samples. The
    page needs no network and no other file.
    """
    from bicall.emulator.fit import folder
    from bicall.emulator.fit.recording import recorded
    from bicall.emulator.support.files import ensure_writable
    from bicall.emulator.support.reporting import working
    from bicall.emulator.view.contents import contents
    from bicall.emulator.view.page import write_page
    from bicall.emulator.view.sources import load_contents

    page = output or (recording / "view.html" if recording.is_dir() else recording.with_suffix(".html"))
    if not recording.exists():  # before a page is written beside it
        raise BadInput(f"recording {recording}: no such file or folder")
    ensure_writable(page)
    with working("making the page"):
        if folder.is_one(recording) and other is None:
            look = contents(str(recording), recorded(*folder.read(recording)))
        else:
            look = load_contents(recording, other)
        write_page(look, page)
    spikes = sum(part["count"] for each in look["spikes"] for part in each["parts"])
    difference = look["difference"]
    result = {
        "page": str(page),
        "spikes": spikes,
        "ticks": [look["first"], look["last"]],
        "layers": [each["name"] for each in look["layers"]],
        "difference": difference and difference["text"],
        "omitted": look["omitted"],
    }
    lines = [f"{look['title']}: {spikes:,} spikes, ticks {look['first']:,} to {look['last']:,}"]
    if look["compared"]:
        lines.append(f"different at {difference['text']}" if difference else "the two recordings are equal")
    lines += look["omitted"]
    lines.append(f"open {page} in a browser")
    print_result(result, lines, json)
