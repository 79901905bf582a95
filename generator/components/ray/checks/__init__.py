"""generator.components.ray.checks."""
