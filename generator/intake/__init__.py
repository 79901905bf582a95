"""What people have already, as specs: manifests in, `clusters/` out, and an account of every field of every object.

Comes in: a folder of manifests, a kustomization, or a rendered tree. Goes out: texts of specs, and what became of each field:
equal, changed on purpose, not carried. Not here: what a spec means; specs are judged and compiled as everybody's.
"""
