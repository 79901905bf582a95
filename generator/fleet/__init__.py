"""generator.fleet."""
