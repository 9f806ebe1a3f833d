"""A calcium LIF that feeds Lava's own learning Dense, as a chip could run it; docs/lava.md says how far that goes."""
