"""generator.objects."""
