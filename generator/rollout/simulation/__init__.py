"""How long a move takes on every cluster: bytes, links and windows as hours.

Comes in: a plan. Goes out: a timeline. Not here: what moves.
"""
