"""What the objects of a hub have in common: names, placements, policies, rings, templates, its release.

Comes in: a `Fleet`. Goes out: parts of manifests. Not here: a whole file of `acm/<hub>/`.
"""
