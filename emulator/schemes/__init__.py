"""Event-based synapse updates: rules that state what a neuron archives, and the schemes that bring synapses up to date.

`rule` is the interface, `clopath` and `urbanczik` are rules, `run` plays one postsynaptic neuron under a scheme.
"""
