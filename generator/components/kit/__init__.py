"""generator.components.kit."""
