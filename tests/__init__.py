"""Tests of nearedge."""
