"""generator.publish.forges."""
