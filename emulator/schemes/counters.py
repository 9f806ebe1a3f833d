"""What every run counts, in the terms of table 1 of Stapmanns et al. (2021)."""

VISITS = 0  # times a scheme called up a synapse
COMPUTATIONS = 1  # evaluations of a weight change, for one synapse or for one sum
MANIPULATIONS = 2  # entries written to the history or changed in it
PEAK = 3  # most history entries held at once
COUNTERS = 4

NAMES = ("synapse_visits", "weight_computations", "history_manipulations", "peak_history")
