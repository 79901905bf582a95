"""From documents to a `Cluster`, and to the `Fleet` of the little that hubs know of each.

Comes in: merged documents. Goes out: what rules and components look at. Not here: judging and compiling.
"""
