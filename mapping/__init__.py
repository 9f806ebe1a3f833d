"""From a network to the cores of a chip: partition, placement, routing, checks, pictures."""

import emulator  # noqa: F401 - says where compiled functions are kept, before there are any
