"""generator.facts."""
