"""Components: one file each, found by `component.discover`."""
