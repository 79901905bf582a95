"""generator.documents.secrets."""
