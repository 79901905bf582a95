"""generator.rules."""
