"""Subcommands of NIR graphs: `nir NETWORK FILE` writes one, `nir run FILE` runs one."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from bicall.emulator.commands.given import given_data
from bicall.emulator.support.reporting import progress
from bicall.emulator.support.terminal import Json, print_result, table

WRITE = "write"


class WritesByDefault(TyperGroup):
    """`bicall nir NETWORK FILE` is `bicall nir write NETWORK FILE`."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        """Puts the command's name in front of arguments that begin with no command's."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [WRITE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=WritesByDefault, no_args_is_help=True, help="NIR graphs: write a network as one, or run one.")


@app.command(WRITE)
def write(
    name: Annotated[str, typer.Argument(metavar="NETWORK", help="A configuration's name, or a .toml or .npz file.")],
    output: Annotated[Path, typer.Argument(help="The .nir file to write.")],
    seed: Annotated[int, typer.Option(help="Seed of the initial weights of a network that was not trained.")] = 1,
    json: Json = False,
) -> None:
    """Write a network, trained or not, as a NIR graph: neurons and the weights that they transmit now.

    The word `write` may be left out.
    """
    from bicall.emulator.nir import export
    from bicall.mapping import workloads

    network = workloads.load(name, None, 1, seed).network
    export.save(network, output)
    result = {"network": network.name, "neurons": network.neurons, "synapses": network.synapses, "file": str(output)}
    text = f"{network.name}: {network.neurons:,} neurons and {network.synapses:,} synapses in {output}"
    print_result(result, [text], json)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .nir file of this or another tool.")],
    data: Annotated[
        str | None, typer.Option(help="A data set by name or path, see `bicall data`; spikes at random if not given.")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Test samples, at most; 1 without data.")] = 200,
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="Steps of a sample.")] = 100,
    dt: Annotated[float | None, typer.Option(help="Seconds of a step; the graph's own, or 0.001.")] = None,
    reset: Annotated[str | None, typer.Option(help="zero or subtract; as the graph says, or zero.")] = None,
    weight_bits: Annotated[
        int, typer.Option(help="Bits of a weight, from 2 to 16; each projection has its scale.")
    ] = 8,
    bias_bits: Annotated[int, typer.Option(help="Bits of a bias, from 2 to 24.")] = 8,
    membrane_bits: Annotated[int, typer.Option(help="Bits of the membrane, from 13 to 24.")] = 24,
    decay_bits: Annotated[int, typer.Option(help="Bits of the decays, from 1 to 12.")] = 12,
    rate: Annotated[float, typer.Option(min=0, max=1, help="Spikes a step of each input, without data.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of spikes and splits.")] = 1,
    json: Json = False,
) -> None:
    """Run a graph in float and in integers on the same spikes; report what each rounding costs."""
    import numpy as np

    from bicall.emulator.nir import graph as graphs
    from bicall.emulator.nir import run as running
    from bicall.emulator.nir.integers import Widths, to_network
    from bicall.emulator.nir.samples import SpikingSamples

    graph = graphs.load(file, dt, reset)
    converted = to_network(graph, Widths(weight_bits, bias_bits, membrane_bits, decay_bits))
    source = f"spikes at random, {rate:g} a step"
    loaded = given_data(data, seed=seed)
    if loaded is None:
        labels = np.zeros(0, np.int64)

        def spikes(n: int) -> dict[str, np.ndarray]:
            return running.random_spikes(graph, steps, rate, seed, n)
    else:
        source, labels = loaded.source, loaded.test.labels[:samples]
        spikes = SpikingSamples(graph, loaded, loaded.test, steps, seed)
    found = running.compare(graph, converted, spikes, labels, lambda each: progress(each, "float and integers"))
    result = {
        "network": graph.name,
        "data": source,
        "dt": graph.dt,
        "bits": {"weight": weight_bits, "bias": bias_bits, "membrane": membrane_bits, "decay": decay_bits},
        **found,
        "errors": [error._asdict() for error in converted.errors],
        "left_out": converted.left_out,
    }
    print_result(result, _view(result), json)


def _view(result: dict) -> list:
    bits = ", ".join(f"{name} {width}" for name, width in result["bits"].items())
    lines: list = [f"{result['network']}: {result['samples']:,} samples of {result['steps']:,} steps; {result['data']}"]
    errors = [
        (f"{each['node']}: {each['parameter']}", f"{each['value']:.6g}", f"{each['represented']:.6g}",
         f"{100 * each['error']:+.4f} %")
        for each in result["errors"]
    ]  # fmt: skip
    lines.append(table(f"integers ({bits} bits), the worst of each", ("", "value", "stands for", "error"), errors))
    nodes = [
        (name, f"{each['float_spikes']:,}", f"{each['integer_spikes']:,}", f"{each['equal']:.3f} %")
        for name, each in result["nodes"].items()
    ]
    lines.append(table("spikes", ("", "float", "integers", "equal neuron-steps"), nodes))
    if result["accuracy"]:
        float_, integers = result["accuracy"]["float"], result["accuracy"]["integers"]
        lines.append(f"accuracy: float {float_:.2f} %, integers {integers:.2f} %; {result['same']:.2f} % equal answers")
    return lines + result["left_out"]
