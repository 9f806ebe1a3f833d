"""From a network to the cores of a chip: partition, placement, routing, checks, pictures."""
