"""The steps of the pipeline, one after the other or only for what changed, on all cores.

Comes in: the folder of a repository. Goes out: `Rendered`. Not here: writing, and what a step is made of.
"""
