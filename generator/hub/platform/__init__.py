"""generator.hub.platform."""
