"""What all rooms share: errors, files, the terminal, kept compiled code."""
