"""The subcommand `generate`: files made from the descriptions and from the rooms' tables."""

from pathlib import Path

import typer

from bicall.emulator.support.terminal import output

app = typer.Typer()


def files() -> dict[Path, str]:
    """Path and text of each generated file of every room."""
    from bicall.emulator.configuration import generate as of_the_rule
    from bicall.rtl.driver import register_files

    return of_the_rule.files() | register_files.files()


@app.command()
def generate() -> None:
    """Write the files made from the configurations and from the core's table of registers."""
    from bicall.emulator.configuration.generate import write_files
    from bicall.emulator.support import project

    project.need("generate")
    changed = write_files(files())
    for path in changed:
        output.print(f"wrote {path.relative_to(project.FOLDER)}")
    if not changed:
        output.print("all generated files are up to date")
