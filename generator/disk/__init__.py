"""generator.disk."""
