"""Moves, status and times of rings in words.

Comes in: values of rollout/. Goes out: text and JSON. Not here: anything computed.
"""
