"""generator.kustomize."""
