"""What the engine asks of a connectivity, stored or procedural: compiled loops pick the body by its type."""


def row_bounds(network, p, i) -> tuple[int, int]:  # type: ignore[empty-body]
    """The number of the first synapse of axon i in part p, and the number after its last one."""


def row_targets(network, p, i, room):
    """Address of the neurons that axon i reaches in part p, as uint32, ascending.

    Args:
        room: uint32[longest row]; they may be put there, and stay until the next call.
    """
