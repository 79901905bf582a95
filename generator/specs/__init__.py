"""The language of specs: its types, and the fields of a fleet, a model and of removals.

Comes in: nothing. Goes out: pydantic models. Not here: the sections of a cluster, which components define.
"""
