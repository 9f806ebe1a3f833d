"""A classifier described in one file: rule, encoder, network, decoder and presentation."""
