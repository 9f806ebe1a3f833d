"""The subcommand `synth`: what the Verilog takes as gates and cells, and how fast it is on an FPGA."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bicall.emulator.support.reporting import progress
from bicall.emulator.support.terminal import Json, messages, print_result, table


def synth(
    module: Annotated[str, typer.Argument(help="A Verilog module of rtl/.")] = "bicall_synapse",
    target: Annotated[
        list[str] | None, typer.Option(help="generic, osu018, ice40, ecp5 or xilinx; all that can be, if missing.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A Verilog parameter, as LANES=8.")
    ] = None,
    liberty: Annotated[
        Path | None, typer.Option(help="Standard cells, if osu018's are not where Debian has them.")
    ] = None,
    place: Annotated[
        bool, typer.Option("--place", help="Place and route on an ECP5-25k too: how many MHz. Takes minutes.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the placement.")] = 1,
    as_json: Json = False,
) -> None:
    """Synthesise a module and print what it takes, memories apart."""
    from bicall.emulator.support.extras import require
    from bicall.rtl.synth.placement import PLACER
    from bicall.rtl.synth.placement import place as place_module
    from bicall.rtl.synth.synthesis import OSU018, STANDARD_CELLS, TARGETS, module_parameters, synthesise

    liberty = liberty or OSU018
    parameters = module_parameters(module, set_ or [])
    if place:
        require(PLACER)
    targets = target or [name for name in TARGETS if name != STANDARD_CELLS or liberty.exists()]
    results = [synthesise(module, parameters, name, liberty) for name in progress(targets, f"synthesising {module}")]
    rows = [
        (r["target"], f"{r['logic']:,}", f"{r['flip_flops']:,}", f"{r['memory_bits']:,}",
         f"{r['gate_equivalents']:,.0f}" if "gate_equivalents" in r else "", len(r["warnings"]))
        for r in results
    ]  # fmt: skip
    chosen = ", ".join(f"{name} {value}" for name, value in parameters.items()) or "default parameters"
    columns = ("target", "logic cells", "flip-flops", "memory bits", "gate equivalents", "warnings")
    result: dict[str, Any] = {"results": results}
    view: list[Any] = [table(f"{module}, {chosen}", columns, rows)]
    if place:
        with messages.status(f"placing and routing {module}"):
            result["placement"] = placed = place_module(module, parameters, seed)
        used_of = [(cell, f"{used['used']:,}", f"{used['available']:,}") for cell, used in placed["cells"].items()]
        view.append(table(f"On {placed['device']}, seed {seed}", ("cell", "used", "of"), used_of))
        path = placed["critical_path"]
        view.append(
            f"{placed['frequency_mhz']} MHz; the longest path takes {path['logic_ns']} ns in logic and "
            f"{path['routing_ns']} ns between, from {path['from']} to {path['to']}"
        )
    print_result(result, view, as_json)


def synth_scaling(
    liberty: Annotated[
        Path | None, typer.Option(help="Standard cells, if osu018's are not where Debian has them.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="generic or osu018; the latter if its library is there.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Write a picture: a .svg or .png file.")] = None,
    as_json: Json = False,
) -> None:
    """Area of the synapse and of the core against lanes and widths. Takes minutes."""
    from bicall.emulator.support.errors import BadInput
    from bicall.rtl.synth.figures import check_path, save
    from bicall.rtl.synth.scaling import draw, scaling
    from bicall.rtl.synth.synthesis import GENERIC, OSU018, STANDARD_CELLS

    if target not in (None, GENERIC, STANDARD_CELLS):
        raise BadInput(f"option --target: is {target!r}, must be {GENERIC} or {STANDARD_CELLS}")
    if figure is not None:
        check_path("--figure", figure)
    result = scaling(target, liberty or OSU018)
    counts = ("area", "flip_flops", "memory_bits")
    rows = [
        (f"{point['series']} {point['value']}", *(f"{point[key]:,.0f}" for key in counts), point.get("cycles", ""))
        for point in result["points"]
    ]
    columns = ("", result["unit"], "flip-flops", "memory bits", "cycles a spike")
    if figure is not None:
        save(draw(result), figure)
    print_result(result, [table("Area; the core has 256 x 256 synapses, 16 lanes", columns, rows)], as_json)
