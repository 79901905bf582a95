"""What lies in an imported folder: files, kustomizations built in a copy, and objects with a place for every path.

Comes in: a folder. Goes out: `Source`, one object each. Not here: which cluster gets it, and what it means.
"""
