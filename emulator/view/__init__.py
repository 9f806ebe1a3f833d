"""Recordings as a page to look around in: spikes, traces, weights, learned fields, a film, the first difference."""
