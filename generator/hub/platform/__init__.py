"""What hubs bring to clusters beside overlays: operators, catalogs, mirrors and credentials.

Comes in: a `Fleet`. Goes out: Policies. Not here: which operators a cluster needs, which is components/platform/.
"""
