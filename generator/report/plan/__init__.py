"""generator.report.plan."""
