"""generator.documents."""
