"""generator.hub.delivery."""
