"""From text to a merged spec: files, layers, paths, values against a model, and secrets that should not be there.

Comes in: the files of `clusters/`. Goes out: `Document` and `Resolved`, a place for every leaf. Not here: what a
field means.
"""
