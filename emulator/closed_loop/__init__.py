"""Neurons and networks whose synapses learn from, and drive, the same neurons."""
