"""Kubernetes objects as plain dicts: their identity, the names that they use, JSON patches and differences.

Comes in: manifests. Goes out: identities, uses, operations. Not here: any kind of ours, or where an object is
written to.
"""
