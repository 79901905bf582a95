"""From the units of a cluster to bases and a thin overlay.

Comes in: `Unit`s with their final manifests. Goes out: `Base` and `Overlay` as texts. Not here: what an object
says.
"""
