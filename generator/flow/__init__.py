"""generator.flow."""
