"""generator.cli.commands."""
