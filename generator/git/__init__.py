"""generator.git."""
