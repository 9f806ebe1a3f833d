"""What the processes share: checks, connections, traces, random words."""
