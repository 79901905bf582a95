"""Judging one cluster or one fleet: all rules that there are, run, and waivers.

Comes in: a `Cluster` or a `Fleet`. Goes out: findings. Not here: the rules of sections, which stand with them.
"""
