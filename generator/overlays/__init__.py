"""generator.overlays."""
