"""Figures of the measurements in `bench`, drawn with matplotlib without a screen."""

from matplotlib.figure import Figure

from bicall.emulator.benchmarks.layers import AXES, SCHEMES, Point, along


def layers_figure(result: dict) -> Figure:
    """Time against in-degree, rate and out-degree; `result` is that of `bench.bench_bicall`."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    labels = {"in_degree": "in-degree", "rate": "rate of the inputs (Hz)", "out_degree": "out-degree"}
    standard = Point()._asdict()
    for axis, key in zip(axes, AXES, strict=True):
        shown = along(result["points"], key)
        at = [point[key] for point in shown]
        for scheme in SCHEMES:
            times = [1e6 * p["schemes"][scheme]["seconds_per_second"] / p["out_degree"] for p in shown]
            axis.loglog(at, times, "o-", label=scheme)
        times = [1e6 * p["compiled_seconds_per_second"] / p["out_degree"] for p in shown]
        axis.loglog(at, times, "k:", label="bicall.emulator.rule.compiled")
        fixed = ", ".join(f"{labels[name].split(' of')[0]} {standard[name]:,g}" for name in AXES if name != key)
        axis.set(xlabel=labels[key], title=fixed)
    axes[0].set_ylabel("µs a simulated s and neuron")
    axes[0].legend()
    return figure


def scale_figure(result: dict) -> Figure:
    """Time for each visit of a synapse, and for each simulated second, against size; of `scale.bench_scale`."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    by_event, by_second = figure.subplots(1, 2)
    for rate in sorted({point["rate"] for point in result["points"]}):
        shown = [point for point in result["points"] if point["rate"] == rate]
        sizes = [point["synapses"] for point in shown]
        by_event.semilogx(sizes, [point["ns_per_event"] for point in shown], "o-", label=f"{rate:g} Hz")
        by_second.loglog(sizes, [point["seconds_per_second"] for point in shown], "o-", label=f"{rate:g} Hz")
    by_event.set(xlabel="synapses", ylabel="ns a visit of a synapse", ylim=(0, None))
    by_second.set(xlabel="synapses", ylabel="s a simulated s")
    by_event.legend()
    return figure
