"""Which objects go to which clusters, and what of a folder nobody delivers.

Comes in: the files of a folder. Goes out: `Site`, one cluster or one set of clusters each. Not here: what objects mean.
"""
