"""Hostile specs and random ones: whatever stands in a file, the answer is findings."""
