"""The subcommand `cycles`: how many cycles and accesses to memory the core takes, measured and by formula."""

from typing import Annotated, Any

import typer

from bicall.emulator.support.terminal import Json, print_result, table


def cycles(
    name: Annotated[str, typer.Argument(help="A configuration, or a .toml file of your own.")] = "digits-256",
    images: Annotated[int, typer.Option(min=1, max=1000, help="MNIST training images that the core learns.")] = 20,
    lanes: Annotated[int | None, typer.Option(min=1, help="Synapses updated at once; a row, if missing.")] = None,
    depth: Annotated[int, typer.Option(min=2, max=1024, help="Entries of the archive of postsynaptic spikes.")] = 32,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all that is random.")] = 1,
    as_json: Json = False,
) -> None:
    """Cycles of the core as it learns, and by formula (if they differ, it ends with 1); accesses to h."""
    from bicall.emulator.configuration.description import load
    from bicall.emulator.digits.classifier import Classifier
    from bicall.rtl.verify.cycles import measure

    description = load(name)
    network = Classifier.fresh(description, "fixed", seed)
    result = {"configuration": description.name, "seed": seed, **measure(network, images, lanes, depth)}
    size, ticks, events = result["size"], result["ticks"], result["synaptic_events"]
    title = f"bicall_core, {size['axons']} x {size['neurons']}, {size['lanes']} lanes, {description.name}, seed {seed}"
    rows = [
        (name, f"{result[name]:,}", f"{result[name] / ticks:,.1f}") for name in ("cycles", "predicted", "different")
    ]
    view: list[Any] = [table(f"{title}: {ticks:,} ticks", ("", "cycles", "a tick"), rows)]
    rows = [(name.replace("_", " "), f"{count:,}", f"{count / images:,.1f}") for name, count in result["work"].items()]
    view.append(table(f"What happened in {images} images", ("", "count", "an image"), rows))
    accesses = []
    for way in ("rows", "columns"):
        read, written = result["reads"][way], result["writes"][way]
        accesses.append(
            (f"by {way}", f"{read / images:,.1f}", f"{written / images:,.1f}", f"{(read + written) / events:.3f}")
        )
    columns = ("", "words read an image", "words written an image", "accesses a synaptic event")
    view.append(table(f"Memory of h, words of {size['lanes']} synapses; {events:,} synaptic events", columns, accesses))
    print_result(result, view, as_json)
    if result["different"]:
        raise typer.Exit(1)
