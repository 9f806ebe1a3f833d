"""Random rules, layers and networks to draw from, and the spikes that drive them."""
