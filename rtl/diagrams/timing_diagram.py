"""Timing diagrams of bicall_core, drawn from signals of a simulation: how a row is updated, and how a tick ends."""

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import load, with_values
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import LayerState
from bicall.rtl.driver import simulator
from bicall.rtl.driver.core import AXON_SPIKE, END_OF_TICK, TEACHER_SPIKE, Core
from bicall.rtl.driver.core_words import Size

SIZE = Size(axons=2, neurons=4, lanes=2, depth=4)
CYCLE = 10_000  # ps, in the VCD files
LETTER = 0.16  # of a clock cycle
# how events are written, by kind: axon's or neuron's spike, teacher's spike
EVENTS_IN, EVENTS_OUT = ("A {}", "T {}", "end", "reset"), ("N {}", "", "end", "")


class Signal(NamedTuple):
    """A signal of the core by its path from there, and how its values are written: names of states or kinds of events.

    Without either it is one bit, or a number in hexadecimal digits.
    """

    path: str
    states: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


def states(module: str, first: str) -> tuple[str, ...]:
    """Last words of the names of a module's states, from the `localparam` of its Verilog that begins with `first`."""
    text = (simulator.ROOM / f"{module}.v").read_text()
    (listed,) = re.findall(rf"localparam \[\d:0\]\s+({first} = 0,[^;]*);", text)
    found = dict(re.findall(r"(\w+) = (\d+)", listed))
    return tuple(name.split("_")[-1] for name in sorted(found, key=lambda name: int(found[name])))


def row_update() -> Figure:
    """An axon's spike: its row walks through the archive, then each word of synapses is updated."""
    # neurons learn by their teachers in tick 1, so that the row has something to be updated for in tick 2
    before = [AXON_SPIKE + 1, TEACHER_SPIKE + 0, TEACHER_SPIKE + 3, END_OF_TICK]
    signals = [
        Signal("rows.spike"),
        Signal("rows.state", states("bicall_rows", "REST")),
        Signal("rows.catch_up.state", states("bicall_catch_up", "IDLE")),
        Signal("rows.catch_up.x"),
        Signal("rows.item_write"),
        Signal("rows.walked"),
        Signal("row_update.state", states("bicall_row_update", "REST")),
        Signal("row_update.group_read"),
        Signal("row_update.read_group"),
        Signal("row_update.k"),
        Signal("row_update.learning_lanes"),
        Signal("row_update.h_word"),
        Signal("row_update.word_written"),
        Signal("row_update.group_transmits"),
    ]
    return _figure(sampled(before, [AXON_SPIKE + 1, END_OF_TICK], signals), signals, "rows.spike", 30)


def barrier() -> Figure:
    """The end of a tick: neurons fire, spikes leave, then the end of the tick; the next tick's events wait."""
    events = [TEACHER_SPIKE + 0, TEACHER_SPIKE + 3, END_OF_TICK, AXON_SPIKE + 1, END_OF_TICK]
    signals = [
        Signal("s_axis_tvalid"),
        Signal("s_axis_tready"),
        Signal("s_axis_tdata", events=EVENTS_IN),
        Signal("state", states("bicall_core", "EVENTS")),
        Signal("event_input.waits"),
        Signal("begins"),
        Signal("population.state", states("bicall_population", "REST")),
        Signal("population.neuron"),
        Signal("spike"),
        Signal("m_axis_tvalid"),
        Signal("m_axis_tready"),
        Signal("m_axis_tdata", events=EVENTS_OUT),
        Signal("m_axis_tlast"),
    ]
    return _figure(sampled([], events, signals), signals, "s_axis_tvalid", 48)


def sampled(before: list[int], events: list[int], signals: Iterable[Signal]) -> dict[str, list[int]]:
    """Values of the signals, cycle by cycle, while a core takes events; a neuron's teacher makes it fire."""
    described = with_values(load("digits-256"), hidden_weight__rounding="nearest")  # no wait for random words
    c = fixed(described)._replace(gate_low=-1, gate_high=4_096, teacher_weight=4_000, drift_period=2)
    core = Core(c, SIZE, waves=True)
    core.pauses(1, idle=0, busy=0.6)
    core.load(LayerState.initial(c, SIZE.axons, SIZE.neurons, 1), 1)
    if before:
        core.send(np.array(before), before.count(END_OF_TICK))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "core.vcd"
        with core.write_waves(path):
            core.send(np.array(events), events.count(END_OF_TICK))
        core.close()
        return read_vcd(path, [signal.path for signal in signals])


def read_vcd(path: Path, names: Iterable[str]) -> dict[str, list[int]]:
    """Values of the core's signals at the end of each clock cycle, by dotted path from the core."""
    code_of, scopes, values = {}, [], {}
    found: dict[str, list[int]] = {name: [] for name in names}
    time = None
    for line in map(str.strip, path.read_text().splitlines()):
        words = line.split()
        if line.startswith("$scope"):
            scopes.append(words[2])
        elif line.startswith("$upscope"):
            scopes.pop()
        elif line.startswith("$var"):
            code_of[".".join([*scopes[2:], words[4]])] = words[3]
        elif line.startswith("#"):
            # before the clock rises all has settled
            if time is not None and time % CYCLE == 0:
                for name, samples in found.items():
                    samples.append(values[code_of[name]])
            time = int(line[1:])
        elif line.startswith(("0", "1")):
            values[line[1:]] = int(line[0])
        elif line.startswith("b"):
            values[words[1]] = int(words[0][1:], 2)
    return found


def _figure(values_of: Mapping[str, list[int]], signals: list[Signal], starts: str, cycles: int) -> Figure:
    """The cycles from one before the first in which the signal `starts` is up."""
    first = max(values_of[starts].index(1) - 1, 0)
    figure = Figure(figsize=(12, 0.36 * len(signals) + 0.6), layout="constrained")
    axes = figure.subplots()
    for cycle in range(cycles + 1):
        axes.axvline(cycle, color="0.9", linewidth=0.6, zorder=0)
    for line, signal in enumerate(signals):
        found = values_of[signal.path]
        values = found[first : first + cycles]
        if signal.states or signal.events or max(found) > 1:
            _draw_bus(axes, -line, values, signal)
        else:
            levels = np.repeat([-line + 0.7 * value for value in values], 2)
            axes.plot(np.repeat(np.arange(len(values) + 1), 2)[1:-1], levels, color="black", linewidth=1)
    axes.set_yticks(
        [0.35 - line for line in range(len(signals))], [signal.path for signal in signals], family="monospace"
    )
    axes.set(xlim=(0, cycles), ylim=(-len(signals) + 0.8, 0.9), xticks=range(0, cycles + 1, 5), xlabel="clock cycles")
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def _draw_bus(axes: Axes, base: float, values: list[int], signal: Signal) -> None:
    begins = [0, *(k for k in range(1, len(values)) if values[k] != values[k - 1])]
    for begin, end in zip(begins, [*begins[1:], len(values)], strict=True):
        slant = 0.12
        x = [begin, begin + slant, end - slant, end, end - slant, begin + slant, begin]
        y = [0.35, 0.7, 0.7, 0.35, 0.0, 0.0, 0.35]
        axes.fill(x, [base + at for at in y], facecolor="#e8eef7", edgecolor="black", linewidth=0.8)
        text, room = _written(values[begin], signal), round((end - begin) / LETTER)
        shown = text if len(text) <= room else f"{text[: room - 1]}…" if room > 2 else ""
        axes.text((begin + end) / 2, base + 0.35, shown, ha="center", va="center", size=6.5)


def _written(value: int, signal: Signal) -> str:
    if signal.events:
        return signal.events[value >> 30].format(value & 0xFFFF)
    return signal.states[value] if signal.states else f"{value:x}"
