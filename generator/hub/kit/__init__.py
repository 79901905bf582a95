"""generator.hub.kit."""
