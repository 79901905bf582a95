"""generator.programs."""
