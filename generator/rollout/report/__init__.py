"""generator.rollout.report."""
