"""How overlays reach clusters: ApplicationSets, GitOpsClusters, Argo CD, roots, and delivery without a hub.

Comes in: a `Fleet`. Goes out: the files that deliver. Not here: what is delivered.
"""
