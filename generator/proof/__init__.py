"""Whether what is on disk is what was meant: kustomize, schemas, references, pod security.

Comes in: folders and the manifests they should give. Goes out: failures. Not here: findings about specs.
"""
