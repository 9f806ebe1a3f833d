"""A plastic connection between all pairs, learning by the bistable calcium rule."""
