"""The command `bicall fit`: data in, a trained network and its cost out."""
