"""A leaky integrate-and-fire neuron with calcium traces."""
