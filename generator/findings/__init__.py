"""generator.findings."""
