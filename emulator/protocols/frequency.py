"""How the change depends on the rate of pairing, in the protocol of Sjöström, Turrigiano and Nelson (2001)."""

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.digits.figures import FIXED_COLOUR, FLOAT_COLOUR
from bicall.emulator.protocols import measured
from bicall.emulator.protocols.forced import ARITHMETICS, summed_steps
from bicall.emulator.support.reporting import progress

LAG_MS = 10
BURSTS, PAIRS_A_BURST, BURST_PERIOD_MS = 15, 5, 10_000
SINGLE_PAIRS = 50  # at 0.1 Hz


def measure(description: Description, seed: int) -> dict:
    """Sum of the steps of h for both orders of a pair, by rate and arithmetic; and the agreement of shape."""
    result = {
        "configuration": description.name,
        "seed": seed,
        "rates_hz": list(measured.PAIR_RATES_HZ),
        "measured": measured.PAIRS,
        "measured_error": measured.PAIRS_ERROR,
    }
    theirs, errors = (np.array(list(values.values())) for values in (measured.PAIRS, measured.PAIRS_ERROR))
    for arithmetic in progress(ARITHMETICS, "pairing rates"):
        change = np.array([_change(description, arithmetic, rate, seed) for rate in measured.PAIR_RATES_HZ]).T
        result[arithmetic] = {
            **{name: values.tolist() for name, values in zip(measured.PAIRS, change, strict=True)},
            "agreement": measured.agreement(change, theirs, errors),
        }
    return result


def _change(description: Description, arithmetic: str, rate: float, seed: int) -> np.ndarray:
    """For pre before post, and post before pre."""
    single = rate * BURST_PERIOD_MS <= 1e3
    spikes = 1e3 / rate * np.arange(1 if single else PAIRS_A_BURST)
    first, second = ([description.ticks(ms + late) for ms in spikes] for late in (0, LAG_MS))
    repeats, period = SINGLE_PAIRS if single else BURSTS, description.ticks(BURST_PERIOD_MS)
    return summed_steps(description, arithmetic, [first, second], [second, first], period, repeats, seed)


def rows(result: dict) -> tuple[tuple, list]:
    """Changes by rate, beside the measurements."""
    orders = list(result["measured"])
    sources = {"measured": result["measured"], **{name: result[name] for name in ARITHMETICS}}
    columns = ("rate (Hz)", *(f"{order}, {source}" for order in orders for source in sources))
    return columns, [
        (rate, *(f"{values[order][k]:+.2f}" for order in orders for values in sources.values()))
        for k, rate in enumerate(result["rates_hz"])
    ]


def draw(result: dict) -> Figure:
    figure = Figure(figsize=(6.5, 4.6), dpi=150, layout="constrained")
    axes, rates = figure.subplots(), result["rates_hz"]
    axes.axhline(0, color="grey", lw=0.5)
    for name, marker in zip(result["measured"], ("o", "s"), strict=True):
        axes.errorbar(
            rates, result["measured"][name], result["measured_error"][name], fmt=marker + ":", color="grey", capsize=2,
            label=f"{name}, measured",
        )  # fmt: skip
        for arithmetic, colour, style in (("float", FLOAT_COLOUR, "-"), ("fixed", FIXED_COLOUR, "--")):
            axes.plot(rates, result[arithmetic][name], marker + style, color=colour, label=f"{name}, {arithmetic}")
    axes.set(xlabel="rate of pairs (Hz)", ylabel="measured: relative change; rule: summed steps of h")
    axes.legend(fontsize=7)
    agreement = result["float"]["agreement"]
    axes.set_title(
        f"Pairs {LAG_MS} ms apart (measured: Sjöström et al. 2001)\n{result['configuration']}, seed {result['seed']}; "
        f"cosine {agreement['cosine']:.2f}, sign of {agreement['same_sign']} of {agreement['significant']}",
        fontsize=9,
    )
    return figure
