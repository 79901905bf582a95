"""generator.yaml."""
