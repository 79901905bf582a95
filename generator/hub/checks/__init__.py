"""generator.hub.checks."""
