"""Servers that are Deployments of our own, where a site has no KServe.

Comes in: items of `serving` of the kind Deployment. Goes out: what a model platform would make of them. Not here: rules, which
are in `serving/checks/plain.py`.
"""
