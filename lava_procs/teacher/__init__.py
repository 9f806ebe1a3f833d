"""A teacher's spikes as input to neurons."""
