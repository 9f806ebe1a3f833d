"""Images as spikes, and their labels as a teacher."""
