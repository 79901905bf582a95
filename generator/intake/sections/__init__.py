"""The sections of a spec, read out of manifests: one module for what becomes one of them.

Comes in: the objects of a site. Goes out: items of specs, and an account of each object. Not here: which objects a site has.
"""
