"""A leaky integrate-and-fire neuron as described, which learns nothing."""
