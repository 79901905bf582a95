"""generator.components.kueue."""
