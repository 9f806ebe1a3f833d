"""A plastic connection between chosen pairs, learning by the bistable calcium rule."""
