"""The subcommand `generate`: files made from the descriptions and from the rooms' tables."""

from pathlib import Path

import typer

from bicall.emulator.support.terminal import output

app = typer.Typer()


def files() -> dict[Path, str]:
    """Path and text of each generated file of every room."""
    from bicall.emulator.configuration import generate as of_the_rule
    from bicall.rtl.driver import packet_files, register_files

    return of_the_rule.files() | register_files.files() | packet_files.files()


@app.command()
def generate() -> None:
    """Write the files made from the configurations and from the tables of registers and of packets."""
    from bicall.emulator.configuration.generate import write_files
    from bicall.emulator.support import project

    project.need("generate")
    changed = write_files(files())
    for path in changed:
        output.print(f"wrote {path.relative_to(project.FOLDER)}")
    if not changed:
        output.print("all generated files are up to date")
