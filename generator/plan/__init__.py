"""generator.plan."""
