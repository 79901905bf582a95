"""generator.specs."""
