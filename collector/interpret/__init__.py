"""Records to model: meaning, pure."""
