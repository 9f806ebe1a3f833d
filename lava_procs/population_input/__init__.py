"""All that comes into a population of a network: spikes on their way, fixed weights, teachers' events, a drive."""
