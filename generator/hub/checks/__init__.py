"""Rules that look at the whole fleet.

Comes in: a `Fleet`. Goes out: problems. Not here: rules about one file of the hub, which stand with it.
"""
