"""Two settings of the slow trace that gates learning, both within the rule's usual range."""

from bicall.emulator.configuration.description import Description, with_values

# time constant in ms and bump of s: which postsynaptic rates find the gate (0.1 < s < 0.6) open
GATES = {
    "slow gate (600 ms, 0.09)": (600.0, 0.09),  # about 2 to 28 Hz; single spikes at 1 Hz are just enough
    "two-spike gate (600 ms, 0.06)": (600.0, 0.06),  # about 3 to 42 Hz; at 1 Hz one spike is not enough, two are
    "fast gate (300 ms, 0.03)": (300.0, 0.03),  # about 12 to 167 Hz
}


def gated(description: Description, name: str) -> Description:
    """The rule with one of `GATES`."""
    time_constant, bump = GATES[name]
    return with_values(description, gate_trace__time_constant_ms=time_constant, gate_trace__bump=bump)
