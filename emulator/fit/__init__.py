"""From data to a trained network: encoder and scale chosen from the data, a little search, one test, a folder."""
