"""The bistable calcium learning rule, from equations to silicon."""
