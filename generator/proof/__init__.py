"""generator.proof."""
