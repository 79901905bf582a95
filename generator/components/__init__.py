"""Components: one file each, found by `discovery.discover`.

Comes in: a validated section of a `Cluster`. Goes out: `Unit`s of manifests, and problems. Not here: bases,
overlays and kustomize.
"""
