"""From samples to the spikes of a network's inputs, and from the spikes of its outputs to classes."""
