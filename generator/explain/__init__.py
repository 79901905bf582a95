"""generator.explain."""
