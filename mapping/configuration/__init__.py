"""What a chip is loaded with, and the independent programs that read and check it."""
