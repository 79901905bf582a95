"""Rules about admission: quota of queues, nodes, what a namespace lets in, and updates.

Comes in: a `Cluster`. Goes out: problems. Not here: the arithmetic, which is above.
"""
