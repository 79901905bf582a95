"""generator.rollout.simulation."""
