"""Spike-timing-dependent plasticity: the change of h against the time between two spikes, for several pairing rates."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.figures import FIXED_COLOUR, FLOAT_COLOUR
from bicall.emulator.protocols.forced import ARITHMETICS, ForcedLayer, summed_steps
from bicall.emulator.support.reporting import progress

PAIRINGS = 60
RATES_HZ = (1, 5, 10, 20, 50)
LAGS_MS = np.arange(-100, 101)  # postsynaptic minus presynaptic spike


def measure(description: Description, seed: int, rates_hz: tuple[int, ...] = RATES_HZ) -> dict:
    """60 pairings at each rate and lag.

    Returns:
        for each arithmetic and rate, by lag: `change`, the sum of the steps a pairing without bounds and drift; and
        `kept_from_low` and `kept_from_high`, the transmitted bit that the whole rule leaves, from either stable end.
    """
    result: dict[str, Any] = {
        "configuration": description.name,
        "seed": seed,
        "pairings": PAIRINGS,
        "lags_ms": LAGS_MS.tolist(),
        "rates_hz": list(rates_hz),
    }
    lags = np.rint(LAGS_MS / description.time.tick_ms).astype(int)
    runs = [(arithmetic, rate) for arithmetic in ARITHMETICS for rate in rates_hz]
    for arithmetic, rate in progress(runs, "spike pairing"):
        period = description.ticks(1e3 / rate)
        pre, post = [[max(0, -lag)] for lag in lags], [[max(0, lag)] for lag in lags]
        change = summed_steps(description, arithmetic, pre, post, period, PAIRINGS, seed) / PAIRINGS
        kept = {}
        for name, h in (("kept_from_low", 0.0), ("kept_from_high", 1.0)):
            kept[name] = _kept(description, arithmetic, lags, period, h, seed).tolist()
        result.setdefault(arithmetic, {})[str(rate)] = {"change": change.tolist(), **kept}
    return result


def _kept(description, arithmetic, lags, period, h, seed) -> np.ndarray:
    """The transmitted bit after all pairings, with drift and bounds, int[lags]."""
    reach = int(np.abs(lags).max())
    pre = np.zeros((PAIRINGS * period + 2 * reach, 1), bool)
    post = np.zeros((len(pre), len(lags)), bool)
    first = reach + period * np.arange(PAIRINGS)
    pre[first, 0] = True
    for column, lag in enumerate(lags):
        post[first + lag, column] = True
    layer = ForcedLayer(description, arithmetic, 1, len(lags), h, seed)
    layer.run(pre, post)
    return layer.w[0].astype(int)


SHOWN_MS = (-50, -10, 0, 10, 50)


def rows(result: dict) -> tuple[tuple, list]:
    """Change a pairing at a few lags."""
    columns = ("pairing rate (Hz)", "arithmetic", *(f"{lag:+d} ms" for lag in SHOWN_MS))
    places = [result["lags_ms"].index(lag) for lag in SHOWN_MS]
    return columns, [
        (rate, arithmetic, *(f"{result[arithmetic][str(rate)]['change'][k]:+.4f}" for k in places))
        for rate in result["rates_hz"]
        for arithmetic in ARITHMETICS
    ]


def draw(result: dict) -> Figure:
    figure = Figure(figsize=(14, 5.2), dpi=150, layout="constrained")
    lags = np.array(result["lags_ms"])
    panels = figure.subplots(2, len(result["rates_hz"]), sharex=True, sharey="row", height_ratios=(3, 1))
    for (axes, below), rate in zip(panels.T, result["rates_hz"], strict=True):
        axes.axhline(0, color="grey", lw=0.5)
        axes.axvline(0, color="grey", lw=0.5)
        for arithmetic, colour, style in (("float", FLOAT_COLOUR, "-"), ("fixed", FIXED_COLOUR, "--")):
            data = result[arithmetic][str(rate)]
            axes.plot(lags, data["change"], style, color=colour, lw=1.2, label=arithmetic)
            for offset, name in ((0.0, "kept_from_low"), (1.4, "kept_from_high")):
                below.step(lags, offset + np.array(data[name]), style, color=colour, lw=1.0, where="mid")
        axes.set(title=f"{rate} Hz")
        below.set(xlabel="post minus pre (ms)", yticks=[0, 1, 1.4, 2.4], yticklabels=["0", "1", "0", "1"])
    panels[0, 0].set_ylabel("change of h a pairing,\nwithout bounds and drift")
    panels[1, 0].set_ylabel("bit kept, from\nlow | high end")
    panels[0, 0].legend()
    figure.suptitle(f"STDP: {result['pairings']} pairings, {result['configuration']}, seed {result['seed']}")
    return figure
