"""How a tree of files comes to disk: staged, exchanged, journaled, under one lock.

Comes in: a `Tree`. Goes out: files. Not here: what stands in them.
"""
