"""Data from outside: pictures, IDX, .npz, tables and event recordings, in splits, with labels and class names."""
