"""`bicall scale run`: one large network, on one process or on the ranks of an MPI program."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.errors import BadInput, Interrupted
from bicall.emulator.support.terminal import Json, interruption, print_result, table

app = typer.Typer(no_args_is_help=True)

MOST_SYNAPSES = 1e13

HOW = """Large networks under the event-driven engine.

On ranks: mpirun -n 4 bicall scale run --mpi ...; with Slurm: srun -n 64 --kill-on-bad-exit=1 bicall scale run --mpi
"""


@app.callback(help=HOW)
def scale() -> None:
    """Large networks under the event-driven engine."""


@app.command("run")
def run(
    synapses: Annotated[float, typer.Option(help="How many, about; 1e7 will do.")] = 1e7,
    in_degree: Annotated[int, typer.Option(help="Synapses of a neuron; of an axon, if procedural.")] = 1000,
    rate: Annotated[float, typer.Option(help="Of every neuron, in Hz.")] = 1.0,
    ticks: Annotated[int, typer.Option(help="Ticks of 1 ms.")] = 1000,
    connectivity: Annotated[str, typer.Option(help="stored, or procedural: computed again at every spike.")] = "stored",
    delay: Annotated[int, typer.Option(help="Ticks of every axon.")] = 2,
    seed: int = 1,
    parts: Annotated[int, typer.Option(help="Parts that ranks and threads share; 0: by size, at least 8.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Of each rank.")] = 1,
    mpi: Annotated[bool, typer.Option("--mpi", help="On the ranks that mpirun or srun started.")] = False,
    folder: Annotated[Path | None, typer.Option(help="For checkpoints and recorded spikes.")] = None,
    checkpoint_every: Annotated[int, typer.Option(min=0, help="Ticks; 0: at the end only.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="From the newest checkpoint; ranks may differ.")] = False,
    json: Json = False,
) -> None:
    """Run a recurrent network in which every spike is learnt from; time, memory, and a digest of all h.

    Ctrl-C ends it after a checkpoint, if there is a folder for one.
    """
    from bicall.emulator.benchmarks.scale_run import Plan, run_scale
    from bicall.emulator.schemes.bicall.checkpoint import latest
    from bicall.emulator.support.ranks import ending_together

    last = (lambda: latest(folder)) if folder else lambda: None
    with ending_together(mpi, last) as communicator, interruption() as interrupted:
        if not 1 <= synapses <= MOST_SYNAPSES:
            raise BadInput(f"synapses is {synapses:g}, must be from 1 to {MOST_SYNAPSES:g}")
        plan = Plan(round(synapses), in_degree, rate, ticks, connectivity, delay, seed, parts)
        result = run_scale(plan, communicator, threads, folder, checkpoint_every, resume, interrupted)
    if communicator is not None and communicator.Get_rank():
        return
    if result["last_tick"] < ticks:
        again = f"; go on with --folder {folder} --resume" if folder else ""
        raise Interrupted(f"interrupted after tick {result['last_tick']}{again}")
    rows = [(name, f"{value:,}" if isinstance(value, int) else value) for name, value in result.items()]
    print_result(result, [table("one network", ("", "value"), rows)], json)


@app.command("model")
def model(
    neurons: Annotated[int, typer.Option(min=1, help="Of the network; of a rank with --weak.")] = 1_000_000,
    in_degree: Annotated[int, typer.Option(min=1)] = 5000,
    rate: Annotated[float, typer.Option(min=0.0, help="Of every neuron, in Hz.")] = 10.0,
    delay: Annotated[int, typer.Option(min=1, help="Ticks of 1 ms between two exchanges.")] = 1,
    event_ns: Annotated[float, typer.Option(help="Of a synapse that a spike calls up.")] = 20.0,
    neuron_ns: Annotated[float, typer.Option(help="Of a neuron in a tick.")] = 5.0,
    latency_us: Annotated[float, typer.Option(help="Of a message between two ranks.")] = 2.0,
    bandwidth_gb: Annotated[float, typer.Option(help="GB/s between two ranks.")] = 10.0,
    largest: Annotated[int, typer.Option(min=1, help="Ranks, in powers of two up to here.")] = 4096,
    weak: Annotated[bool, typer.Option("--weak", help="The network grows with the ranks.")] = False,
    json: Json = False,
) -> None:
    """Seconds for a simulated second on 1 to 4,096 ranks, by a model of work, latency and bandwidth."""
    from bicall.emulator.benchmarks.scale_model import Machine, Size, scaling

    machine, size = Machine(event_ns, neuron_ns, latency_us, bandwidth_gb), Size(neurons, in_degree, rate, delay)
    ranks = [2**k for k in range(largest.bit_length())]
    points = scaling(machine, size, ranks, weak)
    columns = ("ranks", "synapses", "neurons", "exchange", "all")
    rows = [(f"{point['ranks']:,}", *(f"{point[name]:.3g}" for name in columns[1:])) for point in points]
    result = {"machine": machine._asdict(), "size": size._asdict(), "weak": weak, "points": points}
    print_result(result, [table("seconds for a simulated second, by the model", columns, rows)], json)
