"""From a network to cores: partition, placement, refinement, routes."""
